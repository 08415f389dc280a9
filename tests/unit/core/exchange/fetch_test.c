/*
 * fetch_test - a tail that was lost: of ours, given back by its holder, and
 *              of the peer's, given back by us.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* The node has an entry exactly as the peer took it. */
static void
expect_whole(struct kit *k, uint32_t lane, size_t epoch, uint64_t index)
{
    const struct kit_entry *e = &k->epochs[epoch].entries[index];
    uint8_t record[LEAF_BYTES];
    struct buf body = {0};

    assert_int_equal(k->port.ops->record(k->port.self, lane, index, record),
                     OK);
    assert_memory_equal(record, e->record, LEAF_BYTES);
    assert_int_equal(k->port.ops->body(k->port.self, lane, index, &body), OK);
    assert_int_equal(body.size, SALT_BYTES + e->body.size);
    assert_memory_equal(body.data, e->salt, SALT_BYTES);
    assert_memory_equal(body.data + SALT_BYTES, e->body.data, e->body.size);
    buf_clear(&body);
}

/* One entry is in the backup; `waiting` more were submitted before it and
 * left after it. */
static void
restored(struct kit *k, size_t waiting)
{
    kit_sends(k, 1);
    for (size_t i = 0; i < waiting; i++)
        kit_submit(k, 1, 10, TLP_GREEN);
    struct memory_store *backup = memory_store_clone(k->store);
    kit_sends(k, 2 - waiting);
    kit_restore(k, backup);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    kit_prove(k);
    kit_resume_all(k);
    assert_int_equal(k->verdict.row, ROW_ORIGIN_RESTORED);
    assert_int_equal(k->verdict.start, 0);
}

static void
a_lost_tail_comes_back_whole_and_the_lane_goes_on(void **state)
{
    struct kit *k = *state;

    restored(k, 0);
    kit_serve(k, NULL);
    assert_true(kit_judged(k));
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_int_equal(k->verdict.start, 3);
    struct view_lane v = kit_lane(k, KIT_LANE_OUT);
    assert_int_equal(v.size, 3);
    assert_int_equal(v.signed_size, 3);
    for (uint64_t i = 0; i < 3; i++)
        expect_whole(k, KIT_LANE_OUT, 0, i);
    size_t signed_bytes = k->sign_journal.size;
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 4);
    assert_true(k->sign_journal.size > signed_bytes);
    assert_int_equal(k->alarms, 0);
}

/* What is signed again has its first signature: the gate adds nothing. */
static void
a_fetched_tail_is_signed_with_its_old_signatures(void **state)
{
    struct kit *k = *state;
    struct checkpoint c;

    restored(k, 0);
    size_t signed_bytes = k->sign_journal.size;
    kit_serve(k, NULL);
    for (uint64_t n = 2; n <= 3; n++) {
        assert_int_equal(
            k->port.ops->checkpoint(k->port.self, KIT_LANE_OUT, n, &c), OK);
        assert_int_equal(c.size, n);
        assert_memory_equal(&c.signature, &k->epochs[0].ends[n - 1].signature,
                            sizeof c.signature);
    }
    assert_int_equal(k->sign_journal.size, signed_bytes);
}

/* PROTOCOL resume: "What stands in a fetched tail MUST leave the outbox by its
 * submission id." */
static void
what_waits_and_comes_back_is_not_sent_again(void **state)
{
    struct kit *k = *state;

    restored(k, 1);
    assert_int_equal(kit_peer(k).queued, 1);
    assert_int_equal(kit_submission(k, 2).sent, 0);
    kit_serve(k, NULL);
    assert_int_equal(kit_peer(k).queued, 0);
    struct view_submission s = kit_submission(k, 2);
    assert_int_equal(s.queued, 0);
    assert_int_equal(s.sent, 1);
    assert_int_equal(s.lane, KIT_LANE_OUT);
    assert_int_equal(s.first_index, 1);
    assert_int_equal(s.last_index, 1);
    assert_true(kit_judged(k));
    assert_false(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_submission(k, 2).receipted, 1);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
}

/* However the node ends in between: what was adopted is not asked for again.
 */
