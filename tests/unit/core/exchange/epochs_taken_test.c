/*
 * epochs_taken_test - a lane of the peer that goes on in a new epoch, and one
 *                     that must not.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* ---- an epoch of the peer ------------------------------------------------ */

static void
an_epoch_that_follows_what_we_hold_is_entered(void **state)
{
    struct kit *k = *state;
    struct genesis g;

    kit_hold(k, 2);
    kit_genesis_next(k, &g);
    kit_begin_epoch(k, &g);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 1);
    kit_expect_receipt(k, 1);
    struct view_lane v = kit_lane(k, kit_peer(k).lane_in);
    assert_int_equal(v.epoch, 1);
    assert_int_equal(v.size, 1);
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(k->resume.size, 1);
    assert_int_equal(k->alarms, 0);
}

/* PROTOCOL resume: "A holder that is offered another genesis of an epoch that
 * it has, or one that does not follow what it holds, MUST freeze the lane and
 * keep the genesis." */
static void
expect_refused(struct kit *k, const struct genesis *g, enum resume_row row)
{
    struct view_evidence e;
    struct slice payload;
    uint8_t bytes[GENESIS_BYTES];

    genesis_encode(g, bytes);
    kit_offer_epoch(k, g);
    assert_false(k->down);
    struct view_lane v = kit_lane(k, KIT_LANE_IN);
    assert_true(v.frozen);
    assert_int_equal(v.frozen_row, row);
    assert_int_equal(k->alarms, 1);
    assert_int_equal(view_evidence(k->x, 0, &e), OK);
    assert_int_equal(e.row, row);
    assert_memory_equal(e.genesis, bytes, GENESIS_BYTES);
    assert_int_equal(e.ours.size, v.size);
    k->read = k->sent.size;
    kit_offer_epoch(k, g); /* once is enough */
    assert_int_equal(k->alarms, 1);
    assert_int_equal(view_evidence(k->x, 1, &e), ERR_NOT_FOUND);
    assert_false(kit_next(k, FRAME_HELD, &payload));
    assert_int_equal(kit_peer(k).lane_in, KIT_LANE_IN);
}

static void
an_epoch_that_does_not_follow_stops_the_lane(void **state)
{
    struct kit *k = *state;
    struct genesis g;

    kit_hold(k, 2);
    kit_genesis_next(k, &g);
    g.prev_size = 1;
    expect_refused(k, &g, ROW_EPOCH_LOWER);
}

static void
an_epoch_that_follows_another_root_stops_the_lane(void **state)
{
    struct kit *k = *state;
    struct genesis g;

    kit_hold(k, 2);
    kit_genesis_next(k, &g);
    g.prev_root.b[31] ^= 1;
    expect_refused(k, &g, ROW_EPOCH_LOWER);
}

static void
an_epoch_that_begins_twice_stops_the_lane(void **state)
{
    struct kit *k = *state;
    struct genesis g, twice;
    struct view_lane v;

    kit_hold(k, 2);
    kit_genesis_next(k, &g);
    twice = g;
    kit_begin_epoch(k, &g);
    twice.prev_root.b[31] ^= 1;
    kit_offer_epoch(k, &twice);
    v = kit_lane(k, kit_peer(k).lane_in);
    assert_int_equal(v.epoch, 1);
    assert_true(v.frozen);
    assert_int_equal(v.frozen_row, ROW_TWO_GENESES);
    assert_int_equal(k->alarms, 1);
    /* No later one heals that. */
    k->read = k->sent.size;
    struct slice payload;
    twice.epoch = 2;
    twice.prev_size = 0;
    kit_offer_epoch(k, &twice);
    assert_false(kit_next(k, FRAME_HELD, &payload));
}

static void
offer_wrong(struct kit *k, struct genesis *g, enum err e)
{
    kit_offer_epoch(k, g);
    kit_expect_close(k, e);
    assert_false(kit_lane(k, KIT_LANE_IN).frozen);
    assert_int_equal(k->alarms, 0);
    kit_connect(k);
    kit_genesis_next(k, g);
}

