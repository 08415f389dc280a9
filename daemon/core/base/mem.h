/*
 * mem - memory that is there or ends the program.
 *
 * Holds:      no function here returns NULL: a node without memory stops at
 *             once, and its journal makes the restart safe.
 * Leaves out: memory with a budget for foreign bytes (arena.h).
 */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

/* Allocate `size` zeroed bytes; the caller frees with mem_free. */
void *mem_new(size_t size);

/* Grow or shrink to `count` items of `size` bytes; old items are kept, new
 * ones are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);

/* Copy `size` bytes into new memory; NULL for no bytes. */
void *mem_copy(const void *data, size_t size);

/* Free; NULL is nothing. */
void mem_free(void *memory);

#endif
