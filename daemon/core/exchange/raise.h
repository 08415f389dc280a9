/*
 * raise - how the files of this room raise alarms.
 *
 * Holds:      one cause, one alarm; what lasts is told once, what comes again
 *             adds to a count.
 * Leaves out: the kinds (alarms.h), what people do with them
 *             (commands_alarms.c).
 */
#ifndef CORE_EXCHANGE_RAISE_H
#define CORE_EXCHANGE_RAISE_H

#include "core/exchange/state.h"

/* ---- alarms.c ---- */
struct alarm_cause alarm_of_node(enum alarm_kind kind);
struct alarm_cause alarm_of_peer(enum alarm_kind kind, uint32_t peer);
struct alarm_cause alarm_of_lane(const struct exchange *x, enum alarm_kind kind,
                                 uint32_t lane);

/* Raise an alarm; while it is open the same cause adds to its count. */
void alarm_raise(struct exchange *x, const struct alarm_cause *cause,
                 const char *what);

/* What it warned of has gone: nothing if there is no such alarm. */
void alarm_gone(struct exchange *x, const struct alarm_cause *cause);

/* One or the other, where a cause is looked at again and again: an alarm is
 * raised once for as long as it holds. */
void alarm_while(struct exchange *x, const struct alarm_cause *cause,
                 bool holds, const char *what);

/* The alarm of a lane that meets a row of the resume table. */
void alarm_row(struct exchange *x, uint32_t lane, uint32_t row,
               const char *why);

/* The same where our messages to a peer went on in a new epoch, their latest:
 * the figures are those of the epoch `from` that was left. */
void alarm_rolled(struct exchange *x, uint32_t from, uint32_t row,
                  const char *why);
void alarm_row_gone(struct exchange *x, uint32_t lane);

/* The peer holds less of our lane than it gave receipts for; it has given one
 * for `size` entries. */
void alarm_rollback(struct exchange *x, uint32_t lane, uint64_t size);
void alarm_caught_up(struct exchange *x, uint32_t lane, uint64_t size);

struct alarm *alarm_numbered(const struct exchange *x, uint64_t number);

/* Write what an alarm is about: a team, or the messages of a lane. */
void alarm_about_put(const struct exchange *x, const struct alarm_cause *cause,
                     struct buf *out);

/* ---- alarms_watch.c ---- */
void alarms_watch(struct exchange *x);
void alarms_look(struct exchange *x);

#endif
