/*
 * gather_test - messages of several documents in the order of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/gather.h"

#define OTHER "jpcert.or.jp"

/* Bring a message, as the daemon lists it. */
static void
bring(struct gather *g, const char *package, uint64_t position,
      uint64_t submission, const char *value)
{
    struct message m = {.kind = MESSAGE_INDICATOR,
                        .has_package = true,
                        .has_submission = true,
                        .has_head = true};
    struct buf bytes = {0};

    m.package = (struct package){.id = slice_str(package),
                                 .source = slice_str("stix"),
                                 .position = position};
    m.submission.number = submission;
    m.head.rules = HEAD_RULES;
    m.head.observable = OBSERVABLE_MUTEX;
    m.head.value = slice_str(value);
    message_put(&bytes, &m);
    struct control_value values[] = {
        {.key = "message", .kind = CONTROL_BYTES, .text = buf_slice(&bytes)},
        {.key = "team", .kind = CONTROL_TEXT, .text = slice_str(OTHER)},
    };
    const struct control_record record = {values, ARRAY_SIZE(values)};
    const struct entry e = {&record, true, m, {0}};
    gather_add(g, &e);
    buf_clear(&bytes);
}

static void
on_message(void *context, const struct message *m)
{
    struct buf *out = context;

    buf_put(out, m->head.value);
    buf_put_u8(out, ' ');
}

static void
check_order(struct gather *g, const char *want)
{
    struct buf out = {0};

    assert_true(gather_sort(g));
    assert_true(gather_each(g, on_message, &out));
    buf_put_u8(&out, 0);
    assert_string_equal((char *)out.data, want);
    buf_clear(&out);
    gather_close(g);
}

static void
a_document_is_whole_and_in_its_order(void **state)
{
    struct gather g;

    (void)state;
    assert_true(gather_open(&g, false));
    bring(&g, "bundle--b", 1, 7, "b1");
    bring(&g, "bundle--a", 0, 8, "a0");
    bring(&g, "bundle--b", 0, 7, "b0");
    bring(&g, "bundle--a", 1, 8, "a1");
    assert_int_equal(g.document_count, 2);
    check_order(&g, "b0 b1 a0 a1 ");
}

static void
what_came_twice_is_there_once_and_what_differs_twice(void **state)
{
    struct gather g;

    (void)state;
    assert_true(gather_open(&g, false));
    bring(&g, "bundle--a", 0, 7, "a0");
    bring(&g, "bundle--a", 1, 7, "a1");
    bring(&g, "bundle--a", 0, 7, "a0");
    bring(&g, "bundle--a", 1, 7, "xx");
    bring(&g, "bundle--a", 0, 7, "a0");
    check_order(&g, "a0 a1 xx ");
}

static void
two_submissions_of_one_id_are_one_document_where_that_is_asked(void **state)
{
    struct gather g;

    (void)state;
    for (unsigned by_id = 0; by_id < 2; by_id++) {
        assert_true(gather_open(&g, by_id));
        bring(&g, "bundle--a", 1, 7, "a1");
        bring(&g, "bundle--a", 0, 8, "a0");
        assert_int_equal(g.document_count, by_id ? 1 : 2);
        check_order(&g, by_id ? "a0 a1 " : "a1 a0 ");
    }
}

static void
of_each_object_of_a_document_the_last_submission_counts(void **state)
{
    struct gather g;

    (void)state;
    for (unsigned by_id = 0; by_id < 2; by_id++) {
        assert_true(gather_open(&g, by_id));
        bring(&g, "bundle--a", 0, 7, "same");
        bring(&g, "bundle--a", 2, 7, "old");
        bring(&g, "bundle--a", 1, 7, "same");
        bring(&g, "bundle--a", 1, 8, "same");
        bring(&g, "bundle--a", 3, 7, "same");
        bring(&g, "bundle--b", 0, 6, "same");
        check_order(&g,
                    by_id ? "same old same " : "same same old same same same ");
    }
}

/* The place of what did not go again is not known. */
static void
what_moved_stands_where_it_was_sent_and_what_vanished_stays(void **state)
{
    struct gather g;

    (void)state;
    assert_true(gather_open(&g, true));
    bring(&g, "bundle--a", 0, 7, "gone");
    bring(&g, "bundle--a", 1, 7, "moved");
    bring(&g, "bundle--a", 2, 7, "stays");
    bring(&g, "bundle--a", 0, 8, "new");
    check_order(&g, "gone new moved stays ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_whole_and_in_its_order),
        cmocka_unit_test(what_came_twice_is_there_once_and_what_differs_twice),
        cmocka_unit_test(
            two_submissions_of_one_id_are_one_document_where_that_is_asked),
        cmocka_unit_test(
            of_each_object_of_a_document_the_last_submission_counts),
        cmocka_unit_test(
            what_moved_stands_where_it_was_sent_and_what_vanished_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
