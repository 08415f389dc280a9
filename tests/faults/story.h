/*
 * story - turns of facts drawn from a seed, and which of them were promised.
 *
 * Holds:      the facts of a journal that could be: numbers without a gap,
 *             bodies of a few bytes up to some sectors.
 */
#ifndef TESTS_FAULTS_STORY_H
#define TESTS_FAULTS_STORY_H

#include "core/ports/store.h"
#include "sim/team.h"

/* Where the story stands after a turn. */
struct moment {
    size_t end; /* of its facts */
    uint64_t items, sequenced, entries;
};

struct story {
    struct dice dice;
    struct buf facts;
    struct moment *turns; /* the first is turn 1 */
    size_t count, capacity;
    size_t synced; /* turns that the journal promised to keep */
};

void story_begin(struct story *s, uint64_t seed);
void story_clear(struct story *s);

/* Tell the next turn. */
void story_next(struct story *s);

/* Forget all turns behind the first `count`. */
void story_cut(struct story *s, size_t count);

/* Give the end of the facts of the first `count` turns. */
size_t story_end(const struct story *s, size_t count);
struct moment story_moment(const struct story *s);

/* Give the facts of turn `number`, counted from 1. */
struct slice story_turn(const struct story *s, size_t number);

#endif
