/*
 * cites - which entry each withdrawal names, whether that entry is there or
 *         comes later.
 *
 * Holds:      one line for each withdrawal that is there, and none for others:
 *             what peers name and never send takes no more than their
 *             withdrawals do.
 * Trusts:     nothing: whether a withdrawal counts is seen when it is asked
 *             for (found.h).
 * Leaves out: the withdrawals themselves (rows.h).
 * Spec:       docs/decisions/0028-sent-once-and-withdrawn.md
 */
#ifndef EDGE_INDEX_CITES_H
#define EDGE_INDEX_CITES_H

#include "core/model/message.h"
#include "edge/index/db.h"

struct cites {
    struct db *db;
    sqlite3_stmt *put, *drop, *next;
};

/* Make the table; open it, for as long as the file is. */
void cites_make(struct db *db);
void cites_open(struct cites *c, struct db *db);

/* Note what the message `by` names, which came or went over a road, and forget
 * it with that message. */
void cites_put(struct cites *c, const struct citation *entry, uint64_t road,
               uint32_t by);
void cites_drop(struct cites *c, uint32_t by);

/* Find the oldest message of that road after `after` that names this very
 * entry; 0 if none does. What goes over other roads costs it nothing. */
uint32_t cites_next(struct cites *c, const struct citation *entry,
                    uint64_t road, uint32_t after);

#endif
