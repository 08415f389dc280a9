#include "core/base/arena.h"

#include "core/base/mem.h"

#include <stdalign.h>

/* The first block is small: many arenas keep one card and nothing more. */
#define ARENA_FIRST_BYTES 4096
#define ARENA_BLOCK_BYTES 65536

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t capacity;
    alignas(16) uint8_t data[];
};

void
arena_init(struct arena *a, size_t budget_bytes)
{
    *a = (struct arena){.budget = budget_bytes};
}

static struct arena_block *
block_add(struct arena *a, size_t size)
{
    size_t usual = a->blocks ? ARENA_BLOCK_BYTES : ARENA_FIRST_BYTES;
    size_t capacity = size > usual ? size : usual;
    /* Not zeroed here: what is given out of it is, when it is given out. */
    struct arena_block *b = mem_resize(NULL, 1, sizeof *b + capacity);

    b->used = 0;
    b->capacity = capacity;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

/* Allocate memory that is not zeroed, or NULL beyond the budget. */
static void *
take(struct arena *a, size_t size)
{
    size_t want = (size + 15) & ~(size_t)15;

    if (want < size || want > a->budget || a->used > a->budget - want) {
        a->spent = true;
        return NULL;
    }
    a->used += want;
    struct arena_block *b = a->blocks;
    if (!b || b->capacity - b->used < want)
        b = block_add(a, want);
    void *at = b->data + b->used;
    b->used += want;
    return at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    void *at = take(a, size);

    if (at)
        memset(at, 0, size);
    return at;
}

bool
arena_copy(struct arena *a, struct slice bytes, struct slice *out)
{
    void *at = take(a, bytes.size ? bytes.size : 1);

    if (!at)
        return false;
    if (bytes.size)
        memcpy(at, bytes.data, bytes.size);
    *out = slice_of(at, bytes.size);
    return true;
}

static void
blocks_free(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        mem_free(b);
        b = next;
    }
}

void
arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    if (keep && keep->capacity > ARENA_BLOCK_BYTES) {
        arena_clear(a);
        return;
    }
    if (keep) {
        blocks_free(keep->next);
        keep->next = NULL;
        keep->used = 0;
    }
    a->used = 0;
    a->spent = false;
}

void
arena_clear(struct arena *a)
{
    blocks_free(a->blocks);
    arena_init(a, a->budget);
}
