/*
 * retention - how long bodies are kept behind their receipts.
 *
 * Holds:      time is counted while the node runs, whatever clocks say; a
 *             mark notes from time to time how far each lane is receipted, and
 *             only what was receipted at a mark of the wanted age may go.
 * Trusts:     facts for the time that passed in earlier runs.
 * Leaves out: removing what may go (edge/journal/retire.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef CORE_EXCHANGE_RETENTION_H
#define CORE_EXCHANGE_RETENTION_H

#include "core/exchange/inside.h"

/* Note the time when it is due; tell when it is due next. */
void retention_tick(struct exchange *x);
struct mono retention_deadline(const struct exchange *x);

/* Bytes of bodies of a peer's lane that need not be kept any more. */
uint64_t retention_freed(const struct exchange *x, const struct lane *l);

/* A segment is about to give its place to a kept one. */
void retention_segment(struct exchange *x, uint64_t number);

#endif
