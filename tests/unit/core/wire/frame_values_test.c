#include "core/wire/frames.h"

#include "kit.h"

static struct arena arena;
static uint8_t bytes[2 * PIECE_BYTES];

static int
start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * FRAME_MAX);
    kit_fill(bytes, sizeof bytes, 1);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static struct slice
payload_of(const struct buf *frame)
{
    return slice_of(frame->data + FRAME_HEADER_BYTES,
                    frame->size - FRAME_HEADER_BYTES);
}

/* ---- HELLO -------------------------------------------------------------- */

struct hello_parts {
    const char *team, *peer;
    uint64_t batches;
};

static enum err
hello_of(struct hello_parts parts, struct frame_hello *out)
{
    struct buf b = {0}, limits = {0};

    kit_number(&b, 1, 1);
    kit_bytes(&b, 2, slice_str(parts.team));
    kit_bytes(&b, 3, slice_str(parts.peer));
    kit_number(&b, 4, 9);
    kit_bytes(&b, 5, slice_of(bytes, 32));
    kit_number(&b, 6, 8);
    kit_bytes(&b, 7, slice_of(bytes + 32, 16));
    kit_number(&limits, 1, 1000000);
    kit_number(&limits, 2, parts.batches);
    kit_bytes(&b, 8, buf_slice(&limits));
    kit_number(&b, 9, 18);
    kit_bytes(&b, 9, slice_of("\x13\x14", 2));
    enum err e = frame_hello_get(buf_slice(&b), &arena, out);
    buf_clear(&b);
    buf_clear(&limits);
    return e;
}

static void
a_hello_made_by_hand_is_read_value_for_value(void **state)
{
    (void)state;
    struct frame_hello f;

    assert_int_equal(hello_of((struct hello_parts){"a.kr", "b.au", 64}, &f),
                     OK);
    assert_int_equal(f.version, 1);
    assert_string_equal(f.team.text, "a.kr");
    assert_string_equal(f.peer.text, "b.au");
    assert_int_equal(f.card_version, 9);
    assert_memory_equal(f.card_hash.b, bytes, 32);
    assert_int_equal(f.peer_card_version, 8);
    assert_memory_equal(f.boot_id, bytes + 32, 16);
    assert_int_equal(f.body_bytes_max, 1000000);
    assert_int_equal(f.batches_in_flight, 64);
}

