/*
 * index - where things stand in the journal: 8 bytes an entry, in memory.
 *
 * Holds:      a place counts bytes from the journal's start; the places of
 *             every list ascend, so that a lost tail is cut off at the end.
 * Trusts:     nothing: facts that contradict the ones before are refused.
 * Leaves out: reading what stands there (lookup.h).
 */
#ifndef EDGE_JOURNAL_INDEX_H
#define EDGE_JOURNAL_INDEX_H

#include "core/base/cursor.h"
#include "core/ports/fact.h"

struct places {
    uint64_t *at;
    size_t count;
    size_t capacity;
};

struct kept_checkpoint {
    uint64_t size;
    uint64_t place;
};

struct index_lane {
    bool ours;
    uint64_t place;        /* of its LANE fact */
    struct places entries; /* SEQUENCED of ours, ENTRY of theirs */
    struct kept_checkpoint *kept;
    size_t kept_count;
    size_t kept_capacity;
};

struct index {
    struct places items; /* SUBMITTED, by item */
    struct index_lane *lanes;
    size_t lane_count;
    size_t lane_capacity;
};

/* Make room for one more item of `size` bytes. */
void *index_room(void *array, size_t count, size_t *capacity, size_t size);

/* Start empty; clear frees. */
void index_init(struct index *x);
void index_clear(struct index *x);

/* Take the next fact, which stands at `place`. ERR_DAMAGED if it contradicts
 * the facts before it: a number out of order, a lane or item not there. */
MUST_USE enum err index_add(struct index *x, const struct fact *f,
                            uint64_t place);

/* Where a fact stood in the places from `low` up to `high`, it stands at
 * `place` now, which is not above. */
struct index_range {
    uint64_t low, high;
};
void index_move(struct index *x, const struct fact *f,
                const struct index_range *range, uint64_t place);

/* Write all of it behind `out`, and read that back into an empty one: places
 * are below `end`. ERR_DAMAGED; then it may hold something. */
void index_put(const struct index *x, struct buf *out);
MUST_USE enum err index_get(struct cursor *in, uint64_t end, struct index *x);

/* Count the places of a list that lie below `place`. */
size_t places_below(const struct places *p, uint64_t place);

/* Forget whatever stands at `place` or behind it. */
void index_cut(struct index *x, uint64_t place);

/* Find a lane; NULL if there is none of that number. */
const struct index_lane *index_lane(const struct index *x, uint32_t lane);

/* Find a place by number; false if there is none. */
MUST_USE bool places_find(const struct places *p, uint64_t number,
                          uint64_t *out);

/* Find the checkpoint with the smallest size of at least `size`; NULL if none
 * is kept. */
const struct kept_checkpoint *index_kept(const struct index_lane *lane,
                                         uint64_t size);

#endif
