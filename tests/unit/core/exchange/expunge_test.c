/*
 * expunge_test - this node as origin: a message of ours is expunged.
 */
#include "kit.h"

#define ALL (ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE)

/* ---- asking -------------------------------------------------------------- */

static enum err
expunge_as(struct kit *k, unsigned roles, int64_t lane, int64_t index)
{
    struct control_value v[2] = {
        {"lane", CONTROL_NUMBER, {0}, lane},
        {"index", CONTROL_NUMBER, {0}, index},
    };

    return kit_request(k, roles,
                       &(struct control_request){
                           .id = 3, .verb = "expunge", .values = {v, 2}});
}

static void
expunge(struct kit *k, int64_t index)
{
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, index), OK);
    assert_int_equal(control_number(&k->reply.records[0], "expunged", 0), 1);
}

/* Ask for a whole submission; `from` below 0: the first request. */
static enum err
expunge_submission(struct kit *k, int64_t number, int64_t count, int64_t from)
{
    struct control_value v[5] = {
        {"number", CONTROL_NUMBER, {0}, number},
        {"to", CONTROL_TEXT, slice_str(k->them.name.text), 0},
        {"count", CONTROL_NUMBER, {0}, count},
        {"from", CONTROL_NUMBER, {0}, from},
        {"lane", CONTROL_NUMBER, {0}, KIT_LANE_OUT},
    };

    return kit_request(
        k, ALL,
        &(struct control_request){
            .id = 3, .verb = "expunge", .values = {v, from < 0 ? 3 : 5}});
}

static enum err
item(const struct kit *k, uint64_t number)
{
    struct buf out = {0};
    enum err e = k->port.ops->item(k->port.self, number, &out);

    buf_clear(&out);
    return e;
}

/* ---- tests --------------------------------------------------------------- */

/* PROTOCOL expunge: "An expunge MUST be written by the origin alone: its ref
 * is the index of an earlier entry of kind 0 of the same lane, its body empty;
 * where that entry lies in an earlier epoch, ref is 2^64 - 1 and the body a
 * submission id and a message of kind 5 whose expunge note cites it, with
 * count 1." */
static void
an_expunge_is_an_entry_that_names_another_and_has_no_body(void **state)
{
    struct kit *k = *state;
    uint8_t record[LEAF_BYTES];
    struct leaf leaf;

    kit_receipted(k, 2);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    expunge(k, 0);
    assert_int_equal(k->port.ops->record(k->port.self, KIT_LANE_OUT, 2, record),
                     OK);
    assert_int_equal(leaf_decode(SLICE_ARRAY(record), 2, &leaf), OK);
    assert_int_equal(leaf.kind, LEAF_EXPUNGE);
    assert_int_equal(leaf.ref, 0);
    assert_int_equal(leaf.body_bytes, 0);
    assert_int_equal(leaf.tlp, 0);
    assert_int_equal(leaf.flags, 0);
    assert_true(kit_expunged(k, KIT_LANE_OUT, 0).done);
    assert_int_equal(kit_expunged(k, KIT_LANE_OUT, 0).by_index, 2);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), ERR_GONE);
    assert_int_equal(item(k, 0), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 1), OK);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    kit_replays(k);
    kit_good_session(k);
}

static void
only_our_own_messages_are_expunged_and_once(void **state)
{
    struct kit *k = *state;

    kit_receipted(k, 2);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 1);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_IN, 0), ERR_POLICY);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, 2), ERR_NOT_FOUND);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, -1), ERR_NOT_FOUND);
    assert_int_equal(expunge_as(k, ALL, 2, 0), ERR_NOT_FOUND);
    assert_int_equal(expunge_as(k, ALL, (int64_t)UINT32_MAX, 0), ERR_NOT_FOUND);
    assert_int_equal(expunge_as(k, ALL, (int64_t)UINT32_MAX + 2, 0),
                     ERR_NOT_FOUND);
    assert_int_equal(expunge_as(k, ROLE_READ | ROLE_SUBMIT, KIT_LANE_OUT, 0),
                     ERR_FORBIDDEN);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    expunge(k, 0);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, 0), ERR_EXISTS);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, 2), ERR_VALUE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 1), OK);
}

