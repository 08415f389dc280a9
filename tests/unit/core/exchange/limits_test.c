/*
 * limits_test - what a bound does to whoever reaches it, and that it costs
 *               nobody else anything.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static struct view_alarm
alarm_at(const struct kit *k, uint64_t number)
{
    struct view_alarm v;

    assert_int_equal(view_alarm_numbered(k->x, number, &v), OK);
    return v;
}

static size_t
alarm_count(const struct kit *k)
{
    struct view_node v;

    view_node(k->x, &v);
    return v.alarm_count;
}

/* Take batches and give receipts as long as there are any. */
static uint64_t
take_all(struct kit *k)
{
    while (kit_take(k))
        kit_give_receipt(k);
    return k->held.size;
}

/* ---- the size of a body -------------------------------------------------- */

static void
a_message_above_their_limit_is_refused_with_both_numbers(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    assert_int_equal(kit_offer(k, BODY_ANNOUNCED - 200, TLP_GREEN).size, 0);
    assert_true(slice_is(kit_offer(k, BODY_ANNOUNCED, TLP_GREEN), "limit"));
    struct slice text = control_text(&k->reply.records[0], "text");
    assert_non_null(memmem(text.data, text.size, "at most 1048576", 15));
    assert_non_null(memmem(text.data, text.size, "takes 10486", 11));
    /* It is remembered when the link is gone. */
    kit_hang_up(k);
    assert_true(slice_is(kit_offer(k, BODY_ANNOUNCED, TLP_GREEN), "limit"));
    assert_int_equal(kit_peer(k).queued, 0);
}

/* PROTOCOL batches: "Bodies above the own `body_bytes` MUST NOT be sequenced,
 * and above that of the peer's HELLO SHOULD NOT be" */
static void
what_was_queued_before_the_limit_was_known_waits(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 1, BODY_ANNOUNCED + 1, TLP_GREEN);
    kit_submit(k, 3000, 1, TLP_GREEN);
    kit_submit(k, 1, MIB(2), TLP_GREEN);
    kit_connect(k);
    assert_int_equal(take_all(k), 3000);
    assert_int_equal(kit_peer(k).queued, 2);
    assert_int_equal(alarm_count(k), 1);
    struct view_alarm v = alarm_at(k, 1);
    assert_int_equal(v.cause.kind, ALARM_TOO_LARGE);
    assert_non_null(strstr(v.text, "a message of S-1 takes 10486"));
    assert_non_null(strstr(v.text, "at most 1048576"));
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 3000);
    assert_int_equal(alarm_at(k, 1).count, 1);
    kit_hang_up(k);
    /* They raise it: it goes by itself. */
    k->body_bytes = MIB(6);
    kit_connect(k);
    assert_int_equal(take_all(k), 3002);
    assert_int_equal(alarm_at(k, 1).end, ALARM_BY_CAUSE);
    assert_int_equal(kit_peer(k).queued, 0);
}

/* What is passed over does not fill the outbox with what has gone. */
static void
a_message_that_waits_for_ever_holds_up_nothing(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 1, MIB(2), TLP_GREEN);
    kit_connect(k);
    for (uint64_t i = 1; i <= 20; i++) {
        kit_submit(k, 1000, 1, TLP_GREEN);
        assert_int_equal(take_all(k), i * 1000);
        assert_int_equal(kit_peer(k).queued, 1);
    }
    struct view_item item;
    assert_int_equal(view_outbox(k->x, 0, 0, &item), OK);
    assert_int_equal(item.number, 1);
    assert_int_equal(view_outbox(k->x, 0, 1, &item), ERR_NOT_FOUND);
}

static void
a_limit_too_small_to_be_meant_is_taken_as_more(void **state)
{
    struct kit *k = *state;

    k->body_bytes = 1;
    kit_connect(k);
    kit_submit(k, 1, KIB(64) - 100, TLP_GREEN);
    assert_int_equal(take_all(k), 1);
    assert_true(slice_is(kit_offer(k, KIB(64), TLP_GREEN), "limit"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_above_their_limit_is_refused_with_both_numbers),
        TEST(what_was_queued_before_the_limit_was_known_waits),
        TEST(a_message_that_waits_for_ever_holds_up_nothing),
        TEST(a_limit_too_small_to_be_meant_is_taken_as_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
