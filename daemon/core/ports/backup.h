/*
 * backup - what a copy of a running node is made of, part by part.
 *
 * Holds:      up to the size that is told a part changes only where a body is
 *             erased, which shows in `changed_ns`. No part holds a private key
 *             or anything of the signing journal.
 * Leaves out: who reads the parts (edge/control), where copies go (cli).
 */
#ifndef CORE_PORTS_BACKUP_H
#define CORE_PORTS_BACKUP_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define BACKUP_NAME_MAX 64
#define BACKUP_ID_BYTES 16

/* Where the journal stood when its parts were told. */
struct backup_state {
    uint8_t journal[BACKUP_ID_BYTES];
    uint64_t turn; /* last one that is on disk */
};

struct backup_part {
    char name[BACKUP_NAME_MAX]; /* "card", "journal/00000001.seg" */
    uint64_t bytes;
    uint64_t changed_ns; /* 0: not known; equal: the same bytes */
};

struct backup_ops {
    void (*state)(void *self, struct backup_state *out);

    /* Describe a part by its position. ERR_NOT_FOUND: there are no more;
     * ERR_IO. */
    enum err (*part)(void *self, size_t i, struct backup_part *out);

    /* Append at most `most` bytes of the named part from `offset` on, fewer at
     * its end. ERR_NOT_FOUND: it is there no more; ERR_IO. */
    enum err (*read)(void *self, const struct backup_part *from,
                     uint64_t offset, size_t most, struct buf *out);
};

struct backup {
    const struct backup_ops *ops;
    void *self;
};

#endif