static void
it_waits_for_a_session_ahead_of_what_users_sent(void **state)
{
    struct kit *k = *state;
    uint8_t record[LEAF_BYTES];
    struct leaf leaf;

    kit_receipted(k, 1);
    kit_hang_up(k);
    kit_submit(k, 3, 10, TLP_GREEN);
    expunge(k, 0);
    assert_false(kit_expunged(k, KIT_LANE_OUT, 0).stands);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    assert_int_equal(expunge_as(k, ALL, KIT_LANE_OUT, 0), ERR_EXISTS);
    kit_restart(k);
    assert_false(kit_expunged(k, KIT_LANE_OUT, 0).stands);
    kit_connect(k);
    assert_true(kit_expunged(k, KIT_LANE_OUT, 0).done);
    assert_int_equal(k->port.ops->record(k->port.self, KIT_LANE_OUT, 1, record),
                     OK);
    assert_int_equal(leaf_decode(SLICE_ARRAY(record), 1, &leaf), OK);
    assert_int_equal(leaf.kind, LEAF_EXPUNGE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), ERR_GONE);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 1), OK);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 2), OK);
}

/* Take the HEADER and ask for all of the batch. */
static void
want_all(struct kit *k, uint32_t count)
{
    uint8_t bits[8] = {0};
    struct frame_want w = {.count = count,
                           .bitmap = slice_of(bits, (count + 7) / 8)};
    struct buf out = {0};
    struct slice payload;

    for (uint32_t i = 0; i < count; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
    kit_lane_id(k, true, &w.lane);
    k->read = 0;
    assert_true(kit_next(k, FRAME_HEADER, &payload));
    frame_want_put(&out, &w);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
expect_gone(struct kit *k, uint64_t index)
{
    struct frame_mark m;
    struct slice payload;

    assert_true(kit_next(k, FRAME_GONE, &payload));
    assert_int_equal(frame_mark_get(FRAME_GONE, payload, &k->arena, &m), OK);
    assert_int_equal(m.number, index);
}

static void
expect_body(struct kit *k, uint64_t index)
{
    struct frame_body b;
    struct slice payload;

    assert_true(kit_next(k, FRAME_BODY, &payload));
    assert_int_equal(frame_body_get(payload, &k->arena, &b), OK);
    assert_int_equal(b.index, index);
}

/* PROTOCOL expunge: "An origin that has the body of an entry no more MUST
 * answer the WANT for it with GONE, where it would have sent the body." */
static void
a_peer_that_lost_all_gets_gone_in_its_place(void **state)
{
    struct kit *k = *state;

    kit_receipted(k, 3);
    expunge(k, 1);
    kit_hang_up(k);
    frontier_init(&k->held);
    k->held_at = (struct checkpoint){0};
    kit_restart(k);
    kit_connect(k);
    want_all(k, 3);
    expect_body(k, 0);
    expect_gone(k, 1);
    expect_body(k, 2);
    assert_false(k->down);
}

/* The body is on its way to the peer while the person changes his mind. */
static void
an_expunge_between_header_and_want_answers_gone(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_submit(k, 2, 50, TLP_GREEN);
    expunge(k, 0);
    want_all(k, 2);
    expect_gone(k, 0);
    expect_body(k, 1);
    assert_true(kit_expunged(k, KIT_LANE_OUT, 0).done);
    kit_replays(k);
}

/* ---- crashes ------------------------------------------------------------- */

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that, and note that it was done; what a crash left
 * without that note is done again." */
static void
a_start_erases_what_a_crash_left(void **state)
{
    struct kit *k = *state;

    for (int round = 0; round < 2; round++) {
        uint64_t index = kit_lane(k, KIT_LANE_OUT).size;
        kit_receipted(k, 1);
        k->hold_erasures = round == 0;
        k->hold_erased = round == 1;
        expunge(k, (int64_t)index);
        assert_true(kit_expunged(k, KIT_LANE_OUT, index).stands);
        assert_false(kit_expunged(k, KIT_LANE_OUT, index).done);
        assert_int_equal(kit_body_state(k, KIT_LANE_OUT, index),
                         round == 0 ? OK : ERR_GONE);
        k->erased = 0;
        k->hold_erasures = k->hold_erased = false;
        kit_hang_up(k);
        frontier_init(&k->held);
        k->held_at = (struct checkpoint){0};
        kit_restart(k);
        assert_int_equal(kit_body_state(k, KIT_LANE_OUT, index), ERR_GONE);
        assert_true(kit_expunged(k, KIT_LANE_OUT, index).done);
        kit_connect(k);
        while (k->held.size < kit_lane(k, KIT_LANE_OUT).size) {
            struct frame_batch f;
            struct slice payload;
            uint64_t start = k->held.size;
            k->read = k->headers;
            assert_true(kit_next(k, FRAME_HEADER, &payload));
            k->headers = k->read;
            assert_int_equal(frame_batch_get(payload, &k->arena, &f), OK);
            assert_int_equal(f.start, start);
            for (size_t i = 0; i < f.records.size; i += LEAF_BYTES) {
                struct hash leaf;
                leaf_hash(f.records.data + i, &leaf);
                frontier_append(&k->held, &leaf);
            }
            k->held_at = (struct checkpoint){.size = k->held.size,
                                             .root = f.root,
                                             .time_s = f.time_s,
                                             .key = f.key,
                                             .signature = f.signature};
            kit_give_receipt(k);
        }
        kit_hang_up(k);
    }
}

/* PROTOCOL expunge: "Once the entry of an expunge is synced, neither side MUST
 * read, show or send the body that it names, or its salt." */
static void
nothing_is_sent_though_it_is_not_erased_yet(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    kit_submit(k, 2, 50, TLP_GREEN);
    k->hold_erasures = true;
    expunge(k, 0);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    want_all(k, 2);
    expect_gone(k, 0);
    expect_body(k, 1);
}

/* The state is what all facts give, though of one the copy is erased. */
static void
a_copy_between_two_that_wait_is_erased(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 1, 50, TLP_AMBER);
    kit_submit(k, 1, 50, TLP_GREEN);
    kit_submit(k, 1, 50, TLP_AMBER);
    k->ceiling = TLP_GREEN;
    kit_restart(k);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_peer(k).queued, 2);
    expunge(k, 0);
    assert_int_equal(item(k, 1), ERR_GONE);
    kit_expect_recovers(k);
}

