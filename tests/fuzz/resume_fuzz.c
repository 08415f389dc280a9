/* RESUME behind eight bytes that say what the origin knows: its frame, and
 * the row that follows from each lane in it. */
#include "harness.h"

#include "core/exchange/resume.h"
#include "core/wire/frames.h"

#define KNOWLEDGE_BYTES 8

static void
decide(const struct frame_lane_state *s, const uint8_t *knowledge)
{
    struct genesis g;
    struct resume_facts f = {
        .epoch = knowledge[0] & 3,
        .same_genesis = knowledge[0] & 4,
        .root_agrees = knowledge[0] & 8,
        .checkpoint_good = knowledge[0] & 16,
        .seen_good = knowledge[0] & 32,
        .signer_lost = knowledge[0] & 64,

        .size = (uint64_t)knowledge[2] << (knowledge[3] & 63),
        .signed_size = (uint64_t)knowledge[4] << (knowledge[5] & 63),
    };
    struct resume_claim c = {
        .lane = s->lane,
        .size = s->size,
        .root = s->root,
        .has_checkpoint = s->has_checkpoint,
        .has_seen = s->has_seen,
        .size_known = (enum resume_known)(knowledge[1] & 3),
        .seen_known = (enum resume_known)(knowledge[1] >> 2 & 3)};

    if (genesis_decode(s->genesis, &g) != OK)
        return;
    f.holder_epoch = g.epoch;
    c.checkpoint.size = s->checkpoint.size;
    c.seen.size = s->seen.size;
    unsigned row = resume_decide(&c, &f);
    assert(row < RESUME_ROW_COUNT && resume_row_name(row));
    /* The one row that goes on never goes beyond what the origin has. */
    if (row == ROW_NORMAL)
        assert(c.size <= f.size && f.root_agrees && f.same_genesis);
    if (row == ROW_UNKNOWN)
        assert((c.size > f.size ? c.size_known : c.seen_known) != KNOWN_YES);
}

static void
one(struct slice input)
{
    struct frame_resume r;
    struct arena arena;

    if (input.size < KNOWLEDGE_BYTES)
        return;
    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    if (frame_resume_get(slice_of(input.data + KNOWLEDGE_BYTES,
                                  input.size - KNOWLEDGE_BYTES),
                         &arena, &r) == OK)
        for (size_t i = 0; i < r.count; i++)
            decide(&r.lanes[i], input.data);
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
