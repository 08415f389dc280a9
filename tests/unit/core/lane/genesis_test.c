#include "fixture.h"

static void
a_genesis_comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        struct genesis g = genesis_of_epoch(epoch), back;
        uint8_t bytes[GENESIS_BYTES], again[GENESIS_BYTES];
        genesis_encode(&g, bytes);
        assert_int_equal(genesis_decode(SLICE_ARRAY(bytes), &back), OK);
        assert_int_equal(back.epoch, epoch);
        assert_int_equal(back.prev_size, g.prev_size);
        genesis_encode(&back, again);
        assert_memory_equal(bytes, again, sizeof bytes);
    }
}

static enum err
decode_changed(uint64_t epoch, size_t at, uint8_t value)
{
    struct genesis g = genesis_of_epoch(epoch), back;
    uint8_t bytes[GENESIS_BYTES];

    genesis_encode(&g, bytes);
    bytes[at] = value;
    return genesis_decode(SLICE_ARRAY(bytes), &back);
}

static void
another_version_or_hash_is_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_changed(0, 0, 2), ERR_VERSION);
    assert_int_equal(decode_changed(0, 0, 0), ERR_VERSION);
    assert_int_equal(decode_changed(0, 1, 2), ERR_VERSION);
}

static void
any_flag_and_any_reserved_byte_is_refused(void **state)
{
    (void)state;
    for (size_t at = 2; at < 8; at++)
        assert_int_equal(decode_changed(0, at, 1), ERR_VALUE);
}

static void
epoch_zero_has_no_past(void **state)
{
    (void)state;
    assert_int_equal(decode_changed(0, 87, 1), ERR_VALUE);
    assert_int_equal(decode_changed(0, 119, 1), ERR_VALUE);
    assert_int_equal(decode_changed(1, 119, 1), OK);
}

static void
other_sizes_are_refused(void **state)
{
    struct genesis g = genesis_of_epoch(0), back;
    uint8_t bytes[GENESIS_BYTES + 1] = {0};

    (void)state;
    genesis_encode(&g, bytes);
    for (size_t n = 0; n <= GENESIS_BYTES + 1; n++)
        assert_int_equal(genesis_decode(slice_of(bytes, n), &back),
                         n == GENESIS_BYTES ? OK : ERR_FORMAT);
}

static void
every_byte_of_a_genesis_names_another_lane(void **state)
{
    struct genesis g = genesis_of_epoch(1);
    uint8_t bytes[GENESIS_BYTES];
    struct lane_id lane, other;

    (void)state;
    genesis_encode(&g, bytes);
    lane_id_of(bytes, &lane);
    for (size_t at = 0; at < sizeof bytes; at++) {
        bytes[at] ^= 1;
        lane_id_of(bytes, &other);
        assert_false(lane_id_equal(&lane, &other));
        bytes[at] ^= 1;
    }
}

static void
two_teams_have_two_ids(void **state)
{
    struct team_id a, b;

    (void)state;
    team_id_of(&krcert, &a);
    team_id_of(&auscert, &b);
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_genesis_comes_back_as_it_was),
        cmocka_unit_test(another_version_or_hash_is_refused),
        cmocka_unit_test(any_flag_and_any_reserved_byte_is_refused),
        cmocka_unit_test(epoch_zero_has_no_past),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(every_byte_of_a_genesis_names_another_lane),
        cmocka_unit_test(two_teams_have_two_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
