#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/index/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH "runs_test.db"

/* A key's true messages, for as many keys as there are. */
#define KEYS 500u
#define ROUNDS 120u
#define EACH 400u

static struct db db;
static struct runs runs;
static uint8_t truth[KEYS][ROUNDS * EACH / 8];
static uint64_t dice;

static uint64_t
roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

static uint64_t
key(unsigned i)
{
    return (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void
begin(void)
{
    dice = 42;
    db_remove(PATH);
    db_open(&db, PATH);
    runs_make(&db);
    runs_open(&runs, &db);
}

static void
end(void)
{
    runs_clear(&runs);
    db_close(&db);
    db_remove(PATH);
}

static void
again(void)
{
    runs_clear(&runs);
    db_close(&db);
    db_open(&db, PATH);
    runs_open(&runs, &db);
}

static void
number_put(void *out, uint32_t message)
{
    buf_put_u32(out, message);
}

static bool
is_true(unsigned k, uint32_t message)
{
    return truth[k][message / 8] >> message % 8 & 1;
}

/* Write a round of messages, each with a rare key and a common one. */
static void
round_add(unsigned round)
{
    struct postings p = {0};

    for (uint32_t i = 0; i < EACH; i++) {
        uint32_t message = round * EACH + i;
        unsigned k = (unsigned)(roll() % KEYS);
        postings_add(&p, key(k), message);
        postings_add(&p, key(0), message);
        truth[k][message / 8] |= (uint8_t)(1u << message % 8);
        truth[0][message / 8] |= (uint8_t)(1u << message % 8);
    }
    runs_add(&runs, &p);
    postings_clear(&p);
}

static void
keys_are_true(uint32_t messages)
{
    for (unsigned k = 0; k < KEYS; k++) {
        struct buf found = {0};
        size_t expected = 0, count = 0;
        runs_find(&runs, key(k), number_put, &found);
        for (uint32_t m = 0; m < messages; m++)
            expected += is_true(k, m);
        for (; count < found.size / 4; count++)
            assert_true(is_true(k, get_be32(found.data + 4 * count)));
        assert_int_equal(count, expected);
        buf_clear(&found);
    }
}

static void
every_posting_is_found_once_however_runs_were_merged(void **state)
{
    (void)state;
    memset(truth, 0, sizeof truth);
    begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        round_add(i);
        (void)runs_merge(&runs, roll() % 4000);
        if (i % 40 == 39)
            keys_are_true((i + 1) * EACH);
    }
    while (runs_merge(&runs, UINT64_MAX))
        ;
    assert_true(runs.count < 24);
    keys_are_true(ROUNDS * EACH);
    end();
}

static void
a_merge_that_was_cut_off_leaves_nothing_behind(void **state)
{
    (void)state;
    memset(truth, 0, sizeof truth);
    begin();
    for (unsigned i = 0; i < 8; i++)
        round_add(i);
    assert_true(runs_merge(&runs, 1));
    assert_true(runs.merge.on);
    int64_t rows = db_ask(&db, "SELECT count(*) FROM bucket", 0);
    again();
    assert_true(db_ask(&db, "SELECT count(*) FROM bucket", 0) < rows);
    assert_int_equal(runs.count, 8);
    keys_are_true(8 * EACH);
    while (runs_merge(&runs, UINT64_MAX))
        ;
    assert_int_equal(runs.count, 1);
    keys_are_true(8 * EACH);
    end();
}

static void
what_was_purged_stands_in_no_bucket(void **state)
{
    uint32_t gone[] = {3, 700, 701};

    (void)state;
    memset(truth, 0, sizeof truth);
    begin();
    for (unsigned i = 0; i < 9; i++) {
        round_add(i);
        (void)runs_merge(&runs, 500);
    }
    assert_true(runs.merge.on);
    runs_purge(&runs, gone, ARRAY_SIZE(gone));
    for (unsigned k = 0; k < KEYS; k++)
        for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
            truth[k][gone[i] / 8] &= (uint8_t) ~(1u << gone[i] % 8);
    keys_are_true(9 * EACH);
    while (runs_merge(&runs, UINT64_MAX))
        ;
    keys_are_true(9 * EACH);
    again();
    keys_are_true(9 * EACH);
    end();
}

static void
bytes_that_are_no_postings_are_told(void **state)
{
    static const uint8_t none[] = {5, 0}, many[] = {5, 9, 1}, cut[] = {5, 2, 1},
                         large[] = {5, 1, 0xff, 0xff, 0xff, 0xff, 0x7f};
    const struct slice wrong[] = {SLICE_ARRAY(none), SLICE_ARRAY(many),
                                  SLICE_ARRAY(cut), SLICE_ARRAY(large)};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct postings p = {0};
        struct buf found = {0};
        assert_false(postings_get(wrong[i], &p));
        assert_false(postings_find(wrong[i], 5, number_put, &found));
        postings_clear(&p);
        buf_clear(&found);
    }
}

static void
sorting_gives_the_order_of_keys_then_messages_without_repeats(void **state)
{
    struct postings p = {0};

    (void)state;
    dice = 7;
    for (unsigned i = 0; i < 5000; i++)
        postings_add(&p, key((unsigned)(roll() % 700)),
                     (uint32_t)(roll() % 9) << 20);
    postings_sort(&p);
    assert_true(p.count > 700 && p.count <= 700 * 9);
    for (size_t i = 1; i < p.count; i++)
        assert_true(p.list[i - 1].key < p.list[i].key ||
                    (p.list[i - 1].key == p.list[i].key &&
                     p.list[i - 1].message < p.list[i].message));
    postings_clear(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_posting_is_found_once_however_runs_were_merged),
        cmocka_unit_test(a_merge_that_was_cut_off_leaves_nothing_behind),
        cmocka_unit_test(what_was_purged_stands_in_no_bucket),
        cmocka_unit_test(bytes_that_are_no_postings_are_told),
        cmocka_unit_test(
            sorting_gives_the_order_of_keys_then_messages_without_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
