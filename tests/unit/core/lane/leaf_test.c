#include "fixture.h"

static const struct leaf example = {
    .kind = LEAF_EXPUNGE,
    .tlp = 3,
    .flags = 1,
    .body_bytes = 77,
    .index = 0x0102030405060708,
    .time = {1700000000123},
    .ref = 42,
    .commitment = {{9, 8, 7}},
};

static void
a_record_comes_back_as_it_was(void **state)
{
    uint8_t bytes[LEAF_BYTES];
    struct leaf l;

    (void)state;
    leaf_encode(&example, bytes);
    assert_int_equal(leaf_decode(SLICE_ARRAY(bytes), example.index, &l), OK);
    assert_int_equal(l.kind, example.kind);
    assert_int_equal(l.tlp, example.tlp);
    assert_int_equal(l.flags, example.flags);
    assert_int_equal(l.body_bytes, example.body_bytes);
    assert_int_equal(l.index, example.index);
    assert_int_equal(l.time.ms, example.time.ms);
    assert_int_equal(l.ref, example.ref);
    assert_true(hash_equal(&l.commitment, &example.commitment));
}

static void
a_record_stands_at_its_own_index_only(void **state)
{
    uint8_t bytes[LEAF_BYTES];
    struct leaf l;

    (void)state;
    leaf_encode(&example, bytes);
    assert_int_equal(leaf_decode(SLICE_ARRAY(bytes), example.index + 1, &l),
                     ERR_RANGE);
}

static void
another_magic_version_or_size_is_refused(void **state)
{
    uint8_t bytes[LEAF_BYTES + 1] = {0};
    struct leaf l;

    (void)state;
    leaf_encode(&example, bytes);
    for (size_t at = 0; at < 9; at++) {
        bytes[at] ^= 1;
        assert_int_equal(
            leaf_decode(slice_of(bytes, LEAF_BYTES), example.index, &l),
            ERR_FORMAT);
        bytes[at] ^= 1;
    }
    for (size_t n = 0; n <= LEAF_BYTES + 1; n++)
        assert_int_equal(leaf_decode(slice_of(bytes, n), example.index, &l),
                         n == LEAF_BYTES ? OK : ERR_FORMAT);
}

static void
a_body_above_sixteen_mebibytes_is_refused(void **state)
{
    uint8_t bytes[LEAF_BYTES];
    struct leaf l = example, back;

    (void)state;
    l.body_bytes = BODY_MAX;
    leaf_encode(&l, bytes);
    assert_int_equal(leaf_decode(SLICE_ARRAY(bytes), l.index, &back), OK);
    l.body_bytes++;
    leaf_encode(&l, bytes);
    assert_int_equal(leaf_decode(SLICE_ARRAY(bytes), l.index, &back),
                     ERR_LIMIT);
}

static void
what_is_newer_is_kept_but_not_known(void **state)
{
    uint8_t bytes[LEAF_BYTES];
    struct leaf l = example, back;

    (void)state;
    assert_true(leaf_is_known(&example));
    l.kind = 200;
    l.tlp = 201;
    l.flags = 0x84;
    leaf_encode(&l, bytes);
    assert_int_equal(leaf_decode(SLICE_ARRAY(bytes), l.index, &back), OK);
    assert_int_equal(back.kind, 200);
    assert_int_equal(back.tlp, 201);
    assert_int_equal(back.flags, 0x84);
    for (int part = 0; part < 3; part++) {
        struct leaf one = example;
        one.kind = part == 0 ? 5 : one.kind;
        one.tlp = part == 1 ? 5 : one.tlp;
        one.flags = part == 2 ? 4 : one.flags;
        assert_false(leaf_is_known(&one));
    }
}

static void
the_commitment_depends_on_salt_and_body(void **state)
{
    uint8_t salt[SALT_BYTES] = {1}, other[SALT_BYTES] = {2};
    struct hash a, b;

    (void)state;
    leaf_commit(salt, slice_str("body"), &a);
    leaf_commit(other, slice_str("body"), &b);
    assert_false(hash_equal(&a, &b));
    leaf_commit(salt, slice_str("bodY"), &b);
    assert_false(hash_equal(&a, &b));
    leaf_commit(salt, slice_str("body"), &b);
    assert_true(hash_equal(&a, &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(a_record_stands_at_its_own_index_only),
        cmocka_unit_test(another_magic_version_or_size_is_refused),
        cmocka_unit_test(a_body_above_sixteen_mebibytes_is_refused),
        cmocka_unit_test(what_is_newer_is_kept_but_not_known),
        cmocka_unit_test(the_commitment_depends_on_salt_and_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
