/*
 * fate - what became of a message, as the index tells: whether it stands, and
 *        by which other message it does not.
 *
 * Holds:      empty where the index does not answer: nothing needs it.
 * Trusts:     nothing of the texts: they may come from a peer.
 * Spec:       docs/man/sealane.1, search
 */
#ifndef CLI_FATE_H
#define CLI_FATE_H

#include "cli/json_out.h"
#include "cli/link.h"
#include "core/base/buf.h"

struct fate {
    struct buf state; /* active, withdrawn, revoked, superseded, ... */
    struct buf superseded_by, withdrawn_by, reason, first_by;
};

/* Ask for the message of a record of "show"; without a word where there is no
 * answer. */
void fate_ask(const struct run *run, const struct control_record *r,
              struct fate *out);
void fate_clear(struct fate *f);

/* Write the state in capitals where another message made it so; false where
 * none did. */
MUST_USE bool fate_put_standing(struct buf *out, const struct fate *f);

/* Write it in full: "withdrawn by certau>krcert#5, \"mistake\"". */
void fate_put(struct buf *out, const struct fate *f);
void fate_json(struct json_out *j, const struct fate *f);

#endif
