/*
 * rotation_test - checkpoint keys by position, on both sides of a lane.
 */
#include "kit.h"
#include "kit_keys.h"

#include "core/lane/texts.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* ---- as origin ----------------------------------------------------------- */

static void
the_card_entry_is_signed_by_the_old_key_and_the_rest_by_the_new(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 2, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_rotate(k, false);
    assert_int_equal(kit_key_count(k), 4); /* the old one is needed still */
    kit_connect(k);
    assert_true(kit_take(k)); /* the card, by the old key */
    kit_submit(k, 1, 20, TLP_GREEN);
    assert_false(kit_take(k)); /* not before that is answered */
    kit_give_receipt(k);
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
    assert_true(kit_take(k)); /* by the new one */
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 4);
    kit_give_receipt(k);
    assert_int_equal(kit_key_count(k), 3);
    assert_int_equal(k->stops, 0);
}

/* PROTOCOL rotation: "An entry of kind 1 MUST be the last of its batch." */
/* PROTOCOL leaf-records: "In an entry of kind 1 to 4 and in one that carries a
 * Decline, tlp and flags MUST be 0." */
static void
the_card_entry_ends_its_batch_and_has_no_marking(void **state)
{
    struct kit *k = *state;
    uint8_t record[LEAF_BYTES];
    struct leaf leaf;

    kit_submit(k, 2, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_rotate(k, false);
    kit_submit(k, 3, 20, TLP_GREEN);
    kit_connect(k);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 3);
    assert_int_equal(k->port.ops->record(k->port.self, KIT_LANE_OUT, 2, record),
                     OK);
    assert_int_equal(leaf_decode(SLICE_ARRAY(record), 2, &leaf), OK);
    assert_int_equal(leaf.kind, LEAF_CARD);
    assert_int_equal(leaf.tlp, 0);
    assert_int_equal(leaf.flags, 0);
    kit_give_receipt(k);
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 6);
}

static void
a_lane_without_entries_begins_with_the_new_key(void **state)
{
    struct kit *k = *state;

    kit_rotate(k, false);
    assert_int_equal(kit_key_count(k), 3);
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
    kit_connect(k);
    kit_submit(k, 1, 20, TLP_GREEN);
    assert_true(kit_take(k));
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    kit_give_receipt(k);
}

/* The signer takes requests in their order: it signs a lane's first batch
 * before it hears of the new key, and answers after. */
