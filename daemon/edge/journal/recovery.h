/*
 * recovery - from the segment files as a crash left them to an open journal.
 *
 * Holds:      turns and chain values have no gap. The first frame that fails
 *             ends a segment; a whole frame of a higher turn behind it is
 *             damage. A segment may begin with the last turn again: it is
 *             then the same, header for header, and its facts count once.
 * Trusts:     nothing; the disk may lie.
 * Leaves out: what is asked of a person who reads the message.
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_RECOVERY_H
#define EDGE_JOURNAL_RECOVERY_H

#include "edge/journal/state.h"

/* Where a complaint goes. */
struct complaint {
    const char *directory;
    char *text;
    size_t size;
};

/* Write a complaint about a file at an offset; gives `e` back. */
MUST_USE enum err journal_complain(const struct complaint *c, const char *file,
                                   uint64_t offset, enum err e,
                                   const char *what);

/* Read all segments of `j`, whose directory is open, hand out the facts and
 * begin a new segment. Errors as journal_open. */
MUST_USE enum err recovery_run(struct journal *j,
                               const struct journal_opening *how,
                               const struct complaint *c);

#endif
