/*
 * switches - where in a lane another checkpoint key begins.
 *
 * Holds:      sizes ascend; a key signs above its size, up to the next one's.
 * Leaves out: who may switch, and when (gate.h).
 * Spec:       docs/PROTOCOL.md#rotation
 */
#ifndef CORE_LANE_SWITCHES_H
#define CORE_LANE_SWITCHES_H

#include "core/model/ids.h"

struct key_switch {
    uint64_t above;
    struct key_id to;
};

/* Zeros are none; switches_clear frees. */
struct switches {
    struct key_switch *list;
    size_t count, capacity;
};

void switches_clear(struct switches *s);

/* Give the size above which the last key begins; 0 for none. */
uint64_t switches_last(const struct switches *s);

/* Tell whether that key begins above exactly this size. */
bool switches_has(const struct switches *s, uint64_t above,
                  const struct key_id *to);

/* Add one above the last. */
void switches_add(struct switches *s, uint64_t above, const struct key_id *to);

/* Tell whether a signature of `size` after one of `from` would leave out one
 * that is the last of its key. */
bool switches_passed(const struct switches *s, uint64_t from, uint64_t size);

/* See the key that a size was switched to; NULL before the first. */
const struct key_id *switches_key(const struct switches *s, uint64_t size);

#endif
