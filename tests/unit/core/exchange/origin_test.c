/*
 * origin_test - a peer that is who it says and misbehaves as holder of our
 *               lane.
 */
#include "kit.h"

/* ---- as holder ----------------------------------------------------------- */

static void
want(struct kit *k, uint64_t first, uint32_t count)
{
    uint8_t bits[(BATCH_LEAVES_MAX + 7) / 8] = {0};
    struct frame_want w = {.first = first,
                           .count = count,
                           .bitmap = slice_of(bits, (count + 7) / 8)};
    struct buf out = {0};

    bits[0] = 1;
    kit_lane_id(k, true, &w.lane);
    frame_want_put(&out, &w);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
want_beyond_what_was_announced(struct kit *k)
{
    want(k, 0, 3);
}

static void
want_from_beyond(struct kit *k)
{
    want(k, UINT64_MAX, 1);
}

static void
want_twice(struct kit *k)
{
    want(k, 0, 2);
    want(k, 1, 1);
}

static void
want_of_a_strange_lane(struct kit *k)
{
    struct frame_want w = {.count = 1, .bitmap = slice_of("\1", 1)};
    struct buf out = {0};

    kit_lane_id(k, false, &w.lane);
    frame_want_put(&out, &w);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
held(struct kit *k, uint64_t size, bool ours)
{
    struct frame_mark m = {.number = size};
    struct buf out = {0};

    kit_lane_id(k, ours, &m.lane);
    frame_mark_put(&out, FRAME_HELD, &m);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
want_of_what_landed(struct kit *k)
{
    held(k, 2, true);
    want(k, 0, 1);
}

static void
held_ahead(struct kit *k)
{
    held(k, 3, true);
}

static void
held_of_a_strange_lane(struct kit *k)
{
    held(k, 1, false);
}

/* Take both batches of ours, then give a receipt that was bent before it was
 * signed, or after. */
static void
receipt_bent(struct kit *k, void (*before)(struct kit *k),
             void (*after)(struct frame_receipt *r))
{
    struct frontier had = k->held;
    struct checkpoint had_at = k->held_at;
    struct frame_receipt r;
    struct buf out = {0};

    assert_true(kit_take(k));
    if (before)
        before(k);
    kit_receipt_of(k, &r);
    if (after)
        after(&r);
    frame_receipt_put(&out, &r);
    kit_send(k, &out);
    buf_clear(&out);
    k->held = had;
    k->held_at = had_at;
}

static void
bend_held_size(struct kit *k)
{
    k->held.size++;
}

static void
bend_held_odd(struct kit *k)
{
    k->held.size--;
}

static void
bend_held_root(struct kit *k)
{
    k->held_at.root.b[0] ^= 1;
}

static void
bend_receipt_signature(struct frame_receipt *r)
{
    r->receipt.signature.b[0] ^= 1;
}

static void
bend_receipt_key(struct frame_receipt *r)
{
    r->receipt.key.b[0] ^= 1;
}

static void
bend_receipt_lane(struct frame_receipt *r)
{
    r->lane.b[0] ^= 1;
}

static void
a_receipt_ahead(struct kit *k)
{
    receipt_bent(k, bend_held_size, NULL);
}

static void
a_receipt_where_no_batch_ends(struct kit *k)
{
    receipt_bent(k, bend_held_odd, NULL);
}

static void
a_receipt_of_another_root(struct kit *k)
{
    receipt_bent(k, bend_held_root, NULL);
}

static void
a_receipt_badly_signed(struct kit *k)
{
    receipt_bent(k, NULL, bend_receipt_signature);
}

static void
a_receipt_by_another_key(struct kit *k)
{
    receipt_bent(k, NULL, bend_receipt_key);
}

static void
a_receipt_of_a_strange_lane(struct kit *k)
{
    receipt_bent(k, NULL, bend_receipt_lane);
}

static const struct kit_case cases[] = {
    {"WANT beyond", want_beyond_what_was_announced, ERR_RANGE, false},
    {"WANT from beyond", want_from_beyond, ERR_RANGE, false},
    {"WANT twice", want_twice, ERR_RANGE, false},
    {"WANT of a strange lane", want_of_a_strange_lane, ERR_UNKNOWN_LANE, false},
    {"WANT of what landed", want_of_what_landed, ERR_RANGE, false},
    {"HELD ahead", held_ahead, ERR_AHEAD, false},
    {"HELD elsewhere", held_of_a_strange_lane, ERR_UNKNOWN_LANE, false},
    {"RECEIPT ahead", a_receipt_ahead, ERR_AHEAD, false},
    {"RECEIPT where no batch ends", a_receipt_where_no_batch_ends, ERR_RANGE,
     false},
    {"RECEIPT of another root", a_receipt_of_another_root, ERR_FORKED, false},
    {"RECEIPT badly signed", a_receipt_badly_signed, ERR_SIGNATURE, false},
    {"RECEIPT by another key", a_receipt_by_another_key, ERR_KEY, false},
    {"RECEIPT elsewhere", a_receipt_of_a_strange_lane, ERR_UNKNOWN_LANE, false},
};

/* PROTOCOL batches: "An index MUST NOT be asked for twice in a session, nor
 * one below an index that an earlier WANT covered." */
static void
a_holder_that_misbehaves_ends_its_session_and_nothing_else(void **state)
{
    (void)state;
    kit_run_cases(cases, ARRAY_SIZE(cases));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_holder_that_misbehaves_ends_its_session_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
