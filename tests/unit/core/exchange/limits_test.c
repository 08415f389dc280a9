/*
 * limits_test - what a bound does to whoever reaches it, and that it costs
 *               nobody else anything.
 */
#include "kit.h"

#include "core/exchange/state.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

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
    struct view_alarm v = kit_alarm(k, 1);
    assert_int_equal(v.cause.kind, ALARM_TOO_LARGE);
    assert_non_null(strstr(v.text, "a message of S-1 takes 10486"));
    assert_non_null(strstr(v.text, "at most 1048576"));
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 3000);
    assert_int_equal(kit_alarm(k, 1).count, 1);
    kit_hang_up(k);
    /* They raise it: it goes by itself. */
    k->body_bytes = MIB(6);
    kit_connect(k);
    assert_int_equal(take_all(k), 3002);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
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

/* PROTOCOL batches: "Bodies above the own `body_bytes` MUST NOT be
 * sequenced" */
static void
what_is_above_our_own_limit_by_now_waits(void **state)
{
    struct kit *k = *state;

    k->body_bytes = MIB(6);
    kit_submit(k, 1, MIB(2), TLP_GREEN);
    k->own_body_bytes = MIB(1);
    kit_restart(k);
    kit_connect(k);
    kit_submit(k, 3, 1, TLP_GREEN);
    assert_int_equal(take_all(k), 3);
    assert_int_equal(kit_peer(k).queued, 1);
    assert_int_equal(kit_alarm(k, 1).cause.kind, ALARM_TOO_LARGE);
    assert_non_null(strstr(kit_alarm(k, 1).text, "we send at most 1048576"));
    k->own_body_bytes = MIB(6);
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 4);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

/* ---- the handling rules -------------------------------------------------- */

/* PROTOCOL handling: "An origin MUST NOT sequence a message that these rules
 * refuse." */
static void
what_the_rules_refuse_by_now_waits(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 2, 1, TLP_AMBER);
    kit_submit(k, 3, 1, TLP_CLEAR);
    k->ceiling = TLP_GREEN;
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 3);
    assert_int_equal(kit_peer(k).queued, 2);
    assert_int_equal(alarm_count(k), 1);
    assert_int_equal(kit_alarm(k, 1).cause.kind, ALARM_HELD_BACK);
    assert_non_null(strstr(kit_alarm(k, 1).text, "a message of S-1"));
    assert_non_null(strstr(kit_alarm(k, 1).text, "ceiling"));
    k->ceiling = TLP_AMBER;
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 5);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

/* What was held back shows that nobody looks at it: it would go. */
static void
what_is_held_back_is_not_looked_at_by_each_batch(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 2500, 1, TLP_AMBER);
    k->ceiling = TLP_GREEN;
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 0);
    k->x->peers[0]->agreement.ceiling = TLP_RED;
    kit_submit(k, 1500, 1, TLP_GREEN);
    assert_int_equal(take_all(k), 1500);
    kit_submit(k, 1, 1, TLP_AMBER);
    assert_int_equal(take_all(k), 1501);
    assert_int_equal(kit_peer(k).queued, 2500);
    /* Another session, the same limits. */
    kit_hang_up(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 1501);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_OPEN);
    /* One that is gone is no reason for the alarm; nor are none. */
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 1501);
    assert_int_equal(kit_cancel(k, 1), 2500);
    kit_submit(k, 1, 1, TLP_GREEN);
    assert_int_equal(take_all(k), 1502);
    assert_int_equal(kit_peer(k).queued, 0);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

static void
what_they_take_by_now_goes_in_its_turn(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 3, MIB(2), TLP_GREEN);
    kit_connect(k);
    kit_submit(k, 5, 1, TLP_GREEN);
    assert_int_equal(take_all(k), 5);
    kit_hang_up(k);
    k->body_bytes = MIB(1) - 1; /* another limit, and still too low */
    kit_connect(k);
    assert_int_equal(take_all(k), 5);
    kit_hang_up(k);
    k->body_bytes = MIB(6);
    kit_submit(k, 4, 1, TLP_GREEN);
    kit_connect(k);
    assert_int_equal(take_all(k), 12);
    assert_int_equal(kit_peer(k).queued, 0);
}

/* ---- own entries --------------------------------------------------------- */

/* Have the peer make `count` entries, each declined by itself: what is above
 * the ceiling and what cannot be read in turns. */
static void
rubbish(struct kit *k, size_t count)
{
    struct leaf leaf = {.kind = LEAF_MESSAGE, .ref = LEAF_REF_NONE};

    for (size_t i = 0; i < count; i++) {
        if (i % 2)
            kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, 1});
        else
            kit_entry_of(k, &leaf, slice_str("no message at all, nor an id"));
    }
}

/* PROTOCOL batches: "An origin MUST sequence its own entries before any
 * message." */
static void
own_entries_go_before_messages(void **state)
{
    struct kit *k = *state;
    struct view_item item;

    kit_submit(k, 3, 10, TLP_GREEN);
    rubbish(k, 1);
    k->window = 1;
    kit_restart(k);
    kit_connect(k);
    kit_submit(k, 2000, 10, TLP_GREEN);
    kit_batch(k, 0, 1);
    /* One batch is in flight; the Decline stands before 2,000 messages. */
    assert_int_equal(kit_peer(k).queued, 2001);
    assert_int_equal(view_outbox(k->x, 0, 0, &item), OK);
    assert_int_equal(item.number, 0);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_peer(k).queued, 2001 - 1024);
    assert_int_equal(view_outbox(k->x, 0, 0, &item), OK);
    assert_int_not_equal(item.number, 0);
}

