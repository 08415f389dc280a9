/*
 * segment - one preallocated file of the journal.
 *
 * Holds:      a file has its final name only when its header, and the frame
 *             that it begins with, are on disk; it is never used again.
 * Trusts:     nothing of a header that is read.
 * Leaves out: which frames stand in it (recovery.h, journal.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_SEGMENT_H
#define EDGE_JOURNAL_SEGMENT_H

#include "edge/journal/frame.h"

#define SEGMENT_HEADER_BYTES 4096
#define SEGMENT_NUMBER_MAX 99999999u
#define SEGMENT_TEMPORARY "new.seg"

/* A segment with room for less than this is not worth making. */
#define SEGMENT_ROOM_MIN MIB(1)

struct segment_name {
    char text[16];
};

struct segment_header {
    struct journal_id id;
    uint32_t number;
    uint64_t first_turn; /* of the first frame that it is made for */
};

/* Give the file's name: eight digits and ".seg". */
struct segment_name segment_name(uint32_t number);

/* Of a kept segment, which took a retired one's place: ".kept"; of one that
 * is being written: ".keep". */
struct segment_name segment_kept_name(uint32_t number);
struct segment_name segment_keep_name(uint32_t number);

/* Read a file's name; false if it is not a segment's. */
MUST_USE bool segment_number(const char *name, uint32_t *out);
MUST_USE bool segment_kept_number(const char *name, uint32_t *out);
MUST_USE bool segment_keep_number(const char *name, uint32_t *out);

/* Read a header. ERR_TRUNCATED, ERR_FORMAT, ERR_VERSION, ERR_DAMAGED. */
MUST_USE enum err segment_header_get(struct slice bytes,
                                     struct segment_header *out);

MUST_USE enum err segment_kept_header_get(struct slice bytes,
                                          struct segment_header *out);

/* Write a kept segment that is to be: header and frames, synced, under the
 * name of one that is being written. ERR_IO, with errno. */
MUST_USE enum err segment_keep(int directory,
                               const struct segment_header *header,
                               struct slice frames);

/* Make a file of `*size` bytes in `directory` that begins with the header and
 * `frame`, which may be empty; a file of the same name is replaced. Where the
 * disk has no room for as much the file is smaller: `*size` says how large it
 * is. Returns the descriptor, open for reading and writing. Both with errno:
 * ERR_NOT_NOW: nothing is left of it, go on without; ERR_IO: nobody knows
 * whether it has its name: append to no other, end. */
MUST_USE enum err segment_create(int directory,
                                 const struct segment_header *header,
                                 struct slice frame, size_t *size, int *out);

/* Write all bytes at an offset; false with errno. */
MUST_USE bool segment_write(int fd, struct slice bytes, uint64_t offset);

/* Read up to `*size` bytes, fewer at the end of the file; false with
 * errno. */
MUST_USE bool segment_read(int fd, uint64_t offset, uint8_t *out, size_t *size);

#endif
