#include "edge/journal/index.h"

#include "samples.h"

static enum err
add(struct index *x, enum fact_type type, uint32_t lane, uint64_t number)
{
    static uint64_t place;
    struct fact f = {.type = type,
                     .lane = lane,
                     .index = number,
                     .item = number,
                     .checkpoint = {.size = number}};

    return index_add(x, &f, place++);
}

static void
lanes_make(struct index *x)
{
    struct fact f = {.type = FACT_LANE, .ours = true};

    index_init(x);
    assert_int_equal(index_add(x, &f, 0), OK);
    f = (struct fact){.type = FACT_LANE, .lane = 1};
    assert_int_equal(index_add(x, &f, 1), OK);
}

static void
numbers_out_of_order_are_refused(void **state)
{
    struct index x;

    (void)state;
    lanes_make(&x);
    assert_int_equal(add(&x, FACT_LANE, 1, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_LANE, 3, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_SUBMITTED, 0, 1), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_SUBMITTED, 0, 0), OK);
    assert_int_equal(add(&x, FACT_SUBMITTED, 0, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_ENTRY, 1, 1), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_ENTRY, 1, 0), OK);
    assert_int_equal(add(&x, FACT_ENTRY, 1, 0), ERR_DAMAGED);
    index_clear(&x);
}

static void
facts_of_a_lane_of_the_other_side_are_refused(void **state)
{
    struct index x;

    (void)state;
    lanes_make(&x);
    assert_int_equal(add(&x, FACT_SUBMITTED, 0, 0), OK);
    assert_int_equal(add(&x, FACT_ENTRY, 0, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_SEQUENCED, 1, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_SEQUENCED, 2, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_CHECKPOINT, 1, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_BATCH, 0, 0), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_BATCH, 2, 0), ERR_DAMAGED);
    index_clear(&x);
}

static void
an_entry_without_its_item_is_refused(void **state)
{
    struct index x;

    (void)state;
    lanes_make(&x);
    assert_int_equal(add(&x, FACT_SEQUENCED, 0, 0), ERR_DAMAGED);
    index_clear(&x);
}

static void
a_checkpoint_beyond_the_entries_or_below_the_last_is_refused(void **state)
{
    struct index x;

    (void)state;
    lanes_make(&x);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(add(&x, FACT_ENTRY, 1, i), OK);
    assert_int_equal(add(&x, FACT_BATCH, 1, 5), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_BATCH, 1, 3), OK);
    assert_int_equal(add(&x, FACT_BATCH, 1, 3), OK);
    assert_int_equal(add(&x, FACT_BATCH, 1, 2), ERR_DAMAGED);
    assert_int_equal(add(&x, FACT_BATCH, 1, 4), OK);
    index_clear(&x);
}

static void
a_cut_forgets_what_stands_behind_it(void **state)
{
    struct index x;
    uint64_t place;

    (void)state;
    lanes_make(&x);
    for (uint64_t i = 0; i < 100; i++) {
        struct fact f = {.type = FACT_ENTRY, .lane = 1, .index = i};
        assert_int_equal(index_add(&x, &f, 1000 + i), OK);
    }
    struct fact f = {.type = FACT_LANE, .lane = 2};
    assert_int_equal(index_add(&x, &f, 2000), OK);
    index_cut(&x, 1050);
    assert_null(index_lane(&x, 2));
    assert_true(places_find(&index_lane(&x, 1)->entries, 49, &place));
    assert_int_equal(place, 1049);
    assert_false(places_find(&index_lane(&x, 1)->entries, 50, &place));
    index_cut(&x, 1);
    assert_null(index_lane(&x, 1));
    assert_non_null(index_lane(&x, 0));
    index_clear(&x);
}

/* ---- as bytes ------------------------------------------------------------ */

static void
an_index_is_read_back_as_it_was_and_no_other_bytes_are(void **state)
{
    struct index x, again;
    struct buf bytes = {0}, more = {0};
    uint64_t place = 7;

    (void)state;
    index_init(&x);
    for (uint64_t turn = 1; turn < 20; turn++) {
        struct buf facts = {0};
        history_turn(&facts, turn);
        for (struct slice rest = buf_slice(&facts); rest.size;) {
            struct fact f;
            bool erased;
            size_t before = rest.size;
            assert_int_equal(fact_get(&rest, &f, &erased), OK);
            assert_int_equal(index_add(&x, &f, place), OK);
            place += before - rest.size;
        }
        buf_clear(&facts);
        buf_reset(&bytes);
        buf_reset(&more);
        index_put(&x, &bytes);
        struct cursor in = cursor_of(buf_slice(&bytes));
        index_init(&again);
        assert_int_equal(index_get(&in, place, &again), OK);
        assert_true(cursor_done(&in));
        index_put(&again, &more);
        assert_true(slice_equal(buf_slice(&bytes), buf_slice(&more)));
        for (size_t i = 0; i < x.lane_count; i++)
            assert_int_equal(x.lanes[i].place, again.lanes[i].place);
        index_clear(&again);
    }
    for (size_t size = 0; size < bytes.size; size++) {
        struct cursor in = cursor_of(slice_of(bytes.data, size));
        index_init(&again);
        assert_int_equal(index_get(&in, place, &again), ERR_DAMAGED);
        index_clear(&again);
    }
    struct cursor in = cursor_of(buf_slice(&bytes));
    index_init(&again);
    assert_int_equal(index_get(&in, place - 200, &again), ERR_DAMAGED);
    index_clear(&again);
    index_clear(&x);
    buf_clear(&bytes);
    buf_clear(&more);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_out_of_order_are_refused),
        cmocka_unit_test(facts_of_a_lane_of_the_other_side_are_refused),
        cmocka_unit_test(an_entry_without_its_item_is_refused),
        cmocka_unit_test(
            a_checkpoint_beyond_the_entries_or_below_the_last_is_refused),
        cmocka_unit_test(a_cut_forgets_what_stands_behind_it),
        cmocka_unit_test(
            an_index_is_read_back_as_it_was_and_no_other_bytes_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
