#include "sim/roots.h"

#include "core/base/mem.h"

#define SIZE_MAX_KEPT 1000000

bool
roots_put(struct roots *r, uint64_t size, const struct hash *root)
{
    if (size > SIZE_MAX_KEPT)
        return false;
    if (size >= r->capacity) {
        size_t old = r->capacity;
        r->capacity = 2 * (size_t)size + 16;
        r->at = mem_resize(r->at, r->capacity, sizeof *r->at);
        memset(r->at + old, 0, (r->capacity - old) * sizeof *r->at);
    }
    struct root_at *at = &r->at[size];
    if (at->known)
        return hash_equal(&at->root, root);
    *at = (struct root_at){true, *root};
    return true;
}

const struct hash *
roots_at(const struct roots *r, uint64_t size)
{
    return size < r->capacity && r->at[size].known ? &r->at[size].root : NULL;
}

void
roots_clear(struct roots *r)
{
    mem_free(r->at);
    *r = (struct roots){0};
}