static void
a_genesis_that_is_not_theirs_ends_the_session(void **state)
{
    struct kit *k = *state;
    struct frame_genesis f;
    uint8_t bytes[GENESIS_BYTES] = {0};
    struct buf out = {0};
    struct genesis g;

    kit_hold(k, 1);
    kit_genesis_next(k, &g);
    team_id_of(&k->third.name, &g.origin);
    offer_wrong(k, &g, ERR_GENESIS);
    team_id_of(&k->third.name, &g.audience);
    offer_wrong(k, &g, ERR_GENESIS);
    g.root_spki.b[0] ^= 1;
    offer_wrong(k, &g, ERR_GENESIS);
    g.epoch = 0; /* the very lane */
    g.prev_size = 0;
    memset(&g.prev_root, 0, sizeof g.prev_root);
    offer_wrong(k, &g, ERR_UNEXPECTED);
    genesis_encode(&g, bytes);
    f = (struct frame_genesis){.genesis = SLICE_ARRAY(bytes)};
    frame_genesis_put(&out, &f); /* another lane id */
    kit_send(k, &out);
    kit_expect_close(k, ERR_GENESIS);
    buf_clear(&out);
}

static void
a_genesis_in_the_middle_of_a_batch_ends_the_session(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};
    struct genesis g;

    kit_hold(k, 1);
    kit_genesis_next(k, &g);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_header(k, &out, 1, 1);
    kit_send(k, &out);
    kit_offer_epoch(k, &g);
    kit_expect_close(k, ERR_UNEXPECTED);
    buf_clear(&out);
}

/* PROTOCOL resume: "A holder MUST enter a later epoch only if its prev_size
 * and prev_root are exactly its own size and root, and after it gave every
 * receipt of the epoch before that it can give." */
static void
a_genesis_waits_for_a_receipt_that_is_due(void **state)
{
    struct kit *k = *state;
    struct genesis g;
    struct slice payload;

    kit_hold(k, 1);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    k->hold_signer = true;
    kit_batch(k, 1, 1);
    kit_genesis_next(k, &g);
    kit_offer_epoch(k, &g);
    assert_false(k->down);
    assert_false(kit_next(k, FRAME_HELD, &payload));
    kit_offer_epoch(k, &g); /* a second one while it waits */
    kit_expect_close(k, ERR_UNEXPECTED);
    k->hold_signer = false;
    kit_release(k);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, 2);
    kit_connect(k);
    k->hold_signer = true;
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 2, 1);
    kit_genesis_next(k, &g);
    kit_offer_epoch(k, &g);
    k->hold_signer = false;
    kit_release(k);
    k->read = 0;
    kit_expect_receipt(k, 3);
    assert_true(kit_next(k, FRAME_HELD, &payload));
    assert_int_equal(kit_lane(k, kit_peer(k).lane_in).epoch, 1);
}

/* The node ends after it entered and before the peer knows. */
static void
an_epoch_that_was_entered_is_reported_after_a_start(void **state)
{
    struct kit *k = *state;
    struct genesis g;
    struct frame_resume r;
    struct slice payload;

    kit_hold(k, 2);
    kit_genesis_next(k, &g);
    k->hold_signer = true;
    kit_offer_epoch(k, &g);
    k->hold_signer = false;
    kit_restart(k);
    kit_prove(k);
    k->read = 0;
    assert_true(kit_next(k, FRAME_RESUME, &payload));
    assert_int_equal(frame_resume_get(payload, &k->arena, &r), OK);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.lanes[0].size, 2);
    assert_int_equal(r.lanes[1].size, 0);
    genesis_encode(&g, k->genesis);
    assert_memory_equal(r.lanes[1].genesis.data, k->genesis, GENESIS_BYTES);
}

/* Set the node back to before an epoch that its signing journal knows, and the
 * peer as far, which knows nothing of it any more. */
static void
set_both_back(struct kit *k)
{
    uint8_t before[GENESIS_BYTES];
    struct memory_store *backup = memory_store_clone(k->store);
    struct genesis g;

    memcpy(before, k->genesis, sizeof before);
    kit_genesis_next(k, &g);
    kit_begin_epoch(k, &g);
    kit_restore(k, backup);
    memcpy(k->genesis, before, sizeof before);
}

