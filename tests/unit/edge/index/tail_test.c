#include "../journal/checks.h"

#include "../journal/disk.h"
#include "../journal/folder.h"

#include "edge/index/tail.h"
#include "edge/journal/retire.h"

#define SMALL_SEGMENT KIB(16)

static struct journal *
must_open(const struct folder *f)
{
    struct journal_opening how = {f->path, NULL, NULL, SMALL_SEGMENT, NULL};
    char message[256] = "";
    struct journal *j = NULL;

    assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
    return j;
}

static void
append_turns(struct journal *j, uint64_t from, uint64_t to)
{
    struct store s;

    journal_store(j, &s);
    for (uint64_t turn = from; turn <= to; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
}

static void
on_fact(void *context, const struct fact *f)
{
    assert_int_equal(history_read(context, f), OK);
}

static void
on_any_fact(void *context, const struct fact *f)
{
    uint64_t *count = context;

    (void)f;
    ++*count;
}

/* Read on to the end; give how that was. */
static enum tail_result
read_on(struct tail *t, struct position *at, uint64_t committed,
        struct history_reader *reader)
{
    enum tail_result r;

    while ((r = tail_next(t, at, committed, on_fact, reader)) == TAIL_TURN)
        ;
    return r;
}

static void
each_turn_is_handed_out_once_whatever_lies_between(void **state)
{
    struct folder f = folder_new();
    struct history_reader reader = {0};
    struct position at = {0};
    struct tail *t = tail_new(f.path);
    struct journal *j = must_open(&f);

    (void)state;
    for (uint64_t turn = 1; turn <= 240; turn += 3) {
        append_turns(j, turn, turn + 2);
        assert_int_equal(read_on(t, &at, turn + 2, &reader), TAIL_WAIT);
        assert_int_equal(at.turn, turn + 2);
        assert_int_equal(reader.facts, history_facts(turn + 2));
        if (turn % 5 == 0) {
            journal_close(j);
            j = must_open(&f);
        }
        if (turn % 7 == 0) {
            tail_free(t);
            t = tail_new(f.path);
        }
    }
    struct journal_stats stats;
    journal_stats(j, &stats);
    assert_true(stats.segments > 5);
    tail_free(t);
    journal_close(j);
    buf_clear(&reader.want);
    folder_remove(&f);
}

static void
nothing_above_what_is_committed_is_handed_out(void **state)
{
    struct folder f = folder_new();
    struct history_reader reader = {0};
    struct position at = {0};
    struct tail *t = tail_new(f.path);
    struct journal *j = must_open(&f);

    (void)state;
    assert_int_equal(read_on(t, &at, 0, &reader), TAIL_WAIT);
    append_turns(j, 1, 30);
    assert_int_equal(read_on(t, &at, 0, &reader), TAIL_WAIT);
    assert_int_equal(reader.facts, 0);
    assert_int_equal(read_on(t, &at, 17, &reader), TAIL_WAIT);
    assert_int_equal(reader.facts, history_facts(17));
    assert_int_equal(read_on(t, &at, 30, &reader), TAIL_WAIT);
    assert_int_equal(reader.facts, history_facts(30));
    tail_free(t);
    journal_close(j);
    buf_clear(&reader.want);
    folder_remove(&f);
}

/* A journal's first segment as it was, put back in place of all. */
static void
a_journal_that_was_put_back_is_another_however_far_it_came(void **state)
{
    struct folder f = folder_new();
    struct history_reader reader = {0};
    struct position at = {0};
    struct tail *t = tail_new(f.path);
    struct journal *j = must_open(&f);
    struct buf copy = {0};

    (void)state;
    append_turns(j, 1, 10);
    assert_true(folder_get(&f, "00000001.seg", &copy));
    append_turns(j, 11, 14);
    assert_int_equal(read_on(t, &at, 14, &reader), TAIL_WAIT);
    journal_close(j);
    folder_empty(&f);
    folder_put(&f, "00000001.seg", buf_slice(&copy));
    tail_free(t);
    t = tail_new(f.path);
    assert_int_equal(read_on(t, &at, 10, &reader), TAIL_OTHER);
    assert_int_equal(read_on(t, &at, 14, &reader), TAIL_OTHER);
    assert_int_equal(read_on(t, &at, 15, &reader), TAIL_OTHER);
    at = (struct position){0};
    reader = (struct history_reader){.want = reader.want};
    assert_int_equal(read_on(t, &at, 10, &reader), TAIL_WAIT);
    assert_int_equal(reader.facts, history_facts(10));
    tail_free(t);
    buf_clear(&copy);
    buf_clear(&reader.want);
    folder_remove(&f);
}

static uint64_t
all_free(void *self, uint32_t number)
{
    (void)self;
    (void)number;
    return 100;
}

static void
on_left_out(void *context, const struct fact *f)
{
    uint64_t *count = context;

    assert_true(f->type == FACT_SUBMITTED || f->type == FACT_SEQUENCED ||
                f->type == FACT_ENTRY);
    assert_true((f->type == FACT_SUBMITTED ? f->item : f->index) < 100);
    ++*count;
}

static void
behind_retired_segments_it_goes_on_and_is_told_what_they_left_out(void **state)
{
    const struct retire how = {.entries = all_free, .items = all_free};
    struct folder f = folder_new();
    struct position at = {0};
    struct tail *t = tail_new(f.path);
    struct journal *j = must_open(&f);
    struct retired done;
    uint64_t facts = 0, again = 0, left_out = 0;
    uint32_t number, retired = 0;

    (void)state;
    append_turns(j, 1, 200);
    for (int i = 0; i < 50; i++)
        assert_int_equal(tail_next(t, &at, 200, on_any_fact, &facts),
                         TAIL_TURN);
    tail_left_out(t, at.segment, on_left_out, &left_out);
    assert_int_equal(left_out, 0);
    while ((number = journal_retire(j, &how)) != 0) {
        assert_true(journal_retired(j, number, &done));
        tail_left_out(t, number, on_left_out, &left_out);
        retired++;
    }
    assert_true(retired > at.segment);
    assert_true(left_out > 150);
    tail_free(t);
    t = tail_new(f.path);
    while (tail_next(t, &at, 200, on_any_fact, &facts) == TAIL_TURN)
        ;
    assert_int_equal(facts, history_facts(200));
    at = (struct position){0};
    tail_free(t);
    t = tail_new(f.path);
    while (tail_next(t, &at, 200, on_any_fact, &again) == TAIL_TURN)
        ;
    assert_int_equal(again, facts);
    tail_free(t);
    journal_close(j);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_turn_is_handed_out_once_whatever_lies_between),
        cmocka_unit_test(nothing_above_what_is_committed_is_handed_out),
        cmocka_unit_test(
            a_journal_that_was_put_back_is_another_however_far_it_came),
        cmocka_unit_test(
            behind_retired_segments_it_goes_on_and_is_told_what_they_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