static void
a_key_that_signs_a_first_batch_right_now_is_kept(void **state)
{
    struct kit *k = *state;
    struct kit_card_wish w = {.number = 1};
    struct buf card = {0};

    memset(w.checkpoint.b, KIT_NEW_SEED, sizeof w.checkpoint.b);
    kit_connect(k);
    kit_make_key(k);
    kit_next_card(&k->us, &w, &card);
    k->hold_signer = true;
    kit_import(k, buf_slice(&card)); /* answered when the signer is */
    kit_submit(k, 1, 20, TLP_GREEN);
    k->hold_signer = false;
    kit_release(k);
    assert_int_equal(kit_key_count(k), 4);
    kit_meet(k);
    kit_take_all(k); /* the message and the card, by the old key */
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
    kit_submit(k, 1, 20, TLP_GREEN);
    kit_take_all(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    assert_int_equal(kit_key_count(k), 3);
    assert_int_equal(k->stops, 0);
    buf_clear(&card);
}

/* What a restore took may be all that was signed with it. */
static void
a_key_is_kept_until_what_was_lost_is_fetched(void **state)
{
    struct kit *k = *state;
    struct kit_card_wish w = {.number = 1};
    struct memory_store *backup = memory_store_clone(k->store);

    kit_connect(k);
    kit_sends(k, 2);
    kit_rotate(k, false);
    kit_restore(k, backup);
    memset(w.checkpoint.b, KIT_NEW_SEED, sizeof w.checkpoint.b);
    signer_key_put(k->signer, KEY_ROLE_CHECKPOINT, 1, &w.checkpoint);
    kit_import_card(k, &k->us, &w);
    assert_int_equal(kit_key_count(k), 4);
    kit_meet(k);
    kit_serve(k, NULL);
    kit_take_all(k); /* the card, by the old key */
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    assert_int_equal(kit_key_count(k), 3);
    assert_int_equal(k->stops, 0);
}

/* The entry that changes it may be in our hands before our own signature of
 * what comes first. PROTOCOL rotation: "A HEADER that starts after an entry of
 * kind 1 MUST NOT be sent before the batch which that entry ends was
 * answered." */
static void
a_fetched_card_entry_changes_the_key_where_it_stands(void **state)
{
    struct kit *k = *state;
    struct kit_card_wish w = {.number = 1};
    struct memory_store *backup = memory_store_clone(k->store);
    const struct secret_key old = k->us.seeds[1];

    kit_connect(k);
    kit_sends(k, 1);
    kit_rotate(k, false);
    kit_meet(k);
    kit_take_all(k); /* the card, by the old key */
    kit_hang_up(k);
    memset(k->us.seeds[1].b, KIT_NEW_SEED, sizeof k->us.seeds[1].b);
    kit_sends(k, 1);
    kit_restore(k, backup);
    signer_key_put(k->signer, KEY_ROLE_CHECKPOINT, 1, &k->us.seeds[1]);
    memset(w.checkpoint.b, KIT_NEW_SEED, sizeof w.checkpoint.b);
    kit_import_card(k, &k->us, &w);
    kit_meet(k);
    kit_serve_at_once(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    kit_hang_up(k);
    kit_forget(k, 0, 1);
    k->us.seeds[1] = old;
    kit_meet(k);
    assert_true(kit_take(k));
    assert_false(kit_take(k)); /* not before the card is answered */
}

/* ---- as holder ----------------------------------------------------------- */

/* Append the card entry to the peer's lane. */
static struct secret_key
card_entry(struct kit *k, bool compromised)
{
    struct kit_card_wish w = {
        .number = 2, .compromised = compromised, .whole = true};
    struct submission_id id = {.sequence = 77};
    struct buf body = {0};

    memset(w.checkpoint.b, 0x66, sizeof w.checkpoint.b);
    submission_id_put(&body, &id);
    kit_next_card(&k->them, &w, &body);
    kit_entry_of(k, &(struct leaf){.kind = LEAF_CARD, .ref = LEAF_REF_NONE},
                 buf_slice(&body));
    buf_clear(&body);
    return w.checkpoint;
}

static void
say_header(struct kit *k, uint64_t start, size_t count)
{
    struct buf out = {0};

    kit_header(k, &out, start, count);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
a_holder_goes_on_with_the_key_of_the_card_entry(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};

    kit_connect(k);
    kit_entry(k, &b);
    kit_batch(k, 0, 1);
    struct secret_key key = card_entry(k, false);
    kit_batch(k, 1, 1);
    kit_expect_receipt(k, 2);
    assert_int_equal(kit_peer(k).card_version, 2);
    k->them.seeds[1] = key;
    kit_entry(k, &b);
    kit_batch(k, 2, 1);
    kit_expect_receipt(k, 3);
}

static void
a_holder_takes_nothing_of_the_old_key_behind_the_card_entry(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};

    kit_connect(k);
    kit_entry(k, &b);
    kit_batch(k, 0, 1);
    (void)card_entry(k, false);
    kit_batch(k, 1, 1);
    kit_entry(k, &b);
    say_header(k, 2, 1);
    kit_expect_close(k, ERR_KEY);
}

static void
a_holder_takes_nothing_of_a_key_before_its_time(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};

    kit_connect(k);
    kit_entry(k, &b);
    kit_batch(k, 0, 1);
    k->them.seeds[1] = card_entry(k, false);
    say_header(k, 1, 1);
    kit_expect_close(k, ERR_KEY);
}

