/*
 * memory - the store port without a disk, for simulation and tests.
 *
 * Holds:      what was synced survives memory_store_crash; creation costs
 *             next to nothing.
 * Leaves out: frames and damage (journal.h).
 * Spec:       core/ports/store.h
 */
#ifndef EDGE_JOURNAL_MEMORY_H
#define EDGE_JOURNAL_MEMORY_H

#include "edge/journal/journal.h"

struct memory_store;

struct memory_store *memory_store_new(void);
void memory_store_free(struct memory_store *m);

/* Give the port. */
void memory_store_port(struct memory_store *m, struct store *out);

/* Lose whatever was appended but not synced. */
void memory_store_crash(struct memory_store *m);

/* Walk all synced facts in order. Gives the first error of `each`. */
MUST_USE enum err memory_store_facts(const struct memory_store *m,
                                     journal_fact_fn each, void *context);

/* The same of those that were synced since memory_store_end gave `from`. */
MUST_USE enum err memory_store_facts_from(const struct memory_store *m,
                                          size_t from, journal_fact_fn each,
                                          void *context);

/* Tell where the next fact will stand, once all are synced. */
size_t memory_store_end(const struct memory_store *m);

/* Copy what is synced, as a backup would; the caller frees the copy. */
struct memory_store *memory_store_clone(const struct memory_store *m);

#endif
