#include "edge/journal/memory.h"

#include "checks.h"

static void
what_was_appended_is_read_before_and_after_the_sync(void **state)
{
    struct memory_store *m = memory_store_new();
    struct store s;

    (void)state;
    memory_store_port(m, &s);
    history_check(&s, 0);
    for (uint64_t turn = 1; turn <= 20; turn++) {
        assert_int_equal(s.ops->turn(s.self), turn);
        history_append(&s, turn);
        history_check(&s, turn);
        assert_int_equal(s.ops->turn(s.self), turn);
        s.ops->sync(s.self);
        history_check(&s, turn);
    }
    memory_store_free(m);
}

static void
a_sync_of_nothing_is_no_turn(void **state)
{
    struct memory_store *m = memory_store_new();
    struct store s;

    (void)state;
    memory_store_port(m, &s);
    s.ops->sync(s.self);
    s.ops->append(s.self, (struct slice){0});
    s.ops->sync(s.self);
    assert_int_equal(s.ops->turn(s.self), 1);
    memory_store_free(m);
}

static void
a_crash_loses_exactly_what_was_not_synced(void **state)
{
    (void)state;
    for (uint64_t synced = 0; synced <= 8; synced++) {
        for (uint64_t lost = 0; lost <= 3; lost++) {
            struct memory_store *m = memory_store_new();
            struct store s;
            memory_store_port(m, &s);
            for (uint64_t turn = 1; turn <= synced + lost; turn++) {
                history_append(&s, turn);
                if (turn <= synced)
                    s.ops->sync(s.self);
            }
            memory_store_crash(m);
            history_check(&s, synced);
            assert_int_equal(s.ops->turn(s.self), synced + 1);
            for (uint64_t turn = synced + 1; turn <= synced + 3; turn++) {
                history_append(&s, turn);
                s.ops->sync(s.self);
            }
            history_check(&s, synced + 3);
            memory_store_free(m);
        }
    }
}

static void
the_walk_gives_every_synced_fact_in_order(void **state)
{
    struct memory_store *m = memory_store_new();
    struct history_reader reader = {0};
    struct store s;

    (void)state;
    memory_store_port(m, &s);
    for (uint64_t turn = 1; turn <= 7; turn++) {
        history_append(&s, turn);
        if (turn < 7)
            s.ops->sync(s.self);
    }
    assert_int_equal(memory_store_facts(m, history_read, &reader), OK);
    assert_int_equal(reader.facts, history_facts(6));
    buf_clear(&reader.want);
    memory_store_free(m);
}

static enum err
count_one(void *context, const struct fact *f)
{
    (void)f;
    ++*(size_t *)context;
    return OK;
}

static void
a_walk_from_an_end_gives_what_was_synced_since(void **state)
{
    struct memory_store *m = memory_store_new();
    struct store s;

    (void)state;
    memory_store_port(m, &s);
    for (uint64_t turn = 1; turn <= 7; turn++) {
        size_t end = memory_store_end(m), before = history_facts(turn - 1);
        size_t count = 0;
        assert_int_equal(memory_store_facts_from(m, end, count_one, &count),
                         OK);
        assert_int_equal(count, 0);
        history_append(&s, turn);
        s.ops->sync(s.self);
        assert_int_equal(memory_store_facts_from(m, end, count_one, &count),
                         OK);
        assert_int_equal(count, history_facts(turn) - before);
    }
    memory_store_free(m);
}

static enum err
third_is_bad(void *context, const struct fact *f)
{
    int *count = context;

    (void)f;
    return ++*count == 3 ? ERR_FORKED : OK;
}

static void
an_error_ends_the_walk(void **state)
{
    struct memory_store *m = memory_store_new();
    struct store s;
    int count = 0;

    (void)state;
    memory_store_port(m, &s);
    history_append(&s, 1);
    s.ops->sync(s.self);
    assert_int_equal(memory_store_facts(m, third_is_bad, &count), ERR_FORKED);
    assert_int_equal(count, 3);
    memory_store_free(m);
}

static void
a_clone_is_what_was_synced_and_goes_its_own_way(void **state)
{
    struct memory_store *m = memory_store_new();
    struct store s, copied;

    (void)state;
    memory_store_port(m, &s);
    for (uint64_t turn = 1; turn <= 5; turn++) {
        history_append(&s, turn);
        if (turn < 5)
            s.ops->sync(s.self);
    }
    struct memory_store *copy = memory_store_clone(m);
    memory_store_port(copy, &copied);
    history_check(&copied, 4);
    assert_int_equal(copied.ops->turn(copied.self), 5);
    s.ops->sync(s.self);
    history_append(&s, 6);
    history_check(&copied, 4);
    history_append(&copied, 5);
    copied.ops->sync(copied.self);
    memory_store_free(m);
    history_check(&copied, 5);
    memory_store_free(copy);
}

static void
the_kept_checkpoint_is_the_smallest_that_reaches(void **state)
{
    static const uint64_t sizes[] = {2, 5, 5, 9};
    struct memory_store *m = memory_store_new();
    struct buf facts = {0};
    struct checkpoint c;
    struct store s;

    (void)state;
    memory_store_port(m, &s);
    history_append(&s, 1);
    for (uint64_t i = 0, kept = 0; i < 9; i++) {
        struct fact f = {.type = FACT_ENTRY, .lane = 1, .index = i};
        fact_put(&facts, &f);
        for (; kept < ARRAY_SIZE(sizes) && sizes[kept] == i + 1; kept++) {
            f = (struct fact){.type = FACT_BATCH,
                              .lane = 1,
                              .checkpoint = sample_checkpoint(1, i + 1)};
            fact_put(&facts, &f);
        }
    }
    s.ops->append(s.self, buf_slice(&facts));
    for (uint64_t size = 0; size <= 9; size++) {
        assert_int_equal(s.ops->checkpoint(s.self, 1, size, &c), OK);
        assert_int_equal(c.size, size <= 2 ? 2 : size <= 5 ? 5 : 9);
    }
    assert_int_equal(s.ops->checkpoint(s.self, 1, 10, &c), ERR_NOT_FOUND);
    assert_int_equal(s.ops->checkpoint(s.self, 0, 0, &c), ERR_NOT_FOUND);
    buf_clear(&facts);
    memory_store_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_appended_is_read_before_and_after_the_sync),
        cmocka_unit_test(a_sync_of_nothing_is_no_turn),
        cmocka_unit_test(a_crash_loses_exactly_what_was_not_synced),
        cmocka_unit_test(the_walk_gives_every_synced_fact_in_order),
        cmocka_unit_test(a_walk_from_an_end_gives_what_was_synced_since),
        cmocka_unit_test(an_error_ends_the_walk),
        cmocka_unit_test(a_clone_is_what_was_synced_and_goes_its_own_way),
        cmocka_unit_test(the_kept_checkpoint_is_the_smallest_that_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
