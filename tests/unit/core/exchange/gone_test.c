/*
 * gone_test - this node as holder: a body is expunged, or never comes.
 */
#include "kit.h"

/* ---- the peer's lane ----------------------------------------------------- */

static uint64_t
receipted(const struct kit *k)
{
    return kit_lane(k, KIT_LANE_IN).receipted;
}

static bool
said_held(struct kit *k, uint64_t size)
{
    struct frame_mark m;
    struct slice payload;

    k->read = 0;
    while (kit_next(k, FRAME_HELD, &payload)) {
        assert_int_equal(frame_mark_get(FRAME_HELD, payload, &k->arena, &m),
                         OK);
        if (m.number == size)
            return true;
    }
    return false;
}

/* ---- expunges ------------------------------------------------------------ */

/* PROTOCOL expunge: "A holder MUST NOT decline an expunge." */
static void
an_expunge_of_the_peer_erases_here_too(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 2);
    kit_batch(k, 0, 2);
    kit_expect_receipt(k, 2);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), OK);
    kit_expunge(k, 0);
    kit_batch(k, 2, 1);
    kit_expect_receipt(k, 3);
    assert_true(kit_expunged(k, KIT_LANE_IN, 0).done);
    assert_int_equal(kit_expunged(k, KIT_LANE_IN, 0).by_index, 2);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 1), OK);
    assert_int_equal(kit_peer(k).declined_by_us, 0);
    kit_replays(k);
    kit_restart(k);
    assert_true(kit_expunged(k, KIT_LANE_IN, 0).done);
    kit_good_session(k);
}

static void
what_a_crash_left_is_erased_at_the_start(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    for (uint64_t at = 0; at < 4; at += 2) {
        kit_messages(k, 1);
        kit_expunge(k, at);
        kit_batch(k, at, 1);
        k->hold_erasures = at == 0;
        k->hold_erased = at == 2;
        kit_batch(k, at + 1, 1);
        assert_true(kit_expunged(k, KIT_LANE_IN, at).stands);
        assert_false(kit_expunged(k, KIT_LANE_IN, at).done);
        assert_int_equal(kit_body_state(k, KIT_LANE_IN, at),
                         at == 0 ? OK : ERR_GONE);
        k->hold_erasures = k->hold_erased = false;
        k->erased = 0;
        kit_hang_up(k);
        kit_restart(k);
        assert_true(kit_expunged(k, KIT_LANE_IN, at).done);
        assert_int_equal(kit_body_state(k, KIT_LANE_IN, at), ERR_GONE);
        kit_connect(k);
    }
}

static void
what_its_own_batch_expunges_is_not_asked_for(void **state)
{
    struct kit *k = *state;
    struct frame_want w;
    struct slice payload;
    struct buf out = {0};

    kit_connect(k);
    kit_messages(k, 2);
    kit_expunge(k, 0);
    kit_header(k, &out, 0, 3);
    kit_send(k, &out);
    assert_true(kit_next(k, FRAME_WANT, &payload));
    assert_int_equal(frame_want_get(payload, &k->arena, &w), OK);
    assert_int_equal(w.bitmap.data[0], 6);
    kit_body(k, &out, 1);
    kit_body(k, &out, 2);
    kit_send(k, &out);
    kit_expect_receipt(k, 3);
    assert_true(kit_expunged(k, KIT_LANE_IN, 0).done);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), ERR_GONE);
    buf_clear(&out);
    kit_good_session(k);
}

/* PROTOCOL expunge: "An expunge whose ref is not below its own index, whose
 * citation is not an entry of an earlier epoch of its own lane, or that names
 * what is expunged already MUST be kept as an entry, without effect." */
