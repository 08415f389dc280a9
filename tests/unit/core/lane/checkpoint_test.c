#include "fixture.h"

struct made {
    struct lane_id lane;
    struct frontier at;
    struct key_pair pair;
    struct signatory by;
    struct checkpoint c;
};

static void
make(struct made *m)
{
    m->lane = lane_of_epoch(0);
    frontier_init(&m->at);
    for (uint64_t i = 0; i < 3; i++) {
        struct hash leaf = leaf_number(i);
        frontier_append(&m->at, &leaf);
    }
    m->pair = key_pair_of(1);
    m->by = (struct signatory){&krcert, KEY_ROLE_CHECKPOINT, &m->pair.key};
    m->c = checkpoint_signed(&m->lane, &m->at, &m->by, &m->pair.secret);
}

static enum err
verify(const struct made *m)
{
    return checkpoint_verify(&m->c, &krcert, &m->lane, &m->by);
}

static void
a_good_checkpoint_verifies(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    assert_int_equal(verify(&m), OK);
}

static void
another_size_root_time_or_signature_is_refused(void **state)
{
    struct made m, bad;

    (void)state;
    make(&m);
    bad = m;
    bad.c.size++;
    assert_int_equal(verify(&bad), ERR_SIGNATURE);
    bad = m;
    bad.c.root.b[31] ^= 1;
    assert_int_equal(verify(&bad), ERR_SIGNATURE);
    bad = m;
    bad.c.time_s++;
    assert_int_equal(verify(&bad), ERR_SIGNATURE);
    bad = m;
    bad.c.signature.b[0] ^= 1;
    assert_int_equal(verify(&bad), ERR_SIGNATURE);
}

static void
a_checkpoint_of_one_lane_is_none_of_another(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    assert_int_equal(checkpoint_verify(&m.c, &auscert, &m.lane, &m.by),
                     ERR_SIGNATURE);
    m.lane.b[0] ^= 1;
    assert_int_equal(verify(&m), ERR_SIGNATURE);
}

static void
another_key_team_or_role_is_said_to_be_another_key(void **state)
{
    struct made m;
    struct key_pair other = key_pair_of(2);

    (void)state;
    make(&m);
    struct signatory by = {&krcert, KEY_ROLE_CHECKPOINT, &other.key};
    assert_int_equal(checkpoint_verify(&m.c, &krcert, &m.lane, &by), ERR_KEY);
    by = (struct signatory){&krcert, KEY_ROLE_RECEIPT, &m.pair.key};
    assert_int_equal(checkpoint_verify(&m.c, &krcert, &m.lane, &by), ERR_KEY);
    by = (struct signatory){&auscert, KEY_ROLE_CHECKPOINT, &m.pair.key};
    assert_int_equal(checkpoint_verify(&m.c, &krcert, &m.lane, &by), ERR_KEY);
    m.c.key.b[0] ^= 1;
    assert_int_equal(verify(&m), ERR_KEY);
}

static void
session_keys_have_another_type_in_their_id(void **state)
{
    struct public_key key = {{3}};
    struct slice session = slice_str("krcert.or.kr/sealane/session");
    struct slice receipt = slice_str("krcert.or.kr/sealane/receipt");
    struct key_id id, expected;

    (void)state;
    key_id_of(&krcert, KEY_ROLE_SESSION, &key, &id);
    crypto_key_id(session, 0x01, &key, &expected);
    assert_true(key_id_equal(&id, &expected));
    key_id_of(&krcert, KEY_ROLE_RECEIPT, &key, &id);
    crypto_key_id(receipt, 0x04, &key, &expected);
    assert_true(key_id_equal(&id, &expected));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_checkpoint_verifies),
        cmocka_unit_test(another_size_root_time_or_signature_is_refused),
        cmocka_unit_test(a_checkpoint_of_one_lane_is_none_of_another),
        cmocka_unit_test(another_key_team_or_role_is_said_to_be_another_key),
        cmocka_unit_test(session_keys_have_another_type_in_their_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
