/*
 * ring - a queue of items of one size, growing up to a bound.
 *
 * Holds:      items come out in the order in which they went in.
 * Leaves out: the reaction to a full queue: the caller stops its source.
 */
#ifndef CORE_BASE_RING_H
#define CORE_BASE_RING_H

#include "core/base/slice.h"

struct ring {
    uint8_t *items;
    size_t item_size;
    size_t capacity;
    size_t first;
    size_t count;
    size_t count_max;
};

/* Start empty, for at most `count_max` items of `item_size` bytes. */
void ring_init(struct ring *r, size_t item_size, size_t count_max);

void ring_clear(struct ring *r);

/* Copy an item in at the end; false when the bound is reached. */
MUST_USE bool ring_push(struct ring *r, const void *item);

/* See item number `i` counted from the front; NULL beyond the end. The
 * pointer holds until the next push. */
void *ring_at(const struct ring *r, size_t i);

/* Drop the first item, which must be there. */
void ring_pop(struct ring *r);

#endif
