/*
 * arena - memory for what is decoded in one turn, with a budget.
 *
 * Holds:      everything given out dies together at arena_reset.
 * Trusts:     nothing about sizes: beyond the budget the answer is NULL and
 *             `spent` stays set until the reset.
 * Leaves out: memory that outlives the turn (mem.h).
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include "core/base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;
    size_t budget;
    bool spent;
};

/* Start empty with a budget in bytes. */
void arena_init(struct arena *a, size_t budget_bytes);

/* Allocate zeroed, aligned memory, or NULL beyond the budget. */
void *arena_alloc(struct arena *a, size_t size);

/* Copy bytes into the arena; false beyond the budget. */
MUST_USE bool arena_copy(struct arena *a, struct slice bytes,
                         struct slice *out);

/* Forget everything; one block is kept for the next turn. */
void arena_reset(struct arena *a);

/* Give all memory back. */
void arena_clear(struct arena *a);

#endif
