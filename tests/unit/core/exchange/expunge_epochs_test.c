/*
 * expunge_epochs_test - expunges of what stands in an epoch that was left,
 *                       from inside the room: epochs begin by facts alone.
 */
#include "kit.h"

#include "core/exchange/inside.h"

#define ALL (ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE)

/* Have the facts and erasures of a step on disk, as the turn does. */
static void
settle(struct kit *k)
{
    struct exchange *x = k->x;

    expunge_pump(x);
    k->port.ops->append(k->port.self, buf_slice(&k->out.facts));
    k->port.ops->sync(k->port.self);
    k->port.ops->erase(k->port.self, k->out.erasures, k->out.erasure_count);
    uint64_t erased = k->out.erasure_count;
    outcome_reset(&k->out);
    x->turn_first_item = x->item_count;
    expunge_erased(x, erased);
    k->port.ops->append(k->port.self, buf_slice(&k->out.facts));
    k->port.ops->sync(k->port.self);
    outcome_reset(&k->out);
}

static void
step_inside(struct kit *k)
{
    k->x->out = &k->out;
    k->x->now = k->now;
    k->x->turn_first_item = k->x->item_count;
}

/* Begin the next epoch of a lane; give its number. */
static uint32_t
next_epoch(struct kit *k, uint32_t lane)
{
    struct exchange *x = k->x;
    const struct lane *l = x->lanes[lane];
    struct genesis g;
    struct fact f = {.type = FACT_LANE,
                     .lane = x->lane_count,
                     .peer = l->peer,
                     .ours = l->ours};

    assert_int_equal(genesis_decode(SLICE_ARRAY(l->genesis), &g), OK);
    g.epoch++;
    g.prev_size = l->at.size;
    frontier_root(&l->at, &g.prev_root);
    genesis_encode(&g, f.genesis);
    emit(x, &f);
    return f.lane;
}

/* ---- as holder ----------------------------------------------------------- */

static struct message
note_of(const struct kit *k, uint64_t index)
{
    struct message m = {.kind = MESSAGE_EXPUNGE_NOTE, .has_expunge = true};

    m.expunge.entry = (struct citation){.first = index, .count = 1};
    kit_lane_id(k, false, &m.expunge.entry.lane);
    leaf_hash(k->entries[index].record, &m.expunge.entry.leaf);
    return m;
}

static bool
obeys(struct kit *k, uint32_t by, const struct message *m)
{
    struct submission_id id = {.sequence = 9};
    size_t facts = k->out.facts.size;
    struct buf bytes = {0};

    submission_id_put(&bytes, &id);
    message_put(&bytes, m);
    expunge_obey(k->x, by, 7, buf_slice(&bytes));
    buf_clear(&bytes);
    return k->out.facts.size > facts;
}

static void
a_citation_of_an_earlier_epoch_erases_there(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 20});
    kit_batch(k, 0, 3);
    kit_hang_up(k);
    step_inside(k);
    uint32_t lane = next_epoch(k, KIT_LANE_IN);
    settle(k);
    struct message m = note_of(k, 1);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 1), OK);
    assert_true(obeys(k, lane, &m));
    assert_true(kit_expunged(k, KIT_LANE_IN, 1).stands);
    assert_int_equal(kit_expunged(k, KIT_LANE_IN, 1).by_lane, lane);
    assert_int_equal(kit_expunged(k, KIT_LANE_IN, 1).by_index, 7);
    settle(k);
    assert_true(kit_expunged(k, KIT_LANE_IN, 1).done);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 1), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_IN, 0), OK);
    assert_false(obeys(k, lane, &m)); /* once */
}

static void
a_citation_of_anything_else_does_nothing(void **state)
{
    struct kit *k = *state;
    struct message m;

    kit_connect(k);
    kit_submit(k, 1, 20, TLP_GREEN);
    while (kit_take(k))
        kit_give_receipt(k);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 20});
    kit_batch(k, 0, 3);
    kit_hang_up(k);
    step_inside(k);
    uint32_t lane = next_epoch(k, KIT_LANE_IN);
    settle(k);
    m = note_of(k, 1);
    assert_false(obeys(k, KIT_LANE_IN, &m)); /* its own epoch */
    m.expunge.entry.count = 2;
    assert_false(obeys(k, lane, &m));
    m.expunge.entry.count = 0;
    assert_false(obeys(k, lane, &m));
    m = note_of(k, 1);
    m.expunge.entry.first = 2; /* another leaf */
    assert_false(obeys(k, lane, &m));
    m.expunge.entry.first = 3;
    assert_false(obeys(k, lane, &m));
    m = note_of(k, 1);
    m.expunge.entry.lane = k->x->lanes[lane]->id;
    assert_false(obeys(k, lane, &m));
    m.expunge.entry.lane = k->x->lanes[KIT_LANE_OUT]->id; /* ours */
    m.expunge.entry.first = 0;
    assert_false(obeys(k, lane, &m));
    m = note_of(k, 1);
    m.has_expunge = false;
    assert_false(obeys(k, lane, &m));
    settle(k);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(kit_body_state(k, KIT_LANE_IN, i), OK);
}

/* ---- as origin ----------------------------------------------------------- */

/* See the only expunge that waits. */
static const struct outbox_item *
waiting(const struct kit *k)
{
    const struct ring *queue = &k->x->peers[0]->queues[QUEUE_OWN];
    const struct outbox_item *found = NULL;

    for (size_t i = 0; i < queue->count; i++) {
        const struct outbox_item *o = ring_at(queue, i);
        if (o->gone || o->kind != LEAF_EXPUNGE)
            continue;
        assert_null(found);
        found = o;
    }
    assert_non_null(found);
    return found;
}

