/*
 * exchange_test - a node and a peer that behaves: batches and receipts both
 *                 ways, slow signers, crashes.
 */
#include "kit.h"

/* ---- both lanes ---------------------------------------------------------- */

static void
a_batch_is_wanted_kept_and_receipted(void **state)
{
    struct kit *k = *state;
    struct buf body = {0};

    kit_connect(k);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 50 * i});
    kit_batch(k, 0, 3);
    kit_expect_receipt(k, 3);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, 3);
    for (uint64_t i = 0; i < 3; i++) {
        buf_reset(&body);
        assert_int_equal(k->port.ops->body(k->port.self, KIT_LANE_IN, i, &body),
                         OK);
        assert_true(slice_equal(slice_of(body.data + 32, body.size - 32),
                                buf_slice(&k->entries[i].body)));
    }
    buf_clear(&body);
}

/* PROTOCOL batches: "A body of length 0 that is wanted MUST be sent like any
 * other: its salt, and an empty piece." */
static void
a_body_of_many_pieces_and_one_of_none_arrive(void **state)
{
    struct kit *k = *state;
    struct leaf padding = {.kind = LEAF_PADDING};

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 200000});
    kit_entry_of(k, &padding, (struct slice){0});
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 65536});
    kit_batch(k, 0, 3);
    kit_expect_receipt(k, 3);
    assert_int_equal(kit_peer(k).declined_by_us, 0);
}

static void
a_submission_is_sequenced_sent_and_receipted(void **state)
{
    struct kit *k = *state;
    struct view_submission s;

    kit_submit(k, 5, 100, TLP_AMBER);
    assert_int_equal(kit_peer(k).queued, 5);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 0);
    kit_connect(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 5);
    assert_true(kit_take(k));
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 0);
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 5);
    assert_int_equal(view_submission(k->x, 1, 0, &s), OK);
    assert_int_equal(s.receipted, 5);
    assert_int_equal(s.first_index, 0);
    assert_int_equal(s.last_index, 4);
    assert_int_equal(kit_peer(k).queued, 0);
}

/* PROTOCOL resume: "Index, salt, leaf record and signature of a message MUST
 * be made only inside a session, after the verdict of row 4." */
static void
nothing_is_sequenced_before_the_verdict(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 1, 10, TLP_AMBER);
    kit_prove(k);
    kit_accept(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 0);
}

static void
large_bodies_go_alone_and_batches_end_in_time(void **state)
{
    struct kit *k = *state;
    uint64_t sizes[8];
    size_t n = 0;

    k->body_bytes = MIB(6);
    kit_submit(k, 3, MIB(1) + 500000, TLP_AMBER);
    kit_submit(k, 1, MIB(5), TLP_AMBER);
    kit_submit(k, 1030, 1, TLP_AMBER);
    kit_connect(k);
    while (kit_take(k)) {
        sizes[n++] = k->held.size;
        kit_give_receipt(k);
    }
    /* Two fit 4 MiB, the third would not; the large one goes alone. */
    assert_int_equal(n, 5);
    assert_int_equal(sizes[0], 2);
    assert_int_equal(sizes[1], 3);
    assert_int_equal(sizes[2], 4);
    assert_int_equal(sizes[3], 4 + 1024);
    assert_int_equal(sizes[4], 4 + 1030);
}

/* PROTOCOL batches: "More batches than the smaller `batches_in_flight` of the
 * two HELLOs says MUST NOT be in flight in a lane." */
static void
no_more_batches_are_in_flight_than_the_window(void **state)
{
    struct kit *k = *state;
    struct slice payload;
    size_t headers = 0;

    kit_submit(k, 6 * 1024, 1, TLP_AMBER);
    kit_connect(k);
    while (kit_next(k, FRAME_HEADER, &payload))
        headers++;
    assert_int_equal(headers, 4);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 4 * 1024);
    assert_int_equal(kit_peer(k).queued, 2 * 1024);
}

static void
held_frees_the_window_without_being_a_receipt(void **state)
{
    struct kit *k = *state;
    struct frame_mark m = {.number = 1024};
    struct buf out = {0};

    kit_submit(k, 6 * 1024, 1, TLP_AMBER);
    kit_connect(k);
    kit_lane_id(k, true, &m.lane);
    frame_mark_put(&out, FRAME_HELD, &m);
    kit_send(k, &out);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 5 * 1024);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 0);
    buf_clear(&out);
}

