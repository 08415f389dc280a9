#include "gate_fixture.h"

static void
a_new_lane_is_empty_and_its_genesis_is_for_the_journal(void **state)
{
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(TRUE_HISTORY, 0);
    struct gate *gate = gate_new(&krcert);
    struct gate_open request = {bytes, &krcert, &auscert, KEY_ROLE_CHECKPOINT,
                                &at,   9};
    struct gate_lane out;
    struct gate_record r;
    struct hash empty;
    bool add = false;

    (void)state;
    genesis_encode(&g, bytes);
    assert_int_equal(gate_open(gate, &request, &out, &r, &add), OK);
    assert_true(add);
    assert_int_equal(r.kind, GATE_RECORD_GENESIS);
    assert_int_equal(r.turn, 9);
    assert_memory_equal(r.genesis, bytes, sizeof bytes);
    crypto_hash_one(&empty, (struct slice){0});
    assert_int_equal(out.signed_size, 0);
    assert_true(hash_equal(&out.signed_root, &empty));
    assert_string_equal(gate_origin(gate, &r.lane)->text, krcert.text);
    assert_int_equal(gate_open(gate, &request, &out, &r, &add), OK);
    assert_false(add);
    gate_free(gate);
}

static void
a_lane_opened_again_tells_what_was_signed_last(void **state)
{
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES];
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct frontier at = history_at(TRUE_HISTORY, 12);
    struct gate_open request = {bytes, &krcert, &auscert, KEY_ROLE_CHECKPOINT,
                                &at,   0};
    struct gate_lane out;
    struct gate_record r;
    struct hash root;
    bool add = true;

    (void)state;
    genesis_encode(&g, bytes);
    assert_int_equal(gate_open(s->gate, &request, &out, &r, &add), OK);
    assert_false(add);
    frontier_root(&at, &root);
    assert_int_equal(out.signed_size, 12);
    assert_true(hash_equal(&out.signed_root, &root));
    signer_free(s);
}

static enum err
open_named(const struct team_name *own, const struct team_name *origin,
           const struct team_name *audience, enum key_role role)
{
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(TRUE_HISTORY, 0);
    struct gate *gate = gate_new(own);
    struct gate_open request = {bytes, origin, audience, role, &at, 0};
    struct gate_lane out;
    struct gate_record r;
    bool add = false;

    genesis_encode(&g, bytes);
    enum err e = gate_open(gate, &request, &out, &r, &add);
    assert_true(add == (e == OK));
    gate_free(gate);
    return e;
}

static void
the_origin_signs_checkpoints_and_the_holder_receipts(void **state)
{
    const struct team_name other = {"jpcert.or.jp"};

    (void)state;
    assert_int_equal(
        open_named(&krcert, &krcert, &auscert, KEY_ROLE_CHECKPOINT), OK);
    assert_int_equal(open_named(&auscert, &krcert, &auscert, KEY_ROLE_RECEIPT),
                     OK);
    assert_int_equal(open_named(&krcert, &krcert, &auscert, KEY_ROLE_RECEIPT),
                     ERR_GENESIS);
    assert_int_equal(
        open_named(&auscert, &krcert, &auscert, KEY_ROLE_CHECKPOINT),
        ERR_GENESIS);
    for (int role = KEY_ROLE_NONE; role < KEY_ROLE_COUNT; role++)
        assert_int_equal(
            open_named(&other, &krcert, &auscert, (enum key_role)role),
            ERR_GENESIS);
    assert_int_equal(open_named(&krcert, &krcert, &auscert, KEY_ROLE_SESSION),
                     ERR_GENESIS);
}

static void
names_that_are_not_those_of_the_genesis_are_refused(void **state)
{
    const struct team_name other = {"jpcert.or.jp"};

    (void)state;
    assert_int_equal(open_named(&krcert, &krcert, &other, KEY_ROLE_CHECKPOINT),
                     ERR_GENESIS);
    assert_int_equal(
        open_named(&krcert, &auscert, &krcert, KEY_ROLE_CHECKPOINT),
        ERR_GENESIS);
    assert_int_equal(open_named(&krcert, &other, &auscert, KEY_ROLE_CHECKPOINT),
                     ERR_GENESIS);
}

