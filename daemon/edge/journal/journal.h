/*
 * journal - the store port over segment files: one frame a turn, one sync.
 *
 * Holds:      facts stand on disk in their order; what was synced is given
 *             back after any crash, or the opening says what is damaged.
 * Trusts:     append for facts made by fact_put; the disk for nothing.
 * Leaves out: the same without files (memory.h), copies (backup.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_JOURNAL_H
#define EDGE_JOURNAL_JOURNAL_H

#include "core/ports/store.h"

struct journal;

/* Takes the facts in their order. An error ends the walk. A blob that was
 * erased, or no longer matches its checksum, is empty. */
typedef enum err (*journal_fact_fn)(void *context, const struct fact *f);

/* Takes what a snapshot holds, in place of the facts up to its turn. */
typedef enum err (*journal_state_fn)(void *context, struct slice state);

struct journal_opening {
    const char *directory; /* of the segments alone; made if missing */
    journal_fact_fn each;  /* may be NULL */
    void *context;
    size_t segment_bytes;   /* of new segments; 0: JOURNAL_SEGMENT_BYTES */
    journal_state_fn state; /* NULL: every turn is read */
};

#define JOURNAL_SEGMENT_BYTES MIB(64)

/* Exit status after a write or sync that failed: what is on disk is then
 * unknown until the journal was opened again. */
#define JOURNAL_EXIT_STATUS 70

/* Recover the journal, hand every fact to `each`, write the last turn again
 * and sync it; a journal that is not there is made. On error `message` says
 * what, with file and offset.
 * ERR_DAMAGED: more than a torn end is lost: a person must decide;
 * ERR_NOT_NOW: another process has it open; ERR_IO;
 * ERR_STALE: with `state`, the snapshot does not fit: open again without. */
MUST_USE enum err journal_open(const struct journal_opening *how,
                               struct journal **out, char *message,
                               size_t message_size);

/* The same, and change nothing: no file is made, cut or written, and only
 * reading is left. Others may read at the same time. ERR_NOT_FOUND: no journal
 * stands there. */
MUST_USE enum err journal_open_to_read(const struct journal_opening *how,
                                       struct journal **out, char *message,
                                       size_t message_size);

/* Free it and close its files; what was not synced is lost. */
void journal_close(struct journal *j);

/* Give the port. A write or sync that fails is said on standard error and
 * ends the process with JOURNAL_EXIT_STATUS. Several
 * appends before a sync make one turn. */
void journal_store(struct journal *j, struct store *out);

/* Give how many bytes of facts may still be taken on, as bodies asked for or
 * messages accepted; JOURNAL_ROOM_PLENTY where the disk has so much that none
 * needs to count. What is kept beyond that serves what cannot wait: receipts,
 * checkpoints, notes. Call it between turns: a new segment is begun while there
 * is room for one. */
uint64_t journal_room(struct journal *j);

#define JOURNAL_ROOM_PLENTY UINT64_MAX
#define JOURNAL_KEPT_BYTES MIB(8)

/* Give the number of the last turn that is on disk; 0 for none. */
uint64_t journal_turn(const struct journal *j);

struct journal_stats {
    uint64_t bytes;         /* of frames, since the journal began */
    uint64_t segments;      /* files */
    uint64_t syncs;         /* of turns, since the opening */
    uint64_t blobs_damaged; /* found at the opening, erased ones aside */
    uint64_t snapshot_turn; /* of the snapshot that it used; 0: of none */
};

void journal_stats(const struct journal *j, struct journal_stats *out);

#endif
