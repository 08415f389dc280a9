#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/stamp.h"

static void
times_are_read_to_the_millisecond(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        uint64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"1970-01-01T00:00:00.0019Z", 0, 1},
        {"2000-02-29T12:00:00.5Z", 951825600, 951825600500},
        {"2026-11-23T17:04:12.123456Z", 1795453452, 1795453452123},
        {"2016-12-31T23:59:60Z", 1483228800, 1483228800000},
        {"9999-12-31T23:59:59.999999999999Z", 253402300799, 253402300799999},
        {"1969-12-31T23:59:59Z", -1, 0},
        {"1601-01-01T00:00:00Z", -11644473600, 0},
        {"0001-01-01T00:00:00Z", -62135596800, 0},
        {"0000-01-01T00:00:00Z", -62167219200, 0},
    };
    struct stamp s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(stamp_parse(slice_str(good[i].text), &s));
        assert_true(s.seconds == good[i].seconds);
        assert_true(stamp_wall(&s).ms == good[i].ms);
    }
}

static void
what_is_written_reads_back_as_the_same_second(void **state)
{
    static const uint64_t days[] = {0,     58,    59,     364,    365,    11016,
                                    19782, 20781, 47540,  47541,  84007,  84008,
                                    36524, 36525, 146096, 146097, 2932896};
    char text[STAMP_TEXT];
    struct stamp s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(days); i++)
        for (uint64_t at = 0; at < 86400; at += 86399 / 7) {
            stamp_write(days[i] * 86400 + at, text);
            assert_true(stamp_parse(SLICE_ARRAY(text), &s));
            assert_true(s.seconds == (int64_t)(days[i] * 86400 + at));
        }
    stamp_write(STAMP_SECONDS_MAX, text);
    assert_memory_equal(text, "9999-12-31T23:59:59Z", STAMP_TEXT);
    stamp_write(1795453452, text);
    assert_memory_equal(text, "2026-11-23T17:04:12Z", STAMP_TEXT);
}

static void
what_no_calendar_has_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+02:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1",
        "2026-01-01T00:00:00ZZ",
        "20260101T000000Z",
        "2026-1-01T00:00:00Z",
        "2026-01-01T00:00:00.1x",
        "2026-01-01T00:00:00.12ZZ",
        "2026-01-01T00:00:00,1Z",
        "2026-01-01T00:00:00x",
        "2026-01-01T22:59:60Z",
        "2026-01-01T23:58:60Z",
        "2026-01-01Tx0:00:00Z",
        "2026/01-01T00:00:00Z",
    };
    struct stamp s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (stamp_parse(slice_str(bad[i]), &s))
            fail_msg("%s", bad[i]);
}

static int
compare(const char *a, const char *b)
{
    struct stamp x, y;

    assert_true(stamp_parse(slice_str(a), &x));
    assert_true(stamp_parse(slice_str(b), &y));
    return stamp_compare(&x, &y);
}

static void
times_are_ordered_to_the_millisecond(void **state)
{
    (void)state;
    assert_true(compare("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z") < 0);
    assert_true(compare("2026-01-01T00:00:00.2Z", "2026-01-01T00:00:00.19Z") >
                0);
    assert_int_equal(
        compare("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z"), 0);
    assert_int_equal(
        compare("2026-01-01T00:00:00.806274Z", "2026-01-01T00:00:00.806Z"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_to_the_millisecond),
        cmocka_unit_test(what_is_written_reads_back_as_the_same_second),
        cmocka_unit_test(what_no_calendar_has_is_refused),
        cmocka_unit_test(times_are_ordered_to_the_millisecond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