static void
a_card_entry_that_does_not_end_its_batch_is_refused(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};

    kit_connect(k);
    (void)card_entry(k, false);
    kit_entry(k, &b);
    say_header(k, 0, 2);
    kit_expect_close(k, ERR_CARD);
}

/* Send an entry of kind 1 with the newer card of a team. */
static void
entry_of_card(struct kit *k, const char *name, uint8_t number)
{
    struct submission_id id = {.sequence = 77};
    struct team team;
    struct buf body = {0};

    team_make(&team, name, "certau", number);
    submission_id_put(&body, &id);
    buf_put(&body, buf_slice(&team.renewed));
    kit_connect(k);
    kit_entry_of(k, &(struct leaf){.kind = LEAF_CARD, .ref = LEAF_REF_NONE},
                 buf_slice(&body));
    say_header(k, 0, 1);
    buf_reset(&body);
    kit_body(k, &body, 0);
    kit_send(k, &body);
    buf_clear(&body);
    team_clear(&team);
}

/* PROTOCOL rotation: "The card in an entry of kind 1 MUST be good as P26 says,
 * of the lane's origin and under its root; another one ends the session." */
static void
a_card_entry_of_another_root_ends_the_session(void **state)
{
    struct kit *k = *state;

    entry_of_card(k, "cert.gov.au", 9);
    kit_expect_close(k, ERR_KEY);
}

static void
a_card_entry_of_another_team_ends_the_session(void **state)
{
    struct kit *k = *state;

    entry_of_card(k, "cert.example", 2);
    kit_expect_close(k, ERR_WRONG_TEAM);
}

static void
nothing_of_a_compromised_key_is_taken(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};
    struct kit_card_wish w = {.number = 2, .compromised = true, .whole = true};

    kit_connect(k);
    kit_entry(k, &b);
    kit_batch(k, 0, 1);
    memset(w.checkpoint.b, 0x66, sizeof w.checkpoint.b);
    kit_import_card(k, &k->them, &w);
    kit_entry(k, &b);
    say_header(k, 1, 1);
    kit_expect_close(k, ERR_KEY);
}

/* Its HEADER was good when it came. */
static void
a_batch_on_its_way_under_a_compromised_key_is_not_kept(void **state)
{
    struct kit *k = *state;
    const struct kit_body b = {MESSAGE_INDICATOR, TLP_GREEN, 20};
    struct kit_card_wish w = {.number = 2, .compromised = true, .whole = true};
    struct buf body = {0};

    kit_connect(k);
    kit_entry(k, &b);
    kit_batch(k, 0, 1);
    kit_entry(k, &b);
    say_header(k, 1, 1);
    memset(w.checkpoint.b, 0x66, sizeof w.checkpoint.b);
    kit_import_card(k, &k->them, &w);
    kit_body(k, &body, 1);
    if (!k->down)
        kit_send(k, &body);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).size, 1);
    kit_expect_close(k, ERR_KEY);
    buf_clear(&body);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_card_entry_is_signed_by_the_old_key_and_the_rest_by_the_new),
        TEST(the_card_entry_ends_its_batch_and_has_no_marking),
        TEST(a_lane_without_entries_begins_with_the_new_key),
        TEST(a_key_that_signs_a_first_batch_right_now_is_kept),
        TEST(a_key_is_kept_until_what_was_lost_is_fetched),
        TEST(a_fetched_card_entry_changes_the_key_where_it_stands),
        TEST(a_holder_goes_on_with_the_key_of_the_card_entry),
        TEST(a_holder_takes_nothing_of_the_old_key_behind_the_card_entry),
        TEST(a_holder_takes_nothing_of_a_key_before_its_time),
        TEST(a_card_entry_that_does_not_end_its_batch_is_refused),
        TEST(a_card_entry_of_another_root_ends_the_session),
        TEST(a_card_entry_of_another_team_ends_the_session),
        TEST(nothing_of_a_compromised_key_is_taken),
        TEST(a_batch_on_its_way_under_a_compromised_key_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
