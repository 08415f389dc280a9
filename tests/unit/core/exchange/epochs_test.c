/*
 * epochs_test - a lane of ours that goes on in a new epoch after a loss, and
 *               either side that has not seen it.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* Three entries were sent; here they are back at one. */
static void
both_lost(struct kit *k)
{
    kit_sends(k, 1);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_sends(k, 2);
    kit_restore(k, backup);
    kit_forget(k, 0, 1);
}

static void
a_signing_journal_beyond_both_begins_an_epoch_where_they_agree(void **state)
{
    struct kit *k = *state;

    both_lost(k);
    kit_meet(k);
    kit_expect_verdict(k, ROW_SIGNED_BEYOND, 0);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, KIT_LANE_NEXT).epoch, 1);
    assert_int_equal(kit_lane(k, KIT_LANE_NEXT).prev_size, 1);
    assert_true(kit_said(k, "history-lost, our messages to cert.gov.au"));
    assert_true(kit_said(k, "they hold 1; we have sent 1, our signing record "
                            "ends at 3 in epoch 0; epoch 1 begins at 1 "
                            "(resume row 11)"));
    kit_going_on(k);
    assert_int_equal(kit_submission(k, 2).lane, KIT_LANE_NEXT);
    assert_int_equal(kit_submission(k, 2).first_index, 0);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 1);
}

/* PROTOCOL resume: "Own entries from prev_size on MUST be queued again under
 * their submission ids; of those the holder has none." */
static void
what_the_holder_lost_is_sent_again_under_its_submission_id(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    struct submission_id was, is;
    struct slice message;
    struct buf body = {0};

    both_lost(k);
    assert_int_equal(kit_submission(k, 1).receipted, 1);
    buf_put(&body, buf_slice(&k->epochs[0].entries[0].body));
    assert_int_equal(body_split(buf_slice(&body), &was, &message), OK);
    kit_claim(k, &s);
    kit_forget(k, 0, 0);
    struct frame_signed seen = s.seen;
    kit_claim(k, &s);
    s.has_seen = true;
    s.seen = seen; /* of size 1: not beyond us, so nothing but row 11 */
    kit_prove(k);
    kit_resume(k, &s);
    kit_accept(k);
    kit_expect_verdict(k, ROW_SIGNED_BEYOND, 0);
    struct view_submission v = kit_submission(k, 1);
    assert_int_equal(v.queued, 1);
    assert_int_equal(v.sent, 0);
    assert_int_equal(v.receipted, 0);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1);
    assert_int_equal(
        body_split(buf_slice(&k->epochs[1].entries[0].body), &is, &message),
        OK);
    assert_memory_equal(&was, &is, sizeof was);
    v = kit_submission(k, 1);
    assert_int_equal(v.queued, 0);
    assert_int_equal(v.sent, 1);
    assert_int_equal(v.receipted, 1);
    assert_int_equal(v.lane, KIT_LANE_NEXT);
    /* What is known of it holds after a start, too. */
    kit_restart(k);
    assert_int_equal(kit_submission(k, 1).receipted, 1);
    buf_clear(&body);
}

static void
a_submission_that_an_epoch_divides_shows_both_places(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 5, 900000, TLP_GREEN); /* two batches: four and one */
    kit_meet(k);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 4);
    kit_give_receipt(k);
    assert_int_equal(kit_submission(k, 1).sent, 5);
    assert_int_equal(kit_ask_roll(k, true), OK);
    kit_meet(k);
    assert_int_equal(kit_submission(k, 1).queued, 1);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).counts_to, 4);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 5);
    kit_enter(k);
    kit_take_all(k);
    struct view_submission v = kit_submission(k, 1);
    assert_int_equal(v.sent, 5);
    assert_int_equal(v.receipted, 5);
    assert_int_equal(v.first_lane, KIT_LANE_OUT);
    assert_int_equal(v.first_index, 0);
    assert_int_equal(v.lane, KIT_LANE_NEXT);
    assert_int_equal(v.last_index, 0);
}

