/*
 * snapshot_test - folded state as bytes: facts of every type go on behind it,
 *                 and whatever else is read is refused.
 */
#include "core/exchange/snapshot.h"
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* Facts as they stand in a journal, one after another. */
struct facts {
    struct buf bytes;
    size_t starts[4096];
    size_t count;
};

static enum err
note(void *self, const struct fact *f)
{
    struct facts *facts = self;

    assert_true(facts->count < ARRAY_SIZE(facts->starts));
    facts->starts[facts->count++] = facts->bytes.size;
    fact_put(&facts->bytes, f);
    return OK;
}

static void
fold_range(struct exchange *x, const struct facts *facts, size_t from,
           size_t end)
{
    for (size_t i = from; i < end; i++) {
        struct slice rest = slice_of(facts->bytes.data + facts->starts[i],
                                     facts->bytes.size - facts->starts[i]);
        struct fact f;
        bool erased = false;
        assert_int_equal(fact_get(&rest, &f, &erased), OK);
        if (exchange_restore(x, &f) != OK)
            fail_msg("fact %zu, of type %u, is not folded", i, f.type);
    }
}

/* ---- a history with facts of every type ---------------------------------- */

static void
records(struct facts *out, struct kit *k)
{
    struct fact f = {.type = FACT_ADOPTED,
                     .lane = KIT_LANE_OUT,
                     .index = k->x->lanes[KIT_LANE_OUT]->at.size,
                     .state = BODY_GONE};
    struct leaf leaf = {.index = f.index, .ref = LEAF_REF_NONE};
    struct genesis g;

    leaf_encode(&leaf, f.record);
    (void)!note(out, &f);
    f = (struct fact){.type = FACT_LANE, .lane = 2, .ours = true};
    assert_int_equal(genesis_decode(SLICE_ARRAY(k->epochs[0].genesis), &g), OK);
    g.epoch = 1;
    genesis_encode(&g, f.genesis);
    (void)!note(out, &f);
}

static const uint8_t a_key[PUBLIC_KEY_BYTES] = {1, 2, 3};

/* What a session does not bring about. */
static void
more(struct facts *out, struct kit *k)
{
    uint64_t size = k->x->lanes[KIT_LANE_OUT]->at.size;
    struct fact requeued = {.type = FACT_REQUEUED,
                            .item = k->x->item_count,
                            .lane = KIT_LANE_OUT,
                            .index = 1,
                            .number = 1,
                            .blob_head = SLICE_ARRAY(a_key),
                            .blob_body = slice_str("again")};
    const struct fact before[] = {
        {.type = FACT_CANCELLED, .item = k->x->item_count - 1},
        {.type = FACT_DECLINED, .lane = 1, .number = 2, .code = 3},
        {.type = FACT_LANE_KEY,
         .lane = 1,
         .index = size - 1,
         .number = 2,
         .text = SLICE_ARRAY(a_key)},
        {.type = FACT_FROZEN, .lane = 0, .code = 5, .text = slice_str("why")},
        {.type = FACT_EVIDENCE, .lane = 0, .code = 5},
        {.type = FACT_GRANTED, .lane = 1},
        {.type = FACT_ALARM,
         .number = 7,
         .code = ALARM_TURNS_LOST,
         .peer = NONE,
         .lane = 1,
         .text = slice_str("words")},
        {.type = FACT_ALARM_NOTED,
         .number = 7,
         .code = ALARM_NOTE_AGAIN,
         .item = 3},
        {.type = FACT_ALARM_NOTED,
         .number = 7,
         .code = ALARM_NOTE_CLOSED,
         .text = slice_str("done")},
        {.type = FACT_SUBMISSION,
         .number = k->x->submission_count + 1,
         .submission = {.stream = {9}}},
        {.type = FACT_SUBMITTER,
         .number = k->x->submission_count + 1,
         .item = 1007},
        {.type = FACT_RELEASED,
         .number = k->x->submission_count + 1,
         .item = 1008,
         .text = slice_str("they asked for it")},
        {.type = FACT_PAUSED, .code = 1, .text = slice_str("a person")},
        {.type = FACT_RETENTION, .code = RETENTION_MARK, .item = 1000},
        {.type = FACT_ERASE, .lane = ERASE_ITEM, .index = 0},
        {.type = FACT_ERASED, .lane = ERASE_ITEM, .index = 0},
        {.type = FACT_ERASE, .lane = 1, .index = 1, .number = 1, .ref = 2},
    };
    const struct fact after[] = {
        {.type = FACT_ROLLED, .lane = 2, .number = 1, .index = 1},
        requeued,
        {.type = FACT_RESTORED, .item = 1, .code = RESTORED_DECLARED},
        {.type = FACT_RESUMED, .lane = 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(before); i++)
        (void)!note(out, &before[i]);
    records(out, k);
    for (size_t i = 0; i < ARRAY_SIZE(after); i++)
        (void)!note(out, &after[i]);
}

static void
make(struct facts *out, struct kit *k)
{
    bool seen[FACT_TYPE_COUNT] = {false};

    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 20});
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, 20});
    kit_submit(k, 3, 20, TLP_GREEN);
    kit_connect(k);
    kit_batch(k, 0, 2);
    while (kit_take(k))
        kit_give_receipt(k);
    kit_hang_up(k);
    kit_submit(k, 2, 20, TLP_GREEN);
    assert_int_equal(memory_store_facts(k->store, note, out), OK);
    more(out, k);
    for (size_t i = 0; i < out->count; i++)
        seen[out->bytes.data[out->starts[i]]] = true;
    for (unsigned type = 0; type < FACT_TYPE_COUNT; type++)
        if (fact_is_known(type) && !seen[type])
            fail_msg("no fact of type %u is in the history", type);
}