static void
a_fetch_that_was_cut_goes_on_where_it_ended(void **state)
{
    struct kit *k = *state;
    struct frame_fetch f;
    struct slice payload;
    struct buf out = {0};

    restored(k, 1);
    kit_back_header(k, 0, 1, &out);
    kit_send(k, &out);
    kit_restart(k); /* before any body */
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    kit_prove(k);
    kit_resume_all(k);
    size_t read = k->read;
    assert_true(kit_next(k, FRAME_FETCH, &payload));
    assert_int_equal(frame_fetch_get(payload, &k->arena, &f), OK);
    assert_int_equal(f.from, 1);
    assert_int_equal(f.to, 3);
    k->read = read;
    k->epochs[0].end_count = 2; /* the peer hangs up after one batch */
    kit_serve(k, NULL);
    k->epochs[0].end_count = 3;
    kit_restart(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 2);
    assert_int_equal(kit_peer(k).queued, 0);
    kit_prove(k);
    kit_resume_all(k);
    assert_int_equal(k->verdict.row, ROW_ORIGIN_RESTORED);
    kit_serve(k, NULL);
    assert_true(kit_judged(k));
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    buf_clear(&out);
}

/* The node ends after the batch is on disk and before the signer gave its
 * signature out again. */
static void
an_adopted_batch_without_its_signature_is_signed_at_the_start(void **state)
{
    struct kit *k = *state;

    restored(k, 0);
    kit_serve(k, NULL);
    k->hold_signer = true;
    kit_restart(k);
    k->hold_signer = false;
    kit_release(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).signed_size, 3);
    assert_int_equal(k->stops, 0);
}

static void
expect_gap(struct kit *k, enum frame_type mark)
{
    struct kit_gap gap = {1, mark};
    struct buf body = {0};
    uint8_t record[LEAF_BYTES];

    restored(k, 0);
    kit_serve(k, &gap);
    assert_true(kit_judged(k));
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    assert_int_equal(k->port.ops->record(k->port.self, KIT_LANE_OUT, 1, record),
                     OK);
    assert_int_equal(k->port.ops->body(k->port.self, KIT_LANE_OUT, 1, &body),
                     mark == FRAME_GONE ? ERR_GONE : ERR_NOT_FOUND);
    expect_whole(k, KIT_LANE_OUT, 0, 2);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    buf_clear(&body);
}

static void
a_body_that_they_declined_comes_back_as_declined(void **state)
{
    struct kit *k = *state;
    enum err why;

    expect_gap(k, FRAME_ABSENT);
    assert_int_equal(view_declined(k->x, KIT_LANE_OUT, 1, &why), OK);
    kit_restart(k);
    assert_int_equal(view_declined(k->x, KIT_LANE_OUT, 1, &why), OK);
    assert_int_equal(view_declined(k->x, KIT_LANE_OUT, 2, &why), ERR_NOT_FOUND);
}

static void
a_body_that_is_gone_comes_back_without_it(void **state)
{
    struct kit *k = *state;
    enum err why;

    expect_gap(k, FRAME_GONE);
    assert_int_equal(view_declined(k->x, KIT_LANE_OUT, 1, &why), ERR_NOT_FOUND);
}

/* ---- a tail that is not ours --------------------------------------------- */

/* Sign other entries in place of the peer's with our own key, as a thief. */
static void
forge_end(struct kit *k, size_t end)
{
    struct kit_epoch *e = &k->epochs[0];
    struct checkpoint *c = &e->ends[end];
    struct frontier at;
    struct hash leaf;
    struct lane_id lane;

    frontier_init(&at);
    e->entries[c->size - 1].record[30] ^= 1; /* its time */
    for (uint64_t i = 0; i < c->size; i++) {
        leaf_hash(e->entries[i].record, &leaf);
        frontier_append(&at, &leaf);
    }
    frontier_root(&at, &c->root);
    kit_lane_id(k, true, &lane);
    kit_sign(&k->us, KEY_ROLE_CHECKPOINT, &k->us.name, &lane, c);
}

/* PROTOCOL resume: "An origin MUST check each batch of a fetched tail against
 * its own checkpoint key, and take it only if its exact (size, root) stands in
 * its signing journal, or a person vouched for it with the root key." */
