#include "gate_fixture.h"

static void
what_was_signed_is_signed_again_with_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        struct checkpoint first, again;
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 15), &first),
                         OK);
        size_t records = s->count;
        s->clock_s += 1000;
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(15, 15), &again),
                         OK);
        assert_same_checkpoint(&first, &again);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 13), OK);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(13, 15), &again),
                         OK);
        assert_same_checkpoint(&first, &again);
        assert_int_equal(s->count, records);
        signer_free(s);
    }
}

static void
what_was_signed_long_ago_is_still_signed_again(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint first[41] = {{0}}, again;

    (void)state;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    for (uint64_t n = 1; n <= 40; n++)
        assert_int_equal(
            signer_sign(s, 0, TRUE_HISTORY, RANGE(n - 1, n), &first[n]), OK);
    signer_restart(s);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    for (uint64_t n = 1; n <= 40; n++) {
        assert_int_equal(
            signer_sign(s, 0, TRUE_HISTORY, RANGE(n - 1, n), &again), OK);
        assert_same_checkpoint(&first[n], &again);
    }
    signer_free(s);
}

static void
a_restarted_signer_goes_on_where_its_journal_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        struct checkpoint c;
        signer_restart(s);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 12), OK);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 14), &c),
                         OK);
        assert_int_equal(c.size, 14);
        signer_free(s);
    }
}

static void
a_restarted_node_must_show_the_signed_root(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, (struct history){11}, 12),
                     ERR_NOT_EXTENSION);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 12), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    signer_free(s);
}

static void
a_refused_opening_leaves_the_lane_as_it_was(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, (struct history){0}, 12),
                     ERR_NOT_EXTENSION);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 13), ERR_AHEAD);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    signer_free(s);
}

static void
peaks_beyond_the_last_signature_are_not_taken(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);

    (void)state;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 1), ERR_AHEAD);
    assert_int_equal(s->count, 0);
    signer_free(s);
    s = signer_at_12(KEY_ROLE_CHECKPOINT);
    signer_restart(s);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 13), ERR_AHEAD);
    signer_free(s);
}

static void
a_smaller_size_is_unproven_until_the_signed_size_was_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        struct checkpoint c;
        signer_restart(s);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 5), OK);
        for (uint64_t end = 5; end < 12; end++)
            if (end != 7)
                assert_int_equal(
                    signer_sign(s, 0, TRUE_HISTORY, RANGE(5, end), &c),
                    ERR_NOT_EXTENSION);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 13), &c), OK);
        assert_int_equal(c.size, 13);
        signer_free(s);
    }
}

static void
below_the_signed_size_an_old_signature_is_given_again(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_RECEIPT);
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 5), OK);
    size_t records = s->count;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 7), &c), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(7, 12), &c), OK);
    assert_int_equal(s->count, records);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    assert_int_equal(s->count, records + 1);
    signer_free(s);
}

static void
another_root_at_the_signed_size_is_refused_for_ever(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct signer *s = signer_at_12(roles[i]);
        struct history forged = {9};
        struct checkpoint c;
        for (int restart = 0; restart < 2; restart++) {
            assert_int_equal(signer_open(s, 0, forged, 5), OK);
            for (uint64_t end = 12; end < 40; end++)
                assert_int_equal(signer_sign(s, 0, forged, RANGE(5, end), &c),
                                 ERR_NOT_EXTENSION);
            signer_restart(s);
        }
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 5), OK);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 13), &c), OK);
        signer_free(s);
    }
}

static void
peaks_that_lie_at_a_smaller_size_lead_nowhere(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct history forged = {2};
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, forged, 5), OK);
    for (uint64_t end = 5; end < 30; end++)
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, end), &c),
                         ERR_NOT_EXTENSION);
    signer_free(s);
}

static void
a_second_root_at_a_signed_size_is_not_signed_after_reopening(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct history forged = {6};
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 4), OK);
    assert_int_equal(signer_sign(s, 0, forged, RANGE(4, 7), &c),
                     ERR_NOT_EXTENSION);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(4, 7), &c), OK);
    signer_free(s);
}

