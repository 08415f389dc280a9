/*
 * retire - a segment whose bodies are no longer kept gives its place to a
 *          kept segment: every fact as it was, without the blobs that go.
 *
 * Holds:      nothing of a lane's history but bodies and salts goes; what
 *             goes is what `entries` and `items` say, and nothing that may
 *             still be sent. The retired file is removed only when the kept
 *             one and the fact that says so are on disk: a start that finds
 *             both files undoes, one that finds the kept one alone goes on.
 * Trusts:     the caller to append that fact in between.
 * Leaves out: what may go (core/exchange/retention.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_RETIRE_H
#define EDGE_JOURNAL_RETIRE_H

#include "edge/journal/recovery.h"

/* What may go: blobs of a lane's entries below an index, of a peer's outbox
 * items below a number. `now_ms` paces tries that were not worth it. */
struct retire {
    uint64_t (*entries)(void *self, uint32_t lane);
    uint64_t (*items)(void *self, uint32_t peer);
    void *self;
    uint64_t now_ms, pause_ms;
};

/* Find a segment that is due and write its kept segment beside it. Gives its
 * number; 0: none is due, or the disk has no room: then nothing changed. */
uint32_t journal_retire(struct journal *j, const struct retire *how);

struct retired {
    uint64_t before, after; /* bytes of the two files */
};

/* The fact is on disk: put the kept segment in the place of the other. False:
 * the segment changed meanwhile, and stays. Does not return if the disk says
 * no. */
MUST_USE bool journal_retired(struct journal *j, uint32_t number,
                              struct retired *out);

/* Give up what journal_retire began. */
void journal_retire_undo(struct journal *j, uint32_t number);

/* Of a list in order, drop each kept segment whose retired one is still
 * there, and remove its file and those that were being written, unless the
 * journal is only read. ERR_IO. */
MUST_USE enum err retire_recover(struct journal *j, const struct complaint *c);

#endif