/* ---- submissions --------------------------------------------------------- */

static void
a_message_that_waits_is_recalled_and_its_copy_erased(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 3, 50, TLP_GREEN);
    assert_int_equal(item(k, 0), OK);
    assert_int_equal(expunge_submission(k, 1, 3, -1), OK);
    assert_int_equal(control_number(&k->reply.records[0], "cancelled", 0), 3);
    assert_int_equal(control_number(&k->reply.records[0], "expunged", -1), 0);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(item(k, i), ERR_GONE);
    assert_int_equal(kit_peer(k).queued, 0);
    kit_restart(k);
    kit_connect(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 0);
}

static void
a_recalled_message_is_erased_after_a_crash(void **state)
{
    struct kit *k = *state;

    kit_submit(k, 1, 50, TLP_GREEN);
    k->hold_erasures = true;
    assert_int_equal(expunge_submission(k, 1, 1, -1), OK);
    assert_int_equal(item(k, 0), OK);
    k->hold_erasures = false;
    kit_restart(k);
    assert_int_equal(item(k, 0), ERR_GONE);
    kit_restart(k);
    kit_good_session(k);
}

static enum err
restore_one(void *context, const struct fact *f)
{
    return exchange_restore(context, f);
}

/* It may have come up with a journal that is not its own. */
static void
a_node_that_may_not_start_erases_nothing(void **state)
{
    struct kit *k = *state;
    struct event start = {.type = EVENT_START, .data = slice_str("no config")};
    struct exchange *x;
    struct outcome out;

    kit_submit(k, 1, 50, TLP_GREEN);
    k->hold_erasures = true;
    assert_int_equal(expunge_submission(k, 1, 1, -1), OK);
    x = exchange_new(&k->port);
    outcome_init(&out);
    assert_int_equal(memory_store_facts(k->store, restore_one, x), OK);
    exchange_step(x, &start, 1, k->now, &out);
    assert_int_equal(out.effect_count, 1);
    assert_int_equal(out.effects[0].type, EFFECT_STOP);
    assert_int_equal(out.erasure_count, 0);
    outcome_clear(&out);
    exchange_free(x);
}

