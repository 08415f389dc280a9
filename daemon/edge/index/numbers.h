/*
 * numbers - of the messages that something leads to the newest, so many.
 *
 * Holds:      never more than twice as many as are wanted, whatever comes, in
 *             whatever order.
 * Leaves out: why a message is among them (hits.h).
 */
#ifndef EDGE_INDEX_NUMBERS_H
#define EDGE_INDEX_NUMBERS_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numbers {
    uint32_t *list;
    size_t count, capacity;
    size_t most;   /* that are wanted, above 0 */
    uint32_t from; /* what is below is left out */
    bool cut;      /* there were more */
};

void numbers_clear(struct numbers *n);

/* Forget what is there, keep the memory, and want so many. */
void numbers_begin(struct numbers *n, size_t most);

void numbers_add(struct numbers *n, uint32_t number);

/* Sort, the newest last, each once, and no more than are wanted. */
void numbers_settle(struct numbers *n);

/* Tell whether a number is among settled ones. */
MUST_USE bool numbers_have(const struct numbers *n, uint32_t number);

#endif
