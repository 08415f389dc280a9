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

/* Find the oldest withdrawal of a message that the reader may see; false if
 * there is none. */
MUST_USE bool found_withdrawn(struct search *s, const struct found *f,
                              struct row *by);

/* Tell whether another version says to be newer than one. */
bool found_is_newer(const struct head *one, const struct head *other);

/* Write what leads to the versions of an object that one producer made and
 * that came or went over the road of a row. */
void found_version_key(const struct row *road, const struct head *head,
                       struct buf *out);

/* Find out which value of a message led to it, and how; false where it was
 * near a range, and has nothing to do with it. */
MUST_USE bool found_about(struct found *f, const struct hit *hit,
                          const struct range *range);

/* Tell how it stands: "active", "expired", ...; and "to" or "from". */
const char *found_state(struct search *s, const struct found *f);
const char *found_direction(const struct found *f);

/* Add its record to the answer. */
void found_put(struct search *s, const struct found *f, struct slice asked);

#endif
