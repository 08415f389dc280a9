#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/json_scan.h"

#include <stdio.h>

static void
a_string_ends_at_the_quote_that_no_backslash_is_left_for(void **state)
{
    static const char *const strings[] = {
        "\"\"", "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"a\\\\\\\"]}\"",
    };
    char text[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        for (size_t k = 0; k < ARRAY_SIZE(strings); k++) {
            struct slice key, value;
            (void)snprintf(text, sizeof text, "{\"k\":%s,\"l\":[{\"\":%s}]}",
                           strings[i], strings[k]);
            struct json_scan s = json_scan_of(slice_str(text));
            assert_true(json_scan_member(&s, &key, &value));
            assert_true(slice_is(key, "k"));
            assert_true(slice_is(value, strings[i]));
            assert_true(json_scan_member(&s, &key, &value));
            assert_true(slice_is(key, "l"));
            assert_int_equal(value.size, strlen(strings[k]) + 7);
            assert_false(json_scan_member(&s, &key, &value));
        }
}

static void
what_is_cut_ends_where_the_text_ends(void **state)
{
    static const char whole[] =
        "{\"k\\\"\":\"a\\\\\",\"l\":[1,{\"m\":\"\\\"\"}]}";

    (void)state;
    for (size_t n = 1; n < sizeof whole; n++) {
        struct json_scan s = json_scan_of(slice_of(whole, n));
        struct slice key, value;
        while (json_scan_member(&s, &key, &value))
            assert_true(value.data + value.size <= (uint8_t *)whole + n);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_string_ends_at_the_quote_that_no_backslash_is_left_for),
        cmocka_unit_test(what_is_cut_ends_where_the_text_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
