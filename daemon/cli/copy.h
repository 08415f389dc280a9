/*
 * copy - files of a backup: written, synced, read back from the disk.
 *
 * Holds:      a file that is good was read back after its sync, past the
 *             cache, and is what was written.
 * Leaves out: which files (backup.c, restore.c).
 */
#ifndef CLI_COPY_H
#define CLI_COPY_H

#include "cli/manifest.h"

/* Gives the next bytes of a file from `offset` on, none at its end. False
 * after saying what is wrong. */
struct copy_source {
    bool (*next)(void *self, uint64_t offset, struct buf *out);
    void *self;
};

/* Write a file anew from a source, sync it, read it back. Its size and hash
 * go to `bytes` and `hash`. False after saying what is wrong. */
struct copied {
    uint64_t bytes;
    struct hash hash;
};
MUST_USE bool copy_write(int folder, const char *name,
                         const struct copy_source *from, struct copied *out);

/* Read a file and hash it. False after saying what is wrong. */
MUST_USE bool copy_read(int folder, const char *name, struct copied *out);

/* Copy a file from one open folder to another. False after saying why. */
MUST_USE bool copy_file(int from, int to, const char *name, struct copied *out);

#endif
