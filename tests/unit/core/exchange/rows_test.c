/*
 * rows_test - the rows of the resume table as a node meets them: peers that
 *             are behind, restored, forked or lying; and this node restored.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* Alarms that stand in the node's list, however often they were told. */
static size_t
alarms_of(const struct kit *k)
{
    struct view_alarm a;
    size_t n = 0;

    while (view_alarm(k->x, n, &a) == OK)
        n++;
    return n;
}

/* The origin's lane goes on whatever became of ours. */
static void
expect_reverse_lane(struct kit *k)
{
    kit_accept(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, k->entry_count - 1, 1);
    kit_expect_receipt(k, k->entry_count);
}

/* A claim must meet `row`: our lane stops with one alarm and stays so. */
static void
expect_frozen(struct kit *k, const struct frame_lane_state *s,
              enum resume_row row)
{
    struct frame_lane_state honest;
    struct lane_id listed;

    kit_prove(k);
    kit_resume(k, s);
    assert_int_equal(k->verdict.row, row);
    assert_int_equal(k->verdict.start, 0);
    lane_id_of(s->genesis.data, &listed);
    assert_memory_equal(&k->verdict.lane, &listed, sizeof listed);
    assert_int_equal(k->alarms, 1);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_peer(k).queued, 1);
    expect_reverse_lane(k);
    kit_restart(k);
    kit_prove(k);
    kit_claim(k, &honest);
    kit_resume(k, &honest);
    assert_int_equal(k->verdict.row, row);
    assert_true(kit_lane(k, KIT_LANE_OUT).frozen);
    assert_int_equal(kit_peer(k).queued, 1);
    assert_int_equal(k->alarms, 1);
}

/* Sign a (size, root) with our own checkpoint key, as a thief would. */
static void
forge(struct kit *k, uint64_t size, uint8_t root, struct frame_signed *out)
{
    struct checkpoint c = {.size = size, .time_s = 1700000000};
    struct lane_id lane;

    memset(c.root.b, root, HASH_BYTES);
    kit_lane_id(k, true, &lane);
    kit_sign(&k->us, KEY_ROLE_CHECKPOINT, &k->us.name, &lane, &c);
    *out = (struct frame_signed){.size = size,
                                 .root = c.root,
                                 .time_s = c.time_s,
                                 .key = c.key,
                                 .signature = c.signature};
}

/* ---- the peer ------------------------------------------------------------ */

/* More batches than are kept in memory. */
static void
a_peer_that_lost_all_is_fed_along_the_checkpoints(void **state)
{
    struct kit *k = *state;

    kit_talk(k, 300);
    frontier_init(&k->held);
    k->held_at = (struct checkpoint){0};
    kit_connect(k);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_true(kit_said(k, "restored-peer, our messages to cert.gov.au"));
    for (uint64_t i = 1; i <= 300; i++) {
        assert_true(kit_take(k));
        assert_int_equal(k->held.size, i);
        kit_give_receipt(k);
    }
    assert_false(kit_take(k));
    assert_false(k->down);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 300);
}

static void
another_genesis_stops_the_lane(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    uint8_t genesis[GENESIS_BYTES];

    kit_talk(k, 2);
    kit_claim(k, &s);
    memcpy(genesis, s.genesis.data, GENESIS_BYTES);
    genesis[50] ^= 1;
    s.genesis = SLICE_ARRAY(genesis);
    expect_frozen(k, &s, ROW_TWO_GENESES);
}

/* It is a lane to somebody else, of which this peer can say nothing. */
static void
a_lane_to_another_team_is_no_claim_about_ours(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    uint8_t bytes[GENESIS_BYTES];
    struct genesis g;

    kit_talk(k, 2);
    kit_claim(k, &s);
    assert_int_equal(genesis_decode(s.genesis, &g), OK);
    team_id_of(&k->third.name, &g.audience);
    genesis_encode(&g, bytes);
    s.genesis = SLICE_ARRAY(bytes);
    kit_prove(k);
    kit_say_resume(k, &s, 1);
    assert_false(kit_judged(k));
    assert_false(kit_lane(k, KIT_LANE_OUT).frozen);
    assert_int_equal(k->alarms, 0);
    expect_reverse_lane(k);
    kit_hang_up(k);
    kit_good_session(k);
}

