/*
 * formats_test - the table of formats: a reader for each that is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/formats.h"

struct seen {
    size_t items, faults;
};

static void
on_item(void *context, const struct format_item *item)
{
    struct seen *s = context;

    (void)item;
    s->items++;
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct seen *s = context;

    (void)fault;
    s->faults++;
}

static const char *const samples[FORMAT_COUNT] = {
    [FORMAT_STIX] = "{\"type\":\"mutex\",\"spec_version\":\"2.1\",\"id\":"
                    "\"mutex--337f5d70-09e2-5204-871b-fb15fc6d9693\","
                    "\"name\":\"M\"}",
    [FORMAT_MISP] = "{\"Event\":{\"info\":\"i\"}}",
    [FORMAT_CSV] = "value,type\nexample.com,domain\n",
    [FORMAT_LIST] = "example.com\n",
    [FORMAT_TEXT] = "It talks to example.com.\n",
};

static void
pass(struct format_reader *r, const char *text)
{
    assert_int_equal(format_reader_feed(r, slice_str(text)), OK);
    assert_int_equal(format_reader_finish(r), OK);
}

static void
every_format_that_is_read_hands_over_what_it_learnt_of(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMAT_COUNT; f++) {
        struct seen seen = {0};
        struct csv_map map = {.count = 0};
        const struct format_sink sink = {&seen, on_item, on_fault};
        const struct format_wish wish = {OBSERVABLE_NONE, &map};
        assert_int_equal(format_is_read((enum format)f), samples[f] != NULL);
        if (!samples[f])
            continue;
        struct format_reader *r =
            format_reader_new((enum format)f, &sink, &wish);
        bool learns = false;
        for (; format_reader_learn(r); learns = true) {
            pass(r, samples[f]);
            assert_int_equal(seen.items, 0);
        }
        for (size_t i = 1; i <= (learns ? 2 : 1); i++) {
            format_reader_deliver(r);
            pass(r, samples[f]);
            assert_int_equal(seen.items, i);
        }
        assert_int_equal(seen.faults, 0);
        format_reader_free(r);
    }
}

static void
an_error_of_a_reader_comes_again(void **state)
{
    struct seen seen = {0};
    struct csv_map map = {.count = 0};
    const struct format_sink sink = {&seen, on_item, on_fault};
    const struct format_wish wish = {OBSERVABLE_NONE, &map};
    struct format_reader *r = format_reader_new(FORMAT_STIX, &sink, &wish);

    (void)state;
    format_reader_deliver(r);
    if (format_reader_feed(r, slice_str("{]")) == OK)
        assert_int_not_equal(format_reader_finish(r), OK);
    assert_int_not_equal(format_reader_feed(r, slice_str("}")), OK);
    assert_int_not_equal(format_reader_finish(r), OK);
    assert_int_equal(seen.faults, 1);
    format_reader_free(r);
    format_reader_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_format_that_is_read_hands_over_what_it_learnt_of),
        cmocka_unit_test(an_error_of_a_reader_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
