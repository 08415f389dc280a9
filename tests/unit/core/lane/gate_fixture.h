/*
 * gate_fixture - a signer in small: a gate with its journal in memory, and
 *                the node beside it that knows leaves.
 *
 * Holds:      every record that the gate wanted kept is in `journal`, as
 *             bytes, in order.
 */
#ifndef TESTS_UNIT_CORE_LANE_GATE_FIXTURE_H
#define TESTS_UNIT_CORE_LANE_GATE_FIXTURE_H

#include "fixture.h"

#include "core/base/mem.h"
#include "core/lane/gate.h"

#define JOURNAL_MAX 512

/* The leaves from index `from` up to, not with, `to`. */
#define RANGE(from, to) ((uint64_t[2]){(from), (to)})

struct signer {
    struct gate *gate;
    enum key_role role;
    struct buf journal[JOURNAL_MAX];
    size_t count;
    uint64_t turn;
    uint64_t clock_s;
    bool again; /* what was extended last had been signed before */
};

static inline struct signer *
signer_new(enum key_role role)
{
    struct signer *s = mem_new(sizeof *s);

    s->role = role;
    s->gate = gate_new(role == KEY_ROLE_CHECKPOINT ? &krcert : &auscert);
    s->clock_s = 1700000000;
    return s;
}

static inline void
signer_free(struct signer *s)
{
    gate_free(s->gate);
    for (size_t i = 0; i < s->count; i++)
        buf_clear(&s->journal[i]);
    mem_free(s);
}

static inline void
signer_keep(struct signer *s, const struct gate_record *r)
{
    assert_true(s->count < JOURNAL_MAX);
    gate_record_put(&s->journal[s->count++], r);
}

/* End the signer and start it from its journal. */
static inline void
signer_restart(struct signer *s)
{
    struct gate_record r;

    gate_free(s->gate);
    s->gate = gate_new(s->role == KEY_ROLE_CHECKPOINT ? &krcert : &auscert);
    for (size_t i = 0; i < s->count; i++) {
        assert_int_equal(gate_record_get(buf_slice(&s->journal[i]), &r), OK);
        assert_int_equal(gate_restore(s->gate, &r), OK);
    }
}

/* A history: leaf `i` is leaf_number(i), or from `forged_from` on another. */
struct history {
    uint64_t forged_from;
};

#define TRUE_HISTORY ((struct history){UINT64_MAX})

static inline struct hash
history_leaf(struct history h, uint64_t i)
{
    return leaf_number(i >= h.forged_from ? i + 1000000 : i);
}

static inline struct frontier
history_at(struct history h, uint64_t size)
{
    struct frontier f;

    frontier_init(&f);
    for (uint64_t i = 0; i < size; i++) {
        struct hash leaf = history_leaf(h, i);
        frontier_append(&f, &leaf);
    }
    return f;
}

/* Open an epoch's lane with the node's history at `size`. */
static inline enum err
signer_open(struct signer *s, uint64_t epoch, struct history h, uint64_t size)
{
    struct genesis g = genesis_of_epoch(epoch);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(h, size);
    struct gate_open request = {.genesis = bytes,
                                .origin = &krcert,
                                .audience = &auscert,
                                .role = s->role,
                                .at = &at,
                                .turn = s->turn};
    struct gate_lane out;
    struct gate_record r;
    bool add = false;

    genesis_encode(&g, bytes);
    enum err e = gate_open(s->gate, &request, &out, &r, &add);
    if (e == OK && add)
        signer_keep(s, &r);
    return e;
}

/* Hand over the leaves from `from` to `to`, without signing. */
static inline enum err
signer_extend(struct signer *s, uint64_t epoch, struct history h,
              uint64_t range[2], struct gate_record *r)
{
    struct hash leaves[512];
    struct gate_extend e = {.lane = lane_of_epoch(epoch),
                            .role = s->role,
                            .from = range[0],
                            .leaves = leaves,
                            .count = (size_t)(range[1] - range[0]),
                            .turn = s->turn};

    assert_true(range[0] <= range[1] && e.count <= ARRAY_SIZE(leaves));
    for (size_t i = 0; i < e.count; i++)
        leaves[i] = history_leaf(h, range[0] + i);
    return gate_extend(s->gate, &e, r, &s->again);
}

/* Hand over leaves and sign what comes out, unless it was signed before. */
static inline enum err
signer_sign(struct signer *s, uint64_t epoch, struct history h,
            uint64_t range[2], struct checkpoint *out)
{
    struct gate_record r;
    enum err e = signer_extend(s, epoch, h, range, &r);

    if (e)
        return e;
    if (!s->again) {
        struct hash mark;
        r.at.time_s = gate_time(s->gate, &r.lane, s->role, s->clock_s);
        /* No key is needed here: a mark that differs with each signing. */
        struct slice parts[] = {SLICE_ARRAY(r.at.root.b),
                                slice_of(&s->count, sizeof s->count)};
        crypto_hash(&mark, parts, ARRAY_SIZE(parts));
        memcpy(r.at.signature.b, mark.b, sizeof mark.b);
        signer_keep(s, &r);
        gate_signed(s->gate, &r);
    }
    *out = r.at;
    return OK;
}

static const enum key_role roles[] = {KEY_ROLE_CHECKPOINT, KEY_ROLE_RECEIPT};

static inline void
assert_same_checkpoint(const struct checkpoint *a, const struct checkpoint *b)
{
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->time_s, b->time_s);
    assert_true(hash_equal(&a->root, &b->root));
    assert_memory_equal(a->signature.b, b->signature.b, SIGNATURE_BYTES);
}

/* Make a signer that signed the true history at 4, 7 and 12 in epoch 0. */
static inline struct signer *
signer_at_12(enum key_role role)
{
    struct signer *s = signer_new(role);
    struct checkpoint c;

    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 4), &c), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(4, 7), &c), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(7, 12), &c), OK);
    return s;
}

#endif
