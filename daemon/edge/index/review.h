/*
 * review - which received messages a person has to look at, and why.
 *
 * Holds:      a line for each, with the reason; none for others.
 * Trusts:     the caller for the reasons (derive.h, judge.h).
 * Leaves out: the messages (rows.h), which say that they have one.
 * Spec:       docs/PROTOCOL.md#sanity, #heads
 */
#ifndef EDGE_INDEX_REVIEW_H
#define EDGE_INDEX_REVIEW_H

#include "core/formats/warning.h"
#include "edge/index/db.h"

struct review {
    uint32_t message, peer;
    struct slice field; /* of its head, which its content contradicts */
    struct slice list;  /* that has a value of it; empty: none has */
    enum warning_kind kind;
    unsigned type; /* of the value */
    struct slice value;
    bool red; /* the message is */
};

struct reviews {
    struct db *db;
    sqlite3_stmt *put, *get, *drop, *page, *teams;
};

/* Make the table; open it, for as long as the file is. */
void reviews_make(struct db *db);
void reviews_open(struct reviews *r, struct db *db);

/* Note why a message is to be reviewed, in place of what was noted. */
void reviews_put(struct reviews *r, const struct review *review);
void reviews_drop(struct reviews *r, uint32_t message);

/* Read the reasons of a message; slices hold until the next call. */
MUST_USE bool reviews_get(struct reviews *r, uint32_t message,
                          struct review *out);

/* Find the newest message below `before` that has one; 0 if none has. */
uint32_t reviews_before(struct reviews *r, uint32_t before);

/* Call `each` with every team that has some, and with their number, which what
 * is red counts for where `red` is true. */
void reviews_count(struct reviews *r, bool red,
                   void (*each)(void *context, uint32_t peer, uint64_t count),
                   void *context);

#endif