static void
a_later_epoch_stops_the_lane(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    uint8_t genesis[GENESIS_BYTES];

    kit_talk(k, 2);
    kit_claim(k, &s);
    memcpy(genesis, s.genesis.data, GENESIS_BYTES);
    genesis[79] = 1;
    s.genesis = SLICE_ARRAY(genesis);
    expect_frozen(k, &s, ROW_EPOCH_HIGHER);
}

/* A claim must meet `row`: nothing goes on in this session; in the next one
 * the lane does. */
static void
expect_refused(struct kit *k, const struct frame_lane_state *s,
               enum resume_row row)
{
    struct frame_lane_state honest;

    kit_prove(k);
    kit_resume(k, s);
    assert_int_equal(k->verdict.row, row);
    assert_int_equal(k->verdict.start, 0);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_peer(k).queued, 1);
    expect_reverse_lane(k);
    assert_false(kit_lane(k, KIT_LANE_OUT).frozen);
    kit_hang_up(k);
    kit_prove(k);
    kit_claim(k, &honest);
    kit_resume(k, &honest);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_peer(k).queued, 0);
}

static void
more_than_we_have_without_our_signature_is_a_lie(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    s.size = 3;
    expect_refused(k, &s, ROW_HOLDER_LIES);
    assert_int_equal(alarms_of(k), 1);
    /* However often it is told. */
    kit_hang_up(k);
    kit_prove(k);
    s.size = 9;
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_HOLDER_LIES);
    assert_int_equal(alarms_of(k), 1);
}

static void
more_than_we_have_under_our_stolen_key_is_noticed(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    forge(k, 5, 0x77, &s.checkpoint);
    s.size = 5;
    s.root = s.checkpoint.root;
    expect_frozen(k, &s, ROW_STOLEN_KEY);
}

/* PROTOCOL resume: "A checkpoint S beyond the origin's size MUST be looked at
 * before the normal row, since a forged checkpoint that was seen and not held
 * would stay unnoticed otherwise." */
static void
a_forged_checkpoint_that_was_only_seen_is_noticed(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    forge(k, 5, 0x77, &s.seen);
    expect_frozen(k, &s, ROW_STOLEN_KEY);
}

static void
another_root_under_our_signature_is_a_fork(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    forge(k, 2, 0x77, &s.checkpoint);
    s.root = s.checkpoint.root;
    expect_frozen(k, &s, ROW_FORK);
}

static void
another_root_without_our_signature_is_damage(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    s.root.b[0] ^= 1;
    expect_refused(k, &s, ROW_HOLDER_DAMAGED);
    assert_int_equal(alarms_of(k), 1);
}

/* Nothing was signed there: no fork can be shown. */
static void
another_root_at_size_nought_is_damage(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    kit_talk(k, 2);
    kit_claim(k, &s);
    s.size = 0;
    s.has_checkpoint = false;
    expect_refused(k, &s, ROW_HOLDER_DAMAGED);
    assert_int_equal(alarms_of(k), 1);
}

static void
a_lane_of_nobody_here_is_passed_over(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s, ours;
    struct frame_lane_state lanes[2];
    uint8_t genesis[GENESIS_BYTES];

    kit_claim(k, &s);
    ours = s;
    memcpy(genesis, s.genesis.data, GENESIS_BYTES);
    genesis[8] ^= 1; /* another origin */
    s.genesis = SLICE_ARRAY(genesis);
    lanes[0] = s;
    lanes[1] = ours;
    kit_prove(k);
    kit_say_resume(k, lanes, 2);
    assert_true(kit_judged(k));
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_false(kit_judged(k));
}

