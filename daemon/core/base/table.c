#include "core/base/table.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

#include <assert.h>

#define TABLE_FIRST_SLOTS 16

void
table_init(struct table *t, size_t key_size)
{
    assert(key_size >= 8);
    *t = (struct table){.key_size = key_size};
}

void
table_clear(struct table *t)
{
    mem_free(t->keys);
    mem_free(t->values);
    mem_free(t->slots);
    table_init(t, t->key_size);
}

const void *
table_key(const struct table *t, size_t i)
{
    assert(i < t->count);
    return t->keys + i * t->key_size;
}

/* Spread keys that differ in few bits, wherever these stand. */
static size_t
spread(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    key ^= key >> 32;
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 32);
}

/* Slots hold 1 + the number of a key; 0 is free. */
static size_t
slot_of(const struct table *t, const void *key)
{
    size_t mask = t->slot_count - 1;
    size_t at = spread(get_be64(key)) & mask;

    while (t->slots[at] &&
           memcmp(table_key(t, t->slots[at] - 1), key, t->key_size) != 0)
        at = (at + 1) & mask;
    return at;
}

uint64_t *
table_find(const struct table *t, const void *key)
{
    if (!t->slot_count)
        return NULL;
    uint32_t n = t->slots[slot_of(t, key)];
    return n ? &t->values[n - 1] : NULL;
}

static void
grow(struct table *t)
{
    t->slot_count = t->slot_count ? t->slot_count * 2 : TABLE_FIRST_SLOTS;
    t->capacity = t->slot_count / 2;
    t->keys = mem_resize(t->keys, t->capacity, t->key_size);
    t->values = mem_resize(t->values, t->capacity, sizeof *t->values);
    mem_free(t->slots);
    t->slots = mem_new(t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        t->slots[slot_of(t, table_key(t, i))] = (uint32_t)(i + 1);
}

void
table_put(struct table *t, const void *key, uint64_t value)
{
    uint64_t *old = table_find(t, key);

    if (old) {
        *old = value;
        return;
    }
    if (t->count == t->capacity)
        grow(t);
    size_t at = slot_of(t, key);
    memcpy(t->keys + t->count * t->key_size, key, t->key_size);
    t->values[t->count] = value;
    t->slots[at] = (uint32_t)++t->count;
}