static void
a_whole_submission_goes_and_no_other(void **state)
{
    struct kit *k = *state;

    kit_receipted(k, 3);
    kit_submit(k, 2, 50, TLP_GREEN);
    while (kit_take(k))
        kit_give_receipt(k);
    assert_int_equal(expunge_submission(k, 1, 2, -1), ERR_NOT_NOW);
    assert_int_equal(expunge_submission(k, 3, 1, -1), ERR_NOT_FOUND);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 0), OK);
    assert_int_equal(expunge_submission(k, 1, 3, -1), OK);
    assert_int_equal(control_number(&k->reply.records[0], "expunged", 0), 3);
    assert_null(control_find(&k->reply.records[0], "next"));
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(kit_body_state(k, KIT_LANE_OUT, i), ERR_GONE);
        assert_int_equal(item(k, i), ERR_GONE);
        assert_int_equal(kit_expunged(k, KIT_LANE_OUT, i).by_index, 5 + i);
    }
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 3), OK);
    assert_int_equal(kit_body_state(k, KIT_LANE_OUT, 4), OK);
    /* Once more changes nothing. */
    assert_int_equal(expunge_submission(k, 1, 3, -1), OK);
    assert_int_equal(control_number(&k->reply.records[0], "expunged", -1), 0);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 8);
    kit_replays(k);
}

static void
a_large_submission_goes_page_by_page(void **state)
{
    struct kit *k = *state;
    int64_t from = -1, count = 0;

    kit_connect(k);
    kit_submit(k, 2500, 1, TLP_GREEN);
    while (kit_take(k))
        kit_give_receipt(k);
    do {
        assert_int_equal(expunge_submission(k, 1, 2500, from), OK);
        count += control_number(&k->reply.records[0], "expunged", 0);
        from = control_number(&k->reply.records[0], "next", -1);
    } while (from >= 0);
    assert_int_equal(count, 2500);
    while (kit_take(k))
        kit_give_receipt(k);
    for (uint64_t i = 0; i < 2500; i++)
        assert_true(kit_expunged(k, KIT_LANE_OUT, i).done);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 5000);
    /* Expunges are no reason to stop the peer's credit. */
    kit_good_session(k);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_expunge_is_an_entry_that_names_another_and_has_no_body),
        TEST(only_our_own_messages_are_expunged_and_once),
        TEST(it_waits_for_a_session_ahead_of_what_users_sent),
        TEST(a_peer_that_lost_all_gets_gone_in_its_place),
        TEST(an_expunge_between_header_and_want_answers_gone),
        TEST(a_start_erases_what_a_crash_left),
        TEST(nothing_is_sent_though_it_is_not_erased_yet),
        TEST(a_copy_between_two_that_wait_is_erased),
        TEST(a_message_that_waits_is_recalled_and_its_copy_erased),
        TEST(a_recalled_message_is_erased_after_a_crash),
        TEST(a_node_that_may_not_start_erases_nothing),
        TEST(a_whole_submission_goes_and_no_other),
        TEST(a_large_submission_goes_page_by_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