static void
a_forged_tail_is_not_adopted(void **state)
{
    struct kit *k = *state;
    struct slice payload;
    struct buf out = {0};

    restored(k, 1);
    forge_end(k, 1);
    kit_back_header(k, 0, 1, &out);
    kit_send(k, &out);
    assert_false(kit_next(k, FRAME_WANT, &payload));
    struct view_lane v = kit_lane(k, KIT_LANE_OUT);
    assert_int_equal(v.size, 1);
    assert_true(v.frozen);
    assert_int_equal(v.frozen_row, ROW_STOLEN_KEY);
    assert_int_equal(k->alarms, 1);
    assert_int_equal(kit_peer(k).queued, 1);
    buf_clear(&out);
}

static void
begin_fetch(struct kit *k)
{
    kit_open(k);
    restored(k, 0);
}

static void
end_fetch(struct kit *k, enum err e)
{
    kit_expect_close(k, e);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    /* It can be had again, from who gives it as it was. */
    kit_prove(k);
    kit_resume_all(k);
    kit_serve(k, NULL);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 3);
    kit_close(k);
}

static void
send_back(struct kit *k, const struct frame_batch *f)
{
    struct buf out = {0};

    frame_batch_put(&out, f);
    kit_send(k, &out);
    buf_clear(&out);
}

/* What a holder gives back wrongly, and with which error it ends. */
static void
a_tail_given_back_wrongly_ends_the_session(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);
    struct buf out = {0}, records = {0};
    struct frame_batch f;

    (void)state;
    begin_fetch(k); /* a signature that is none */
    k->epochs[0].ends[1].signature.b[0] ^= 1;
    kit_back_header(k, 0, 1, &out);
    k->epochs[0].ends[1].signature.b[0] ^= 1;
    kit_send(k, &out);
    end_fetch(k, ERR_SIGNATURE);

    begin_fetch(k); /* not where we end */
    kit_back_header(k, 0, 0, &out);
    kit_send(k, &out);
    end_fetch(k, ERR_RANGE);

    begin_fetch(k); /* more than was asked for */
    kit_back_header(k, 0, 1, &out);
    kit_back_header(k, 0, 2, &out);
    buf_put(&records, SLICE_ARRAY(k->epochs[0].entries[1].record));
    buf_put(&records, SLICE_ARRAY(k->epochs[0].entries[2].record));
    buf_put(&records, SLICE_ARRAY(k->epochs[0].entries[2].record));
    f = (struct frame_batch){.start = 1, .records = buf_slice(&records)};
    kit_lane_id(k, true, &f.lane);
    buf_reset(&out);
    send_back(k, &f);
    end_fetch(k, ERR_RANGE);
    test_free(k);
    buf_clear(&out);
    buf_clear(&records);
}

static void
a_tail_that_nobody_asked_for_ends_the_session(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_sends(k, 2);
    kit_prove(k);
    kit_resume_all(k);
    kit_back_header(k, 0, 1, &out);
    kit_send(k, &out);
    kit_expect_close(k, ERR_UNKNOWN_LANE);
    buf_clear(&out);
}

/* ---- as holder ----------------------------------------------------------- */

