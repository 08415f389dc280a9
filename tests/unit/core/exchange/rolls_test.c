/*
 * rolls_test - new epochs because of keys: where they begin, and what goes
 *              again in them.
 */
#include "kit.h"
#include "kit_keys.h"

#include "core/exchange/state.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* From now on the peer checks our signatures with the key that was made. */
static void
use_new_key(struct kit *k)
{
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
}

static void
close_over_key(struct kit *k)
{
    struct buf frame = {0};

    frame_close_put(&frame, &(struct frame_close){err_code(ERR_KEY),
                                                  slice_str("not known")});
    kit_send(k, &frame);
    buf_clear(&frame);
}

/* PROTOCOL rotation: "A holder that was set back into such an epoch MUST be
 * given a new one where it is: it takes nothing more under that key." */
static void
a_holder_set_back_before_a_compromise_gets_a_new_epoch_where_it_is(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    kit_connect(k);
    kit_sends(k, 2);
    kit_rotate(k, true);
    use_new_key(k);
    kit_meet(k);
    kit_enter(k);
    kit_going_on(k);
    kit_hang_up(k);
    kit_forget(k, 0, 1);
    kit_meet(k);
    assert_false(kit_next(k, FRAME_HEADER, &payload));
    k->read = 0;
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 2);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).prev_size, 1);
    kit_take_all(k);
    assert_int_equal(k->held.size, 2); /* that of each epoch which it lost */
    kit_going_on(k);
    assert_int_equal(k->stops, 0);
}

/* What the epoch before was left with is in the next one already; a genesis
 * that was not heard is offered again. */
static void
what_two_rolls_left_is_queued_once(void **state)
{
    struct kit *k = *state;
    struct genesis g;

    kit_connect(k);
    kit_sends(k, 2);
    kit_meet(k);
    kit_submit(k, 1, 20, TLP_GREEN); /* signed, and nobody took it */
    kit_hang_up(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    kit_rotate(k, true);
    use_new_key(k);
    kit_meet(k);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 1);
    kit_hang_up(k);
    kit_forget(k, 0, 1);
    for (size_t i = 0; i < 3; i++) {
        kit_meet(k);
        kit_expect_genesis(k, &g);
        assert_int_equal(g.epoch, 2);
        assert_int_equal(g.prev_size, 1);
        kit_hang_up(k);
        if (i == 1)
            kit_restart(k);
    }
    kit_meet(k);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 2); /* the second, and that of nobody */
    kit_going_on(k);
}

/* PROTOCOL rotation: "Where a holder of nothing ended a session with code 42
 * and the lane began under a key that the card no longer has in use, the origin
 * MUST begin a new epoch there at the next resume." */
static void
a_first_key_that_a_holder_of_nothing_does_not_know_is_left(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_sends(k, 2);
    kit_rotate(k, false);
    kit_meet(k);
    kit_take_all(k); /* the card, by the old key */
    use_new_key(k);
    kit_hang_up(k);
    kit_forget(k, 0, 0);
    kit_meet(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    close_over_key(k);
    kit_meet(k);
    kit_enter(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 1);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).prev_size, 0);
    kit_take_all(k);
    assert_int_equal(k->held.size, 2); /* the new key needs no card */
    kit_going_on(k);
    assert_int_equal(k->stops, 0);
}

/* A restore took the card between: the entry that names the key after it is
 * fetched back, and the first key stays unknown here too. */
static void
a_first_key_that_nobody_knows_any_more_is_left(void **state)
{
    struct kit *k = *state;
    struct kit_card_wish w = {.number = 1, .version = 3};
    struct memory_store *backup = memory_store_clone(k->store);

    memset(w.checkpoint.b, KIT_NEW_SEED + 1, sizeof w.checkpoint.b);
    kit_rotate(k, false); /* the lane begins with that key */
    use_new_key(k);
    kit_sends(k, 1);
    kit_make_key(k);
    kit_import_card(k, &k->us, &w);
    kit_meet(k);
    kit_take_all(k); /* the card, by that key */
    kit_hang_up(k);
    k->us.seeds[1] = w.checkpoint;
    kit_sends(k, 1);
    use_new_key(k); /* still held, as the one after it */
    kit_restore(k, backup);
    signer_key_put(k->signer, KEY_ROLE_CHECKPOINT, 1, &w.checkpoint);
    kit_import_card(k, &k->us, &w);
    k->us.seeds[1] = w.checkpoint;
    kit_meet(k);
    kit_serve_at_once(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    kit_hang_up(k);
    kit_forget(k, 0, 0);
    kit_meet(k);
    close_over_key(k);
    kit_meet(k);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 2);
    kit_going_on(k);
    assert_int_equal(k->stops, 0);
}

/* Nobody makes us begin again by saying so. */
static void
a_key_in_use_is_no_reason_for_a_new_epoch(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_sends(k, 2);
    kit_hang_up(k);
    kit_forget(k, 0, 0);
    kit_meet(k);
    close_over_key(k);
    kit_meet(k);
    kit_expect_verdict(k, ROW_NORMAL, 0);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 0);
}

