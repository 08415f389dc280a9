/*
 * commands_lanes_test - what a person does about a lane: end its epoch, let a
 *                       frozen one go on.
 */
#include "kit.h"

#include "core/lane/texts.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* ---- a planned end ------------------------------------------------------- */

static struct leaf
entry_of(const struct kit *k, size_t epoch, uint64_t index)
{
    struct leaf leaf;

    assert_int_equal(
        leaf_decode(SLICE_ARRAY(k->epochs[epoch].entries[index].record), index,
                    &leaf),
        OK);
    return leaf;
}

/* PROTOCOL resume: "The genesis that follows a closed epoch MUST NOT be
 * offered before the holder's receipt covers all of it." */
static void
an_epoch_that_is_closed_ends_with_an_entry_and_its_receipt(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    kit_submit(k, 2, 10, TLP_GREEN);
    assert_int_equal(kit_ask_roll(k, false), OK);
    assert_int_equal(kit_ask_roll(k, false), ERR_EXISTS);
    kit_submit(k, 1, 10, TLP_GREEN);
    kit_meet(k);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 3);
    struct leaf last = entry_of(k, 0, 2);
    assert_int_equal(last.kind, LEAF_EPOCH_CLOSE);
    assert_int_equal(last.body_bytes, 0);
    assert_int_equal(last.ref, LEAF_REF_NONE);
    assert_int_equal(last.tlp | last.flags, 0);
    assert_int_equal(kit_ask_roll(k, false), ERR_EXISTS);
    assert_false(kit_take(k)); /* nothing behind it */
    assert_int_equal(kit_peer(k).queued, 1);
    k->read = 0;
    assert_false(kit_next(k, FRAME_GENESIS, &payload));
    kit_give_receipt(k);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1);
    assert_int_equal(entry_of(k, 1, 0).kind, LEAF_MESSAGE);
    assert_int_equal(k->alarms, 0);
    kit_going_on(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    assert_int_equal(kit_submission(k, 1).receipted, 2);
}

static void
close_and_crash(struct kit *k, unsigned step)
{
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_ask_roll(k, false), OK);
    if (step == 0)
        kit_restart(k);
    kit_meet(k);
    assert_true(kit_take(k));
    if (step == 1) {
        kit_restart(k);
        kit_meet(k);
        kit_expect_verdict(k, ROW_NORMAL, 2);
    }
    kit_give_receipt(k);
    if (step == 2) {
        kit_restart(k);
        kit_meet(k);
        kit_expect_verdict(k, ROW_EPOCH_LOWER, 2);
    }
    kit_enter(k);
    kit_going_on(k);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
    assert_int_equal(k->alarms, 0);
    assert_int_equal(k->stops, 0);
}

static void
a_planned_end_that_is_cut_anywhere_is_one_end(void **state)
{
    (void)state;
    for (unsigned step = 0; step <= 2; step++) {
        struct kit *k = test_calloc(1, sizeof *k);
        kit_open(k);
        close_and_crash(k, step);
        kit_close(k);
        test_free(k);
    }
}

/* The peer's signing journal is lost: it takes nothing and receipts nothing.
 */
static void
a_roll_at_once_does_not_wait_for_a_receipt(void **state)
{
    struct kit *k = *state;

    kit_sends(k, 2);
    kit_meet(k);
    kit_submit(k, 1, 10, TLP_GREEN); /* its HEADER is passed over */
    assert_int_equal(kit_peer(k).queued, 0);
    assert_int_equal(kit_ask_roll(k, false), OK);
    assert_int_equal(kit_ask_roll(k, true), OK);
    assert_true(k->down);
    assert_int_equal(k->why, ERR_NOT_NOW);
    kit_meet(k);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1); /* the message, no second closing */
    assert_int_equal(kit_submission(k, 3).receipted, 1);
    kit_going_on(k);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
}

/* PROTOCOL resume: "A genesis MUST NOT be offered before it stands in the
 * signing journal." */
static void
a_genesis_waits_for_the_signing_journal(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    kit_sends(k, 1);
    kit_meet(k);
    assert_int_equal(kit_ask_roll(k, true), OK);
    kit_prove(k);
    k->hold_signer = true;
    kit_resume_all(k);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
    assert_false(kit_next(k, FRAME_GENESIS, &payload));
    k->read = 0;
    kit_release(k);
    assert_true(kit_next(k, FRAME_GENESIS, &payload));
}

static void
a_closing_that_waits_does_not_close_the_next_epoch(void **state)
{
    struct kit *k = *state;

    kit_sends(k, 1);
    assert_int_equal(kit_ask_roll(k, false), OK);
    assert_int_equal(kit_ask_roll(k, true), OK);
    kit_meet(k);
    kit_enter(k);
    assert_int_equal(kit_peer(k).queued, 0);
    kit_going_on(k);
    kit_going_on(k);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
}

/* ---- a person lets a frozen lane go on ----------------------------------- */

/* The whole machine is back at one entry, signing journal and all. */
static void
machine_restored(struct kit *k)
{
    kit_sends(k, 1);
    kit_submit(k, 1, 10, TLP_GREEN);
    struct memory_store *backup = memory_store_clone(k->store);
    size_t bytes = k->sign_journal.size;
    kit_sends(k, 1);
    kit_restore_all(k, backup, bytes);
    kit_meet(k);
    kit_expect_verdict(k, ROW_STOLEN_KEY, 0);
    assert_int_equal(k->alarms, 1);
    struct view_lane v = kit_lane(k, KIT_LANE_OUT);
    assert_true(v.claimed);
    assert_int_equal(v.claim.size, k->held.size);
}

