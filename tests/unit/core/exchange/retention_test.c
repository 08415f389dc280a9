/*
 * retention_test - what may go of the bodies, and when: by receipts and by
 *                  the time that the node has run.
 */
#include "core/exchange/config.h"

#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

#define RETENTION_MS 320000 /* a mark every ten seconds */

static void
with_retention(struct kit *k)
{
    k->retention_ms = RETENTION_MS;
    kit_restart(k);
}

static void
talk(struct kit *k, size_t count, bool receipts)
{
    kit_connect(k);
    for (size_t i = 0; i < count; i++) {
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
        kit_batch(k, k->entry_count - 1, 1);
        kit_submit(k, 1, 10, TLP_GREEN);
        while (kit_take(k))
            if (receipts)
                kit_give_receipt(k);
    }
    kit_hang_up(k);
}

static void
bodies_may_go_once_their_receipt_is_old_enough(void **state)
{
    struct kit *k = *state;

    with_retention(k);
    talk(k, 3, true);
    kit_run(k, RETENTION_MS - 20000);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 0);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_IN), 0);
    assert_int_equal(view_items_free(k->x, 0), 0);
    talk(k, 2, true);
    kit_run(k, 40000);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 3);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_IN), 3);
    assert_int_equal(view_items_free(k->x, 0), 3);
    kit_run(k, RETENTION_MS);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 5);
    assert_int_equal(view_items_free(k->x, 0), 5);
}

static void
what_has_no_receipt_never_goes(void **state)
{
    struct kit *k = *state;

    with_retention(k);
    talk(k, 2, true);
    talk(k, 2, false);
    kit_submit(k, 3, 10, TLP_GREEN);
    kit_run(k, 3 * RETENTION_MS);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 2);
    assert_true(view_items_free(k->x, 0) <= 2);
}

/* The wall clock jumps by years, and the node is restarted often. */
static void
only_running_counts(void **state)
{
    struct kit *k = *state;

    with_retention(k);
    talk(k, 2, true);
    k->now.wall.ms += UINT64_C(10) * 365 * 86400000;
    kit_run(k, 20000);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 0);
    for (int i = 0; i < 20; i++) {
        kit_run(k, 25000);
        k->now.mono.ms += 86400000; /* it is off */
        kit_restart(k);
    }
    assert_in_range(kit_node(k).run_ms, 20 * 20000, 21 * 25000);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 2);
}

static void
without_a_retention_nothing_goes_and_nothing_is_noted(void **state)
{
    struct kit *k = *state;

    talk(k, 2, true);
    uint64_t turns = kit_turns(k);
    kit_run(k, 400000);
    assert_int_equal(view_entries_free(k->x, KIT_LANE_OUT), 0);
    assert_int_equal(kit_node(k).run_ms, 0);
    assert_int_equal(kit_turns(k), turns);
}

static void
a_retired_segment_is_a_fact(void **state)
{
    struct kit *k = *state;

    with_retention(k);
    uint64_t turns = kit_turns(k);
    kit_event(k, &(struct event){.type = EVENT_RETIRED, .id = 7});
    assert_int_equal(kit_turns(k), turns + 1);
}

static void
time_that_goes_back_is_refused(void **state)
{
    static const struct fact facts[] = {
        {.type = FACT_RETENTION, .code = RETENTION_CLOCK, .item = 100},
        {.type = FACT_RETENTION, .code = RETENTION_MARK, .item = 99},
        {.type = FACT_RETENTION, .code = 0, .item = 100},
        {.type = FACT_RETENTION, .code = 4, .item = 100},
        {.type = FACT_RETENTION, .code = RETENTION_MARK, .item = 100},
    };
    static const enum err expected[] = {OK, ERR_DAMAGED, ERR_DAMAGED,
                                        ERR_DAMAGED, OK};
    const struct store nothing = {NULL, NULL};
    struct exchange *x = exchange_new(&nothing);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
        assert_int_equal(exchange_restore(x, &facts[i]), expected[i]);
    exchange_free(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bodies_may_go_once_their_receipt_is_old_enough),
        TEST(what_has_no_receipt_never_goes),
        TEST(only_running_counts),
        TEST(without_a_retention_nothing_goes_and_nothing_is_noted),
        TEST(a_retired_segment_is_a_fact),
        cmocka_unit_test(time_that_goes_back_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
