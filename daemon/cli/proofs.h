/*
 * proofs - evidence of an entry, put together and checked by the command.
 *
 * Holds:      what is written was checked with the cards' keys first.
 * Trusts:     the daemon for which roots are pinned.
 * Leaves out: the file's form (core/lane/evidence.h).
 */
#ifndef CLI_PROOFS_H
#define CLI_PROOFS_H

#include "cli/cards.h"
#include "cli/leaves.h"
#include "core/lane/evidence.h"

/* What was fetched for one lane, kept for further entries of it. */
struct prover {
    struct daemon *daemon;
    bool begun;
    uint32_t lane;
    struct leaves leaves;
    struct known_card origin, holder;
};

/* Take a checkpoint or receipt out of an answer of show or lanes; false if
 * there is none. */
MUST_USE bool proof_checkpoint(const struct control_record *r,
                               struct checkpoint *out);
MUST_USE bool proof_receipt(const struct control_record *r,
                            struct checkpoint *out);

void prover_begin(struct prover *p, struct daemon *d);
void prover_clear(struct prover *p);

/* Make evidence of the entry that `record`, an answer to show on another
 * connection, describes, and
 * check all of it. The body points into the record. False after saying what
 * is wrong with the link; else `why` is OK or what is wrong with the
 * evidence: ERR_MISSING where nothing is signed yet. */
MUST_USE bool prover_make(struct prover *p, const struct control_record *record,
                          bool body, struct evidence *out, enum err *why);

#endif