/* ---- this node as origin, restored --------------------------------------- */

/* Go back to where both lanes had one entry; they had three. */
static void
restored(struct kit *k)
{
    kit_talk(k, 1);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_talk(k, 2);
    kit_restore(k, backup);
    /* So does the peer's lane, which is fed again. */
    while (k->entry_count > 1)
        buf_clear(&k->entries[--k->entry_count].body);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
}

static void
expect_stopped(struct kit *k, const struct frame_lane_state *s,
               enum resume_row row)
{
    kit_prove(k);
    kit_resume(k, s);
    assert_int_equal(k->verdict.row, row);
    /* turns-lost by the signer alone, history-lost by the peer. */
    assert_int_equal(alarms_of(k), 2);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    assert_int_equal(k->stops, 0);
}

static void
a_holder_beyond_us_shows_that_we_were_restored(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    struct frame_fetch f;
    struct slice payload;

    restored(k);
    kit_claim(k, &s);
    kit_prove(k);
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_ORIGIN_RESTORED);
    assert_int_equal(k->alarms, 0);
    assert_true(kit_next(k, FRAME_FETCH, &payload));
    assert_int_equal(frame_fetch_get(payload, &k->arena, &f), OK);
    assert_int_equal(f.from, 1);
    assert_int_equal(f.to, 3);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    assert_int_equal(k->stops, 0);
}

static void
a_holder_that_saw_more_shows_that_history_was_lost(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    restored(k);
    kit_claim(k, &s);
    s.seen = s.checkpoint;
    s.has_checkpoint = false;
    s.size = 0;
    frontier_init(&k->held);
    frontier_root(&k->held, &s.root);
    expect_stopped(k, &s, ROW_SEEN_BEYOND);
}

static void
a_signing_journal_beyond_both_stops_us(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    restored(k);
    frontier_init(&k->held);
    k->held_at = (struct checkpoint){0};
    kit_claim(k, &s);
    expect_stopped(k, &s, ROW_SIGNED_BEYOND);
}

/* ---- this node as holder, restored --------------------------------------- */

/* Hold `before` entries, back up, hold up to `after` with one receipt at the
 * end, go back. */
static void
holder_restored(struct kit *k, uint64_t before, uint64_t after)
{
    kit_connect(k);
    for (uint64_t i = 0; i < after; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    if (before)
        kit_batch(k, 0, before);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_batch(k, before, after - before);
    kit_expect_receipt(k, after);
    kit_hang_up(k);
    kit_restore(k, backup);
    kit_connect(k);
    assert_int_equal(k->resume.size, before);
}

static uint64_t
next_held(struct kit *k)
{
    struct frame_mark m;
    struct slice payload;

    if (!kit_next(k, FRAME_HELD, &payload))
        return 0;
    assert_int_equal(frame_mark_get(FRAME_HELD, payload, &k->arena, &m), OK);
    return m.number;
}

static void
below_the_last_receipt_there_is_held_and_then_the_same_receipt(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    holder_restored(k, 2, 6);
    kit_batch(k, 2, 1);
    assert_int_equal(next_held(k), 3);
    kit_batch(k, 3, 1);
    assert_int_equal(next_held(k), 4);
    k->read = 0;
    assert_false(kit_next(k, FRAME_RECEIPT, &payload));
    kit_batch(k, 4, 2);
    kit_expect_receipt(k, 6);
    assert_int_equal(k->alarms, 0);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 6, 1);
    kit_expect_receipt(k, 7);
}

