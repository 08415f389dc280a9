/*
 * fold - the folds of each fact, for the table in fold.c alone.
 *
 * Holds:      each changes folded state and nothing else, and checks that its
 *             fact fits it: ERR_DAMAGED if not, ERR_LIMIT if a bound is hit.
 * Trusts:     nothing of the fact: it may come from a disk.
 * Leaves out: fold and emit, which the room calls (inside.h).
 */
#ifndef CORE_EXCHANGE_FOLD_H
#define CORE_EXCHANGE_FOLD_H

#include "core/exchange/inside.h"

typedef enum err (*fold_fn)(struct exchange *x, const struct fact *f);

/* ---- what begins to be: empty, and last of its kind ---- */
struct peer *peer_add(struct exchange *x);
struct lane *lane_add(struct exchange *x, const uint8_t genesis[GENESIS_BYTES],
                      const struct genesis *g);
struct pass *pass_add(struct exchange *x);
/* The expunge of an entry of which none is known. */
struct expunged *expunged_add(struct expunges *e, uint64_t index);

/* ---- fold_outbox.c ---- */
enum err fold_submission(struct exchange *x, const struct fact *f);
enum err fold_submitter(struct exchange *x, const struct fact *f);
enum err fold_released(struct exchange *x, const struct fact *f);
enum err fold_submitted(struct exchange *x, const struct fact *f);
enum err fold_cancelled(struct exchange *x, const struct fact *f);

enum err fold_requeued(struct exchange *x, const struct fact *f);

/* Take an item out of the queue in which it waits. ERR_DAMAGED: it waits
 * nowhere. */
MUST_USE enum err outbox_take(struct exchange *x, uint32_t peer, uint64_t item,
                              struct outbox_item *out);

/* Take a message that turned up in a lane of ours out of the outbox; write
 * the number of its submission (NUMBER_UNKNOWN where that is not known, 0 for
 * an own entry). */
void outbox_adopt(struct exchange *x, uint32_t peer,
                  const struct submission_id *id, uint64_t *number);

/* An expunge of this entry is in the lane: one that waits is not needed. */
void outbox_adopt_expunge(struct exchange *x, uint32_t peer, uint64_t ref);

/* ---- fold_alarms.c ---- */
enum err fold_alarm(struct exchange *x, const struct fact *f);
enum err fold_alarm_noted(struct exchange *x, const struct fact *f);

/* ---- fold_lanes.c ---- */
enum err fold_lane(struct exchange *x, const struct fact *f);
enum err fold_sequenced(struct exchange *x, const struct fact *f);
enum err fold_checkpoint(struct exchange *x, const struct fact *f);
enum err fold_seen(struct exchange *x, const struct fact *f);
enum err fold_entry(struct exchange *x, const struct fact *f);
enum err fold_batch(struct exchange *x, const struct fact *f);
enum err fold_receipt_given(struct exchange *x, const struct fact *f);
enum err fold_receipt_taken(struct exchange *x, const struct fact *f);
enum err fold_frozen(struct exchange *x, const struct fact *f);
enum err fold_declined(struct exchange *x, const struct fact *f);
enum err fold_adopted(struct exchange *x, const struct fact *f);
enum err fold_lane_key(struct exchange *x, const struct fact *f);
enum err fold_rolled(struct exchange *x, const struct fact *f);
enum err fold_granted(struct exchange *x, const struct fact *f);

/* Give the leaf record of a lane of ours back to the outbox: move on to what
 * stands behind `index`. ERR_DAMAGED: it was passed already. */
MUST_USE enum err lane_passed_again(struct exchange *x, uint32_t peer,
                                    uint32_t lane, uint64_t index);

/* ---- retention.c ---- */
enum err fold_retention(struct exchange *x, const struct fact *f);

/* ---- fold_expunge.c ---- */
enum err fold_erase(struct exchange *x, const struct fact *f);
enum err fold_erased(struct exchange *x, const struct fact *f);

/* Each is part of the fold of a fact: a message waits, an entry has its place
 * in a lane, a receipt is given. */
enum err expunge_fold_item(struct exchange *x, const struct fact *f);
enum err expunge_fold_entry(struct exchange *x, const struct fact *f);
void expunge_fold_receipt(struct lane *l);

/* ---- restored.c ---- */
enum err fold_restored(struct exchange *x, const struct fact *f);
enum err fold_resumed(struct exchange *x, const struct fact *f);

#endif
