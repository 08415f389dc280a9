/*
 * taking_test - what becomes of a body: kept, declined, or a Decline itself.
 */
#include "kit.h"

/* ---- declines ------------------------------------------------------------ */

/* Read the Decline in a body of our lane. */
static void
decline_of(struct kit *k, size_t number, struct message *m)
{
    const struct buf *body = ring_at(&k->bodies, number);
    struct submission_id id;
    struct slice bytes;

    assert_non_null(body);
    assert_int_equal(body_split(buf_slice(body), &id, &bytes), OK);
    assert_int_equal(message_get(bytes, &k->arena, m), OK);
    assert_int_equal(m->kind, MESSAGE_DECLINE);
}

/* PROTOCOL handling: "A holder MUST decline a body that these rules refuse,
 * whatever its origin thinks." */
static void
what_the_rules_refuse_is_declined_and_not_kept(void **state)
{
    struct kit *k = *state;
    struct message m;
    struct buf body = {0};
    struct hash leaf;
    enum err why;

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_AMBER_STRICT, 10});
    kit_batch(k, 0, 2);
    kit_expect_receipt(k, 2);
    assert_int_equal(view_declined(k->x, KIT_LANE_IN, 0, &why), ERR_NOT_FOUND);
    assert_int_equal(view_declined(k->x, KIT_LANE_IN, 1, &why), OK);
    assert_int_equal(why, ERR_POLICY);
    assert_int_equal(k->port.ops->body(k->port.self, KIT_LANE_IN, 1, &body),
                     ERR_NOT_FOUND);
    k->read = 0;
    assert_true(kit_take(k));
    decline_of(k, 0, &m);
    assert_int_equal(m.decline.entry.first, 1);
    assert_int_equal(m.decline.entry.count, 1);
    assert_int_equal(m.decline.code, err_code(ERR_POLICY));
    leaf_hash(k->entries[1].record, &leaf);
    assert_true(hash_equal(&leaf, &m.decline.entry.leaf));
    buf_clear(&body);
}

static enum err
count_blob(void *self, const struct fact *f)
{
    size_t *bytes = self;

    if (f->type == FACT_ENTRY && f->state == BODY_DECLINED)
        *bytes += f->blob_head.size + f->blob_body.size;
    return OK;
}

/* PROTOCOL batches: "Of a body declined on arrival the holder MUST keep nothing
 * but its leaf record." */
static void
of_what_is_declined_no_byte_reaches_the_journal(void **state)
{
    struct kit *k = *state;
    size_t bytes = 0;
    enum err why;

    kit_connect(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_AMBER_STRICT, 100});
    kit_batch(k, 0, 1);
    assert_int_equal(view_declined(k->x, KIT_LANE_IN, 0, &why), OK);
    assert_int_equal(memory_store_facts(k->store, count_blob, &bytes), OK);
    assert_int_equal(bytes, 0);
}

static void
neighbours_with_one_reason_are_declined_together(void **state)
{
    struct kit *k = *state;
    struct leaf unknown = {.kind = 99};
    struct message m;

    kit_connect(k);
    for (size_t i = 0; i < 3; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, 10});
    kit_entry_of(k, &unknown, slice_str("of a later version"));
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, 10});
    kit_batch(k, 0, 5);
    kit_expect_receipt(k, 5);
    assert_int_equal(kit_peer(k).declined_by_us, 5);
    k->read = 0;
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 3);
    decline_of(k, 0, &m);
    assert_int_equal(m.decline.entry.count, 3);
    decline_of(k, 1, &m);
    assert_int_equal(m.decline.entry.first, 3);
    assert_int_equal(m.decline.code, err_code(ERR_VALUE));
    decline_of(k, 2, &m);
    assert_int_equal(m.decline.entry.first, 4);
}

static void
bodies_that_cannot_be_read_are_declined(void **state)
{
    struct kit *k = *state;
    struct leaf plain = {.tlp = TLP_GREEN};
    static const enum err expected[] = {ERR_TRUNCATED, ERR_MISSING, ERR_VALUE};
    enum err why;

    kit_connect(k);
    kit_entry_of(k, &plain, slice_str("short"));
    kit_entry_of(k, &plain, slice_str("an id of twenty-four....")); /* empty */
    plain.tlp = TLP_CLEAR;
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    struct buf body = k->entries[2].body;
    k->entries[2].body = (struct buf){0};
    k->entry_count--;
    kit_entry_of(k, &plain, buf_slice(&body)); /* the leaf's tlp differs */
    kit_batch(k, 0, 3);
    kit_expect_receipt(k, 3);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(view_declined(k->x, KIT_LANE_IN, i, &why), OK);
        assert_int_equal(why, expected[i]);
    }
    buf_clear(&body);
}

/* An entry of the peer that declines one of ours. */
static void
decline_entry(struct kit *k, uint64_t first, uint64_t count, struct slice text)
{
    struct submission_id id = {.sequence = k->entry_count};
    struct message m = {.kind = MESSAGE_DECLINE, .has_decline = true};
    struct leaf leaf = {.kind = LEAF_MESSAGE};
    struct buf body = {0};
    uint8_t record[LEAF_BYTES] = {0};

    kit_lane_id(k, true, &m.decline.entry.lane);
    m.decline.entry.first = first;
    m.decline.entry.count = count;
    if (k->port.ops->record(k->port.self, KIT_LANE_OUT, first, record) == OK)
        leaf_hash(record, &m.decline.entry.leaf);
    m.decline.code = err_code(ERR_POLICY);
    m.decline.text = text;
    submission_id_put(&body, &id);
    message_put(&body, &m);
    kit_entry_of(k, &leaf, buf_slice(&body));
    buf_clear(&body);
}

static void
declines_of_ours_are_noted_once_whatever_their_words(void **state)
{
    struct kit *k = *state;
    char *words = test_calloc(1, 100001);
    enum err why;

    memset(words, 'w', 100000);
    kit_submit(k, 6, 1, TLP_AMBER);
    kit_connect(k);
    assert_true(kit_take(k));
    decline_entry(k, 4, 1, slice_str(words));
    decline_entry(k, 1, 2, slice_str("no"));
    decline_entry(k, 1, 2, slice_str("no"));
    decline_entry(k, 0, 3, slice_str("overlaps"));
    decline_entry(k, 4, 3, slice_str("beyond the end"));
    decline_entry(k, UINT64_MAX, UINT64_MAX, slice_str("nowhere"));
    decline_entry(k, 5, 0, slice_str("nothing"));
    kit_batch(k, 0, 7);
    kit_expect_receipt(k, 7);
    kit_restart(k);
    static const bool declined[] = {false, true, true, false, true, false};
    for (uint64_t i = 0; i < ARRAY_SIZE(declined); i++)
        assert_int_equal(view_declined(k->x, KIT_LANE_OUT, i, &why),
                         declined[i] ? OK : ERR_NOT_FOUND);
    assert_int_equal(why, ERR_POLICY);
    test_free(words);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_rules_refuse_is_declined_and_not_kept),
        TEST(of_what_is_declined_no_byte_reaches_the_journal),
        TEST(neighbours_with_one_reason_are_declined_together),
        TEST(bodies_that_cannot_be_read_are_declined),
        TEST(declines_of_ours_are_noted_once_whatever_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
