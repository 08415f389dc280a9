/*
 * restored - a journal that is a copy: found out, settled, and over.
 *
 * Holds:      a restore is one fact with the next incarnation; from then on
 *             every lane is withheld from readers until its resume has run.
 * Trusts:     the gate for the highest turn that was ever signed on.
 * Leaves out: putting a copy back (cli/restore.c), what the rows of a resume
 *             mend (verdict.c, rolls.c, fetch.c, epochs.c).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef CORE_EXCHANGE_RESTORED_H
#define CORE_EXCHANGE_RESTORED_H

#include "core/exchange/inside.h"

/* Look whether the journal lost promised turns, once the signer has opened
 * the lanes; after a declared restore settle the turn number. */
void restored_look(struct exchange *x);

/* Note that the resume of a lane, and of those of the epochs before it, has
 * run to its end. */
void restored_resumed(struct exchange *x, uint32_t lane);

#endif
