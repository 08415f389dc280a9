/*
 * checks - that a store holds exactly so many turns of the history.
 *
 * Spec:       samples.h
 */
#ifndef UNIT_EDGE_JOURNAL_CHECKS_H
#define UNIT_EDGE_JOURNAL_CHECKS_H

#include "samples.h"

static inline void
assert_body(const struct store *s, uint32_t lane, uint64_t n)
{
    struct buf got = {0}, want = {0};

    buf_put_str(&got, "before");
    buf_put_str(&want, "before");
    enum err e = s->ops->body(s->self, lane, n, &got);
    if (lane == 1 && sample_declined(n)) {
        assert_int_equal(e, ERR_NOT_FOUND);
    } else {
        assert_int_equal(e, OK);
        buf_put(&want, sample_salt(lane, n));
        buf_put(&want, sample_body(lane, n));
    }
    assert_true(slice_equal(buf_slice(&got), buf_slice(&want)));
    buf_clear(&got);
    buf_clear(&want);
}

static inline void
assert_entry(const struct store *s, uint32_t lane, uint64_t n)
{
    uint8_t record[LEAF_BYTES], want[LEAF_BYTES];
    struct checkpoint c, c_want = sample_checkpoint(lane, n + 1);

    sample_record(lane, n, want);
    assert_int_equal(s->ops->record(s->self, lane, n, record), OK);
    assert_memory_equal(record, want, LEAF_BYTES);
    assert_body(s, lane, n);
    assert_int_equal(s->ops->checkpoint(s->self, lane, n + 1, &c), OK);
    assert_int_equal(c.size, c_want.size);
    assert_memory_equal(&c.root, &c_want.root, HASH_BYTES);
    assert_int_equal(c.time_s, c_want.time_s);
}

/* Check that the store holds exactly so many turns of the history. */
static inline void
history_check(const struct store *s, uint64_t turns)
{
    uint64_t count = turns < 2 ? 0 : turns - 1;
    uint8_t record[LEAF_BYTES];
    struct checkpoint c;
    struct buf got = {0};

    for (uint64_t n = 0; n < count; n++) {
        buf_reset(&got);
        assert_int_equal(s->ops->item(s->self, n, &got), OK);
        assert_true(slice_equal(buf_slice(&got), sample_body(0, n)));
        assert_entry(s, 0, n);
        assert_entry(s, 1, n);
    }
    buf_reset(&got);
    assert_int_equal(s->ops->item(s->self, count, &got), ERR_NOT_FOUND);
    for (uint32_t lane = 0; lane < 3; lane++) {
        assert_int_equal(s->ops->record(s->self, lane, count, record),
                         ERR_NOT_FOUND);
        assert_int_equal(s->ops->body(s->self, lane, count, &got),
                         ERR_NOT_FOUND);
        assert_int_equal(s->ops->checkpoint(s->self, lane, count + 1, &c),
                         ERR_NOT_FOUND);
    }
    assert_int_equal(got.size, 0);
    buf_clear(&got);
}

/* Counts facts, and checks that they are those of the history. */
struct history_reader {
    uint64_t facts;
    struct buf want;
    struct slice rest;
    uint64_t turn;
};

static inline enum err
history_read(void *context, const struct fact *f)
{
    struct history_reader *r = context;
    struct fact want;
    bool erased;

    if (!r->rest.size) {
        buf_reset(&r->want);
        history_turn(&r->want, ++r->turn);
        r->rest = buf_slice(&r->want);
    }
    assert_int_equal(fact_get(&r->rest, &want, &erased), OK);
    assert_int_equal(f->type, want.type);
    assert_int_equal(f->lane, want.lane);
    assert_int_equal(f->index, want.index);
    assert_int_equal(f->item, want.item);
    assert_memory_equal(f->record, want.record, LEAF_BYTES);
    assert_true(slice_equal(f->text, want.text));
    if (f->blob_head.size) {
        assert_true(slice_equal(f->blob_head, want.blob_head));
        assert_true(slice_equal(f->blob_body, want.blob_body));
    }
    r->facts++;
    return OK;
}

#endif
