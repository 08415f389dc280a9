/*
 * kit_epoch - the peer's memory of our epochs: it gives back what we lost,
 *             enters a new epoch, begins one itself.
 *
 * Holds:      what the peer took, entry by entry, with the checkpoint that
 *             ended each batch.
 * Leaves out: the rest of the peer (kit.h).
 */
#ifndef TESTS_UNIT_CORE_EXCHANGE_KIT_EPOCH_H
#define TESTS_UNIT_CORE_EXCHANGE_KIT_EPOCH_H

#include "core/base/buf.h"
#include "core/exchange/view.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"
#include "core/wire/frames.h"

/* Our lane's later epochs, as they are numbered here. */
#define KIT_LANE_NEXT 2
#define KIT_LANE_AFTER 3

#define KIT_EPOCHS_MAX 8
#define KIT_ENDS_MAX 512

/* An entry as the peer keeps it. */
struct kit_entry {
    uint8_t record[LEAF_BYTES];
    uint8_t salt[SALT_BYTES];
    struct buf body;
};

/* An epoch of our lane. */
struct kit_epoch {
    uint8_t genesis[GENESIS_BYTES];
    struct kit_entry *entries;
    size_t count, capacity;
    struct checkpoint ends[KIT_ENDS_MAX]; /* of batches */
    size_t end_count;
};

struct kit;
struct memory_store;

/* Begin with epoch 0 of both lanes; forget all. */
void kit_epochs_init(struct kit *k);
void kit_epochs_clear(struct kit *k);

/* Note an entry, and a batch, that the peer took. */
void kit_epoch_entry(struct kit *k, const uint8_t record[LEAF_BYTES],
                     const uint8_t salt[SALT_BYTES], struct slice body);
void kit_epoch_end(struct kit *k);

/* Go back to the first `size` entries of an epoch, the latest or one before
 * it: as if the later ones had never come. `size` must end a batch. */
void kit_forget(struct kit *k, size_t epoch, uint64_t size);

/* What the peer holds of one epoch, for RESUME. */
void kit_claim_of(struct kit *k, size_t epoch, struct frame_lane_state *s);

/* Say RESUME with all epochs; k->verdict is the answer. */
void kit_resume_all(struct kit *k);

/* Read the next VERDICT into k->verdict; false if there is none. */
bool kit_judged(struct kit *k);

/* Take the GENESIS that the node offers, and enter: HELD, then its VERDICT.
 */
void kit_expect_genesis(struct kit *k, struct genesis *g);
void kit_enter(struct kit *k);

/* Give back what a FETCH asks for: batch by batch, in place of the body of
 * `marked` a frame of type `mark`. */
struct kit_gap {
    uint64_t index;
    enum frame_type mark;
};
void kit_serve(struct kit *k, const struct kit_gap *gap);

/* Give back all of epoch 0, while the signer says of each batch that it is ours
 * and of none yet that it signs it again. */
void kit_serve_at_once(struct kit *k);

/* Put the HEADER of one batch of an epoch of ours, as it was signed. */
void kit_back_header(struct kit *k, size_t epoch, size_t end, struct buf *out);

/* Meet with all epochs, both lanes agreed as far as they can be. */
void kit_meet(struct kit *k);
void kit_expect_verdict(const struct kit *k, unsigned row, uint64_t start);

/* Take all that comes, with receipts; then nothing of it counts as read. */
void kit_take_all(struct kit *k);

/* One more message must come through in the epoch that both have. */
void kit_going_on(struct kit *k);

/* Ask for a new epoch as a person does. */
enum err kit_ask_roll(struct kit *k, bool now);

struct view_submission kit_submission(const struct kit *k, uint64_t number);

/* Submit one message at a time and take each, in a session of its own. */
void kit_sends(struct kit *k, size_t count);

/* Go back to `backup`, as kit_restore does, and to the first `bytes` of the
 * signing journal. */
void kit_restore_all(struct kit *k, struct memory_store *backup, size_t bytes);

/* Offer a genesis for the peer's own lane; its entries begin anew. */
void kit_genesis_next(const struct kit *k, struct genesis *g);
void kit_offer_epoch(struct kit *k, const struct genesis *g);
void kit_begin_epoch(struct kit *k, const struct genesis *g);

#endif
