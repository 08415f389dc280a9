/*
 * manifest - what a backup directory holds: one small text file in it.
 *
 * Holds:      BACKUP names exactly the parts that lie there; BACKUP.new those
 *             of a run that has not ended, each under its name and ".new". A
 *             manifest is replaced as a whole, and synced.
 * Trusts:     nothing of a file that is read.
 * Leaves out: the copying (backup.c) and putting back (restore.c).
 * Spec:       docs/OPERATIONS.md, Back up
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/lane/leaf.h"
#include "core/model/ids.h"
#include "core/ports/backup.h"

#define MANIFEST_NAME "BACKUP"
#define MANIFEST_NEW "BACKUP.new"
#define PART_NEW ".new"

struct manifest_part {
    struct backup_part part;
    struct hash hash;
};

struct manifest {
    bool complete;
    struct team_name team;
    struct backup_state state;
    uint64_t time_ms;
    struct manifest_part *parts;
    size_t count, capacity;
};

void manifest_clear(struct manifest *m);

/* Add a part; one of the same name is replaced. */
void manifest_add(struct manifest *m, const struct manifest_part *part);

/* Find a part by its name; NULL if there is none. */
const struct manifest_part *manifest_find(const struct manifest *m,
                                          const char *name);

/* Read one from the open folder. ERR_NOT_FOUND; ERR_IO with errno; ERR_FORMAT:
 * it is none. */
MUST_USE enum err manifest_read(int folder, const char *name,
                                struct manifest *out);

/* Write one into the open folder and sync both. ERR_IO with errno. */
MUST_USE enum err manifest_write(int folder, const char *name,
                                 const struct manifest *m);

#endif