static void
ask_back(struct kit *k, uint64_t from, uint64_t to)
{
    struct frame_fetch f = {.from = from, .to = to};
    struct buf out = {0};

    kit_lane_id(k, false, &f.lane);
    frame_fetch_put(&out, &f);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
take_back(struct kit *k, uint64_t start)
{
    struct frame_batch b;
    struct frame_body body;
    struct slice payload;
    struct buf out = {0};
    uint8_t bit = 1;

    assert_true(kit_next(k, FRAME_HEADER, &payload));
    assert_int_equal(frame_batch_get(payload, &k->arena, &b), OK);
    assert_int_equal(b.start, start);
    assert_int_equal(b.records.size, LEAF_BYTES);
    assert_memory_equal(b.records.data, k->entries[start].record, LEAF_BYTES);
    size_t read = k->read;
    frame_want_put(&out, &(struct frame_want){.lane = b.lane,
                                              .first = start,
                                              .count = 1,
                                              .bitmap = slice_of(&bit, 1)});
    kit_send(k, &out);
    do {
        assert_true(kit_next(k, FRAME_BODY, &payload));
        assert_int_equal(frame_body_get(payload, &k->arena, &body), OK);
    } while (body.index < start);
    assert_int_equal(body.index, start);
    assert_true(slice_equal(body.piece, buf_slice(&k->entries[start].body)));
    k->read = read;
    buf_clear(&out);
}

static void
what_the_origin_lost_is_given_back_along_its_checkpoints(void **state)
{
    struct kit *k = *state;
    struct frame_mark m;
    struct buf out = {0};

    kit_hold(k, 3);
    ask_back(k, 1, 3);
    assert_false(k->down);
    take_back(k, 1);
    take_back(k, 2);
    kit_lane_id(k, false, &m.lane);
    m.number = 3;
    frame_mark_put(&out, FRAME_HELD, &m);
    kit_send(k, &out);
    ask_back(k, 0, 1); /* and once more, when that has ended */
    assert_false(k->down);
    take_back(k, 0);
    buf_clear(&out);
}

static void
a_body_that_we_declined_is_given_back_as_absent(void **state)
{
    struct kit *k = *state;
    struct frame_mark m;
    struct slice payload;
    struct buf out = {0};
    uint8_t bit = 1;
    struct frame_want w = {.count = 1, .bitmap = slice_of(&bit, 1)};

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, 10});
    kit_batch(k, 0, 1);
    kit_expect_receipt(k, 1);
    ask_back(k, 0, 1);
    assert_true(kit_next(k, FRAME_HEADER, &payload));
    kit_lane_id(k, false, &w.lane);
    frame_want_put(&out, &w);
    kit_send(k, &out);
    assert_true(kit_next(k, FRAME_ABSENT, &payload));
    assert_int_equal(frame_mark_get(FRAME_ABSENT, payload, &k->arena, &m), OK);
    assert_int_equal(m.number, 0);
    buf_clear(&out);
}

static void
a_fetch_of_what_we_do_not_hold_ends_the_session(void **state)
{
    struct kit *k = *state;
    struct frame_fetch f = {.from = 0, .to = 1};
    struct buf out = {0};
    const struct {
        uint64_t from, to;
    } wrong[] = {{1, 1}, {2, 1}, {0, 4}, {3, 9}};

    kit_hold(k, 3);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        ask_back(k, wrong[i].from, wrong[i].to);
        kit_expect_close(k, ERR_RANGE);
        kit_connect(k);
    }
    kit_lane_id(k, true, &f.lane); /* our own lane */
    frame_fetch_put(&out, &f);
    kit_send(k, &out);
    kit_expect_close(k, ERR_UNKNOWN_LANE);
    kit_connect(k);
    ask_back(k, 0, 2);
    ask_back(k, 0, 2);
    kit_expect_close(k, ERR_UNEXPECTED);
    buf_clear(&out);
}

/* A size at which no checkpoint is kept can be proven to nobody. */
static void
a_fetch_that_ends_within_a_batch_ends_the_session(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 3);
    kit_expect_receipt(k, 3);
    ask_back(k, 0, 2);
    kit_expect_close(k, ERR_RANGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_tail_comes_back_whole_and_the_lane_goes_on),
        TEST(a_fetched_tail_is_signed_with_its_old_signatures),
        TEST(what_waits_and_comes_back_is_not_sent_again),
        TEST(a_fetch_that_was_cut_goes_on_where_it_ended),
        TEST(an_adopted_batch_without_its_signature_is_signed_at_the_start),
        TEST(a_body_that_they_declined_comes_back_as_declined),
        TEST(a_body_that_is_gone_comes_back_without_it),
        TEST(a_forged_tail_is_not_adopted),
        cmocka_unit_test(a_tail_given_back_wrongly_ends_the_session),
        TEST(a_tail_that_nobody_asked_for_ends_the_session),
        TEST(what_the_origin_lost_is_given_back_along_its_checkpoints),
        TEST(a_body_that_we_declined_is_given_back_as_absent),
        TEST(a_fetch_of_what_we_do_not_hold_ends_the_session),
        TEST(a_fetch_that_ends_within_a_batch_ends_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