static void
expect_citation(struct kit *k, uint64_t index)
{
    const struct outbox_item *o = waiting(k);
    struct submission_id id;
    struct slice bytes;
    struct message m;
    struct buf out = {0};

    assert_true(o->ref == LEAF_REF_NONE);
    assert_int_equal(k->port.ops->item(k->port.self, o->item, &out), OK);
    assert_int_equal(body_split(buf_slice(&out), &id, &bytes), OK);
    assert_int_equal(message_get(bytes, &k->arena, &m), OK);
    assert_int_equal(m.kind, MESSAGE_EXPUNGE_NOTE);
    assert_true(m.has_expunge);
    assert_int_equal(m.expunge.entry.first, index);
    assert_int_equal(m.expunge.entry.count, 1);
    assert_true(
        lane_id_equal(&m.expunge.entry.lane, &k->x->lanes[KIT_LANE_OUT]->id));
    buf_clear(&out);
}

static enum err
expunge(struct kit *k, int64_t lane, int64_t index)
{
    struct control_value v[2] = {
        {"lane", CONTROL_NUMBER, {0}, lane},
        {"index", CONTROL_NUMBER, {0}, index},
    };

    return kit_request(k, ALL,
                       &(struct control_request){
                           .id = 3, .verb = "expunge", .values = {v, 2}});
}

static void
what_stands_in_an_earlier_epoch_is_cited(void **state)
{
    struct kit *k = *state;

    kit_receipted(k, 2);

    kit_hang_up(k);
    step_inside(k);
    next_epoch(k, KIT_LANE_OUT);
    settle(k);
    assert_int_equal(expunge(k, KIT_LANE_OUT, 1), OK);
    expect_citation(k, 1);
}

static void
an_expunge_that_waits_while_an_epoch_begins_becomes_a_citation(void **state)
{
    struct kit *k = *state;

    kit_receipted(k, 2);

    kit_hang_up(k);
    assert_int_equal(expunge(k, KIT_LANE_OUT, 1), OK);
    assert_true(waiting(k)->ref == 1);
    step_inside(k);
    next_epoch(k, KIT_LANE_OUT);
    expunge_rolled(k->x, KIT_LANE_OUT);
    settle(k);
    expect_citation(k, 1);
    assert_false(kit_expunged(k, KIT_LANE_OUT, 1).stands);
}

/* An expunge that was lost with the end of an epoch is queued again; what it
 * names is not. */
static void
an_expunge_of_an_epoch_that_was_left_is_queued_again(void **state)
{
    struct kit *k = *state;
    uint8_t record[LEAF_BYTES];
    struct leaf leaf;

    kit_connect(k);
    kit_submit(k, 2, 50, TLP_GREEN);
    assert_int_equal(expunge(k, KIT_LANE_OUT, 0), OK);
    kit_hang_up(k);
    step_inside(k);
    next_epoch(k, KIT_LANE_OUT);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(
            k->port.ops->record(k->port.self, KIT_LANE_OUT, i, record), OK);
        assert_int_equal(leaf_decode(SLICE_ARRAY(record), i, &leaf), OK);
        assert_int_equal(expunge_again(k->x, KIT_LANE_OUT, &leaf), i == 0);
    }
    settle(k);
    expect_citation(k, 0);
}

/* A message that went again in a later epoch is erased in both. */
static void
a_message_that_went_again_is_erased_in_both_places(void **state)
{
    struct kit *k = *state;
    struct buf copy = {0};
    uint8_t pad[32] = {5};

    kit_connect(k);
    kit_submit(k, 2, 50, TLP_GREEN);
    kit_hang_up(k);
    step_inside(k);
    uint32_t lane = next_epoch(k, KIT_LANE_OUT);
    settle(k);
    assert_int_equal(k->port.ops->body(k->port.self, KIT_LANE_OUT, 1, &copy),
                     OK);
    struct fact again = {
        .type = FACT_REQUEUED,
        .item = 2,
        .lane = KIT_LANE_OUT,
        .index = 1,
        .ref = LEAF_REF_NONE,
        .blob_head = SLICE_ARRAY(pad),
        .blob_body = slice_of(copy.data + SALT_BYTES, copy.size - SALT_BYTES)};
    struct fact placed = {.type = FACT_SEQUENCED,
                          .lane = lane,
                          .item = 2,
                          .blob_head = SLICE_ARRAY(pad)};
    struct buf facts = {0};
    k->aside = true;
    fact_put(&facts, &again);
    fact_put(&facts, &placed);
    k->port.ops->append(k->port.self, buf_slice(&facts));
    k->port.ops->sync(k->port.self);
    k->port.ops->erase(k->port.self, &(struct erasure){lane, 0}, 1);
    assert_int_equal(kit_body_state(k, lane, 0), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 1), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    for (uint64_t item = 0; item < 3; item++) {
        buf_reset(&copy);
        assert_int_equal(k->port.ops->item(k->port.self, item, &copy),
                         item == 0 ? OK : ERR_GONE);
    }
    buf_clear(&facts);
    buf_clear(&copy);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_citation_of_an_earlier_epoch_erases_there),
        TEST(a_citation_of_anything_else_does_nothing),
        TEST(what_stands_in_an_earlier_epoch_is_cited),
        TEST(an_expunge_that_waits_while_an_epoch_begins_becomes_a_citation),
        TEST(an_expunge_of_an_epoch_that_was_left_is_queued_again),
        TEST(a_message_that_went_again_is_erased_in_both_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