static void
a_hello_with_a_bad_name_or_range_leaves_the_output_untouched(void **state)
{
    (void)state;
    struct frame_hello f = {.version = 99};
    static const struct hello_parts bad[] = {
        {"A.kr", "b.au", 2}, {"a.kr", "b", 2},     {"", "b.au", 2},
        {"a.kr", "b.au", 0}, {"a.kr", "b.au", 65}, {"a.kr", "-.au", 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(hello_of(bad[i], &f), ERR_VALUE);
    assert_int_equal(f.version, 99);
}

static void
a_hello_of_4_kib_of_features_stays_in_its_budget(void **state)
{
    (void)state;
    struct buf b = {0};
    struct arena small;
    struct frame_hello f;

    kit_repeat(&b, slice_of("\x01", 1), FRAME_HELLO_MAX - 3);
    kit_wrap(&b, 9);
    assert_int_equal(b.size, FRAME_HELLO_MAX);
    arena_init(&small, DECODE_BUDGET_FACTOR * FRAME_HELLO_MAX);
    assert_int_equal(frame_hello_get(buf_slice(&b), &small, &f), ERR_MISSING);
    buf_reset(&b);
    arena_reset(&small);
    kit_repeat(&b, slice_of("\x48\x01", 2), FRAME_HELLO_MAX);
    assert_int_equal(frame_hello_get(buf_slice(&b), &small, &f), ERR_BUDGET);
    assert_true(small.used <= small.budget);
    buf_clear(&b);
    arena_clear(&small);
}

/* ---- AUTH ---------------------------------------------------------------- */

static enum err
auth_of(size_t key_size, size_t signature_size, struct frame_auth *out)
{
    struct buf b = {0};

    kit_bytes(&b, 1, slice_of(bytes, key_size));
    kit_bytes(&b, 2, slice_of(bytes, signature_size));
    enum err e = frame_auth_get(buf_slice(&b), &arena, out);
    buf_clear(&b);
    return e;
}

static void
a_signature_of_another_size_is_refused_and_beyond_8_kib_a_limit(void **state)
{
    (void)state;
    struct frame_auth f;

    assert_int_equal(auth_of(4, 64, &f), OK);
    assert_memory_equal(f.key.b, bytes, 4);
    assert_memory_equal(f.signature.b, bytes, 64);
    assert_int_equal(auth_of(4, 65, &f), ERR_VALUE);
    assert_int_equal(auth_of(4, SIGNATURE_FIELD_MAX, &f), ERR_VALUE);
    assert_int_equal(auth_of(4, SIGNATURE_FIELD_MAX + 1, &f), ERR_LIMIT);
    assert_int_equal(auth_of(8, 64, &f), ERR_VALUE);
}

/* ---- RESUME -------------------------------------------------------------- */

static struct frame_signed
signed_sample(unsigned seed)
{
    struct frame_signed s = {.size = seed, .time_s = 10 * seed};

    kit_fill(s.root.b, sizeof s.root.b, seed);
    kit_fill(s.key.b, sizeof s.key.b, seed);
    kit_fill(s.signature.b, sizeof s.signature.b, seed);
    return s;
}

static bool
signed_equal(const struct frame_signed *a, const struct frame_signed *b)
{
    return a->size == b->size && a->time_s == b->time_s &&
           hash_equal(&a->root, &b->root) && key_id_equal(&a->key, &b->key) &&
           memcmp(a->signature.b, b->signature.b, SIGNATURE_BYTES) == 0;
}

static struct frame_lane_state
lane_sample(unsigned seed)
{
    struct frame_lane_state lane = {
        .genesis = slice_of(bytes + seed, FRAME_GENESIS_BYTES),
        .size = seed,
        .has_checkpoint = true,
        .has_seen = true,
        .has_receipt = true,
        .has_receipt_answers = true,
        .checkpoint = signed_sample(seed + 100),
        .seen = signed_sample(seed + 200),
        .receipt = signed_sample(seed + 300),
        .receipt_answers = signed_sample(seed + 400),
    };

    kit_fill(lane.lane.b, sizeof lane.lane.b, seed);
    kit_fill(lane.root.b, sizeof lane.root.b, seed + 1);
    return lane;
}

static void
a_resume_of_all_its_lanes_comes_back_value_for_value(void **state)
{
    (void)state;
    struct frame_lane_state lanes[RESUME_LANES_MAX];
    struct frame_resume f;
    struct buf b = {0};

    for (unsigned i = 0; i < RESUME_LANES_MAX; i++)
        lanes[i] = lane_sample(i + 1);
    frame_resume_put(&b, &(struct frame_resume){lanes, RESUME_LANES_MAX});
    assert_int_equal(frame_resume_get(payload_of(&b), &arena, &f), OK);
    assert_int_equal(f.count, RESUME_LANES_MAX);
    for (size_t i = 0; i < f.count; i++) {
        const struct frame_lane_state *l = &f.lanes[i];
        assert_true(lane_id_equal(&l->lane, &lanes[i].lane));
        kit_assert_slice(l->genesis, lanes[i].genesis);
        assert_int_equal(l->size, i + 1);
        assert_true(hash_equal(&l->root, &lanes[i].root));
        assert_true(l->has_checkpoint && l->has_seen && l->has_receipt &&
                    l->has_receipt_answers);
        assert_true(signed_equal(&l->checkpoint, &lanes[i].checkpoint));
        assert_true(signed_equal(&l->seen, &lanes[i].seen));
        assert_true(signed_equal(&l->receipt, &lanes[i].receipt));
        assert_true(
            signed_equal(&l->receipt_answers, &lanes[i].receipt_answers));
    }
    buf_clear(&b);
}

static void
what_a_holder_never_saw_it_leaves_out(void **state)
{
    (void)state;
    struct frame_lane_state lane = {.genesis =
                                        slice_of(bytes, FRAME_GENESIS_BYTES)};
    struct frame_resume f;
    struct buf b = {0};

    frame_resume_put(&b, &(struct frame_resume){&lane, 1});
    assert_int_equal(frame_resume_get(payload_of(&b), &arena, &f), OK);
    assert_int_equal(f.count, 1);
    assert_false(f.lanes[0].has_checkpoint || f.lanes[0].has_seen ||
                 f.lanes[0].has_receipt || f.lanes[0].has_receipt_answers);
    assert_int_equal(f.lanes[0].size, 0);
    buf_reset(&b);
    frame_resume_put(&b, &(struct frame_resume){NULL, 0});
    assert_int_equal(frame_resume_get(payload_of(&b), &arena, &f), OK);
    assert_int_equal(f.count, 0);
    buf_clear(&b);
}

static void
a_resume_with_too_many_lanes_is_a_limit(void **state)
{
    (void)state;
    struct frame_lane_state lane = lane_sample(1);
    struct frame_resume f = {.count = 99};
    struct buf one = {0}, many = {0};

    frame_resume_put(&one, &(struct frame_resume){&lane, 1});
    kit_repeat(&many, payload_of(&one),
               (RESUME_LANES_MAX + 1) * payload_of(&one).size);
    assert_int_equal(frame_resume_get(buf_slice(&many), &arena, &f), ERR_LIMIT);
    assert_int_equal(f.count, 99);
    buf_clear(&one);
    buf_clear(&many);
}

/* ---- HEADER -------------------------------------------------------------- */

static enum err
batch_of(size_t records, struct frame_batch *out)
{
    struct buf b = {0};

    kit_bytes(&b, 1, slice_of(bytes, 32));
    kit_number(&b, 2, UINT64_MAX);
    kit_bytes(&b, 3, slice_of(bytes, records));
    kit_bytes(&b, 4, slice_of(bytes + 1, 32));
    kit_number(&b, 5, 1790000000);
    kit_bytes(&b, 6, slice_of(bytes + 2, 4));
    kit_bytes(&b, 7, slice_of(bytes + 3, 64));
    enum err e = frame_batch_get(buf_slice(&b), &arena, out);
    buf_clear(&b);
    return e;
}

static void
a_header_has_1_to_1024_whole_leaf_records(void **state)
{
    (void)state;
    struct frame_batch f;

    assert_int_equal(batch_of(FRAME_LEAF_BYTES, &f), OK);
    assert_int_equal(batch_of(BATCH_LEAVES_MAX * FRAME_LEAF_BYTES, &f), OK);
    kit_assert_slice(f.records,
                     slice_of(bytes, BATCH_LEAVES_MAX * FRAME_LEAF_BYTES));
    assert_true(f.start == UINT64_MAX);
    assert_int_equal(f.time_s, 1790000000);
    assert_memory_equal(f.lane.b, bytes, 32);
    assert_memory_equal(f.root.b, bytes + 1, 32);
    assert_memory_equal(f.key.b, bytes + 2, 4);
    assert_memory_equal(f.signature.b, bytes + 3, 64);
    assert_int_equal(batch_of(0, &f), ERR_VALUE);
    assert_int_equal(batch_of(FRAME_LEAF_BYTES - 1, &f), ERR_VALUE);
    assert_int_equal(batch_of(FRAME_LEAF_BYTES + 1, &f), ERR_VALUE);
    assert_int_equal(batch_of((BATCH_LEAVES_MAX + 1) * FRAME_LEAF_BYTES, &f),
                     ERR_LIMIT);
}

static void
the_largest_header_fits_its_frame(void **state)
{
    (void)state;
    struct frame_batch f = {
        .records = slice_of(bytes, BATCH_LEAVES_MAX * FRAME_LEAF_BYTES)};
    struct frame_batch read;
    struct buf b = {0};

    frame_batch_put(&b, &f);
    assert_int_equal(frame_batch_get(payload_of(&b), &arena, &read), OK);
    kit_assert_slice(read.records, f.records);
    buf_clear(&b);
}

/* ---- WANT ---------------------------------------------------------------- */

static enum err
want_of(uint64_t count, struct slice bitmap)
{
    struct frame_want f;
    struct buf b = {0};

    kit_bytes(&b, 1, slice_of(bytes, 32));
    kit_number(&b, 2, 77);
    kit_number(&b, 3, count);
    kit_bytes(&b, 4, bitmap);
    enum err e = frame_want_get(buf_slice(&b), &arena, &f);
    if (!e) {
        assert_int_equal(f.first, 77);
        assert_int_equal(f.count, count);
        kit_assert_slice(f.bitmap, bitmap);
    }
    buf_clear(&b);
    return e;
}

static void
a_want_has_one_bit_for_each_entry_and_none_beyond(void **state)
{
    (void)state;
    uint8_t full[128];

    memset(full, 0xff, sizeof full);
    assert_int_equal(want_of(1, slice_of("\x01", 1)), OK);
    assert_int_equal(want_of(1, slice_of("\x00", 1)), OK);
    assert_int_equal(want_of(8, slice_of("\xff", 1)), OK);
    assert_int_equal(want_of(9, slice_of("\xff\x01", 2)), OK);
    assert_int_equal(want_of(1024, slice_of(full, 128)), OK);
    assert_int_equal(want_of(1, slice_of("\x02", 1)), ERR_VALUE);
    assert_int_equal(want_of(7, slice_of("\x80", 1)), ERR_VALUE);
    assert_int_equal(want_of(9, slice_of("\xff\x02", 2)), ERR_VALUE);
    assert_int_equal(want_of(9, slice_of("\xff", 1)), ERR_VALUE);
    assert_int_equal(want_of(8, slice_of("\xff\x00", 2)), ERR_VALUE);
    assert_int_equal(want_of(0, slice_of("", 0)), ERR_VALUE);
    assert_int_equal(want_of(1025, slice_of(bytes, 129)), ERR_LIMIT);
    assert_int_equal(want_of(UINT32_MAX, slice_of("", 0)), ERR_LIMIT);
}

/* ---- BODY, PIECE --------------------------------------------------------- */

static enum err
body_of(size_t size, struct frame_body *out)
{
    struct buf b = {0};

    kit_bytes(&b, 1, slice_of(bytes, 32));
    kit_number(&b, 2, 5);
    kit_bytes(&b, 3, slice_of(bytes + 9, 32));
    kit_bytes(&b, 4, slice_of(bytes, size));
    enum err e = frame_body_get(buf_slice(&b), &arena, out);
    buf_clear(&b);
    return e;
}

static enum err
piece_of(size_t size, struct frame_piece *out)
{
    struct buf b = {0};

    kit_bytes(&b, 1, slice_of(bytes, 32));
    kit_number(&b, 2, 5);
    kit_number(&b, 3, 65536);
    kit_bytes(&b, 4, slice_of(bytes, size));
    enum err e = frame_piece_get(buf_slice(&b), &arena, out);
    buf_clear(&b);
    return e;
}

static void
a_piece_has_at_most_64_kib_and_only_a_body_may_be_empty(void **state)
{
    (void)state;
    struct frame_body body;
    struct frame_piece piece;

    assert_int_equal(body_of(0, &body), OK);
    assert_int_equal(body.piece.size, 0);
    assert_int_equal(body_of(PIECE_BYTES, &body), OK);
    kit_assert_slice(body.piece, slice_of(bytes, PIECE_BYTES));
    kit_assert_slice(body.salt, slice_of(bytes + 9, 32));
    assert_int_equal(body.index, 5);
    assert_int_equal(body_of(PIECE_BYTES + 1, &body), ERR_LIMIT);
    assert_int_equal(piece_of(1, &piece), OK);
    assert_int_equal(piece_of(PIECE_BYTES, &piece), OK);
    kit_assert_slice(piece.bytes, slice_of(bytes, PIECE_BYTES));
    assert_int_equal(piece.index, 5);
    assert_int_equal(piece.offset, 65536);
    assert_int_equal(piece_of(0, &piece), ERR_VALUE);
    assert_int_equal(piece_of(PIECE_BYTES + 1, &piece), ERR_LIMIT);
}

/* ---- the small ones ------------------------------------------------------ */

static void
small_frames_come_back_value_for_value(void **state)
{
    (void)state;
    struct frame_verdict verdict = {.row = 4, .size = 6, .start = 5}, v;
    struct frame_fetch fetch = {.from = 3, .to = UINT64_MAX}, f;
    struct frame_mark mark = {.number = 12}, m;
    struct frame_ping p;
    struct buf b = {0};

    kit_fill(verdict.lane.b, 32, 1);
    frame_verdict_put(&b, &verdict);
    assert_int_equal(frame_verdict_get(payload_of(&b), &arena, &v), OK);
    assert_true(lane_id_equal(&v.lane, &verdict.lane));
    assert_true(v.row == 4 && v.size == 6 && v.start == 5);
    buf_reset(&b);
    kit_fill(fetch.lane.b, 32, 2);
    frame_fetch_put(&b, &fetch);
    assert_int_equal(frame_fetch_get(payload_of(&b), &arena, &f), OK);
    assert_true(lane_id_equal(&f.lane, &fetch.lane));
    assert_true(f.from == 3 && f.to == UINT64_MAX);
    buf_reset(&b);
    kit_fill(mark.lane.b, 32, 3);
    frame_mark_put(&b, FRAME_HELD, &mark);
    assert_int_equal(frame_mark_get(FRAME_HELD, payload_of(&b), &arena, &m),
                     OK);
    assert_true(lane_id_equal(&m.lane, &mark.lane));
    assert_int_equal(m.number, 12);
    buf_reset(&b);
    frame_ping_put(&b, &(struct frame_ping){7, true});
    assert_int_equal(frame_ping_get(payload_of(&b), &arena, &p), OK);
    assert_true(p.number == 7 && p.answer);
    buf_clear(&b);
}

static void
a_receipt_keeps_its_own_and_the_origins_signature_apart(void **state)
{
    (void)state;
    struct frame_signed origin = signed_sample(1);
    struct frame_receipt receipt = {
        .receipt = signed_sample(2),
        .origin_time_s = origin.time_s,
        .origin_key = origin.key,
        .origin_signature = origin.signature,
    };
    struct frame_receipt r;
    struct buf b = {0};

    frame_receipt_put(&b, &receipt);
    assert_int_equal(frame_receipt_get(payload_of(&b), &arena, &r), OK);
    assert_true(signed_equal(&r.receipt, &receipt.receipt));
    assert_int_equal(r.origin_time_s, origin.time_s);
    assert_true(key_id_equal(&r.origin_key, &origin.key));
    assert_memory_equal(r.origin_signature.b, origin.signature.b, 64);
    buf_clear(&b);
}

static void
a_close_may_have_an_empty_text_but_not_none(void **state)
{
    (void)state;
    struct frame_close c;
    struct buf b = {0};

    frame_close_put(&b, &(struct frame_close){21, {0}});
    assert_int_equal(frame_close_get(payload_of(&b), &arena, &c), OK);
    assert_int_equal(c.code, 21);
    assert_int_equal(c.text.size, 0);
    buf_reset(&b);
    kit_number(&b, 1, 21);
    assert_int_equal(frame_close_get(buf_slice(&b), &arena, &c), ERR_MISSING);
    buf_clear(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_hello_made_by_hand_is_read_value_for_value),
        TEST(a_hello_with_a_bad_name_or_range_leaves_the_output_untouched),
        TEST(a_hello_of_4_kib_of_features_stays_in_its_budget),
        TEST(a_signature_of_another_size_is_refused_and_beyond_8_kib_a_limit),
        TEST(a_resume_of_all_its_lanes_comes_back_value_for_value),
        TEST(what_a_holder_never_saw_it_leaves_out),
        TEST(a_resume_with_too_many_lanes_is_a_limit),
        TEST(a_header_has_1_to_1024_whole_leaf_records),
        TEST(the_largest_header_fits_its_frame),
        TEST(a_want_has_one_bit_for_each_entry_and_none_beyond),
        TEST(a_piece_has_at_most_64_kib_and_only_a_body_may_be_empty),
        TEST(small_frames_come_back_value_for_value),
        TEST(a_receipt_keeps_its_own_and_the_origins_signature_apart),
        TEST(a_close_may_have_an_empty_text_but_not_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