static enum err
ask_adopt(struct kit *k, uint64_t size, const struct hash *root,
          uint8_t root_key)
{
    struct secret_key secret;
    struct signature signature;
    struct lane_id lane;
    struct buf text = {0};

    memset(secret.b, root_key, sizeof secret.b);
    lane_id_of(k->epochs[0].genesis, &lane);
    adopt_text(&lane, size, root, &text);
    crypto_sign(&secret, buf_slice(&text), &signature);
    buf_clear(&text);
    struct control_value v[4] = {
        {"team", CONTROL_TEXT, slice_str("cert.gov.au"), 0},
        {"size", CONTROL_NUMBER, {0}, (int64_t)size},
        {"root", CONTROL_BYTES, SLICE_ARRAY(root->b), 0},
        {"signature", CONTROL_BYTES, SLICE_ARRAY(signature.b), 0},
    };
    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "lane-adopt", .values = {v, 4}});
}

#define OUR_ROOT 15   /* as tests/sim/team.c makes it */
#define OTHER_ROOT 16 /* is nobody's */

static void
the_root_key_lets_a_frozen_lane_go_on_in_a_new_epoch(void **state)
{
    struct kit *k = *state;

    machine_restored(k);
    struct hash root = k->held_at.root;
    assert_int_equal(ask_adopt(k, k->held.size, &root, OUR_ROOT), OK);
    assert_true(k->down);
    kit_meet(k);
    kit_expect_verdict(k, ROW_ORIGIN_RESTORED, 0);
    kit_serve(k, NULL);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, k->held.size);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, KIT_LANE_NEXT).prev_size, 3);
    assert_int_equal(kit_submission(k, 2).sent, 1);
    kit_going_on(k);
}

static void
a_lane_that_was_let_go_on_survives_a_start(void **state)
{
    struct kit *k = *state;

    machine_restored(k);
    struct hash root = k->held_at.root;
    assert_int_equal(ask_adopt(k, k->held.size, &root, OUR_ROOT), OK);
    kit_restart(k);
    assert_true(kit_lane(k, KIT_LANE_OUT).granted);
    kit_meet(k);
    kit_serve(k, NULL);
    kit_restart(k); /* the tail is here, the epoch is not */
    kit_meet(k);
    kit_enter(k);
    kit_going_on(k);
}

/* PROTOCOL resume: "An origin MUST NOT let a lane go on that it froze on row 8
 * without a signature of its root key over the holder's exact size and root."
 */
static void
another_key_lets_nothing_go_on(void **state)
{
    struct kit *k = *state;

    machine_restored(k);
    struct hash root = k->held_at.root;
    assert_int_equal(ask_adopt(k, k->held.size, &root, OTHER_ROOT),
                     ERR_SIGNATURE);
    assert_false(kit_lane(k, KIT_LANE_OUT).granted);
    assert_false(k->down);
    assert_int_equal(kit_ask_roll(k, true), ERR_FROZEN);
    kit_hang_up(k);
    kit_meet(k);
    kit_expect_verdict(k, ROW_STOLEN_KEY, 0);
}

static void
another_size_or_root_than_the_holders_lets_nothing_go_on(void **state)
{
    struct kit *k = *state;

    machine_restored(k);
    struct hash root = k->held_at.root;
    root.b[5] ^= 1;
    assert_int_equal(ask_adopt(k, k->held.size, &root, OUR_ROOT), OK);
    kit_meet(k);
    kit_expect_verdict(k, ROW_STOLEN_KEY, 0);
    root.b[5] ^= 1;
    assert_int_equal(ask_adopt(k, k->held.size - 1, &root, OUR_ROOT), OK);
    kit_meet(k);
    kit_expect_verdict(k, ROW_STOLEN_KEY, 0);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
}

static void
a_lane_that_goes_on_needs_nobody_to_let_it(void **state)
{
    struct kit *k = *state;
    struct hash root = {{0}};

    kit_sends(k, 1);
    assert_int_equal(ask_adopt(k, 1, &root, OUR_ROOT), ERR_NOT_NOW);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).granted, false);
}

/* ---- our signing journal is lost ----------------------------------------- */

static void
a_lost_signing_journal_stops_both_lanes_until_a_person_rolls(void **state)
{
    struct kit *k = *state;

    kit_sends(k, 2);
    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 1);
    kit_expect_receipt(k, 1);
    k->sign_journal.size = 0;
    kit_restart(k);
    assert_true(kit_lane(k, KIT_LANE_OUT).frozen);
    assert_true(kit_lane(k, KIT_LANE_IN).frozen);
    assert_true(kit_said(k, "sealane lane roll --now krcert.or.kr"));
    kit_meet(k);
    kit_expect_verdict(k, ROW_SIGNER_LOST, 0);
    assert_int_equal(kit_ask_roll(k, false), OK);
    kit_meet(k);
    kit_enter(k);
    kit_going_on(k);
    /* The peer does the same for its own lane. */
    struct genesis g;
    kit_genesis_next(k, &g);
    kit_begin_epoch(k, &g);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 1);
    kit_expect_receipt(k, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_epoch_that_is_closed_ends_with_an_entry_and_its_receipt),
        cmocka_unit_test(a_planned_end_that_is_cut_anywhere_is_one_end),
        TEST(a_roll_at_once_does_not_wait_for_a_receipt),
        TEST(a_genesis_waits_for_the_signing_journal),
        TEST(a_closing_that_waits_does_not_close_the_next_epoch),
        TEST(the_root_key_lets_a_frozen_lane_go_on_in_a_new_epoch),
        TEST(a_lane_that_was_let_go_on_survives_a_start),
        TEST(another_key_lets_nothing_go_on),
        TEST(another_size_or_root_than_the_holders_lets_nothing_go_on),
        TEST(a_lane_that_goes_on_needs_nobody_to_let_it),
        TEST(a_lost_signing_journal_stops_both_lanes_until_a_person_rolls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
