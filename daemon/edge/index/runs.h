/*
 * runs - postings in the file, as sorted runs that are merged by and by.
 *
 * Holds:      a run is written once, in order, in buckets by the first bits
 *             of its keys, so that a look reads one row of each run; eight
 *             runs of a size become one of the next. Nothing is ever put
 *             in the middle of anything, whatever the keys are.
 * Leaves out: transactions (store.h), what keys are made of (key.h).
 * Spec:       docs/decisions/0023-an-index-of-sorted-runs.md
 */
#ifndef EDGE_INDEX_RUNS_H
#define EDGE_INDEX_RUNS_H

#include "edge/index/db.h"
#include "edge/index/postings.h"

/* Eight of a size at most, and one of each size being merged: with sizes from
 * 8 to 2^36 postings. */
#define RUNS_MAX 128

struct run {
    uint32_t number;
    unsigned bits; /* of a key that say its bucket */
    uint64_t postings;
};

struct runs {
    struct db *db;
    sqlite3_stmt *put, *get, *drop;
    struct run list[RUNS_MAX]; /* by number */
    size_t count;
    struct postings work;
    struct buf bytes;
    struct merge {
        bool on;
        struct run to;
        size_t from[8]; /* places in the list */
        size_t count;
        uint64_t next; /* part of all keys that is to be merged */
        unsigned bits; /* of a key that say its part */
    } merge;
};

/* Make the tables in a new file, and take the runs of it up. */
void runs_make(struct db *db);
void runs_open(struct runs *r, struct db *db);
void runs_clear(struct runs *r);

/* Write a list, which is sorted here, as a run, and forget it. */
void runs_add(struct runs *r, struct postings *p);

/* Merge for so many postings at most, roughly; false when nothing is left to
 * be merged. */
bool runs_merge(struct runs *r, uint64_t postings);

/* Give the messages of a key: those of one run in order, the runs in none, and
 * one may come twice. */
void runs_find(struct runs *r, uint64_t key, message_fn each, void *context);

/* Take away every posting of these messages, which are sorted. What is being
 * merged begins anew. */
void runs_purge(struct runs *r, const uint32_t *messages, size_t count);

#endif
