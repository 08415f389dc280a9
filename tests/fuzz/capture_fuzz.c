/* A capture: its blocks are written as they were read, and its replay ends
 * with a report, whatever stands in it. */
#include "harness.h"

#include "core/exchange/capture.h"
#include "edge/journal/memory.h"

static void
write_again(const struct capture_block *b, struct buf *out)
{
    switch (b->kind) {
    case CAPTURE_HEADER:
        capture_header_put(out, &b->team);
        break;
    case CAPTURE_FACTS:
        capture_facts_put(out, b->facts);
        break;
    case CAPTURE_TURN:
        capture_turn_put(out, &b->turn);
        break;
    }
}

static void
read_all(struct slice capture)
{
    struct arena arena;
    struct capture_block b;
    struct buf written = {0};
    struct slice rest = capture;

    arena_init(&arena, 4 * (size_t)CAPTURE_BLOCK_MAX);
    for (;;) {
        struct slice before = rest;
        arena_reset(&arena);
        if (capture_get(&rest, &arena, &b) != OK)
            break;
        buf_reset(&written);
        write_again(&b, &written);
        assert(slice_equal(buf_slice(&written),
                           slice_of(before.data, before.size - rest.size)));
    }
    buf_clear(&written);
    arena_clear(&arena);
}

static void
one(struct slice input)
{
    struct memory_store *memory = memory_store_new();
    struct store store;
    struct replay_report report;

    read_all(input);
    memory_store_port(memory, &store);
    enum err e = capture_replay(input, &store, &report);
    assert(e != OK || (report.turns && !report.differs_at));
    assert(e == ERR_STALE ? report.difference && report.differs_at
                          : !report.differs_at);
    memory_store_free(memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
