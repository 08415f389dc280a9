#include "edge/control/ids.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
a_message_id_comes_back_as_it_was_written(void **state)
{
    static const char *const ids[] = {"krcert>cert.gov.au#18205",
                                      "cert.gov.au>krcert#2.118", "a>b#0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct message_ref ref;
        struct buf text = {0};
        assert_true(message_ref_parse(slice_str(ids[i]), &ref));
        message_ref_put(&text, &ref);
        assert_true(slice_is(buf_slice(&text), ids[i]));
        buf_clear(&text);
    }
}

static void
an_epoch_stands_in_front_of_the_index(void **state)
{
    struct message_ref ref;

    (void)state;
    assert_true(message_ref_parse(slice_str("jpcert>krcert#2.118"), &ref));
    assert_true(slice_is(ref.origin, "jpcert"));
    assert_true(slice_is(ref.audience, "krcert"));
    assert_int_equal(ref.epoch, 2);
    assert_int_equal(ref.index, 118);
}

static void
what_is_no_id_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "krcert",
                                        "krcert>x",
                                        "krcert#5",
                                        ">x#5",
                                        "krcert>#5",
                                        "a>b#",
                                        "a>b#x",
                                        "a>b#-1",
                                        "a>b#1.",
                                        "a>b#.1",
                                        "a>b#1.2.3",
                                        "a>b#99999999999999999999"};
    struct message_ref ref;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(message_ref_parse(slice_str(wrong[i]), &ref));
}

static void
a_submission_is_read_in_any_case(void **state)
{
    uint64_t number = 0;

    (void)state;
    assert_true(submission_ref_parse(slice_str("S-4821"), &number));
    assert_int_equal(number, 4821);
    assert_true(submission_ref_parse(slice_str("s-7"), &number));
    assert_int_equal(number, 7);
    assert_false(submission_ref_parse(slice_str("S-"), &number));
    assert_false(submission_ref_parse(slice_str("S4821"), &number));
    assert_false(submission_ref_parse(slice_str("S-48 21"), &number));
    assert_false(submission_ref_parse(slice_str("4821"), &number));
}

static void
a_decimal_has_at_most_nineteen_digits(void **state)
{
    uint64_t n = 0;

    (void)state;
    assert_true(decimal_parse(slice_str("9999999999999999999"), &n));
    assert_true(n == UINT64_C(9999999999999999999));
    assert_false(decimal_parse(slice_str("18446744073709551616"), &n));
    assert_false(decimal_parse(slice_str(""), &n));
    assert_false(decimal_parse(slice_str("+1"), &n));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_id_comes_back_as_it_was_written),
        cmocka_unit_test(an_epoch_stands_in_front_of_the_index),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(a_submission_is_read_in_any_case),
        cmocka_unit_test(a_decimal_has_at_most_nineteen_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