static void
what_was_seen_beyond_us_begins_an_epoch(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_sends(k, 1);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_sends(k, 2);
    kit_claim(k, &s);
    struct frame_signed seen = s.seen;
    kit_restore(k, backup);
    kit_forget(k, 0, 0);
    kit_claim(k, &s);
    s.has_seen = true;
    s.seen = seen;
    kit_prove(k);
    kit_resume(k, &s);
    kit_accept(k);
    kit_expect_verdict(k, ROW_SEEN_BEYOND, 0);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1);
    kit_going_on(k);
}

/* ---- crashes ------------------------------------------------------------- */

/* End at each step of a roll, and begin again: one epoch comes of it. */
static void
roll_and_crash(struct kit *k, unsigned step)
{
    both_lost(k);
    k->hold_signer = step == 0;
    kit_prove(k);
    if (step == 0) {
        k->hold_signer = false;
        kit_release(k);
        kit_restart(k); /* nothing was said yet */
        kit_prove(k);
    }
    k->hold_signer = step == 1; /* the epoch is a fact, the gate has not it */
    kit_resume_all(k);
    k->hold_signer = false;
    if (step == 1 || step == 2) /* or GENESIS was sent, and lost */
        kit_restart(k);
    if (step == 1 || step == 2)
        kit_meet(k);
    else
        kit_accept(k);
    kit_expect_verdict(
        k, step == 1 || step == 2 ? ROW_EPOCH_LOWER : ROW_SIGNED_BEYOND,
        step == 1 || step == 2 ? 1 : 0);
    kit_enter(k);
    if (step == 3) { /* the peer entered, and its HELD came */
        kit_restart(k);
        kit_meet(k);
        kit_expect_verdict(k, ROW_NORMAL, 0);
    }
    kit_going_on(k);
    if (step == 4) {
        kit_restart(k);
        kit_meet(k);
        kit_expect_verdict(k, ROW_NORMAL, 1);
        kit_going_on(k);
    }
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
}

static void
a_roll_that_ends_anywhere_is_one_roll(void **state)
{
    (void)state;
    for (unsigned step = 0; step <= 4; step++) {
        struct kit *k = test_calloc(1, sizeof *k);
        kit_open(k);
        roll_and_crash(k, step);
        assert_int_equal(k->stops, 0);
        kit_close(k);
        test_free(k);
    }
}

/* ---- the holder has not seen the roll ------------------------------------ */

/* We are in epoch 1, which follows three entries; the peer is back in epoch
 * 0, with so many of them. */
static void
behind(struct kit *k, uint64_t size)
{
    kit_sends(k, 2);
    assert_int_equal(kit_ask_roll(k, false), OK);
    kit_meet(k);
    kit_take_all(k);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    kit_going_on(k);
    kit_hang_up(k);
    kit_forget(k, 0, size);
}

static void
a_holder_that_is_behind_gets_the_rest_of_the_old_epoch_first(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    behind(k, 1);
    kit_meet(k);
    kit_expect_verdict(k, ROW_EPOCH_LOWER, 1);
    assert_true(kit_take(k));
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 3);
    assert_false(kit_next(k, FRAME_GENESIS, &payload));
    k->read = 0;
    kit_give_receipt(k);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1);
    kit_going_on(k);
    assert_int_equal(k->alarms, 0);
}

/* Where it is beyond what the next epoch follows, it must see that itself. */
static void
a_holder_beyond_the_end_of_its_epoch_is_shown_the_next_one(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    struct genesis g;

    both_lost(k);
    kit_meet(k);
    kit_enter(k);
    kit_going_on(k);
    kit_hang_up(k);
    kit_forget(k, 0, 1);
    kit_claim(k, &s);
    s.size = 3;
    kit_prove(k);
    kit_resume(k, &s);
    kit_expect_verdict(k, ROW_EPOCH_LOWER, 0);
    kit_expect_genesis(k, &g);
    assert_int_equal(g.epoch, 1);
    assert_int_equal(g.prev_size, 1);
}