static void
receipts_are_cumulative_and_may_skip(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 3 * 1024, 1, TLP_AMBER);
    kit_connect(k);
    for (size_t i = 0; i < 3; i++)
        assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3 * 1024);
}

/* PROTOCOL receipts: "Receipts are cumulative: a receipt MUST be taken as one
 * for every entry below its size, and sizes may be skipped." */
static void
one_receipt_frees_the_whole_window(void **state)
{
    struct kit *k = *state;

    k->window = 2;
    kit_restart(k);
    kit_submit(k, 4 * 1024, 1, TLP_AMBER);
    kit_connect(k);
    for (size_t i = 0; i < 2; i++) {
        assert_true(kit_take(k));
        assert_true(kit_take(k));
        assert_false(kit_take(k));
        kit_give_receipt(k);
    }
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 4 * 1024);
}

/* PROTOCOL resume: "For n = 0, R is the root of 0 entries and C MUST be absent,
 * and S MUST be absent where none was seen." */
static void
of_a_lane_without_entries_nothing_is_claimed(void **state)
{
    struct kit *k = *state;

    kit_prove(k);
    assert_int_equal(k->resume.size, 0);
    assert_false(k->resume.has_checkpoint);
    assert_false(k->resume.has_seen);
    kit_resume_nothing(k);
}

/* PROTOCOL resume: "In a VERDICT of row 4, and in one of row 1 after which
 * entries of that epoch are sent, `start` MUST be n" */
static void
a_verdict_starts_where_the_holder_is(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 3, 1, TLP_AMBER);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_hang_up(k);
    kit_connect(k);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_int_equal(k->verdict.start, 3);
}

static size_t
count_sent(struct kit *k, enum frame_type type)
{
    struct slice payload;
    size_t count = 0;

    k->read = 0;
    while (kit_next(k, type, &payload))
        count++;
    return count;
}

/* PROTOCOL batches: "More batches than the smaller `batches_in_flight` of the
 * two HELLOs says MUST NOT be in flight in a lane." */
static void
what_is_signed_already_goes_by_the_window_too(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state nothing;

    k->window = 2;
    kit_restart(k);
    kit_connect(k);
    kit_claim(k, &nothing);
    for (size_t i = 0; i < 5; i++) {
        kit_submit(k, 1, 10, TLP_AMBER);
        assert_true(kit_take(k));
        kit_give_receipt(k);
    }
    kit_hang_up(k);
    kit_prove(k);
    kit_resume(k, &nothing);
    assert_int_equal(count_sent(k, FRAME_HEADER), 2);
}

/* PROTOCOL batches: "An index MUST NOT be asked for twice in a session, nor one
 * below an index that an earlier WANT covered." */
static void
a_batch_is_asked_for_once(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_header(k, &out, 0, 2);
    kit_send(k, &out);
    buf_reset(&out);
    kit_body(k, &out, 0);
    kit_send(k, &out);
    kit_tick(k, 1);
    assert_int_equal(count_sent(k, FRAME_WANT), 1);
    buf_clear(&out);
}

/* PROTOCOL batches: "An origin MUST NOT send a body that was not asked for." */
static void
what_is_not_asked_for_is_not_sent(void **state)
{
    struct kit *k = *state;
    uint8_t second = 2;
    struct frame_want want = {.count = 3, .bitmap = slice_of(&second, 1)};
    struct frame_body body;
    struct slice payload;
    struct buf out = {0};

    kit_submit(k, 3, 10, TLP_AMBER);
    kit_connect(k);
    kit_lane_id(k, true, &want.lane);
    frame_want_put(&out, &want);
    kit_send(k, &out);
    assert_int_equal(count_sent(k, FRAME_BODY), 1);
    k->read = 0;
    assert_true(kit_next(k, FRAME_BODY, &payload));
    assert_int_equal(frame_body_get(payload, &k->arena, &body), OK);
    assert_int_equal(body.index, 1);
    buf_clear(&out);
}

