#include "turns.h"

#include "core/ports/fact.h"

#include <assert.h>

void
turn_write(const struct store *s, uint64_t *count, size_t size)
{
    static const uint8_t body[TURN_BODY_MAX] = {1};
    const struct fact lane = {.type = FACT_LANE};
    const struct fact entry = {.type = FACT_ENTRY,
                               .index = *count,
                               .blob_head = slice_of(body, SALT_BYTES),
                               .blob_body = slice_of(body, size)};
    struct buf facts = {0};

    assert(size <= sizeof body);
    if (!*count)
        fact_put(&facts, &lane);
    fact_put(&facts, &entry);
    s->ops->append(s->self, buf_slice(&facts));
    s->ops->sync(s->self);
    ++*count;
    buf_clear(&facts);
}
