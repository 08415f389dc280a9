#include "gate_fixture.h"

static const struct key_id next_key = {{7}};

static enum err
switch_at(struct signer *s, uint64_t epoch, uint64_t size,
          const struct key_id *to, bool *add)
{
    struct gate_switch request = {
        .lane = lane_of_epoch(epoch), .size = size, .to = *to};
    struct gate_record r;
    enum err e = gate_switch(s->gate, &request, &r, add);

    if (e == OK && *add)
        signer_keep(s, &r);
    return e;
}

/* A lane that signed 5, and goes on with another key above 8. */
static struct signer *
switched(void)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;
    bool add;

    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 5), &c), OK);
    assert_int_equal(switch_at(s, 0, 8, &next_key, &add), OK);
    assert_true(add);
    return s;
}

static void
a_lane_that_is_not_open_is_not_switched(void **state)
{
    struct signer *s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;
    bool add;

    (void)state;
    assert_int_equal(switch_at(s, 0, 1, &next_key, &add), ERR_UNKNOWN_LANE);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 5), &c), OK);
    signer_restart(s);
    assert_int_equal(switch_at(s, 0, 8, &next_key, &add), ERR_UNKNOWN_LANE);
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 5), OK);
    assert_int_equal(switch_at(s, 0, 8, &next_key, &add), OK);
    signer_free(s);
}

static void
a_key_begins_only_where_nothing_is_signed_and_no_other_begins(void **state)
{
    struct signer *s = switched();
    struct key_id third = {{9}};
    bool add;

    (void)state;
    assert_int_equal(switch_at(s, 0, 8, &next_key, &add), OK);
    assert_false(add);
    assert_int_equal(switch_at(s, 0, 6, &third, &add), OK);
    assert_false(add);
    assert_int_equal(switch_at(s, 0, 8, &third, &add), ERR_NOT_EXTENSION);
    assert_int_equal(signer_open(s, 1, TRUE_HISTORY, 0), OK);
    assert_int_equal(switch_at(s, 0, 9, &third, &add), ERR_NOT_EXTENSION);
    signer_free(s);
    s = signer_new(KEY_ROLE_CHECKPOINT);
    struct checkpoint c;
    assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 0), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(0, 5), &c), OK);
    assert_int_equal(switch_at(s, 0, 4, &third, &add), ERR_NOT_EXTENSION);
    signer_free(s);
}

static void
the_old_key_signs_exactly_up_to_the_switch_first(void **state)
{
    struct signer *s = switched();
    struct checkpoint c;

    (void)state;
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 9), &c),
                     ERR_NOT_EXTENSION);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 8), &c), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(8, 9), &c), OK);
    signer_free(s);
}

static void
expect_key(struct signer *s, uint64_t size, uint8_t first)
{
    struct lane_id lane = lane_of_epoch(0);
    struct key_id key;

    assert_true(gate_key(s->gate, &lane, size, &key));
    assert_int_equal(key.b[0], first);
}

/* PROTOCOL rotation: "The old key MUST sign the size right after that entry,
 * and the new key every larger one." */
static void
a_key_that_is_replaced_before_it_signed_signs_its_own_stretch(void **state)
{
    struct signer *s = switched();
    struct key_id third = {{9}}, fourth = {{11}};
    struct checkpoint c;
    bool add;

    (void)state;
    assert_int_equal(switch_at(s, 0, 9, &third, &add), OK);
    assert_true(add);
    assert_int_equal(switch_at(s, 0, 10, &fourth, &add), OK);
    assert_true(add);
    for (int round = 0; round < 2; round++) {
        expect_key(s, 9, 7);
        expect_key(s, 10, 9);
        expect_key(s, 11, 11);
        assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 9), &c),
                         ERR_NOT_EXTENSION);
        signer_restart(s);
        assert_int_equal(signer_open(s, 0, TRUE_HISTORY, 5), OK);
    }
    assert_int_equal(switch_at(s, 0, 8, &next_key, &add), OK);
    assert_false(add);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(5, 8), &c), OK);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(8, 10), &c),
                     ERR_NOT_EXTENSION);
    assert_int_equal(signer_sign(s, 0, TRUE_HISTORY, RANGE(8, 9), &c), OK);
    signer_free(s);
}

static void
a_switch_that_stands_in_no_place_is_damage(void **state)
{
    struct signer *s = switched();
    struct gate_record r;

    (void)state;
    assert_int_equal(gate_record_get(buf_slice(&s->journal[s->count - 1]), &r),
                     OK);
    assert_int_equal(r.kind, GATE_RECORD_SWITCH);
    assert_int_equal(gate_restore(s->gate, &r), OK); /* written twice */
    r.at.size = 2;
    assert_int_equal(gate_restore(s->gate, &r), ERR_DAMAGED);
    r.at.size = 8;
    r.lane.b[0] ^= 1;
    assert_int_equal(gate_restore(s->gate, &r), ERR_DAMAGED);
    signer_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lane_that_is_not_open_is_not_switched),
        cmocka_unit_test(
            a_key_begins_only_where_nothing_is_signed_and_no_other_begins),
        cmocka_unit_test(the_old_key_signs_exactly_up_to_the_switch_first),
        cmocka_unit_test(
            a_key_that_is_replaced_before_it_signed_signs_its_own_stretch),
        cmocka_unit_test(a_switch_that_stands_in_no_place_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
