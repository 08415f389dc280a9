/*
 * snapshots - has snapshots written, and a start use the newest.
 *
 * Holds:      what is written was frozen between two turns, and goes to the
 *             disk piece by piece between later ones. A snapshot that is not
 *             used or not written costs time at a start, nothing else.
 * Leaves out: the file (edge/journal/snapshot.h), the state
 *             (core/exchange/exchange.h).
 * Spec:       docs/decisions/0019-snapshots.md
 */
#ifndef EDGE_DAEMON_SNAPSHOTS_H
#define EDGE_DAEMON_SNAPSHOTS_H

#include "core/exchange/exchange.h"
#include "edge/journal/journal.h"

/* What is written and synced between two turns: it takes a few
 * milliseconds. */
#define SNAPSHOT_PIECE_BYTES MIB(1)

/* Open a journal as `how` says. Where its snapshot does not fit, say so, call
 * `anew` so that facts meet nothing of it, and read all turns. Errors as
 * journal_open. */
MUST_USE enum err snapshots_open(struct journal_opening *how,
                                 void (*anew)(void *self), struct journal **out,
                                 char *message, size_t message_size);

/* Begin one when it is due, or write the next piece; true while there is more.
 * Call it between turns, where no segment is about to be retired. */
bool snapshots_go_on(const struct exchange *x, struct journal *j);

/* Write one whole, so that the next start has next to nothing to read. */
void snapshots_end(const struct exchange *x, struct journal *j);

#endif