/* Open a genesis with one byte changed. */
static enum err
open_changed(struct signer *s, uint64_t epoch, size_t byte)
{
    struct genesis g = genesis_of_epoch(epoch);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(TRUE_HISTORY, 0);
    struct gate_open request = {bytes, &krcert, &auscert, s->role, &at, 0};
    struct gate_lane out;
    struct gate_record r;
    bool add;

    genesis_encode(&g, bytes);
    bytes[byte] ^= 1;
    return gate_open(s->gate, &request, &out, &r, &add);
}

static void
a_lane_from_a_team_to_itself_is_refused(void **state)
{
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(TRUE_HISTORY, 0);
    struct gate *gate = gate_new(&krcert);
    struct gate_lane out;
    struct gate_record r;
    bool add;

    (void)state;
    g.audience = g.origin;
    genesis_encode(&g, bytes);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct gate_open request = {bytes, &krcert, &krcert, roles[i], &at, 0};
        assert_int_equal(gate_open(gate, &request, &out, &r, &add),
                         ERR_GENESIS);
    }
    gate_free(gate);
}

static void
a_genesis_that_is_not_well_formed_is_refused(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);

    (void)state;
    assert_int_equal(open_changed(s, 0, 0), ERR_VERSION);
    assert_int_equal(open_changed(s, 0, 3), ERR_VALUE);
    signer_free(s);
}

static void
a_second_genesis_of_one_epoch_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_new(roles[i]);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
        assert_int_equal(open_changed(s, 0, 40), ERR_GENESIS);
        signer_restart(s);
        assert_int_equal(open_changed(s, 0, 40), ERR_GENESIS);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
        signer_free(s);
    }
}

static void
a_lane_that_is_not_open_signs_nothing(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct lane_id lane = lane_of_epoch(0);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 1), &c),
                     ERR_UNKNOWN_LANE);
    assert_null(gate_origin(s->gate, &lane));
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 1), &c), OK);
    signer_restart(s);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(1, 2), &c),
                     ERR_UNKNOWN_LANE);
    assert_null(gate_origin(s->gate, &lane));
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 1), OK);
    s->role = KEY_ROLE_RECEIPT;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(1, 2), &c),
                     ERR_UNKNOWN_LANE);
    signer_free(s);
}

static void
leaves_must_start_where_the_lane_ends(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(11, 13), &c),
                     ERR_RANGE);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(13, 14), &c),
                     ERR_RANGE);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 13), &c),
                     ERR_RANGE);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    signer_free(s);
}

static void
the_gate_computes_the_root_itself(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct frontier at = history_at(TRUE_HISTORY, 20);
    struct gate_record r;
    struct hash root;

    (void)state;
    s->turn = 77;
    assert_int_equal(signer_extend(s, 0, TRUE_HISTORY, RANGE(12, 20), &r), OK);
    frontier_root(&at, &root);
    assert_int_equal(r.kind, GATE_RECORD_SIGNED);
    assert_int_equal(r.turn, 77);
    assert_int_equal(r.role, KEY_ROLE_CHECKPOINT);
    assert_int_equal(r.at.size, 20);
    assert_true(hash_equal(&r.at.root, &root));
    signer_free(s);
}

static void
an_empty_lane_is_not_signed(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 0), &c),
                     ERR_NOT_EXTENSION);
    signer_free(s);
}

static void
a_later_epoch_closes_the_earlier_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        struct checkpoint c;
        assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c),
                         ERR_EPOCH_CLOSED);
        assert_int_equal(signer_sign(s, 1, TRUE_HISTORY, RANGE(0, 3), &c), OK);
        signer_restart(s);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 12), OK);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c),
                         ERR_EPOCH_CLOSED);
        assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 3), OK);
        assert_int_equal(signer_sign(s, 1, TRUE_HISTORY, RANGE(3, 4), &c), OK);
        signer_free(s);
    }
}

static void
a_closed_epoch_still_gives_its_old_signatures(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
    size_t records = s->count;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 12), &c), OK);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 2), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(2, 7), &c), OK);
    assert_int_equal(c.size, 7);
    assert_int_equal(s->count, records);
    signer_free(s);
}

static void
an_earlier_epoch_that_appears_later_is_closed_from_the_start(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_RECEIPT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 2, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 1, TRUE_HISTORY, RANGE(0, 1), &c),
                     ERR_EPOCH_CLOSED);
    assert_int_equal(signer_sign(s, 2, TRUE_HISTORY, RANGE(0, 1), &c), OK);
    signer_free(s);
}

