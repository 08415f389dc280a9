/*
 * alarms - an alarm as people and programs read it.
 *
 * Holds:      an alarm is called A-17, over the phone too; `status`, `watch`
 *             and `alarm` show the same words.
 * Leaves out: what the kinds mean (core/exchange/alarm_kinds.def).
 */
#ifndef CLI_ALARMS_H
#define CLI_ALARMS_H

#include "cli/json_out.h"
#include "cli/text.h"
#include "core/wire/control.h"

/* Write "A-17 peer-down jpcert.or.jp, since 11-21 13:44Z, nobody has taken
 * it". */
void alarm_put_line(struct buf *out, const struct control_record *r);

/* Write all that is known of it and what to do, several lines. */
void alarm_put_whole(struct buf *out, const struct control_record *r);

/* Add its fields to an open document. */
void alarm_json(struct json_out *j, const struct control_record *r);

#endif
