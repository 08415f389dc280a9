/* A body as the index takes it up: its content is read as JSON, its head
 * derived again, its words counted; nothing of it stays. */
#include "harness.h"

#include "edge/index/content.h"

static struct rows rows;
static struct content *content;

static void
one(struct slice input)
{
    const struct row row = {.lane = 1, .index = 1};
    const struct rows_counts counts = rows.counts;
    uint32_t last = rows.last;
    uint32_t number = content_add(content, &row, input);

    assert(number == 0 || number == last + 1);
    if (number) {
        struct row read;
        bool there = rows_get(&rows, number, &read);
        assert(there && read.head.size <= input.size + KIB(1));
        db_reset(rows.get);
        db_run(&rows.db, "ROLLBACK");
        rows.open = false;
    }
    rows.counts = counts;
    rows.last = last;
    postings_clear(&rows.fresh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!content) {
        rows_open(&rows, ":memory:");
        content = content_new(&rows, NULL);
    }
    return fuzz_bounded(one, data, size);
}
