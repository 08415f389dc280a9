#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/role.h"

static unsigned
limited(const char *role, unsigned use)
{
    return role_use(slice_str(role), use);
}

static void
a_role_is_known_in_any_case_and_others_are_not(void **state)
{
    struct slice name = {0};

    (void)state;
    for (size_t i = 0; role_name(i); i++) {
        assert_true(role_parse(slice_str(role_name(i)), &name));
        assert_true(slice_is(name, role_name(i)));
    }
    assert_true(role_parse(slice_str("SinkHole"), &name));
    assert_true(slice_is(name, "sinkhole"));
    assert_false(role_parse(slice_str("victims"), &name));
    assert_false(role_parse(slice_str(""), &name));
    assert_true(slice_is(name, "sinkhole"));
}

static void
no_word_makes_a_victim_a_sinkhole_or_what_is_good_a_target(void **state)
{
    static const char *const spared[] = {"victim",     "VICTIM",   "infected",
                                         "vulnerable", "sinkhole", "benign"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(spared); i++)
        for (unsigned use = 0; use < 8; use++) {
            unsigned most = limited(spared[i], use);
            assert_true(most == USE_NONE || most == USE_NOTIFY);
        }
    assert_int_equal(limited("benign", USE_BLOCK), USE_NONE);
    assert_int_equal(limited("compromised", USE_BLOCK), USE_DETECT);
    assert_int_equal(role_most(slice_str("victim")), USE_NOTIFY);
}

static void
a_role_that_is_not_known_allows_nothing_and_none_said_all(void **state)
{
    (void)state;
    assert_int_equal(limited("of-next-year", USE_BLOCK), USE_NONE);
    assert_int_equal(limited("of-next-year", USE_UNSTATED), USE_NONE);
    assert_int_equal(role_most(slice_str("of-next-year")), USE_NONE);
    assert_int_equal(limited("", USE_BLOCK), USE_BLOCK);
    assert_int_equal(limited("", USE_UNSTATED), USE_UNSTATED);
    assert_int_equal(limited("c2", USE_UNSTATED), USE_UNSTATED);
    assert_int_equal(limited("c2", USE_DETECT), USE_DETECT);
    assert_int_equal(limited("c2", 77), USE_NONE);
}

static void
of_two_uses_the_stricter_counts(void **state)
{
    (void)state;
    assert_int_equal(use_strictest(USE_BLOCK, USE_DETECT), USE_DETECT);
    assert_int_equal(use_strictest(USE_NONE, USE_NOTIFY), USE_NONE);
    assert_int_equal(use_strictest(USE_UNSTATED, USE_BLOCK), USE_BLOCK);
    assert_int_equal(use_strictest(USE_DETECT, USE_UNSTATED), USE_DETECT);
    assert_int_equal(use_strictest(USE_UNSTATED, USE_UNSTATED), USE_UNSTATED);
    assert_int_equal(use_strictest(99, USE_BLOCK), USE_NONE);
}

static void
uses_have_names(void **state)
{
    enum use use = USE_UNSTATED;

    (void)state;
    for (unsigned i = USE_NONE; i <= USE_BLOCK; i++) {
        assert_true(use_parse(slice_str(use_name(i)), &use));
        assert_int_equal(use, i);
    }
    assert_false(use_parse(slice_str("all"), &use));
    assert_false(use_parse(slice_str(""), &use));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_is_known_in_any_case_and_others_are_not),
        cmocka_unit_test(
            no_word_makes_a_victim_a_sinkhole_or_what_is_good_a_target),
        cmocka_unit_test(
            a_role_that_is_not_known_allows_nothing_and_none_said_all),
        cmocka_unit_test(of_two_uses_the_stricter_counts),
        cmocka_unit_test(uses_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
