#include "gate_fixture.h"

static uint64_t
latest_after(const struct signer *s, uint64_t asked, bool *found)
{
    struct genesis g = genesis_of_epoch(asked);
    uint8_t bytes[GENESIS_BYTES], latest[GENESIS_BYTES];

    genesis_encode(&g, bytes);
    assert_int_equal(gate_epoch(s->gate, bytes, found, latest), OK);
    assert_int_equal(genesis_decode(SLICE_ARRAY(latest), &g), OK);
    return g.epoch;
}

static void
an_epoch_that_was_never_opened_is_not_found(void **state)
{
    bool found = true;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_new(roles[i]);
        assert_int_equal(latest_after(s, 0, &found), 0);
        assert_false(found);
        assert_int_equal(latest_after(s, 3, &found), 3);
        assert_false(found);
        signer_free(s);
    }
}

/* Whatever order they came in, and after a start. */
static void
the_latest_epoch_of_a_pair_is_told(void **state)
{
    bool found = false;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        assert_int_equal(latest_after(s, 0, &found), 0);
        assert_true(found);
        assert_int_equal(signer_open(s, 2, TRUE_HISTORY, 0), OK);
        assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
        assert_int_equal(latest_after(s, 0, &found), 2);
        assert_true(found);
        assert_int_equal(latest_after(s, 3, &found), 2);
        assert_false(found);
        signer_restart(s);
        assert_int_equal(latest_after(s, 1, &found), 2);
        assert_true(found);
        signer_free(s);
    }
}

/* A genesis that is another by one bit is not the one that was opened, even
 * of the same epoch. */
static void
another_genesis_of_a_known_epoch_is_not_found(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct genesis g = genesis_of_epoch(1);
    uint8_t bytes[GENESIS_BYTES], latest[GENESIS_BYTES];
    bool found = true;

    (void)state;
    assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
    g.prev_size++;
    genesis_encode(&g, bytes);
    assert_int_equal(gate_epoch(s->gate, bytes, &found, latest), OK);
    assert_false(found);
    assert_int_equal(genesis_decode(SLICE_ARRAY(latest), &g), OK);
    assert_int_equal(g.prev_size, genesis_of_epoch(1).prev_size);
    signer_free(s);
}

static void
epochs_of_other_teams_do_not_count(void **state)
{
    const struct team_name other = {"jpcert.or.jp"};
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES], latest[GENESIS_BYTES];
    bool found = true;

    (void)state;
    assert_int_equal(signer_open(s, 4, TRUE_HISTORY, 0), OK);
    team_id_of(&other, &g.audience);
    genesis_encode(&g, bytes);
    assert_int_equal(gate_epoch(s->gate, bytes, &found, latest), OK);
    assert_false(found);
    assert_memory_equal(bytes, latest, sizeof bytes);
    /* The other direction of the pair has epochs of its own. */
    g = genesis_of_epoch(0);
    team_id_of(&auscert, &g.origin);
    team_id_of(&krcert, &g.audience);
    genesis_encode(&g, bytes);
    assert_int_equal(gate_epoch(s->gate, bytes, &found, latest), OK);
    assert_false(found);
    assert_memory_equal(bytes, latest, sizeof bytes);
    signer_free(s);
}

static void
a_genesis_that_is_not_ours_is_refused(void **state)
{
    const struct team_name other = {"jpcert.or.jp"};
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct genesis g = genesis_of_epoch(0);
    uint8_t bytes[GENESIS_BYTES], latest[GENESIS_BYTES];
    bool found = true;

    (void)state;
    team_id_of(&other, &g.origin);
    genesis_encode(&g, bytes);
    assert_int_equal(gate_epoch(s->gate, bytes, &found, latest), ERR_GENESIS);
    bytes[0] = 9;
    assert_int_not_equal(gate_epoch(s->gate, bytes, &found, latest), OK);
    assert_true(found);
    signer_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_that_was_never_opened_is_not_found),
        cmocka_unit_test(the_latest_epoch_of_a_pair_is_told),
        cmocka_unit_test(another_genesis_of_a_known_epoch_is_not_found),
        cmocka_unit_test(epochs_of_other_teams_do_not_count),
        cmocka_unit_test(a_genesis_that_is_not_ours_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