static void
an_expunge_of_nothing_is_kept_and_does_nothing(void **state)
{
    struct kit *k = *state;
    struct view_expunged v;
    struct message note = {.kind = MESSAGE_EXPUNGE_NOTE, .has_expunge = true};
    struct submission_id id = {.sequence = 1};
    struct buf out = {0};

    kit_connect(k);
    kit_messages(k, 1);
    kit_expunge(k, 1);
    kit_expunge(k, 99);
    note.expunge.entry.count = 1;
    kit_lane_id(k, false, &note.expunge.entry.lane);
    leaf_hash(k->entries[0].record, &note.expunge.entry.leaf);
    submission_id_put(&out, &id);
    message_put(&out, &note);
    kit_entry_of(k, &(struct leaf){.kind = LEAF_EXPUNGE, .ref = LEAF_REF_NONE},
                 buf_slice(&out));
    kit_entry_of(k, &(struct leaf){.kind = LEAF_EXPUNGE, .ref = LEAF_REF_NONE},
                 slice_str("no message at all, but long enough"));
    kit_batch(k, 0, 5);
    kit_expect_receipt(k, 5);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(view_expunged(k->x, KIT_LANE_IN, i, &v),
                         ERR_NOT_FOUND);
        assert_int_equal(kit_body_state(k, KIT_LANE_IN, i), OK);
    }
    kit_expunge(k, 0);
    kit_expunge(k, 0);
    kit_batch(k, 5, 1);
    kit_batch(k, 6, 1);
    kit_expect_receipt(k, 7);
    assert_int_equal(kit_expunged(k, KIT_LANE_IN, 0).by_index, 5);
    buf_clear(&out);
    kit_good_session(k);
}

/* ---- GONE ---------------------------------------------------------------- */

/* PROTOCOL expunge: "Above it the holder MUST take GONE too, and MUST NOT sign
 * a receipt of a size s > i before an expunge of i stands below s." */
/* PROTOCOL expunge: "For batches that are held without such a receipt the
 * holder MUST send HELD after the sync." */
static void
above_our_receipt_gone_waits_for_its_expunge(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 6);
    kit_batch(k, 0, 1);
    kit_expect_receipt(k, 1);
    kit_batch_without(k, 1, 3, 2);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).size, 4);
    assert_true(said_held(k, 4));
    assert_int_equal(receipted(k), 1);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 1), OK);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 2), ERR_GONE);
    kit_batch(k, 4, 1);
    assert_true(said_held(k, 5));
    kit_hang_up(k);
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(k->resume.size, 5);
    kit_batch(k, 5, 1);
    assert_true(said_held(k, 6));
    assert_int_equal(receipted(k), 1);
    /* An expunge of another entry is of no help. */
    kit_expunge(k, 1);
    kit_batch(k, 6, 1);
    assert_int_equal(receipted(k), 1);
    kit_expunge(k, 2);
    kit_batch(k, 7, 1);
    kit_expect_receipt(k, 8);
    assert_int_equal(k->alarms, 0);
    kit_good_session(k);
}

/* What came before the body that is missing is receipted, also where the
 * signer was slow. */
static void
whole_batches_before_it_are_receipted(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 4);
    kit_batch(k, 0, 1);
    k->hold_signer = true;
    kit_batch(k, 1, 1);
    kit_batch(k, 2, 1);
    kit_batch_without(k, 3, 1, 3);
    k->hold_signer = false;
    kit_release(k);
    assert_int_equal(receipted(k), 3);
    assert_true(said_held(k, 4));
    kit_expunge(k, 3);
    kit_batch(k, 4, 1);
    kit_expect_receipt(k, 5);
}

/* PROTOCOL expunge: "A holder MUST take GONE in place of a body that it asked
 * for where it gave a receipt that covers the entry." */
static void
below_a_receipt_that_was_given_gone_is_as_good_as_the_body(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 6);
    kit_batch(k, 0, 2);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_batch(k, 2, 3);
    kit_expect_receipt(k, 5);
    kit_hang_up(k);
    kit_restore(k, backup);
    kit_connect(k);
    kit_batch_without(k, 2, 3, 3);
    kit_expect_receipt(k, 5);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 3), ERR_GONE);
    kit_batch(k, 5, 1);
    kit_expect_receipt(k, 6);
    kit_good_session(k);
}