static void
the_last_receipt_in_resume_is_taken(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    struct frame_receipt r;

    kit_submit(k, 2, 1, TLP_AMBER);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_hang_up(k);
    kit_prove(k);
    kit_claim(k, &s);
    kit_receipt_of(k, &r);
    s.has_receipt = s.has_receipt_answers = true;
    s.receipt = s.receipt_answers = r.receipt;
    s.receipt_answers.time_s = r.origin_time_s;
    s.receipt_answers.key = r.origin_key;
    s.receipt_answers.signature = r.origin_signature;
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 2);
}

/* ---- slow signers, crashes ----------------------------------------------- */

static void
receipts_wait_for_the_signer_and_cover_all_that_came(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    kit_connect(k);
    for (size_t i = 0; i < 4; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    k->hold_signer = true;
    for (size_t i = 0; i < 4; i++)
        kit_batch(k, i, 1);
    assert_false(kit_next(k, FRAME_RECEIPT, &payload));
    k->hold_signer = false;
    kit_release(k);
    k->read = 0;
    kit_expect_receipt(k, 4);
}

/* Also where the signer is so slow that batches pile up: the window counts
 * until the answer. */
static void
a_batch_beyond_the_window_is_refused_while_the_signer_is_slow(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_connect(k);
    for (size_t i = 0; i < 5; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    k->hold_signer = true;
    for (size_t i = 0; i < 4; i++)
        kit_batch(k, i, 1);
    kit_header(k, &out, 4, 1);
    kit_send(k, &out);
    kit_expect_close(k, ERR_CREDIT);
    k->hold_signer = false;
    kit_release(k);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, 4);
    kit_good_session(k);
    buf_clear(&out);
}

static void
what_was_sequenced_is_sent_as_it_stands_after_a_restart(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 2 * 1024, 1, TLP_AMBER);
    kit_connect(k);
    uint64_t size = kit_lane(k, KIT_LANE_OUT).size;
    assert_int_equal(size, 2 * 1024);
    kit_restart(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, size);
    kit_connect(k);
    while (kit_take(k))
        kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, size);
}

static void
an_unsigned_tail_and_a_receipt_owed_are_made_good_at_start(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    k->hold_signer = true;
    kit_batch(k, 0, 1);
    kit_submit(k, 3, 1, TLP_AMBER);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).signed_size, 0);
    k->hold_signer = false;
    kit_restart(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).signed_size, 3);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, 1);
    kit_connect(k);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 3);
}

/* PROTOCOL resume: "A holder MUST keep S as a fact on disk and report it at
 * each resume." */
static void
collected_bodies_of_an_unfinished_batch_are_dropped_with_the_link(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_connect(k);
    for (size_t i = 0; i < 2; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_header(k, &out, 0, 2);
    kit_body(k, &out, 0);
    kit_send(k, &out);
    kit_hang_up(k);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).size, 0);
    kit_connect(k);
    assert_int_equal(k->resume.size, 0);
    assert_true(k->resume.has_seen);
    assert_int_equal(k->resume.seen.size, 2);
    kit_batch(k, 0, 2);
    kit_expect_receipt(k, 2);
    buf_clear(&out);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_wanted_kept_and_receipted),
        TEST(a_body_of_many_pieces_and_one_of_none_arrive),
        TEST(a_submission_is_sequenced_sent_and_receipted),
        TEST(nothing_is_sequenced_before_the_verdict),
        TEST(large_bodies_go_alone_and_batches_end_in_time),
        TEST(no_more_batches_are_in_flight_than_the_window),
        TEST(held_frees_the_window_without_being_a_receipt),
        TEST(receipts_are_cumulative_and_may_skip),
        TEST(one_receipt_frees_the_whole_window),
        TEST(of_a_lane_without_entries_nothing_is_claimed),
        TEST(a_verdict_starts_where_the_holder_is),
        TEST(what_is_signed_already_goes_by_the_window_too),
        TEST(a_batch_is_asked_for_once),
        TEST(what_is_not_asked_for_is_not_sent),
        TEST(the_last_receipt_in_resume_is_taken),
        TEST(receipts_wait_for_the_signer_and_cover_all_that_came),
        TEST(a_batch_beyond_the_window_is_refused_while_the_signer_is_slow),
        TEST(what_was_sequenced_is_sent_as_it_stands_after_a_restart),
        TEST(an_unsigned_tail_and_a_receipt_owed_are_made_good_at_start),
        TEST(collected_bodies_of_an_unfinished_batch_are_dropped_with_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