/* However slow the signer is, and however its answers fall. */
static void
below_the_last_receipt_with_a_slow_signer(void **state)
{
    struct kit *k = *state;

    holder_restored(k, 2, 12);
    k->hold_signer = true;
    for (uint64_t i = 2; i < 6; i++)
        kit_batch(k, i, 1);
    for (size_t i = 0; i < 3; i++)
        kit_release(k);
    kit_batch(k, 6, 1);
    kit_batch(k, 7, 1);
    kit_release(k);
    kit_batch(k, 8, 2);
    k->hold_signer = false;
    kit_release(k);
    k->read = 0;
    uint64_t last = 2, held;
    while ((held = next_held(k)) != 0) {
        assert_true(held > last);
        last = held;
    }
    assert_int_equal(last, 10);
    kit_batch(k, 10, 2);
    kit_expect_receipt(k, 12);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, 12);
}

/* A receipt that was given on the way is given again, byte for byte. */
static void
receipts_on_the_way_are_given_again(void **state)
{
    struct kit *k = *state;

    holder_restored(k, 0, 4);
    struct memory_store *empty = memory_store_clone(k->store);
    kit_batch(k, 0, 4);
    kit_expect_receipt(k, 4);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 4, 1);
    kit_expect_receipt(k, 5);
    size_t signed_bytes = k->sign_journal.size;
    kit_restore(k, empty);
    kit_connect(k);
    kit_batch(k, 0, 4);
    kit_expect_receipt(k, 4);
    assert_int_equal(k->sign_journal.size, signed_bytes);
}

static void
other_entries_than_our_receipt_covers_stop_the_lane(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    holder_restored(k, 2, 4);
    while (k->entry_count > 2)
        buf_clear(&k->entries[--k->entry_count].body);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_CLEAR, 99});
    kit_batch(k, 2, 3);
    assert_false(kit_next(k, FRAME_RECEIPT, &payload));
    assert_int_equal(k->alarms, 1);
    assert_true(kit_lane(k, KIT_LANE_IN).frozen);
    assert_false(k->down);
    /* Ours goes on. */
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 1);
}

static void
two_checkpoints_of_one_size_stop_the_lane(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};
    struct slice payload;

    kit_connect(k);
    for (size_t i = 0; i < 2; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_header(k, &out, 0, 2);
    kit_send(k, &out);
    kit_hang_up(k);
    buf_clear(&k->entries[--k->entry_count].body);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 11});
    kit_connect(k);
    kit_header(k, &out, 0, 2);
    kit_send(k, &out);
    assert_int_equal(k->alarms, 1);
    assert_true(kit_lane(k, KIT_LANE_IN).frozen);
    assert_false(kit_next(k, FRAME_WANT, &payload));
    /* More of it changes nothing; ours goes on. */
    uint64_t turns = kit_turns(k);
    kit_header(k, &out, 0, 1);
    kit_send(k, &out);
    assert_int_equal(kit_turns(k), turns);
    assert_int_equal(k->alarms, 1);
    assert_false(k->down);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_peer_that_lost_all_is_fed_along_the_checkpoints),
        TEST(another_genesis_stops_the_lane),
        TEST(a_lane_to_another_team_is_no_claim_about_ours),
        TEST(a_later_epoch_stops_the_lane),
        TEST(more_than_we_have_without_our_signature_is_a_lie),
        TEST(more_than_we_have_under_our_stolen_key_is_noticed),
        TEST(a_forged_checkpoint_that_was_only_seen_is_noticed),
        TEST(another_root_under_our_signature_is_a_fork),
        TEST(another_root_without_our_signature_is_damage),
        TEST(another_root_at_size_nought_is_damage),
        TEST(a_lane_of_nobody_here_is_passed_over),
        TEST(a_holder_beyond_us_shows_that_we_were_restored),
        TEST(a_holder_that_saw_more_shows_that_history_was_lost),
        TEST(a_signing_journal_beyond_both_stops_us),
        TEST(below_the_last_receipt_there_is_held_and_then_the_same_receipt),
        TEST(below_the_last_receipt_with_a_slow_signer),
        TEST(receipts_on_the_way_are_given_again),
        TEST(other_entries_than_our_receipt_covers_stop_the_lane),
        TEST(two_checkpoints_of_one_size_stop_the_lane),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
