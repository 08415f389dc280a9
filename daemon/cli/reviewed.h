/*
 * reviewed - what waits for review or is withdrawn, as the index knows it.
 *
 * Holds:      a message that came in and was not yet held against the lists
 *             counts as unknown, not as good.
 * Trusts:     the index.
 * Leaves out: why a message is marked (edge/index/judge.h, derive.h).
 * Spec:       docs/man/sealane.1, search and export
 */
#ifndef CLI_REVIEWED_H
#define CLI_REVIEWED_H

#include "cli/entry.h"
#include "core/base/table.h"

/* Ids of messages. */
struct reviewed {
    struct table ids;       /* that wait for review */
    struct table withdrawn; /* these as well, or alone */
};

/* Wait until the index has read what is there, and held it against the lists.
 * False after saying why it has not. */
MUST_USE bool reviewed_wait(const struct run *run);

/* Ask for all that wait for review or are withdrawn, once the index has read
 * what is there. False after saying why that cannot be told. */
MUST_USE bool reviewed_fetch(const struct run *run, struct reviewed *out);
void reviewed_clear(struct reviewed *r);

MUST_USE bool reviewed_has(const struct reviewed *r, struct slice id);
MUST_USE bool reviewed_is_withdrawn(const struct reviewed *r, struct slice id);

/* Write the reasons that a match of a search has; nothing where it has none. */
void reviewed_put(struct buf *out, const struct control_record *match);

/* Find the reasons of one message that came in; nothing is written where it
 * has none, or where the index does not answer. */
void reviewed_find(const struct run *run, const struct entry *e,
                   struct buf *out);

#endif
