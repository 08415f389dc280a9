#include "kit.h"

/* Facts from `first` up to `end` go to an exchange. */
struct part_fold {
    struct exchange *x;
    size_t at, first, end;
};

static enum err
fold_part(void *self, const struct fact *f)
{
    struct part_fold *p = self;
    size_t at = p->at++;

    return at >= p->first && at < p->end ? exchange_restore(p->x, f) : OK;
}

/* Fold a part; give the number of all facts. */
static size_t
fold_from(const struct kit *k, struct exchange *x, size_t first, size_t end)
{
    struct part_fold p = {x, 0, first, end};

    assert_int_equal(memory_store_facts(k->store, fold_part, &p), OK);
    return p.at;
}

static void
expect_saved(const struct exchange *x, struct slice want)
{
    struct buf is = {0};

    exchange_save(x, &is);
    assert_true(slice_equal(buf_slice(&is), want));
    buf_clear(&is);
}

void
kit_expect_recovers(const struct kit *k)
{
    struct exchange *whole = exchange_new(&k->port);
    struct exchange *half = exchange_new(&k->port);
    struct exchange *again = exchange_new(&k->port);
    struct buf state = {0}, middle = {0};
    size_t count = fold_from(k, whole, 0, SIZE_MAX);

    exchange_save(whole, &state);
    expect_saved(k->x, buf_slice(&state));
    fold_from(k, half, 0, count / 2);
    exchange_save(half, &middle);
    assert_int_equal(exchange_load(again, buf_slice(&middle)), OK);
    expect_saved(again, buf_slice(&middle));
    fold_from(k, again, count / 2, SIZE_MAX);
    expect_saved(again, buf_slice(&state));
    exchange_free(whole);
    exchange_free(half);
    exchange_free(again);
    buf_clear(&state);
    buf_clear(&middle);
}
