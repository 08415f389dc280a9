/*
 * found - one message that a search found: what a person wants to know of it.
 *
 * Holds:      the newest version of an object counts, revoked is final, and
 *             nobody but the producer, over the same road, replaces a version.
 * Trusts:     nothing of its head.
 * Leaves out: whether it may be shown (search.c).
 */
#ifndef EDGE_INDEX_FOUND_H
#define EDGE_INDEX_FOUND_H

#include "core/model/message.h"
#include "edge/index/hits.h"
#include "edge/index/search.h"

/* Versions of one object that are looked at, the newest that came. */
#define FOUND_VERSIONS_MAX 256

struct found {
    struct row row;
    struct message m;
};

/* Read a row's head, which is copied into the arena; false beyond its budget.
 * One that cannot be read is empty. */
MUST_USE bool found_read(const struct row *row, struct arena *arena,
                         struct found *out);

/* Tell whether nothing of its lane is shown yet, after a restore. */
bool found_is_withheld(struct search *s, const struct row *row);

/* Tell whether another version says to be newer than one. */
bool found_is_newer(const struct head *one, const struct head *other);

/* Tell whether the other team is called so, by its full or short name. */
bool found_is_peer(struct rows *rows, const struct found *f, struct slice name);

/* Add its record to the answer. */
void found_put(struct search *s, const struct found *f, const struct hit *hit,
               struct slice asked);

#endif
