#include "core/base/ring.h"

#include "core/base/mem.h"

#include <assert.h>

#define RING_FIRST_ITEMS 16

void
ring_init(struct ring *r, size_t item_size, size_t count_max)
{
    *r = (struct ring){.item_size = item_size, .count_max = count_max};
}

void
ring_clear(struct ring *r)
{
    mem_free(r->items);
    ring_init(r, r->item_size, r->count_max);
}

static void
grow(struct ring *r)
{
    size_t capacity = r->capacity ? r->capacity * 2 : RING_FIRST_ITEMS;
    uint8_t *items = mem_resize(NULL, capacity, r->item_size);

    for (size_t i = 0; i < r->count; i++) {
        const void *item = ring_at(r, i);
        assert(item); /* all below count are there */
        memcpy(items + i * r->item_size, item, r->item_size);
    }
    mem_free(r->items);
    r->items = items;
    r->capacity = capacity;
    r->first = 0;
}

bool
ring_push(struct ring *r, const void *item)
{
    if (r->count >= r->count_max)
        return false;
    if (r->count == r->capacity)
        grow(r);
    size_t at = (r->first + r->count) % r->capacity;
    memcpy(r->items + at * r->item_size, item, r->item_size);
    r->count++;
    return true;
}

void *
ring_at(const struct ring *r, size_t i)
{
    if (i >= r->count)
        return NULL;
    return r->items + (r->first + i) % r->capacity * r->item_size;
}

void
ring_pop(struct ring *r)
{
    assert(r->count > 0);
    r->first = (r->first + 1) % r->capacity;
    r->count--;
}
