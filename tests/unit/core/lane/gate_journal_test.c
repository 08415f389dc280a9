#include "gate_fixture.h"

/* A record with every byte of it set. */
static struct gate_record
example(enum gate_record_kind kind, enum key_role role)
{
    struct gate_record r = {.kind = kind, .role = role};

    r.turn = 0x0102030405060708;
    if (kind == GATE_RECORD_GENESIS) {
        struct genesis g = genesis_of_epoch(1);
        genesis_encode(&g, r.genesis);
        lane_id_of(r.genesis, &r.lane);
        return r;
    }
    if (kind == GATE_RECORD_KEY) {
        r.key_state = 2;
        memset(r.public_key.b, 9, sizeof r.public_key.b);
        return r;
    }
    memset(r.lane.b, 1, sizeof r.lane.b);
    if (kind == GATE_RECORD_SWITCH) {
        r.at.size = 5;
        memset(r.at.key.b, 8, sizeof r.at.key.b);
        return r;
    }
    r.at.size = 0x1112131415161718;
    memset(r.at.root.b, 2, sizeof r.at.root.b);
    r.at.time_s = 0x2122232425262728;
    memset(r.at.key.b, 3, sizeof r.at.key.b);
    memset(r.at.signature.b, 4, sizeof r.at.signature.b);
    if (role == KEY_ROLE_RECEIPT) {
        r.origin_time_s = 0x3132333435363738;
        memset(r.origin_key.b, 5, sizeof r.origin_key.b);
        memset(r.origin_signature.b, 6, sizeof r.origin_signature.b);
    }
    return r;
}

static const struct {
    enum gate_record_kind kind;
    enum key_role role;
} forms[] = {
    {GATE_RECORD_GENESIS, KEY_ROLE_CHECKPOINT},
    {GATE_RECORD_GENESIS, KEY_ROLE_RECEIPT},
    {GATE_RECORD_SIGNED, KEY_ROLE_CHECKPOINT},
    {GATE_RECORD_SIGNED, KEY_ROLE_RECEIPT},
    {GATE_RECORD_KEY, KEY_ROLE_SESSION},
    {GATE_RECORD_KEY, KEY_ROLE_RECEIPT},
    {GATE_RECORD_SWITCH, KEY_ROLE_CHECKPOINT},
};

static void
assert_same(const struct gate_record *a, const struct gate_record *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->turn, b->turn);
    assert_memory_equal(a->genesis, b->genesis, sizeof a->genesis);
    assert_true(lane_id_equal(&a->lane, &b->lane));
    assert_int_equal(a->at.size, b->at.size);
    assert_true(hash_equal(&a->at.root, &b->at.root));
    assert_int_equal(a->at.time_s, b->at.time_s);
    assert_true(key_id_equal(&a->at.key, &b->at.key));
    assert_memory_equal(&a->at.signature, &b->at.signature, SIGNATURE_BYTES);
    assert_int_equal(a->key_state, b->key_state);
    assert_memory_equal(&a->public_key, &b->public_key, PUBLIC_KEY_BYTES);
    assert_int_equal(a->origin_time_s, b->origin_time_s);
    assert_true(key_id_equal(&a->origin_key, &b->origin_key));
    assert_memory_equal(&a->origin_signature, &b->origin_signature,
                        SIGNATURE_BYTES);
}

static void
every_form_of_record_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct gate_record r = example(forms[i].kind, forms[i].role), back;
        struct buf bytes = {0};
        gate_record_put(&bytes, &r);
        assert_int_equal(gate_record_get(buf_slice(&bytes), &back), OK);
        assert_same(&r, &back);
        buf_clear(&bytes);
    }
}

static void
a_record_that_is_shorter_or_longer_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct gate_record r = example(forms[i].kind, forms[i].role), back;
        struct buf bytes = {0};
        gate_record_put(&bytes, &r);
        for (size_t n = 0; n < bytes.size; n++)
            assert_int_equal(gate_record_get(slice_of(bytes.data, n), &back),
                             ERR_FORMAT);
        buf_put_u8(&bytes, 0);
        assert_int_equal(gate_record_get(buf_slice(&bytes), &back), ERR_FORMAT);
        buf_clear(&bytes);
    }
}

static void
an_unknown_kind_or_role_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct gate_record r = example(forms[i].kind, forms[i].role), back;
        struct buf bytes = {0};
        gate_record_put(&bytes, &r);
        for (unsigned value = 0; value < 256; value++) {
            uint8_t kind = bytes.data[0], role = bytes.data[1];
            bytes.data[0] = (uint8_t)value;
            if (value != kind)
                assert_int_equal(gate_record_get(buf_slice(&bytes), &back),
                                 ERR_FORMAT);
            bytes.data[0] = kind;
            bytes.data[1] = (uint8_t)value;
            if (value != KEY_ROLE_CHECKPOINT && value != KEY_ROLE_RECEIPT &&
                (kind != GATE_RECORD_KEY || value != KEY_ROLE_SESSION))
                assert_int_equal(gate_record_get(buf_slice(&bytes), &back),
                                 ERR_FORMAT);
            bytes.data[1] = role;
        }
        buf_clear(&bytes);
    }
}

static void
a_head_alone_of_an_unknown_kind_is_refused(void **state)
{
    uint8_t bytes[10] = {9, KEY_ROLE_CHECKPOINT};
    struct gate_record back;

    (void)state;
    assert_int_equal(gate_record_get(SLICE_ARRAY(bytes), &back), ERR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_record_comes_back_as_it_was),
        cmocka_unit_test(a_record_that_is_shorter_or_longer_is_refused),
        cmocka_unit_test(an_unknown_kind_or_role_is_refused),
        cmocka_unit_test(a_head_alone_of_an_unknown_kind_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
