#include "kit.h"

/* ---- what both say ------------------------------------------------------- */

void
kit_hold(struct kit *k, size_t count)
{
    kit_connect(k);
    for (size_t i = 0; i < count; i++) {
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
        kit_batch(k, k->entry_count - 1, 1);
    }
    kit_expect_receipt(k, k->entry_count);
}

void
kit_receipted(struct kit *k, size_t count)
{
    kit_connect(k);
    kit_submit(k, count, 50, TLP_GREEN);
    while (kit_take(k))
        kit_give_receipt(k);
}

void
kit_talk(struct kit *k, size_t count)
{
    kit_connect(k);
    for (size_t i = 0; i < count; i++) {
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
        kit_batch(k, k->entry_count - 1, 1);
        kit_submit(k, 1, 10, TLP_GREEN);
        while (kit_take(k))
            kit_give_receipt(k);
    }
    kit_hang_up(k);
}

void
kit_run(struct kit *k, uint64_t ms)
{
    for (uint64_t t = 0; t < ms; t += 5000)
        kit_tick(k, 5000);
}

/* ---- expunges and what is gone ------------------------------------------- */

void
kit_messages(struct kit *k, size_t count)
{
    while (count--)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 20});
}

void
kit_expunge(struct kit *k, uint64_t ref)
{
    kit_entry_of(k, &(struct leaf){.kind = LEAF_EXPUNGE, .ref = ref},
                 (struct slice){0});
}

void
kit_gone_put(struct kit *k, struct buf *out, uint64_t index)
{
    struct frame_mark m = {.number = index};

    kit_lane_id(k, false, &m.lane);
    frame_mark_put(out, FRAME_GONE, &m);
}

void
kit_batch_without(struct kit *k, uint64_t start, size_t count, uint64_t gone)
{
    struct buf out = {0};

    assert_true(kit_is_wanted(k, start, count));
    for (uint64_t i = start; i < start + count; i++)
        if (i == gone)
            kit_gone_put(k, &out, i);
        else
            kit_body(k, &out, i);
    kit_send(k, &out);
    assert_false(k->down);
    buf_clear(&out);
}

/* ---- what is seen -------------------------------------------------------- */

struct view_node
kit_node(const struct kit *k)
{
    struct view_node node;

    view_node(k->x, &node);
    return node;
}

struct view_alarm
kit_alarm(const struct kit *k, uint64_t number)
{
    struct view_alarm v;

    assert_int_equal(view_alarm_numbered(k->x, number, &v), OK);
    return v;
}

struct view_expunged
kit_expunged(const struct kit *k, uint32_t lane, uint64_t index)
{
    struct view_expunged v;

    assert_int_equal(view_expunged(k->x, lane, index, &v), OK);
    return v;
}

enum err
kit_body_state(const struct kit *k, uint32_t lane, uint64_t index)
{
    struct buf out = {0};
    enum err e = k->port.ops->body(k->port.self, lane, index, &out);

    buf_clear(&out);
    return e;
}

void
kit_replays(const struct kit *k)
{
    struct memory_store *fresh = memory_store_new();
    struct replay_report report;
    struct store port;

    memory_store_port(fresh, &port);
    assert_int_equal(capture_replay(buf_slice(&k->capture), &port, &report),
                     OK);
    memory_store_free(fresh);
}
