#include "cli/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int
use_utf8(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return 0;
}

/* Hold what a function wrote against the text expected. */
static void
expect(struct buf *got, const char *wanted)
{
    buf_put_u8(got, 0);
    assert_string_equal((const char *)got->data, wanted);
    buf_reset(got);
}

static void
korean_letters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(slice_str("KrCERT")), 6);
    assert_int_equal(text_width(slice_str("관찰")), 4);
    assert_int_equal(text_width(slice_str("a관b찰c")), 7);
    assert_int_equal(text_width(slice_str("")), 0);
}

/* Print the grid into memory. */
static char *
printed(struct grid *g)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    grid_print(g, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void
add_row(struct grid *g, const char *a, const char *b, const char *c)
{
    grid_add(g, slice_str(a));
    grid_add(g, slice_str(b));
    grid_add(g, slice_str(c));
    grid_end_row(g);
}

static void
columns_stay_aligned_with_korean_text(void **state)
{
    struct grid g = {0};
    char *text;

    (void)state;
    add_row(&g, "TEAM", "CASE", "N");
    add_row(&g, "한국인터넷진흥원", "x", "1");
    add_row(&g, "cert.gov.au", "사건", "2");
    text = printed(&g);
    assert_string_equal(text, "TEAM              CASE  N\n"
                              "한국인터넷진흥원  x     1\n"
                              "cert.gov.au       사건  2\n");
    free(text);
    grid_clear(&g);
}

static void
pages_printed_one_after_another_stay_aligned(void **state)
{
    struct grid g = {0};
    char *text;

    (void)state;
    add_row(&g, "a long name", "b", "c");
    free(printed(&g));
    add_row(&g, "a", "b", "c");
    text = printed(&g);
    assert_string_equal(text, "a            b  c\n");
    free(text);
    grid_clear(&g);
}

static void
a_very_wide_cell_does_not_push_the_others(void **state)
{
    struct grid g = {0};
    char wide[101];
    char *text;

    (void)state;
    memset(wide, 'x', 100);
    wide[100] = '\0';
    add_row(&g, wide, "b", "c");
    add_row(&g, "aaa", "b", "c");
    text = printed(&g);
    assert_string_equal(strchr(text, '\n') + 1, "aaa  b  c\n");
    free(text);
    grid_clear(&g);
}

static void
numbers_stand_to_the_right(void **state)
{
    struct grid g = {.right = {false, true, false}};
    char *text;

    (void)state;
    add_row(&g, "a", "18,204", "x");
    add_row(&g, "b", "7", "y");
    text = printed(&g);
    assert_string_equal(text, "a  18,204  x\nb       7  y\n");
    free(text);
    grid_clear(&g);
}

static void
foreign_text_cannot_steer_the_terminal(void **state)
{
    struct buf b = {0};

    (void)state;
    text_put_clean(&b, slice_str("a\x1b[31mred\x07\n"));
    expect(&b, "a\\x1b[31mred\\x07\\x0a");
    text_put_clean(&b, slice_str("gpj.\xe2\x80\xae"
                                 "exe"));
    expect(&b, "gpj.\\u202eexe");
    text_put_clean(&b, slice_str("a\xe2\x80\x8b"
                                 "b\xc2\x9b"
                                 "c"));
    expect(&b, "a\\u200bb\\x9bc");
    text_put_clean(&b, slice_of("x\0y", 3));
    expect(&b, "x\\x00y");
    buf_clear(&b);
}

static void
bytes_that_are_no_letters_are_shown_as_such(void **state)
{
    struct buf b = {0};

    (void)state;
    text_put_clean(&b, slice_str("caf\xe9!"));
    expect(&b, "caf\\xe9!");
    text_put_clean(&b, slice_str("\xe2\x80"));
    expect(&b, "\\xe2\\x80");
    text_put_clean(&b, slice_str("\xf7\xa0\x81\x81\xed\xa0\x80"));
    expect(&b, "\\xf7\\xa0\\x81\\x81\\xed\\xa0\\x80");
    text_put_clean(&b, slice_str("관찰 café"));
    expect(&b, "관찰 café");
    buf_clear(&b);
}

static void
counts_have_commas(void **state)
{
    struct buf b = {0};

    (void)state;
    text_put_count(&b, 0);
    expect(&b, "0");
    text_put_count(&b, 999);
    expect(&b, "999");
    text_put_count(&b, 18204);
    expect(&b, "18,204");
    text_put_count(&b, 1234567);
    expect(&b, "1,234,567");
    text_put_counted(&b, 1, "entry", "entries");
    expect(&b, "1 entry");
    text_put_counted(&b, 2000, "entry", "entries");
    expect(&b, "2,000 entries");
    buf_clear(&b);
}

static void
times_are_in_utc_with_z(void **state)
{
    const uint64_t ms = UINT64_C(1795453451120);
    struct buf b = {0};

    (void)state;
    text_put_time(&b, ms);
    expect(&b, "2026-11-23 17:04:11Z");
    text_put_stamp(&b, ms);
    expect(&b, "2026-11-23T17:04:11.120Z");
    text_put_clock(&b, ms);
    expect(&b, "17:04:11.1Z");
    text_put_time_short(&b, ms);
    expect(&b, "11-23 17:04Z");
    text_put_day(&b, ms);
    expect(&b, "2026-11-23");
    text_put_time(&b, UINT64_MAX);
    expect(&b, "beyond the year 9999");
    buf_clear(&b);
}

static void
spans_are_said_by_their_largest_units(void **state)
{
    static const struct {
        uint64_t s;
        const char *text;
    } cases[] = {
        {0, "0 s"},        {41, "41 s"},         {90, "1 min"},
        {3600, "1 h"},     {11100, "3 h 5 min"}, {183600, "2 d 3 h"},
        {3542400, "41 d"}, {3549600, "41 d"},
    };
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        text_put_span(&b, cases[i].s * 1000);
        expect(&b, cases[i].text);
    }
    buf_clear(&b);
}

static void
one_position_has_no_range(void **state)
{
    struct buf b = {0};

    (void)state;
    text_put_range(&b, (struct text_place){0, 5}, (struct text_place){0, 5});
    expect(&b, "#5");
    text_put_range(&b, (struct text_place){0, 18205},
                   (struct text_place){0, 18207});
    expect(&b, "#18205-18207");
    buf_clear(&b);
}

static void
places_of_later_epochs_name_them(void **state)
{
    struct buf b = {0};

    (void)state;
    text_put_range(&b, (struct text_place){2, 118},
                   (struct text_place){2, 120});
    expect(&b, "#2.118-120");
    text_put_range(&b, (struct text_place){0, 7}, (struct text_place){1, 3});
    expect(&b, "#7 to #1.3");
    text_put_range(&b, (struct text_place){1, 0}, (struct text_place){1, 0});
    expect(&b, "#1.0");
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(korean_letters_take_two_columns),
        cmocka_unit_test(columns_stay_aligned_with_korean_text),
        cmocka_unit_test(pages_printed_one_after_another_stay_aligned),
        cmocka_unit_test(a_very_wide_cell_does_not_push_the_others),
        cmocka_unit_test(numbers_stand_to_the_right),
        cmocka_unit_test(foreign_text_cannot_steer_the_terminal),
        cmocka_unit_test(bytes_that_are_no_letters_are_shown_as_such),
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(times_are_in_utc_with_z),
        cmocka_unit_test(spans_are_said_by_their_largest_units),
        cmocka_unit_test(one_position_has_no_range),
        cmocka_unit_test(places_of_later_epochs_name_them),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
