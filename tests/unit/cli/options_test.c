#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct option own[] = {
    {"file", 'f', "FILE", ""}, {"wait", 0, "SPAN", ""}, {"limit", 0, "N", ""},
    {"urgent", 'u', NULL, ""}, {NULL, 0, NULL, NULL},
};
static const struct option common[] = {
    {"json", 0, NULL, ""},
    {NULL, 0, NULL, NULL},
};

/* Read a line of at most eight arguments. */
static bool
read_line(struct options *o, int count, const char *const *words)
{
    char *arguments[8];

    for (int i = 0; i < count; i++)
        arguments[i] = (char *)(uintptr_t)words[i];
    *o = (struct options){.tables = {common, own}};
    return options_read(o, arguments, count);
}

#define READ(o, ...)                                                           \
    read_line(o, (int)ARRAY_SIZE(((const char *const[]){__VA_ARGS__})),        \
              (const char *const[]){__VA_ARGS__})

static void
options_and_words_stand_in_any_order(void **state)
{
    struct options o;

    (void)state;
    assert_true(READ(&o, "a", "--urgent", "b", "--file", "x", "--json"));
    assert_int_equal(o.word_count, 2);
    assert_string_equal(o.words[0], "a");
    assert_string_equal(o.words[1], "b");
    assert_true(option_is(&o, "urgent"));
    assert_true(option_is(&o, "json"));
    assert_string_equal(option_text(&o, "file"), "x");
    assert_null(option_text(&o, "wait"));
    options_clear(&o);
}

static void
every_way_of_writing_an_argument_is_read(void **state)
{
    struct options o;

    (void)state;
    assert_true(READ(&o, "-f", "a", "-fb", "--file", "c", "--file=d", "-u"));
    assert_string_equal(option_nth(&o, "file", 0), "a");
    assert_string_equal(option_nth(&o, "file", 1), "b");
    assert_string_equal(option_nth(&o, "file", 2), "c");
    assert_string_equal(option_nth(&o, "file", 3), "d");
    assert_null(option_nth(&o, "file", 4));
    assert_string_equal(option_text(&o, "file"), "d");
    options_clear(&o);
}

static void
two_hyphens_end_the_options(void **state)
{
    struct options o;

    (void)state;
    assert_true(READ(&o, "--", "--urgent", "-f"));
    assert_int_equal(o.word_count, 2);
    assert_false(option_is(&o, "urgent"));
    options_clear(&o);
}

static void
one_hyphen_alone_is_a_word(void **state)
{
    struct options o;

    (void)state;
    assert_true(READ(&o, "-f", "-", "-"));
    assert_string_equal(option_text(&o, "file"), "-");
    assert_int_equal(o.word_count, 1);
    options_clear(&o);
}

static void
what_does_not_fit_is_refused(void **state)
{
    struct options o;

    (void)state;
    assert_false(READ(&o, "--fiel", "x"));
    options_clear(&o);
    assert_false(READ(&o, "--file"));
    options_clear(&o);
    assert_false(READ(&o, "--urgent=yes"));
    options_clear(&o);
    assert_false(READ(&o, "-x"));
    options_clear(&o);
    assert_false(READ(&o, "-ux"));
    options_clear(&o);
    assert_false(READ(&o, "--"
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                          "aaa"));
    options_clear(&o);
}

static void
the_nearest_name_is_found(void **state)
{
    static const char *const names[] = {"status", "submit", "show"};

    (void)state;
    assert_string_equal(nearest("statsu", names, 3), "status");
    assert_string_equal(nearest("sumbit", names, 3), "submit");
    assert_string_equal(nearest("shw", names, 3), "show");
    assert_null(nearest("xyzzy", names, 3));
}

static void
spans_are_read_with_their_unit(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"60s", 60000},
        {"5min", 300000},
        {"5m", 300000},
        {"8h", 28800000},
        {"30d", UINT64_C(2592000000)},
        {"2w", UINT64_C(1209600000)},
        {"0s", 0},
    };
    static const char *const bad[] = {"",   "60",  "s",    "-1s",
                                      "1y", "1 d", "1.5h", "9999999s"};
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(span_parse(slice_str(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(span_parse(slice_str(bad[i]), &ms));
}

static void
numbers_have_their_bound(void **state)
{
    struct options o;
    uint64_t n;

    (void)state;
    assert_true(READ(&o, "--limit", "100"));
    assert_true(option_number(&o, "limit", 100, 7, &n));
    assert_int_equal(n, 100);
    assert_false(option_number(&o, "limit", 99, 7, &n));
    options_clear(&o);
    assert_true(READ(&o, "--limit", "ten"));
    assert_false(option_number(&o, "limit", 100, 7, &n));
    options_clear(&o);
    assert_true(READ(&o, "x"));
    assert_true(option_number(&o, "limit", 100, 7, &n));
    assert_int_equal(n, 7);
    options_clear(&o);
}

static void
a_limit_of_none_is_refused(void **state)
{
    struct options o;
    uint64_t n = 5;

    (void)state;
    assert_true(READ(&o, "--limit", "0"));
    assert_false(option_limit(&o, 100, 7, &n));
    assert_int_equal(n, 5);
    options_clear(&o);
    assert_true(READ(&o, "--limit", "1"));
    assert_true(option_limit(&o, 100, 7, &n));
    assert_int_equal(n, 1);
    options_clear(&o);
    assert_true(READ(&o, "x"));
    assert_true(option_limit(&o, 100, 7, &n));
    assert_int_equal(n, 7);
    options_clear(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_words_stand_in_any_order),
        cmocka_unit_test(every_way_of_writing_an_argument_is_read),
        cmocka_unit_test(two_hyphens_end_the_options),
        cmocka_unit_test(one_hyphen_alone_is_a_word),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(the_nearest_name_is_found),
        cmocka_unit_test(spans_are_read_with_their_unit),
        cmocka_unit_test(numbers_have_their_bound),
        cmocka_unit_test(a_limit_of_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
