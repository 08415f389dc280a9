/*
 * roots - one root for each size.
 */
#ifndef TESTS_SIM_ROOTS_H
#define TESTS_SIM_ROOTS_H

#include "core/lane/merkle.h"

/* Roots by size. */
struct root_at {
    bool known;
    struct hash root;
};
struct roots {
    struct root_at *at;
    size_t capacity;
};

/* Put the root of a size; false if another one is known. */
bool roots_put(struct roots *r, uint64_t size, const struct hash *root);

/* Give the root of a size, or NULL. */
const struct hash *roots_at(const struct roots *r, uint64_t size);

void roots_clear(struct roots *r);

#endif