/* Nine batches of rubbish with a window of four; then nothing until its
 * Declines are receipted. The bound lies where two honest sides cannot both
 * come to. */
static void
who_takes_no_declines_gets_no_more_credit(void **state)
{
    struct kit *k = *state;
    size_t batches = 2 * 4 + 1;

    rubbish(k, (batches + 1) * 1024);
    kit_connect(k);
    for (size_t i = 0; i < batches; i++) {
        assert_true(kit_is_wanted(k, i * 1024, 1024));
        kit_bodies(k, i * 1024, 1024);
    }
    assert_int_equal(kit_peer(k).declined_by_us, batches * 1024);
    assert_false(kit_is_wanted(k, batches * 1024, 1024));
    assert_false(k->down);
    /* Our own messages go on meanwhile, and its receipts let it go on. */
    assert_true(kit_take(k));
    kit_give_receipt(k);
    struct slice payload;
    k->read = 0;
    size_t wants = 0;
    while (kit_next(k, FRAME_WANT, &payload))
        wants++;
    assert_int_equal(wants, batches + 1);
}

/* ---- a body that cannot be read ------------------------------------------ */

/* A store whose disk has lost one body. */
struct bad_disk {
    struct store good;
    struct store_ops ops;
    uint64_t index;
    bool mended;
};

static struct bad_disk bad;

static enum err
bad_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    if (!bad.mended && lane == KIT_LANE_OUT && index == bad.index)
        return ERR_DAMAGED;
    return bad.good.ops->body(self, lane, index, out);
}

static void
lose_body(struct kit *k, uint64_t index)
{
    bad = (struct bad_disk){.good = k->port, .ops = *k->port.ops};
    bad.index = index;
    bad.ops.body = bad_body;
    k->port.ops = &bad.ops;
    kit_restart(k);
}

static void
ask_for(struct kit *k, uint64_t first, uint32_t count)
{
    uint8_t bits[(BATCH_LEAVES_MAX + 7) / 8] = {0};
    struct frame_want w = {.first = first,
                           .count = count,
                           .bitmap = slice_of(bits, (count + 7) / 8)};
    struct buf out = {0};

    for (uint32_t i = 0; i < count; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
    kit_lane_id(k, true, &w.lane);
    frame_want_put(&out, &w);
    kit_send(k, &out);
    buf_clear(&out);
}

static size_t
bodies_sent(struct kit *k)
{
    struct slice payload;
    size_t n = 0;

    k->read = 0;
    while (kit_next(k, FRAME_BODY, &payload))
        n++;
    return n;
}

static void
a_sent_body_that_cannot_be_read_stops_its_lane_and_nothing_else(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 5, 10, TLP_GREEN);
    kit_connect(k);
    kit_hang_up(k);
    lose_body(k, 2);
    for (uint64_t again = 1; again <= 3; again++) {
        kit_connect(k);
        ask_for(k, 0, 5);
        assert_false(k->down);
        assert_int_equal(bodies_sent(k), 2);
        struct view_alarm v = kit_alarm(k, 1);
        assert_int_equal(v.cause.kind, ALARM_DAMAGED_MESSAGE);
        assert_int_equal(v.cause.index, 2);
        assert_string_equal(v.text,
                            "message #2 cannot be read from our journal");
        assert_int_equal(v.count, again);
        assert_int_equal(alarm_count(k), 1);
        /* The other direction goes on, and submissions wait. */
        kit_submit(k, 1, 10, TLP_GREEN);
        assert_int_equal(kit_peer(k).queued, 1);
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
        kit_batch(k, k->entry_count - 1, 1);
        kit_expect_receipt(k, k->entry_count);
        assert_int_equal(bodies_sent(k), 2);
        kit_hang_up(k);
    }
    bad.mended = true;
    kit_connect(k);
    assert_int_equal(take_all(k), 8);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

/* PROTOCOL batches: "Bodies MUST be sent in ascending index and never
 * interleaved within a lane." */
static void
a_sent_body_that_can_be_read_again_goes_in_the_same_session(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 5, 10, TLP_GREEN);
    kit_connect(k);
    kit_hang_up(k);
    lose_body(k, 2);
    kit_connect(k);
    ask_for(k, 0, 4);
    ask_for(k, 4, 1);
    kit_submit(k, 1, 10, TLP_GREEN);
    kit_tick(k, KEEPALIVE_MS);
    assert_int_equal(bodies_sent(k), 2);
    assert_int_equal(kit_alarm(k, 1).count, 1);
    bad.mended = true;
    kit_tick(k, KEEPALIVE_MS);
    assert_int_equal(bodies_sent(k), 5);
    assert_int_equal(kit_peer(k).queued, 0);
    assert_false(k->down);
    kit_hang_up(k);
    kit_connect(k);
    assert_int_equal(take_all(k), 6);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_above_their_limit_is_refused_with_both_numbers),
        TEST(what_was_queued_before_the_limit_was_known_waits),
        TEST(a_message_that_waits_for_ever_holds_up_nothing),
        TEST(a_limit_too_small_to_be_meant_is_taken_as_more),
        TEST(what_is_above_our_own_limit_by_now_waits),
        TEST(what_the_rules_refuse_by_now_waits),
        TEST(what_is_held_back_is_not_looked_at_by_each_batch),
        TEST(what_they_take_by_now_goes_in_its_turn),
        TEST(own_entries_go_before_messages),
        TEST(who_takes_no_declines_gets_no_more_credit),
        TEST(a_sent_body_that_cannot_be_read_stops_its_lane_and_nothing_else),
        TEST(a_sent_body_that_can_be_read_again_goes_in_the_same_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
