/*
 * fact - facts as a journal gives them back, one a step, folded and indexed.
 *
 * Bit 0 of `how` takes the step's bytes as they stand. What two readers of
 * facts accept, a node can start on, and stop with a reason at worst.
 */
#include "harness.h"

#include "edge/journal/index.h"
#include "facts.h"
#include "nodes.h"
#include "script.h"

struct reading {
    struct memory_store *memory;
    struct store store;
    struct exchange *exchange;
    struct index index;
    uint64_t place;
};

/* Take one fact; false when reading ends. */
static bool
take(struct reading *r, struct slice whole)
{
    struct slice rest = whole;
    struct fact f;
    struct buf written = {0};
    bool erased = false;

    if (fact_get(&rest, &f, &erased) != OK) {
        assert(rest.size == whole.size);
        return false;
    }
    struct slice taken = slice_of(whole.data, whole.size - rest.size);
    if (!erased) {
        fact_put(&written, &f);
        assert(slice_equal(buf_slice(&written), taken));
    }
    buf_clear(&written);
    if (index_add(&r->index, &f, r->place) != OK)
        return false;
    r->place += taken.size;
    if (exchange_restore(r->exchange, &f) != OK)
        return false;
    r->store.ops->append(r->store.self, taken);
    return true;
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct reading r = {.memory = memory_store_new()};
    struct step s;
    bool good = true;

    memory_store_port(r.memory, &r.store);
    r.exchange = exchange_new(&r.store);
    index_init(&r.index);
    for (size_t n = 0; n < STEPS_MAX && good && script_next(&script, &s); n++) {
        struct buf bytes = {0};
        if (s.how & 1)
            buf_put(&bytes, s.bytes);
        else
            fact_repair(&bytes, s.bytes);
        good = take(&r, buf_slice(&bytes));
        buf_clear(&bytes);
    }
    if (good) {
        r.store.ops->sync(r.store.self);
        nodes_look(r.exchange);
        nodes_begin(r.exchange);
    }
    exchange_free(r.exchange);
    index_clear(&r.index);
    memory_store_free(r.memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
