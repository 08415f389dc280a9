#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/formats/json_scan.h"

static void
a_string_ends_at_the_quote_that_no_backslash_is_left_for(void **state)
{
    static const char *const strings[] = {
        "\"\"", "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"a\\\\\\\"]}\"",
    };
    struct buf text = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        for (size_t k = 0; k < ARRAY_SIZE(strings); k++) {
            struct slice key, value;
            buf_reset(&text);
            buf_put_str(&text, "{\"k\":");
            buf_put_str(&text, strings[i]);
            buf_put_str(&text, ",\"l\":[{\"\":");
            buf_put_str(&text, strings[k]);
            buf_put_str(&text, "}]}");
            struct json_scan s = json_scan_of(buf_slice(&text));
            assert_true(json_scan_member(&s, &key, &value));
            assert_true(slice_is(key, "k"));
            assert_true(slice_is(value, strings[i]));
            assert_true(json_scan_member(&s, &key, &value));
            assert_true(slice_is(key, "l"));
            assert_int_equal(value.size, strlen(strings[k]) + 7);
            assert_false(json_scan_member(&s, &key, &value));
        }
    buf_clear(&text);
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

static void
a_key_is_known_by_what_it_says_whatever_its_escapes(void **state)
{
    static const struct {
        const char *key;
        bool is;
    } cases[] = {
        {"id", true},
        {"\\u0069d", true},
        {"i\\u0064", true},
        {"\\u0069\\u0064", true},
        {"\\u0069D", false},
        {"\\u0069", false},
        {"\\u0069dd", false},
        {"\\u0169d", false},
        {"\\td", false},
        {"", false},
        {"i", false},
        {"idd", false},
        {"i\\", false},
        {"i\\u006", false},
        {"\\u0069d\\u0000", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (json_scan_is(slice_str(cases[i].key), "id") != cases[i].is)
            fail_msg("%s", cases[i].key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_string_ends_at_the_quote_that_no_backslash_is_left_for),
        cmocka_unit_test(what_is_cut_ends_where_the_text_ends),
        cmocka_unit_test(a_key_is_known_by_what_it_says_whatever_its_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
