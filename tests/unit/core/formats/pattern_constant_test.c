#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/pattern_constant.h"

struct known {
    const char *text;
    bool good;
};

static void
check(const struct known *known, size_t count, bool (*is)(struct slice text))
{
    for (size_t i = 0; i < count; i++)
        if (is(slice_str(known[i].text)) != known[i].good)
            fail_msg("%s", known[i].text);
}

static void
hexadecimal_has_pairs_of_digits(void **state)
{
    static const struct known known[] = {
        {"", true},     {"ff", true},  {"FFd8", true},   {"f", false},
        {"ffd", false}, {"fg", false}, {"ff d8", false}, {"0x", false},
    };

    (void)state;
    check(known, ARRAY_SIZE(known), pattern_is_hex);
}

static void
base64_has_fours_padded_at_the_end(void **state)
{
    static const struct known known[] = {
        {"YWJj", true},      {"YWI=", true},  {"YQ==", true},
        {"+/+/YWJj", true},  {"", false},     {"====", false},
        {"Y===", false},     {"YWJ", false},  {"YQ=a", false},
        {"YQ==YQ==", false}, {"YW-_", false}, {"YWJjY", false},
    };

    (void)state;
    check(known, ARRAY_SIZE(known), pattern_is_base64);
}

static void
a_time_has_its_parts_in_range(void **state)
{
    static const struct known known[] = {
        {"2026-11-23T17:04:12Z", true},
        {"2026-11-23T17:04:12.5Z", true},
        {"2026-11-23T17:04:12.123456789Z", true},
        {"0000-01-01T00:00:00Z", true},
        {"2026-02-30T23:59:60Z", true},
        {"2026-11-23T17:04:12.Z", false},
        {"2026-11-23T17:04:12", false},
        {"2026-11-23T17:04:12z", false},
        {"2026-11-23T17:04:12+00:00", false},
        {"2026-11-23 17:04:12Z", false},
        {"2026-11-23T17:04:12.5ZZ", false},
        {"2026-11-23T17:04:12xZ", false},
        {"2026-11-23T17:04:12.5xZ", false},
        {"2026-11-23T17:04Z", false},
        {"2026-00-23T17:04:12Z", false},
        {"2026-13-23T17:04:12Z", false},
        {"2026-11-00T17:04:12Z", false},
        {"2026-11-32T17:04:12Z", false},
        {"2026-11-23T24:04:12Z", false},
        {"2026-11-23T17:60:12Z", false},
        {"2026-11-23T17:04:61Z", false},
        {"x026-11-23T17:04:12Z", false},
        {"26-11-23T17:04:12.123Z", false},
        {"", false},
        {"Z", false},
    };

    (void)state;
    check(known, ARRAY_SIZE(known), pattern_is_stamp);
}

static void
times_are_ordered_to_the_last_digit(void **state)
{
    static const char *const rising[] = {
        "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.0010001Z",
        "2026-01-01T00:00:00.01Z",  "2026-01-01T00:00:01.000Z",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rising); i++)
        for (size_t k = 0; k < ARRAY_SIZE(rising); k++)
            assert_int_equal(
                pattern_is_before(slice_str(rising[i]), slice_str(rising[k])),
                i < k);
    assert_false(pattern_is_before(slice_str("2026-01-01T00:00:00Z"),
                                   slice_str("2026-01-01T00:00:00.000Z")));
}

static void
zero_in_any_form_is_not_positive(void **state)
{
    static const struct known known[] = {
        {"1", true},   {"+1", true},    {"0.5", true}, {".01", true},
        {"300", true}, {"0", false},    {"+0", false}, {"0.00", false},
        {"-1", false}, {"-0.5", false}, {"", false},
    };

    (void)state;
    check(known, ARRAY_SIZE(known), pattern_is_positive);
}

#define DIGITS_32 "d41d8cd98f00b204e9800998ecf8427e"

static void
a_hash_of_a_known_name_has_its_length(void **state)
{
    static const struct {
        const char *name, *value;
        bool good;
    } known[] = {
        {"MD5", DIGITS_32, true},
        {"md5", "D41D8CD98F00B204E9800998ECF8427E", true},
        {"MD5", "d41d8cd98f00b204e9800998ecf8427", false},
        {"MD5", "g41d8cd98f00b204e9800998ecf8427e", false},
        {"MD5", "", false},
        {"SHA-1", DIGITS_32 "00000000", true},
        {"sha1", DIGITS_32, false},
        {"SHA-256", DIGITS_32 DIGITS_32, true},
        {"sha256", DIGITS_32, false},
        {"SHA-512", DIGITS_32 DIGITS_32 DIGITS_32 DIGITS_32, true},
        {"SHA-512", DIGITS_32 DIGITS_32, false},
        {"SHA3-256", DIGITS_32 DIGITS_32, true},
        {"SHA3-256", DIGITS_32, false},
        {"SHA3-512", DIGITS_32, false},
        {"SSDEEP", "3:a:b", true},
        {"MD", "x", true},
        {"MD5x", "x", true},
        {"", "x", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (pattern_is_hash(slice_str(known[i].name),
                            slice_str(known[i].value)) != known[i].good)
            fail_msg("%s %s", known[i].name, known[i].value);
    assert_true(pattern_is_hash(slice_of("md5\0x", 5), slice_str("x")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_has_pairs_of_digits),
        cmocka_unit_test(base64_has_fours_padded_at_the_end),
        cmocka_unit_test(a_time_has_its_parts_in_range),
        cmocka_unit_test(times_are_ordered_to_the_last_digit),
        cmocka_unit_test(zero_in_any_form_is_not_positive),
        cmocka_unit_test(a_hash_of_a_known_name_has_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