static void
expect_closed(struct kit *k)
{
    struct view_lane v = kit_lane(k, KIT_LANE_IN);

    assert_true(v.frozen);
    assert_int_equal(v.frozen_row, ROW_EPOCH_HIGHER);
    assert_true(kit_said(k, "epoch-conflict"));
    assert_int_equal(v.size, 1);
    assert_int_equal(v.receipted, 0);
}

/* PROTOCOL resume: "A holder freezes the lane as on row 2 where the origin says
 * row 4 of an epoch that a later one closed in the holder's signing journal."
 */
static void
an_epoch_that_was_closed_does_not_go_on(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    set_both_back(k);
    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 1);
    expect_closed(k);
}

/* The node ends when it holds the batch and has no answer of the gate. */
static void
a_closed_epoch_is_found_again_after_a_start(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    set_both_back(k);
    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    k->hold_signer = true;
    kit_batch(k, 0, 1);
    assert_false(kit_lane(k, KIT_LANE_IN).frozen);
    k->hold_signer = false;
    kit_restart(k);
    assert_false(kit_lane(k, KIT_LANE_IN).frozen);
    kit_connect(k);
    expect_closed(k);
}

static void
a_frozen_lane_is_not_left_by_a_genesis(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};
    struct slice payload;
    struct view_evidence e;
    struct genesis g;

    kit_hold(k, 1);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_header(k, &out, 1, 1);
    kit_send(k, &out);
    kit_hang_up(k);
    k->entries[1].record[30] ^= 1;
    kit_connect(k);
    kit_header(k, &out, 1, 1);
    kit_send(k, &out);
    assert_true(kit_lane(k, KIT_LANE_IN).frozen);
    /* Both signatures are kept: whoever has their key sees two histories. */
    assert_int_equal(view_evidence(k->x, 0, &e), OK);
    assert_int_equal(e.row, ROW_FORK);
    assert_int_equal(e.theirs.size, e.ours.size);
    assert_false(hash_equal(&e.theirs.root, &e.ours.root));
    buf_clear(&k->entries[--k->entry_count].body);
    kit_genesis_next(k, &g);
    kit_offer_epoch(k, &g);
    assert_false(k->down);
    assert_false(kit_next(k, FRAME_HELD, &payload));
    assert_int_equal(kit_peer(k).lane_in, KIT_LANE_IN);
    buf_clear(&out);
}

/* PROTOCOL resume: "A holder that reads row 6 MUST tell its people: what it
 * stored is not what it was sent." */
static void
a_holder_that_is_told_of_damage_raises_an_alarm(void **state)
{
    struct kit *k = *state;
    struct frame_verdict v = {.row = ROW_HOLDER_DAMAGED, .size = 1};
    struct buf out = {0};

    kit_hold(k, 1);
    kit_hang_up(k);
    kit_prove(k);
    kit_resume_nothing(k);
    kit_lane_id(k, false, &v.lane);
    frame_verdict_put(&out, &v);
    kit_send(k, &out);
    assert_false(k->down);
    assert_int_equal(k->alarms, 1);
    assert_true(kit_said(k, "store-damaged"));
    buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_epoch_that_follows_what_we_hold_is_entered),
        TEST(an_epoch_that_does_not_follow_stops_the_lane),
        TEST(an_epoch_that_follows_another_root_stops_the_lane),
        TEST(an_epoch_that_begins_twice_stops_the_lane),
        TEST(a_genesis_that_is_not_theirs_ends_the_session),
        TEST(a_genesis_in_the_middle_of_a_batch_ends_the_session),
        TEST(a_genesis_waits_for_a_receipt_that_is_due),
        TEST(an_epoch_that_was_entered_is_reported_after_a_start),
        TEST(an_epoch_that_was_closed_does_not_go_on),
        TEST(a_closed_epoch_is_found_again_after_a_start),
        TEST(a_frozen_lane_is_not_left_by_a_genesis),
        TEST(a_holder_that_is_told_of_damage_raises_an_alarm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
