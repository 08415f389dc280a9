#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edge/index/hits.h"
#include "edge/index/search.h"

#include <stdio.h>

#define PATH "hits_test.db"
#define OLDEST 1u
#define NEWER 100u /* the first of those that are newer */

static struct rows rows;
static struct hits hits;

static void
begin(void)
{
    db_remove(PATH);
    rows_open(&rows, PATH);
}

static void
end(void)
{
    hits_clear(&hits);
    rows_close(&rows);
    db_remove(PATH);
}

static void
words_add(const char *word, uint32_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        rows_lead(&rows, KEY_WORD, slice_str(word), from + i);
}

/* Look for words; NULL if there is nothing wrong with them. */
static const char *
look(const char *text)
{
    hits_clear(&hits);
    const char *fault = hits_words(&hits, &rows, slice_str(text));
    hits_settle(&hits);
    return fault;
}

static void
of_common_words_the_newest_count_and_a_rare_one_finds_the_others(void **unused)
{
    (void)unused;
    begin();
    words_add("common", OLDEST, 1);
    words_add("plain", OLDEST, 1);
    words_add("rare", OLDEST, 1);
    words_add("common", NEWER, SEARCH_OF_VALUE_MAX - 1);
    words_add("plain", NEWER, SEARCH_OF_VALUE_MAX);
    rows_commit(&rows);
    assert_null(look("common"));
    assert_int_equal(hits.count, SEARCH_OF_VALUE_MAX);
    assert_false(hits.cut);
    assert_true(hits_have(&hits, OLDEST));
    assert_null(look("plain"));
    assert_int_equal(hits.count, SEARCH_OF_VALUE_MAX);
    assert_true(hits.cut);
    assert_false(hits_have(&hits, OLDEST));
    assert_null(look("rare plain common"));
    assert_int_equal(hits.count, 1);
    assert_false(hits.cut);
    assert_true(hits_have(&hits, OLDEST));
    end();
}

/* Runs of one size that are merged get a number above smaller ones, which are
 * newer. */
static void
the_newest_count_however_runs_were_merged(void **unused)
{
    const uint32_t each = SEARCH_OF_KEY_MAX / 8, newest = 1000000;
    struct slice text = slice_str("same.example");

    (void)unused;
    begin();
    for (uint32_t run = 0; run < 8; run++) {
        for (uint32_t i = 0; i < each; i++)
            rows_lead(&rows, KEY_LABEL, text, NEWER + run * each + i);
        rows_commit(&rows);
    }
    rows_lead(&rows, KEY_LABEL, text, newest);
    rows_commit(&rows);
    while (rows_tidy(&rows, UINT64_MAX))
        ;
    hits_key(&hits, &rows, KEY_LABEL, text);
    hits_settle(&hits);
    assert_int_equal(hits.count, SEARCH_OF_KEY_MAX);
    assert_true(hits.cut);
    assert_true(hits_have(&hits, newest));
    assert_false(hits_have(&hits, NEWER));
    end();
}

static void
too_many_words_are_refused_and_repeats_are_none(void **unused)
{
    char text[4000] = "";
    size_t at = 0;

    (void)unused;
    begin();
    for (unsigned i = 0; i < 2 * SEARCH_WORDS_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%c%u ",
                               i < SEARCH_WORDS_MAX ? 'w' : 'W',
                               i % SEARCH_WORDS_MAX);
    assert_null(look(text));
    (void)snprintf(text + at, sizeof text - at, "more");
    assert_non_null(look(text));
    assert_non_null(look(" .,; "));
    end();
}

static size_t
value_look(const char *value, struct arena *arena)
{
    hits_clear(&hits);
    hits_value(&hits, &rows, slice_str(value), false, arena);
    hits_settle(&hits);
    return hits.count;
}

static void
an_address_is_found_mapped_into_version_6_or_not(void **unused)
{
    static const char *const values[] = {
        "203.0.113.7", "::ffff:203.0.113.7", "203.0.113.0/24",
        "203.0.113.8", "::ffff:203.0.113.9", "2001:db8::7"};
    struct arena arena;

    (void)unused;
    begin();
    arena_init(&arena, MIB(1));
    for (uint32_t i = 0; i < ARRAY_SIZE(values); i++)
        rows_lead(&rows, KEY_VALUE, slice_str(values[i]), i + 1);
    rows_commit(&rows);
    assert_int_equal(value_look("::ffff:203.0.113.7", &arena), 3);
    assert_true(hits_have(&hits, 1) && hits_have(&hits, 2));
    assert_int_equal(hits.list[0].relation, HIT_CONTAINS);
    assert_int_equal(hits.list[1].relation, HIT_SAME);
    assert_int_equal(hits.list[2].relation, HIT_SAME);
    assert_int_equal(value_look("::FFFF:cb00:7107", &arena), 3);
    assert_int_equal(value_look("203.0.113.7", &arena), 3);
    assert_int_equal(value_look("203.0.113.9", &arena), 2);
    assert_true(hits_have(&hits, 5));
    assert_int_equal(value_look("2001:db8::7", &arena), 1);
    arena_clear(&arena);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            of_common_words_the_newest_count_and_a_rare_one_finds_the_others),
        cmocka_unit_test(the_newest_count_however_runs_were_merged),
        cmocka_unit_test(too_many_words_are_refused_and_repeats_are_none),
        cmocka_unit_test(an_address_is_found_mapped_into_version_6_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
