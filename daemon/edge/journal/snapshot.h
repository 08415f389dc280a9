/*
 * snapshot - a file beside the segments with what all turns so far come to:
 *            the state of the exchange, and where things stand in the journal.
 *
 * Holds:      it is written whole under another name, synced and renamed; it
 *             names the frame of the turn after which it was taken, and is
 *             used only where that frame stands, behind the same segments. No
 *             body or salt is in it. Nothing is lost with it.
 * Trusts:     nothing when reading.
 * Leaves out: what the state is (core/exchange/snapshot.h); when one is
 *             written (edge/daemon/snapshots.h).
 * Spec:       docs/decisions/0019-snapshots.md
 */
#ifndef EDGE_JOURNAL_SNAPSHOT_H
#define EDGE_JOURNAL_SNAPSHOT_H

#include "edge/journal/recovery.h"

#define SNAPSHOT_NAME "snapshot"
#define SNAPSHOT_TEMPORARY "snapshot.new"

/* One is due when the journal grew by so many times its size, so that writing
 * them is a small part of all writing. */
#define SNAPSHOT_GROWTH 8

/* What is larger is not written: it is held in memory until it is. A million
 * messages that wait make 25 MiB, the places of a million that were sent 4. */
#define SNAPSHOT_BYTES_MAX MIB(256)

/* Tell whether one would serve the next start better than the one there is. */
bool journal_snapshot_is_wanted(const struct journal *j);

/* Tell whether the journal grew so much since the last that one is due, and the
 * disk has room for it. */
bool journal_snapshot_is_due(const struct journal *j);

/* Freeze what stands in the journal now, with the state that its turns come
 * to, which `put` appends. To be called between turns. ERR_LIMIT: it would be
 * too large. */
typedef void (*snapshot_state_fn)(const void *context, struct buf *out);
MUST_USE enum err journal_snapshot_begin(struct journal *j,
                                         snapshot_state_fn put,
                                         const void *context);

/* Write and sync at most `most` bytes more; sets `*done` when it has its name.
 * ERR_IO, with errno: given up, whatever was there before may be there still;
 * go on without. */
MUST_USE enum err journal_snapshot_write(struct journal *j, size_t most,
                                         bool *done);

/* Tell whether one is being written; give that up. */
bool journal_snapshot_is_begun(const struct journal *j);
void journal_snapshot_drop(struct journal *j);

/* A segment was retired: what was written before leads to wrong places. */
void journal_snapshot_moved(struct journal *j);

/* Where reading goes on behind a snapshot. */
struct snapshot_position {
    size_t segment;
    uint64_t offset; /* in it; 0: there is no snapshot, all is to be read */
    uint64_t last;   /* place of the frame before */
};

/* Read the snapshot of a journal whose segments are listed, if there is one,
 * and hand its state out. ERR_STALE, with a complaint: it is not to be used,
 * and the journal is of no more use. */
MUST_USE enum err snapshot_take(struct journal *j,
                                const struct journal_opening *how,
                                const struct complaint *c,
                                struct snapshot_position *out);

/* The first bytes of the file: behind it the journal's part, the state, and a
 * checksum over all of it. */
#define SNAPSHOT_HEADER_BYTES 132
struct snapshot_header {
    struct journal_id id;
    uint8_t frame[FRAME_HEADER_BYTES]; /* of the last turn */
    uint64_t last, end;                /* its place, and that of the next */
    uint32_t segment;                  /* number of the last that holds turns */
    uint64_t offset;                   /* in it, of the next frame */
    uint64_t journal_bytes, state_bytes;
};
MUST_USE enum err snapshot_header_get(struct slice bytes,
                                      struct snapshot_header *out);
uint32_t snapshot_checksum(struct slice bytes);

#endif
