/*
 * entry - one message as the daemon lists it: a row, a JSON document, words.
 *
 * Holds:      for people values are defanged on a terminal and letters are
 *             clean; for programs everything is raw.
 * Trusts:     nothing of the message: it may come from a peer.
 */
#ifndef CLI_ENTRY_H
#define CLI_ENTRY_H

#include "cli/commands.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/wire/control.h"
#include "core/wire/message.h"

/* Memory for decoding one message. */
#define ENTRY_BUDGET (BODY_MAX * 4u)

struct entry {
    const struct control_record *record;
    bool has_message;
    struct message message;
    struct slice bytes; /* of the message */
};

/* Take a record of list, show or watch apart; the entry lives as long as the
 * record and the arena. */
void entry_read(const struct control_record *record, struct arena *arena,
                struct entry *out);

/* Write what the message is about: its value, pattern or object. */
void entry_put_value(struct buf *out, const struct message *m, bool defang);

/* Write what kind of thing that is: "ip-port", "malware", "decline". */
void entry_put_what(struct buf *out, const struct entry *e);

/* Add the row STATE WHAT VALUE ROLE TLP DIRECTION TIME ID. */
void entry_row(struct grid *grid, const struct entry *e, bool defang);
void entry_heading(struct grid *grid);

/* Add the fields to an open document. */
void entry_json(struct json_out *j, const struct entry *e);

/* Tell whether a word is a state of messages; give the `i`th, NULL beyond the
 * last. */
bool entry_is_state(const char *word);
const char *entry_state_nth(size_t i);

/* Write a marking: "TLP:AMBER PAP:GREEN". */
void marking_put(struct buf *out, const struct marking *m);

#endif
