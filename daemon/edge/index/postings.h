/*
 * postings - which messages a key leads to: sorted lists, and their bytes.
 *
 * Holds:      sorted by key, then by message; a pair stands once.
 * Trusts:     the bytes to be our own; what is not as written is told.
 * Leaves out: files (runs.h), what keys are made of (key.h).
 */
#ifndef EDGE_INDEX_POSTINGS_H
#define EDGE_INDEX_POSTINGS_H

#include "core/base/buf.h"

struct posting {
    uint64_t key;
    uint32_t message;
};

struct postings {
    struct posting *list;
    size_t count, capacity;
    struct posting *spare; /* of the same capacity, for sorting */
    size_t spare_capacity;
};

void postings_clear(struct postings *p);
void postings_add(struct postings *p, uint64_t key, uint32_t message);

/* Sort, and drop what stands twice. */
void postings_sort(struct postings *p);

/* Give the messages of a key among sorted ones, the newest last. */
typedef void (*message_fn)(void *context, uint32_t message);
void postings_pick(const struct postings *p, uint64_t key, message_fn each,
                   void *context);

/* Write sorted ones: for each key what it adds to the one before, how many
 * messages there are, and what each adds to the one before. */
void postings_put(struct buf *out, const struct posting *list, size_t count);

/* Add those of a text; false where it is damaged. */
MUST_USE bool postings_get(struct slice bytes, struct postings *out);

/* Give those of one key alone, the newest last; false as above. */
MUST_USE bool postings_find(struct slice bytes, uint64_t key, message_fn each,
                            void *context);

#endif