/* Its receipt is under a key that was compromised as well: what it covered
 * would wait for another one for ever. */
static void
after_a_compromise_what_a_refused_receipt_covered_goes_again(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state claim = {0};
    struct genesis g;

    kit_submit(k, 2, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_submit(k, 1, 20, TLP_GREEN);
    assert_true(kit_take(k));
    kit_hang_up(k);
    kit_rotate(k, true);
    kit_prove(k);
    kit_claim(k, &claim);
    assert_int_equal(claim.size, 3);
    claim.has_receipt = claim.has_receipt_answers = true;
    claim.receipt = claim.receipt_answers = claim.checkpoint;
    kit_resume(k, &claim);
    assert_true(kit_said(k, "the receipt in its RESUME is not good"));
    kit_expect_genesis(k, &g);
    assert_int_equal(g.prev_size, 2);
}

static void
after_a_compromise_a_new_epoch_is_offered_where_both_agree(void **state)
{
    struct kit *k = *state;
    struct frame_genesis f;
    struct slice payload;
    struct genesis g;

    kit_submit(k, 2, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_rotate(k, true);
    assert_int_equal(kit_key_count(k), 3); /* gone at once */
    assert_int_equal(k->alarms, 1);
    kit_prove(k);
    struct frame_lane_state claim = {0};
    kit_claim(k, &claim);
    kit_resume(k, &claim);
    assert_true(kit_next(k, FRAME_GENESIS, &payload));
    assert_int_equal(frame_genesis_get(payload, &k->arena, &f), OK);
    assert_int_equal(genesis_decode(f.genesis, &g), OK);
    assert_int_equal(g.epoch, 1);
    assert_int_equal(g.prev_size, 2);
    assert_true(kit_said(k, "this has gone"));
    assert_int_equal(k->stops, 0);
}

/* PROTOCOL rotation: "After a compromise a new epoch MUST follow the last size
 * that both sides are known to hold alike." */
static void
after_a_compromise_what_is_not_alike_is_left(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state claim = {0};
    struct frame_genesis f;
    struct slice payload;
    struct genesis g;

    kit_submit(k, 2, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_submit(k, 1, 20, TLP_GREEN);
    assert_true(kit_take(k));
    kit_rotate(k, true);
    kit_prove(k);
    kit_claim(k, &claim);
    assert_int_equal(claim.size, 3);
    claim.root.b[0] ^= 1;
    kit_resume(k, &claim);
    assert_true(kit_next(k, FRAME_GENESIS, &payload));
    assert_int_equal(frame_genesis_get(payload, &k->arena, &f), OK);
    assert_int_equal(genesis_decode(f.genesis, &g), OK);
    assert_int_equal(g.prev_size, 2);
}

/* It would name an older key behind the first one, which is that in use. */
static void
a_card_that_waits_is_recalled_when_an_epoch_begins(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_sends(k, 2);
    kit_rotate(k, false);
    assert_int_equal(k->x->peers[0]->cards_waiting, 1);
    assert_int_equal(kit_ask_roll(k, true), OK);
    kit_meet(k);
    assert_int_equal(k->x->peers[0]->cards_waiting, 0);
    use_new_key(k);
    kit_enter(k);
    kit_going_on(k);
    assert_int_equal(k->x->peers[0]->own_waiting, 0);
}

/* The holder was set back to nothing and never saw the epoch between. */
static void
an_epoch_that_is_known_again_follows_the_one_that_the_holder_left(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_sends(k, 2);
    kit_rotate(k, true);
    use_new_key(k);
    kit_meet(k);
    kit_enter(k);
    kit_hang_up(k);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_forget(k, 0, 0);
    kit_meet(k);
    kit_enter(k);
    kit_take_all(k);
    assert_int_equal(k->held.size, 2);
    kit_restore(k, backup);
    kit_meet(k);
    kit_serve(k, NULL);
    kit_take_all(k);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).epoch, 2);
    assert_int_equal(kit_lane(k, kit_peer(k).lane_out).size, 2);
    assert_int_equal(k->x->lanes[KIT_LANE_OUT]->left_from, 0);
    assert_int_equal(kit_peer(k).queued, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(
            a_holder_set_back_before_a_compromise_gets_a_new_epoch_where_it_is),
        TEST(what_two_rolls_left_is_queued_once),
        TEST(a_first_key_that_a_holder_of_nothing_does_not_know_is_left),
        TEST(a_first_key_that_nobody_knows_any_more_is_left),
        TEST(a_key_in_use_is_no_reason_for_a_new_epoch),
        TEST(after_a_compromise_what_a_refused_receipt_covered_goes_again),
        TEST(after_a_compromise_a_new_epoch_is_offered_where_both_agree),
        TEST(after_a_compromise_what_is_not_alike_is_left),
        TEST(a_card_that_waits_is_recalled_when_an_epoch_begins),
        TEST(an_epoch_that_is_known_again_follows_the_one_that_the_holder_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
