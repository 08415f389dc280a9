/*
 * table - finds a number by a key of fixed size.
 *
 * Holds:      keys in the order in which they were added, which is the order
 *             of every walk; nothing depends on addresses.
 * Leaves out: removing one key (rebuild, or mark the value).
 */
#ifndef CORE_BASE_TABLE_H
#define CORE_BASE_TABLE_H

#include "core/base/slice.h"

struct table {
    size_t key_size;
    size_t count;
    size_t capacity;
    uint8_t *keys;
    uint64_t *values;
    uint32_t *slots;
    size_t slot_count;
};

/* Start empty; keys have `key_size` bytes, at least 8, and are spread evenly
 * (hashes or random ids). */
void table_init(struct table *t, size_t key_size);

void table_clear(struct table *t);

/* Find the value of `key`, or NULL; holds until the next put. */
uint64_t *table_find(const struct table *t, const void *key);

/* Add or replace. */
void table_put(struct table *t, const void *key, uint64_t value);

/* See the key that was added as number `i` of `count`. */
const void *table_key(const struct table *t, size_t i);

#endif
