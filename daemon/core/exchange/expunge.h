/*
 * expunge - taking a body away on both sides, and bodies that never come.
 *
 * Holds:      an erasure is asked of the turn in the step that folds its
 *             cause, or in the first one of a start, and noted when told.
 * Leaves out: what is known of each (expunges.h), the folds (fold.h), what a
 *             user may ask (commands.h).
 * Spec:       docs/PROTOCOL.md#expunge
 */
#ifndef CORE_EXCHANGE_EXPUNGE_H
#define CORE_EXCHANGE_EXPUNGE_H

#include "core/exchange/state.h"

/* Queue an own entry that expunges a message of ours; by its ref, or cited
 * where its lane is no longer the one that is written. */
MUST_USE enum err expunge_queue(struct exchange *x, uint32_t lane,
                                uint64_t index);

/* An entry stood in an epoch that was left. Tell whether nothing of it is
 * queued again since it is expunged; an expunge is queued again as a citing
 * one. */
bool expunge_again(struct exchange *x, uint32_t lane, const struct leaf *leaf);

/* The lane is no longer the one that is written: expunges that wait name
 * their entries by their places in it. */
void expunge_rolled(struct exchange *x, uint32_t lane);

/* Recall an item that waits, and erase the outbox's copy. */
void expunge_item(struct exchange *x, uint64_t item);

/* Obey a citing expunge that came in the lane `by`. */
void expunge_obey(struct exchange *x, uint32_t by, uint64_t index,
                  struct slice body);

/* The same in a lane of ours: a copy that waits again is recalled. */
void expunge_own(struct exchange *x, uint32_t by, uint64_t index,
                 struct slice body);

/* An entry of ours was given back: obey it if it is a citing expunge. */
void expunge_adopted(struct exchange *x, uint32_t lane, uint64_t index,
                     const struct fact *f);

/* Have the turn erase what is to be erased; note what it did. */
void expunge_pump(struct exchange *x);
void expunge_erased(struct exchange *x, uint64_t count);

/* ---- taking.c: entries of a node's own ---- */
void own_message_queue(struct exchange *x, uint32_t peer, enum leaf_kind kind,
                       const struct message *m);

/* ---- gone.c: bodies that the origin has no more ---- */
void gone_in_batch(struct incoming *b);

/* Give the size of which a receipt may be signed where one of `size` is
 * wanted; 0 for none. */
uint64_t receipt_clamp(struct lane *l, uint64_t size);

#endif