static void
a_sequenced_tail_that_was_not_signed_is_signed_after_a_restart(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct gate_record r;
    struct checkpoint c;

    (void)state;
    /* Prepared, and then the signer dies before its journal was written. */
    assert_int_equal(signer_extend(s, 0, TRUE_HISTORY, RANGE(12, 16), &r), OK);
    signer_restart(s);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 12), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 16), &c), OK);
    assert_int_equal(c.size, 16);
    signer_free(s);
}

static struct gate_record
record_of(const struct signer *s, size_t i)
{
    struct gate_record r;

    assert_int_equal(gate_record_get(buf_slice(&s->journal[i]), &r), OK);
    return r;
}

static void
a_journal_that_contradicts_itself_is_damaged(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct gate_record genesis = record_of(s, 0), at_4 = record_of(s, 1);
    struct gate_record bad;

    (void)state;
    signer_restart(s);
    bad = at_4; /* another root at a signed size */
    bad.at.root.b[0] ^= 1;
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    bad = at_4; /* a smaller size that was not signed before */
    bad.at.size = 3;
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    bad = at_4; /* a lane without genesis */
    bad.at.size = 20;
    bad.lane.b[0] ^= 1;
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    bad = at_4; /* the other role */
    bad.at.size = 20;
    bad.role = KEY_ROLE_RECEIPT;
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    bad = genesis; /* a second genesis of one epoch */
    bad.genesis[40] ^= 1;
    lane_id_of(bad.genesis, &bad.lane);
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    bad = genesis; /* not of this lane id */
    bad.lane.b[0] ^= 1;
    assert_int_equal(gate_restore(s->gate, &bad), ERR_DAMAGED);
    signer_free(s);
}

/* Hand over the genesis with other bytes, as a record of that role. */
static enum err
restore_with(struct signer *s, enum key_role role,
             const uint8_t genesis[GENESIS_BYTES])
{
    struct gate_record r = record_of(s, 0);

    r.role = role;
    memcpy(r.genesis, genesis, GENESIS_BYTES);
    lane_id_of(r.genesis, &r.lane);
    return gate_restore(s->gate, &r);
}

static void
a_genesis_of_no_lane_of_ours_is_damage(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct gate_record good = record_of(s, 0);
    struct genesis strange = genesis_of_epoch(1);
    uint8_t bytes[GENESIS_BYTES];

    (void)state;
    assert_int_equal(restore_with(s, good.role, good.genesis), OK);
    assert_int_equal(restore_with(s, KEY_ROLE_RECEIPT, good.genesis),
                     ERR_DAMAGED);
    assert_int_equal(restore_with(s, KEY_ROLE_NONE, good.genesis), ERR_DAMAGED);
    memcpy(bytes, good.genesis, sizeof bytes);
    bytes[0] ^= 1; /* the version */
    assert_int_equal(restore_with(s, good.role, bytes), ERR_DAMAGED);
    memset(&strange.origin, 0x55, sizeof strange.origin);
    memset(&strange.audience, 0x66, sizeof strange.audience);
    genesis_encode(&strange, bytes);
    assert_int_equal(restore_with(s, KEY_ROLE_NONE, bytes), ERR_DAMAGED);
    assert_int_equal(restore_with(s, good.role, bytes), ERR_DAMAGED);
    signer_free(s);
}

static void
a_signature_at_an_absurd_size_or_of_no_kind_is_damage(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct gate_record r = record_of(s, 3);

    (void)state;
    r.at.size = 0;
    assert_int_equal(gate_restore(s->gate, &r), ERR_DAMAGED);
    r.at.size = ((uint64_t)1 << 63) + 1;
    assert_int_equal(gate_restore(s->gate, &r), ERR_DAMAGED);
    r.at.size = (uint64_t)1 << 63;
    assert_int_equal(gate_restore(s->gate, &r), OK);
    r = record_of(s, 3);
    r.kind = (enum gate_record_kind)3;
    assert_int_equal(gate_restore(s->gate, &r), ERR_DAMAGED);
    signer_free(s);
}

