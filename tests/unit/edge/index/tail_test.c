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

/* A journal, and what follows it. */
struct following {
    struct folder folder;
    struct journal *journal;
    struct tail *tail;
    struct position at;
    struct history_reader reader;
};

static void
following_setup(struct following *f)
{
    *f = (struct following){.folder = folder_new()};
    f->tail = tail_new(f->folder.path);
    f->journal = must_open(&f->folder);
}

static void
following_teardown(struct following *f)
{
    tail_free(f->tail);
    journal_close(f->journal);
    buf_clear(&f->reader.want);
    folder_remove(&f->folder);
}

static void
tail_anew(struct following *f)
{
    tail_free(f->tail);
    f->tail = tail_new(f->folder.path);
}

/* Read on to the end; give how that was. */
static enum tail_result
read_on(struct following *f, uint64_t committed)
{
    enum tail_result r;

    do
        r = tail_next(f->tail, &f->at, committed, on_fact, &f->reader);
    while (r == TAIL_TURN);
    return r;
}

static void
each_turn_is_handed_out_once_whatever_lies_between(void **state)
{
    struct following f;

    (void)state;
    following_setup(&f);
    for (uint64_t turn = 1; turn <= 240; turn += 3) {
        append_turns(f.journal, turn, turn + 2);
        assert_int_equal(read_on(&f, turn + 2), TAIL_WAIT);
        assert_int_equal(f.at.turn, turn + 2);
        assert_int_equal(f.reader.facts, history_facts(turn + 2));
        if (turn % 5 == 0) {
            journal_close(f.journal);
            f.journal = must_open(&f.folder);
        }
        if (turn % 7 == 0)
            tail_anew(&f);
    }
    struct journal_stats stats;
    journal_stats(f.journal, &stats);
    assert_true(stats.segments > 5);
    following_teardown(&f);
}

static void
nothing_above_what_is_committed_is_handed_out(void **state)
{
    struct following f;

    (void)state;
    following_setup(&f);
    assert_int_equal(read_on(&f, 0), TAIL_WAIT);
    append_turns(f.journal, 1, 30);
    assert_int_equal(read_on(&f, 0), TAIL_WAIT);
    assert_int_equal(f.reader.facts, 0);
    assert_int_equal(read_on(&f, 17), TAIL_WAIT);
    assert_int_equal(f.reader.facts, history_facts(17));
    assert_int_equal(read_on(&f, 30), TAIL_WAIT);
    assert_int_equal(f.reader.facts, history_facts(30));
    following_teardown(&f);
}

/* A journal's first segment as it was, put back in place of all. */
static void
a_journal_that_was_put_back_is_another_however_far_it_came(void **state)
{
    struct following f;
    struct buf copy = {0};

    (void)state;
    following_setup(&f);
    append_turns(f.journal, 1, 10);
    assert_true(folder_get(&f.folder, "00000001.seg", &copy));
    append_turns(f.journal, 11, 14);
    assert_int_equal(read_on(&f, 14), TAIL_WAIT);
    journal_close(f.journal);
    folder_empty(&f.folder);
    folder_put(&f.folder, "00000001.seg", buf_slice(&copy));
    tail_anew(&f);
    assert_int_equal(read_on(&f, 10), TAIL_OTHER);
    assert_int_equal(read_on(&f, 14), TAIL_OTHER);
    assert_int_equal(read_on(&f, 15), TAIL_OTHER);
    f.at = (struct position){0};
    f.reader = (struct history_reader){.want = f.reader.want};
    assert_int_equal(read_on(&f, 10), TAIL_WAIT);
    assert_int_equal(f.reader.facts, history_facts(10));
    f.journal = must_open(&f.folder);
    following_teardown(&f);
    buf_clear(&copy);
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
    struct following f;
    struct retired done;
    uint64_t facts = 0, again = 0, left_out = 0;
    uint32_t number, retired = 0;

    (void)state;
    following_setup(&f);
    append_turns(f.journal, 1, 200);
    for (int i = 0; i < 50; i++)
        assert_int_equal(tail_next(f.tail, &f.at, 200, on_any_fact, &facts),
                         TAIL_TURN);
    tail_left_out(f.tail, f.at.segment, on_left_out, &left_out);
    assert_int_equal(left_out, 0);
    while ((number = journal_retire(f.journal, &how)) != 0) {
        assert_true(journal_retired(f.journal, number, &done));
        tail_left_out(f.tail, number, on_left_out, &left_out);
        retired++;
    }
    assert_true(retired > f.at.segment);
    assert_true(left_out > 150);
    tail_anew(&f);
    while (tail_next(f.tail, &f.at, 200, on_any_fact, &facts) == TAIL_TURN)
        ;
    assert_int_equal(facts, history_facts(200));
    f.at = (struct position){0};
    tail_anew(&f);
    while (tail_next(f.tail, &f.at, 200, on_any_fact, &again) == TAIL_TURN)
        ;
    assert_int_equal(again, facts);
    following_teardown(&f);
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