static void
expect_state(const struct exchange *x, struct slice want)
{
    struct buf is = {0};

    exchange_save(x, &is);
    assert_true(slice_equal(buf_slice(&is), want));
    buf_clear(&is);
}

static void
facts_of_every_type_go_on_behind_a_snapshot_after_every_fact(void **state)
{
    struct kit *k = *state;
    struct facts facts = {0};
    struct buf end = {0}, part = {0};

    make(&facts, k);
    struct exchange *whole = exchange_new(&k->port);
    fold_range(whole, &facts, 0, facts.count);
    exchange_save(whole, &end);
    exchange_free(whole);
    for (size_t i = 0; i <= facts.count; i++) {
        struct exchange *first = exchange_new(&k->port);
        struct exchange *second = exchange_new(&k->port);
        buf_reset(&part);
        fold_range(first, &facts, 0, i);
        exchange_save(first, &part);
        assert_int_equal(exchange_load(second, buf_slice(&part)), OK);
        fold_range(second, &facts, i, facts.count);
        expect_state(second, buf_slice(&end));
        exchange_free(first);
        exchange_free(second);
    }
    buf_clear(&facts.bytes);
    buf_clear(&end);
    buf_clear(&part);
}

/* ---- what is refused ------------------------------------------------------
 */

/* Whatever is read, is written the same again. */
static bool
is_read(struct kit *k, struct slice bytes)
{
    struct exchange *x = exchange_new(&k->port);
    enum err e = exchange_load(x, bytes);

    if (!e)
        expect_state(x, bytes);
    else
        assert_true(e == ERR_DAMAGED || e == ERR_VERSION);
    exchange_free(x);
    return !e;
}

static void
a_snapshot_that_is_cut_or_longer_is_refused(void **state)
{
    struct kit *k = *state;
    struct facts facts = {0};
    struct buf whole = {0};

    make(&facts, k);
    struct exchange *x = exchange_new(&k->port);
    fold_range(x, &facts, 0, facts.count);
    exchange_save(x, &whole);
    exchange_free(x);
    assert_true(is_read(k, buf_slice(&whole)));
    for (size_t size = 0; size < whole.size; size += 1 + size / 64)
        assert_false(is_read(k, slice_of(whole.data, size)));
    buf_put_u8(&whole, 0);
    assert_false(is_read(k, buf_slice(&whole)));
    buf_clear(&facts.bytes);
    buf_clear(&whole);
}

static void
a_snapshot_of_another_version_is_told_apart(void **state)
{
    struct kit *k = *state;
    struct buf whole = {0};
    struct exchange *x = exchange_new(&k->port);

    exchange_save(k->x, &whole);
    whole.data[3] ^= 1;
    assert_int_equal(exchange_load(x, buf_slice(&whole)), ERR_VERSION);
    whole.data[3] ^= 1;
    assert_int_equal(exchange_load(x, buf_slice(&whole)), OK);
    exchange_free(x);
    buf_clear(&whole);
}

/* As spans once were, places from `first` on and before `end`: read as words
 * they would say that what was never sent is there. */
static void
a_layout_with_another_member_makes_another_version(void **state)
{
    struct field fields[4];
    const struct layout changed = {fields, span_layout.count, span_layout.size};
    struct layout shorter = changed;
    uint32_t now = layout_fingerprint(0, &span_layout);

    (void)state;
    assert_in_range(span_layout.count, 2, ARRAY_SIZE(fields));
    memcpy(fields, span_layout.fields, span_layout.count * sizeof *fields);
    assert_int_equal(layout_fingerprint(0, &changed), now);
    fields[1].name = "struct span.end";
    assert_int_not_equal(layout_fingerprint(0, &changed), now);
    fields[1] = span_layout.fields[1];
    fields[1].form = A_FLAG;
    assert_int_not_equal(layout_fingerprint(0, &changed), now);
    fields[1] = span_layout.fields[1];
    shorter.count--;
    assert_int_not_equal(layout_fingerprint(0, &shorter), now);
}

/* Numbers that lead nowhere, chains without an end, sizes that nothing has. */
static void
a_changed_byte_is_refused_or_read_as_what_it_says(void **state)
{
    struct kit *k = *state;
    struct facts facts = {0};
    struct buf whole = {0};
    size_t refused = 0, read = 0;

    make(&facts, k);
    struct exchange *x = exchange_new(&k->port);
    fold_range(x, &facts, 0, facts.count);
    exchange_save(x, &whole);
    exchange_free(x);
    for (size_t at = 4; at < whole.size; at++) {
        uint8_t was = whole.data[at];
        whole.data[at] = (uint8_t)(was + 1 + at % 254);
        if (is_read(k, buf_slice(&whole)))
            read++;
        else
            refused++;
        whole.data[at] = was;
    }
    assert_true(refused > 100 && read > 100);
    buf_clear(&facts.bytes);
    buf_clear(&whole);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(facts_of_every_type_go_on_behind_a_snapshot_after_every_fact),
        TEST(a_snapshot_that_is_cut_or_longer_is_refused),
        TEST(a_snapshot_of_another_version_is_told_apart),
        TEST(a_layout_with_another_member_makes_another_version),
        TEST(a_changed_byte_is_refused_or_read_as_what_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
