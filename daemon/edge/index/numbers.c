#include "edge/index/numbers.h"

#include "core/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST 64

void
numbers_clear(struct numbers *n)
{
    mem_free(n->list);
    *n = (struct numbers){0};
}

void
numbers_begin(struct numbers *n, size_t most)
{
    assert(most);
    n->count = 0;
    n->most = most;
    n->from = 0;
    n->cut = false;
}

static int
by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* Runs come in order, and so does most that they have together. */
static bool
is_sorted(const struct numbers *n)
{
    for (size_t i = 1; i < n->count; i++)
        if (n->list[i - 1] >= n->list[i])
            return false;
    return true;
}

void
numbers_settle(struct numbers *n)
{
    size_t to = 0;

    if (!is_sorted(n)) {
        qsort(n->list, n->count, sizeof *n->list, by_number);
        for (size_t i = 0; i < n->count; i++)
            if (!to || n->list[to - 1] != n->list[i])
                n->list[to++] = n->list[i];
        n->count = to;
    }
    if (n->count <= n->most)
        return;
    memmove(n->list, n->list + n->count - n->most, n->most * sizeof *n->list);
    n->count = n->most;
    n->from = n->list[0];
    n->cut = true;
}

void
numbers_add(struct numbers *n, uint32_t number)
{
    if (number < n->from)
        return;
    if (n->count == 2 * n->most)
        numbers_settle(n);
    if (n->count == n->capacity) {
        n->capacity = n->capacity ? 2 * n->capacity : FEWEST;
        n->list = mem_resize(n->list, n->capacity, sizeof *n->list);
    }
    n->list[n->count++] = number;
}

bool
numbers_have(const struct numbers *n, uint32_t number)
{
    return n->count &&
           bsearch(&number, n->list, n->count, sizeof *n->list, by_number);
}