static void
epochs_of_other_pairs_live_side_by_side(void **state)
{
    const struct team_name other = {"jpcert.or.jp"};
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct genesis g = genesis_of_epoch(1);
    uint8_t bytes[GENESIS_BYTES];
    struct frontier at = history_at(TRUE_HISTORY, 0);
    struct gate_open request = {bytes, &krcert, &other, KEY_ROLE_CHECKPOINT,
                                &at,   0};
    struct gate_lane out;
    struct gate_record r;
    struct checkpoint c;
    bool add;

    (void)state;
    team_id_of(&other, &g.audience);
    genesis_encode(&g, bytes);
    assert_int_equal(gate_open(s->gate, &request, &out, &r, &add), OK);
    assert_true(add);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    signer_free(s);
}

static void
times_never_go_back(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct lane_id lane = lane_of_epoch(0), other = lane_of_epoch(1);
    struct checkpoint c;

    (void)state;
    s->clock_s = 5;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    assert_int_equal(c.time_s, 1700000000);
    s->clock_s = 1800000000;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(13, 14), &c), OK);
    assert_int_equal(c.time_s, 1800000000);
    signer_restart(s);
    assert_int_equal(gate_time(s->gate, &lane, s->role, 7), 1800000000);
    assert_int_equal(gate_time(s->gate, &lane, KEY_ROLE_RECEIPT, 7), 7);
    assert_int_equal(gate_time(s->gate, &other, s->role, 7), 7);
    signer_free(s);
}

static void
the_turn_is_the_highest_of_any_record(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(gate_turn(s->gate), 0);
    s->turn = 3;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(gate_turn(s->gate), 3);
    s->turn = 8;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 1), &c), OK);
    s->turn = 5;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(1, 2), &c), OK);
    assert_int_equal(gate_turn(s->gate), 8);
    signer_restart(s);
    assert_int_equal(gate_turn(s->gate), 8);
    signer_free(s);
}

static void
a_signature_is_found_by_exactly_its_size_and_root(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct lane_id lane = lane_of_epoch(0), other = lane_of_epoch(1);
    struct frontier at = history_at(TRUE_HISTORY, 7);
    struct hash root;

    (void)state;
    frontier_root(&at, &root);
    const struct gate_record *r = gate_find(s->gate, &lane, s->role, 7, &root);
    assert_non_null(r);
    assert_int_equal(r->at.size, 7);
    assert_null(gate_find(s->gate, &lane, s->role, 6, &root));
    assert_null(gate_find(s->gate, &lane, s->role, 12, &root));
    assert_null(gate_find(s->gate, &lane, s->role, 13, &root));
    assert_null(gate_find(s->gate, &lane, KEY_ROLE_RECEIPT, 7, &root));
    assert_null(gate_find(s->gate, &other, s->role, 7, &root));
    root.b[0] ^= 1;
    assert_null(gate_find(s->gate, &lane, s->role, 7, &root));
    signer_free(s);
}

#define TEST cmocka_unit_test

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_lane_is_empty_and_its_genesis_is_for_the_journal),
        TEST(a_lane_opened_again_tells_what_was_signed_last),
        TEST(the_origin_signs_checkpoints_and_the_holder_receipts),
        TEST(names_that_are_not_those_of_the_genesis_are_refused),
        TEST(a_lane_from_a_team_to_itself_is_refused),
        TEST(a_genesis_that_is_not_well_formed_is_refused),
        TEST(a_second_genesis_of_one_epoch_is_refused),
        TEST(a_lane_that_is_not_open_signs_nothing),
        TEST(leaves_must_start_where_the_lane_ends),
        TEST(the_gate_computes_the_root_itself),
        TEST(an_empty_lane_is_not_signed),
        TEST(a_later_epoch_closes_the_earlier_one),
        TEST(a_closed_epoch_still_gives_its_old_signatures),
        TEST(an_earlier_epoch_that_appears_later_is_closed_from_the_start),
        TEST(epochs_of_other_pairs_live_side_by_side),
        TEST(times_never_go_back),
        TEST(the_turn_is_the_highest_of_any_record),
        TEST(a_signature_is_found_by_exactly_its_size_and_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