static void
another_root_in_an_epoch_that_was_left_is_a_fork_or_damage(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    behind(k, 1);
    kit_claim(k, &s);
    s.root.b[0] ^= 1;
    kit_prove(k);
    kit_resume(k, &s);
    kit_expect_verdict(k, ROW_HOLDER_DAMAGED, 0);
    assert_true(kit_said(k, "peer-damaged"));
    assert_false(kit_lane(k, KIT_LANE_OUT).frozen);
    k->alarms = 0;
    struct checkpoint c = {.size = 1, .root = s.root, .time_s = 5};
    kit_sign(&k->us, KEY_ROLE_CHECKPOINT, &k->us.name, &s.lane, &c);
    s.checkpoint.time_s = 5;
    s.checkpoint.root = c.root;
    s.checkpoint.signature = c.signature;
    kit_prove(k);
    kit_resume(k, &s);
    kit_expect_verdict(k, ROW_FORK, 0);
    assert_int_equal(k->alarms, 1);
    assert_true(kit_lane(k, KIT_LANE_OUT).frozen);
}

/* ---- we have not seen the roll ------------------------------------------- */

/* Both went on in epoch 1 after three entries; we are back at the first. */
static void
before_the_roll(struct kit *k)
{
    kit_sends(k, 1);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_sends(k, 1);
    assert_int_equal(kit_ask_roll(k, false), OK);
    kit_meet(k);
    kit_take_all(k);
    kit_enter(k);
    kit_going_on(k);
    kit_restore(k, backup);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
}

static void
an_epoch_that_we_lost_is_taken_from_the_signing_journal(void **state)
{
    struct kit *k = *state;

    before_the_roll(k);
    kit_prove(k);
    struct frame_lane_state states[2];
    kit_claim_of(k, 0, &states[0]);
    kit_claim_of(k, 1, &states[1]);
    kit_say_resume(k, states, 2);
    kit_serve(k, NULL); /* epoch 0 */
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    k->read = 0;
    assert_true(kit_judged(k));
    kit_expect_verdict(k, ROW_ORIGIN_RESTORED, 0);
    kit_serve(k, NULL);
    assert_int_equal(kit_lane(k, KIT_LANE_NEXT).size, 1);
    assert_true(kit_judged(k));
    kit_expect_verdict(k, ROW_NORMAL, 1);
    assert_int_equal(k->alarms, 0);
    kit_going_on(k);
}

/* The peer says what it has of its own epoch alone, and serves what is asked
 * back. */
static void
resume_with_one(struct kit *k)
{
    struct frame_lane_state s;

    kit_prove(k);
    kit_claim(k, &s);
    kit_say_resume(k, &s, 1);
    kit_accept(k);
    kit_serve(k, NULL);
    k->read = 0;
    assert_true(kit_judged(k));
}

static void
an_epoch_that_the_signing_journal_alone_knows_is_offered_again(void **state)
{
    struct kit *k = *state;

    before_the_roll(k);
    kit_forget(k, 0, 3);
    resume_with_one(k);
    kit_expect_verdict(k, ROW_EPOCH_LOWER, 3);
    kit_enter(k);
    /* That epoch had an entry which is nowhere now: it is not signed again. */
    kit_expect_verdict(k, ROW_SIGNED_BEYOND, 0);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, KIT_LANE_AFTER).epoch, 2);
    kit_going_on(k);
}

static void
an_old_epoch_that_nobody_has_whole_is_left_where_the_holder_is(void **state)
{
    struct kit *k = *state;

    before_the_roll(k);
    kit_forget(k, 0, 2);
    resume_with_one(k);
    kit_expect_verdict(k, ROW_SIGNED_BEYOND, 0);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 2);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).prev_size, 2);
    kit_going_on(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signing_journal_beyond_both_begins_an_epoch_where_they_agree),
        TEST(what_the_holder_lost_is_sent_again_under_its_submission_id),
        TEST(a_submission_that_an_epoch_divides_shows_both_places),
        TEST(what_was_seen_beyond_us_begins_an_epoch),
        cmocka_unit_test(a_roll_that_ends_anywhere_is_one_roll),
        TEST(a_holder_that_is_behind_gets_the_rest_of_the_old_epoch_first),
        TEST(a_holder_beyond_the_end_of_its_epoch_is_shown_the_next_one),
        TEST(another_root_in_an_epoch_that_was_left_is_a_fork_or_damage),
        TEST(an_epoch_that_we_lost_is_taken_from_the_signing_journal),
        TEST(an_epoch_that_the_signing_journal_alone_knows_is_offered_again),
        TEST(an_old_epoch_that_nobody_has_whole_is_left_where_the_holder_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