/* A restored holder that comes past its last receipt with one batch. */
static void
a_batch_across_the_last_receipt_waits_for_what_is_above(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 6);
    kit_batch(k, 0, 2);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_batch(k, 2, 2);
    kit_expect_receipt(k, 4);
    kit_hang_up(k);
    kit_restore(k, backup);
    kit_connect(k);
    kit_batch_without(k, 2, 4, 5);
    assert_int_equal(receipted(k), 2);
    kit_expunge(k, 5);
    kit_batch(k, 6, 1);
    kit_expect_receipt(k, 7);
}

/* A holder that lost bodies takes what an expunge named meanwhile as gone,
 * and erases nothing twice. */
static void
a_restored_holder_learns_of_expunges_again(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_messages(k, 3);
    kit_batch(k, 0, 2);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_batch(k, 2, 1);
    kit_expunge(k, 0);
    kit_expunge(k, 2);
    kit_batch(k, 3, 2);
    kit_expect_receipt(k, 5);
    kit_hang_up(k);
    kit_restore(k, backup);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), OK);
    kit_connect(k);
    kit_batch_without(k, 2, 1, 2);
    kit_batch(k, 3, 2);
    kit_expect_receipt(k, 5);
    assert_true(kit_expunged(k, KIT_LANE_IN, 0).done);
    assert_true(kit_expunged(k, KIT_LANE_IN, 2).done);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 2), ERR_GONE);
}

/* ---- GONE out of place --------------------------------------------------- */

static void
say_gone(struct kit *k, uint64_t index)
{
    struct buf out = {0};

    kit_gone_put(k, &out, index);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
gone_that_nobody_asked_for(struct kit *k)
{
    say_gone(k, 0);
}

static void
announce(struct kit *k)
{
    struct buf out = {0};

    kit_header(k, &out, 0, 3);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
gone_of_the_second_before_the_first(struct kit *k)
{
    announce(k);
    say_gone(k, 1);
}

static void
gone_twice(struct kit *k)
{
    announce(k);
    say_gone(k, 0);
    say_gone(k, 0);
}

static void
gone_in_the_middle_of_a_body(struct kit *k)
{
    struct buf out = {0};

    announce(k);
    kit_body(k, &out, 0);
    kit_send(k, &out);
    kit_body(k, &out, 1); /* without its second piece */
    out.size = FRAME_HEADER_BYTES + get_be32(out.data);
    kit_send(k, &out);
    buf_clear(&out);
    say_gone(k, 1);
}

static void
gone_of_a_strange_lane(struct kit *k)
{
    struct frame_mark m = {0};
    struct buf out = {0};

    announce(k);
    kit_lane_id(k, true, &m.lane);
    frame_mark_put(&out, FRAME_GONE, &m);
    kit_send(k, &out);
    buf_clear(&out);
}

/* PROTOCOL expunge: "A GONE that stands where no body of that index was to
 * come MUST end the session with code 41." */
static const struct kit_case cases[] = {
    {"not asked for", gone_that_nobody_asked_for, ERR_CREDIT, false},
    {"the second first", gone_of_the_second_before_the_first, ERR_CREDIT, true},
    {"twice", gone_twice, ERR_CREDIT, true},
    {"in the middle", gone_in_the_middle_of_a_body, ERR_CREDIT, true},
    {"strange lane", gone_of_a_strange_lane, ERR_UNKNOWN_LANE, true},
};

static void
gone_out_of_place_ends_the_session(void **state)
{
    (void)state;
    kit_run_cases(cases, ARRAY_SIZE(cases));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_expunge_of_the_peer_erases_here_too),
        TEST(what_a_crash_left_is_erased_at_the_start),
        TEST(what_its_own_batch_expunges_is_not_asked_for),
        TEST(an_expunge_of_nothing_is_kept_and_does_nothing),
        TEST(above_our_receipt_gone_waits_for_its_expunge),
        TEST(whole_batches_before_it_are_receipted),
        TEST(below_a_receipt_that_was_given_gone_is_as_good_as_the_body),
        TEST(a_batch_across_the_last_receipt_waits_for_what_is_above),
        TEST(a_restored_holder_learns_of_expunges_again),
        cmocka_unit_test(gone_out_of_place_ends_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
