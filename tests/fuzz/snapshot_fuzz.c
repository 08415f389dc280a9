/*
 * snapshot - the two parts of a snapshot: state of the exchange, or places in
 *            the journal, as the first byte says.
 *
 * What is read is written the same again, and a node can start on it. The
 * number that tells another version's state apart is put in front.
 */
#include "harness.h"

#include "core/base/cursor.h"
#include "core/exchange/snapshot.h"
#include "edge/journal/index.h"
#include "edge/journal/memory.h"
#include "nodes.h"

#define JOURNAL_END (UINT64_C(1) << 40)

static void
state_read(struct slice input)
{
    struct memory_store *memory = memory_store_new();
    struct buf bytes = {0}, written = {0};
    struct store store;

    memory_store_port(memory, &store);
    struct exchange *x = exchange_new(&store);
    buf_put_u32(&bytes, layouts_fingerprint());
    buf_put(&bytes, input);
    if (exchange_load(x, buf_slice(&bytes)) == OK) {
        exchange_save(x, &written);
        assert(slice_equal(buf_slice(&written), buf_slice(&bytes)));
        nodes_look(x);
        nodes_begin(x);
    }
    exchange_free(x);
    memory_store_free(memory);
    buf_clear(&bytes);
    buf_clear(&written);
}

static void
places_read(struct slice input)
{
    struct cursor in = cursor_of(input);
    struct buf written = {0};
    struct index x;

    index_init(&x);
    if (index_get(&in, JOURNAL_END, &x) == OK) {
        index_put(&x, &written);
        assert(slice_equal(buf_slice(&written),
                           slice_of(input.data, input.size - in.left)));
    }
    index_clear(&x);
    buf_clear(&written);
}

static void
one(struct slice input)
{
    if (!input.size)
        return;
    struct slice rest = slice_of(input.data + 1, input.size - 1);
    if (input.data[0] & 1)
        places_read(rest);
    else
        state_read(rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