static void
a_signature_behind_the_end_of_its_epoch_is_damage(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct gate_record late = record_of(s, 3);

    (void)state;
    assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
    signer_restart(s);
    late.at.size = 13;
    assert_int_equal(gate_restore(s->gate, &late), ERR_DAMAGED);
    signer_free(s);
}

static void
a_record_that_comes_twice_is_no_contradiction(void **state)
{
    struct signer *s = signer_at_12(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;

    (void)state;
    signer_restart(s);
    for (size_t i = 0; i < 4; i++) {
        struct gate_record r = record_of(s, i);
        assert_int_equal(gate_restore(s->gate, &r), OK);
    }
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 12), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(12, 13), &c), OK);
    signer_free(s);
}

/* A small generator, so that a failure repeats. */
static uint64_t
next_random(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* Take one step of a node that forgets, forks and begins anew at will; give
 * the size at which a signature came out, 0 for none. */
static uint64_t
lie(struct signer *s, uint64_t *random, uint64_t *at, struct checkpoint *out)
{
    struct history h = TRUE_HISTORY;

    if (next_random(random, 3) == 0)
        h.forged_from = next_random(random, 60);
    if (next_random(random, 20) == 0) {
        signer_restart(s);
        *at = 0;
        assert_int_equal(signer_open(s, 0, h, 0), OK);
        return 0;
    }
    if (next_random(random, 8) == 0) {
        uint64_t size = next_random(random, 50);
        if (signer_open(s, 0, h, size) == OK)
            *at = size;
        return 0;
    }
    uint64_t to = *at + next_random(random, 16);
    if (to >= 64 || signer_sign(s, 0, h, RANGE(*at, to), out) != OK)
        return 0;
    *at = to;
    return to;
}

static void
no_schedule_of_a_lying_node_gets_two_roots_of_one_size_signed(void **state)
{
    size_t records = 0, repeated = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct signer *s = signer_new(roles[seed % 2]);
        struct checkpoint given[64] = {{0}}, c;
        uint64_t random = seed, at = 0;
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
        for (int step = 0; step < 200; step++) {
            uint64_t size = lie(s, &random, &at, &c);
            if (size == 0)
                continue;
            if (given[size].size) {
                assert_same_checkpoint(&given[size], &c);
                repeated++;
            }
            given[size] = c;
        }
        records += s->count;
        signer_free(s);
    }
    assert_true(records > 300 && repeated > 100);
}

#define TEST cmocka_unit_test

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_signed_is_signed_again_with_the_same_bytes),
        TEST(what_was_signed_long_ago_is_still_signed_again),
        TEST(a_restarted_signer_goes_on_where_its_journal_ends),
        TEST(a_restarted_node_must_show_the_signed_root),
        TEST(a_refused_opening_leaves_the_lane_as_it_was),
        TEST(peaks_beyond_the_last_signature_are_not_taken),
        TEST(a_smaller_size_is_unproven_until_the_signed_size_was_passed),
        TEST(below_the_signed_size_an_old_signature_is_given_again),
        TEST(another_root_at_the_signed_size_is_refused_for_ever),
        TEST(peaks_that_lie_at_a_smaller_size_lead_nowhere),
        TEST(a_second_root_at_a_signed_size_is_not_signed_after_reopening),
        TEST(a_sequenced_tail_that_was_not_signed_is_signed_after_a_restart),
        TEST(a_journal_that_contradicts_itself_is_damaged),
        TEST(a_genesis_of_no_lane_of_ours_is_damage),
        TEST(a_signature_at_an_absurd_size_or_of_no_kind_is_damage),
        TEST(a_signature_behind_the_end_of_its_epoch_is_damage),
        TEST(a_record_that_comes_twice_is_no_contradiction),
        TEST(no_schedule_of_a_lying_node_gets_two_roots_of_one_size_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
