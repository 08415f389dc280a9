/*
 * gap_test - content of the peer's messages that never comes, and that no
 *            expunge explains.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static void
all_gone(struct kit *k, size_t count)
{
    struct buf out = {0};

    kit_messages(k, count);
    assert_true(kit_is_wanted(k, 0, count));
    for (uint64_t i = 0; i < count; i++)
        kit_gone_put(k, &out, i);
    kit_send(k, &out);
    assert_false(k->down);
    buf_clear(&out);
}

static void
expunge(struct kit *k, uint64_t index)
{
    kit_expunge(k, index);
    kit_batch(k, k->entry_count - 1, 1);
}

/* Stay in the session for as long as an expunge may be on its way. */
static void
wait_for_expunges(struct kit *k)
{
    struct buf ping = {0};

    for (uint64_t ms = 0; ms < GAP_MS; ms += KEEPALIVE_MS) {
        kit_tick(k, KEEPALIVE_MS);
        frame_ping_put(&ping, &(struct frame_ping){.number = 1});
        kit_send(k, &ping);
    }
    assert_false(k->down);
    buf_clear(&ping);
}

static size_t
alarms(const struct kit *k, struct view_alarm *first)
{
    if (view_alarm(k->x, 0, first) == OK)
        assert_int_equal(first->cause.kind, ALARM_GAP);
    return kit_node(k).alarm_count;
}

static void
content_that_never_comes_is_an_alarm_until_an_expunge_explains_it(void **state)
{
    struct kit *k = *state;
    struct view_alarm v;

    kit_connect(k);
    kit_messages(k, 4);
    kit_batch_without(k, 0, 4, 1);
    kit_tick(k, 10000);
    assert_int_equal(alarms(k, &v), 0);
    wait_for_expunges(k);
    assert_int_equal(alarms(k, &v), 1);
    assert_string_equal(v.about, "the messages from cert.gov.au");
    assert_string_equal(v.text, "only the leaf record came of message #1, and "
                                "no expunge names it");
    kit_restart(k);
    kit_connect(k);
    wait_for_expunges(k);
    assert_int_equal(alarms(k, &v), 1);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.end, ALARM_OPEN);
    expunge(k, 1);
    kit_tick(k, ALARM_WATCH_MS);
    assert_int_equal(view_alarm(k->x, 0, &v), OK);
    assert_int_equal(v.end, ALARM_BY_CAUSE);
}

static void
an_expunge_that_comes_in_time_leaves_no_gap(void **state)
{
    struct kit *k = *state;
    struct view_alarm v;

    kit_connect(k);
    all_gone(k, 6);
    expunge(k, 2);
    expunge(k, 0);
    expunge(k, 5);
    wait_for_expunges(k);
    assert_int_equal(alarms(k, &v), 1);
    assert_string_equal(v.text, "only the leaf record came of 3 messages, the "
                                "first #1, and no expunge names it");
    expunge(k, 3);
    expunge(k, 1);
    kit_tick(k, 10000);
    assert_int_equal(alarms(k, &v), 1);
    assert_int_equal(v.end, ALARM_OPEN);
    kit_restart(k);
    kit_connect(k);
    expunge(k, 4);
    wait_for_expunges(k);
    assert_int_equal(alarms(k, &v), 1);
    assert_int_equal(v.end, ALARM_BY_CAUSE);
}

/* Receipts go on: it was held once. But it is here no more. */
static void
what_a_restored_holder_does_not_get_again_is_an_alarm(void **state)
{
    struct kit *k = *state;
    struct view_alarm v;

    kit_connect(k);
    kit_messages(k, 5);
    kit_batch(k, 0, 2);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_batch(k, 2, 3);
    kit_expect_receipt(k, 5);
    kit_hang_up(k);
    kit_restore(k, backup);
    kit_connect(k);
    kit_batch_without(k, 2, 3, 3);
    kit_expect_receipt(k, 5);
    wait_for_expunges(k);
    assert_int_equal(view_alarm(k->x, 0, &v), OK);
    assert_int_equal(v.cause.kind, ALARM_TURNS_LOST);
    assert_int_equal(view_alarm(k->x, 1, &v), OK);
    assert_int_equal(v.cause.kind, ALARM_GAP);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(content_that_never_comes_is_an_alarm_until_an_expunge_explains_it),
        TEST(an_expunge_that_comes_in_time_leaves_no_gap),
        TEST(what_a_restored_holder_does_not_get_again_is_an_alarm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
