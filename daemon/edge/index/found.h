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
    struct observed value; /* that was found, or the first */
    enum relation relation;
    bool has_relation;
};

/* Read a row's head, which is copied into the arena; false beyond its budget.
 * One that cannot be read is empty. */
MUST_USE bool found_read(const struct row *row, struct arena *arena,
                         struct found *out);

/* Tell whether nothing of its lane is shown yet, after a restore. */
bool found_is_withheld(struct search *s, const struct row *row);

/* Tell whether another version says to be newer than one. */
bool found_is_newer(const struct head *one, const struct head *other);

/* Find out which value of a message led to it, and how; false where it was
 * near a range, and has nothing to do with it. */
MUST_USE bool found_about(struct found *f, const struct hit *hit,
                          const struct range *range);

/* Tell whether the other team is called so, by its full or short name. */
bool found_is_peer(struct rows *rows, const struct found *f, struct slice name);

/* Tell how it stands: "active", "expired", ...; and "to" or "from". */
const char *found_state(struct search *s, const struct found *f);
const char *found_direction(const struct found *f);

/* Add its record to the answer. */
void found_put(struct search *s, const struct found *f, struct slice asked);

#endif
