/*
 * state - what the files of this room share about an open journal.
 *
 * Holds:      the segments map places to files: a segment serves the places
 *             from its `serves` up to the next one's. Its first frame, at
 *             SEGMENT_HEADER_BYTES, has the place `start`; a copy of the turn
 *             before it serves that turn's reads, if it is good.
 * Leaves out: the port (journal.h).
 */
#ifndef EDGE_JOURNAL_STATE_H
#define EDGE_JOURNAL_STATE_H

#include "edge/journal/index.h"
#include "edge/journal/journal.h"
#include "edge/journal/lookup.h"
#include "edge/journal/segment.h"

#include <time.h>

struct segment {
    uint32_t number;
    int fd; /* -1: closed for now */
    uint64_t start;
    uint64_t serves;
    uint64_t first_turn; /* as its header says */
    uint64_t bytes;      /* up to the end of its last frame, once closed */
    bool kept;           /* it is retired: blobs are left out */
    uint64_t blobs;      /* of a kept one: those that are not */
    uint64_t pause_ms;   /* not to be looked at before */
};

/* The snapshot on disk, and one that is being written. */
struct snapshot {
    uint64_t turn;  /* after which it was taken; 0: none that fits */
    uint64_t end;   /* of the journal when it was taken, or tried */
    uint64_t bytes; /* of the file */
    bool moved;     /* places are not where it says any more */
    /* being written */
    struct buf frozen;
    size_t at; /* of it, bytes are on disk */
    int fd;    /* -1: nothing is being written */
    uint64_t frozen_turn;
};

struct journal {
    int directory;
    bool reads_only;
    size_t segment_bytes;
    struct journal_id id;
    struct segment *segments;
    size_t segment_count;
    size_t segment_capacity;
    size_t files_open; /* besides the last segment's */
    size_t close_next;

    uint64_t turn;   /* last on disk */
    uint64_t chain;  /* for the next frame */
    uint64_t end;    /* place of the next frame */
    uint64_t last;   /* place of the last frame; `end` for none */
    uint64_t offset; /* of the next frame in the last segment */
    uint64_t limit;  /* of the last segment */
    bool adds;       /* it holds a turn that none before it holds */
    uint8_t header[FRAME_HEADER_BYTES]; /* of the last frame */

    struct buf frame; /* room for a header, then the facts of the turn */
    uint32_t checksum;
    uint32_t fact_count;
    uint64_t jump; /* its number, where it leaves some out */

    uint64_t erasures; /* so far: what is being retired must not miss one */
    uint64_t retiring_erasures, retiring_blobs;
    struct timespec retiring_changed; /* the file of what is being retired */

    struct index index;
    struct lookup lookup;
    struct journal_stats stats;
    struct snapshot snapshot;
};

/* What the disk has besides; where it does not tell, that is no bound. */
uint64_t journal_disk_free(const struct journal *j);

/* Add a segment behind the others. */
void journal_segment_add(struct journal *j, struct segment s);

/* Give the descriptor of segment `i` of the list, opened if need be; -1 with
 * errno. It holds until the next call. */
int journal_segment_fd(struct journal *j, size_t i);

/* Give the name of a segment's file. */
struct segment_name journal_segment_name(const struct segment *s);

/* Give what a file may be cut to when frames end at `end`: one header stays
 * behind it, since a torn frame's header proves that the turn before it had
 * been synced. */
uint64_t journal_segment_cut(uint64_t end);

/* Write the frame at hand, even without facts, and sync it. */
void journal_frame_write(struct journal *j);

/* Say what could not be done to a segment, and end the process. */
_Noreturn void journal_die(const struct journal *j, const char *what,
                           uint32_t number);

/* As the function of struct store_ops. */
void journal_erase(void *self, const struct erasure *list, size_t count);

#endif
