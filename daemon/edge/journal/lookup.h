/*
 * lookup - the reading half of the store port, over any bytes with an index.
 *
 * Holds:      what is read names itself what the index says, or is damaged.
 * Trusts:     nothing of the bytes: a disk may lie.
 * Leaves out: where the bytes are (journal.c, memory.c).
 * Spec:       core/ports/store.h
 */
#ifndef EDGE_JOURNAL_LOOKUP_H
#define EDGE_JOURNAL_LOOKUP_H

#include "core/ports/store.h"
#include "edge/journal/index.h"

/* Facts with a blob have short heads: their fields have fixed sizes. */
#define FACT_BLOB_HEAD_MAX 256

/* Read up to `size` bytes from `place` on, fewer where the bytes end. */
struct lookup_source {
    enum err (*read)(void *self, uint64_t place, uint8_t *out, size_t *size);
    void *self;
};

struct lookup {
    const struct index *index;
    struct lookup_source source;
    struct buf bytes; /* the fact that was read last */
};

void lookup_init(struct lookup *l, const struct index *index,
                 struct lookup_source source);
void lookup_clear(struct lookup *l);

/* As the functions of struct store_ops. */
MUST_USE enum err lookup_record(struct lookup *l, uint32_t lane, uint64_t index,
                                uint8_t out[LEAF_BYTES]);
MUST_USE enum err lookup_body(struct lookup *l, uint32_t lane, uint64_t index,
                              struct buf *out);
MUST_USE enum err lookup_item(struct lookup *l, uint64_t item, struct buf *out);
/* A blob where it stands: behind the head of the fact at `place`. */
struct blob {
    uint64_t place;
    uint8_t head[FACT_BLOB_HEAD_MAX];
    size_t head_size, size;
};

/* An entry of ours has its salt in one fact and its body in another. */
#define BLOBS_OF_ONE 2

/* Find the blobs that an erasure reaches; none where nothing is kept of it.
 * `what` becomes where the same message stood before, in an epoch that was
 * left: go on with it while `more`. ERR_DAMAGED. */
struct blobs {
    struct blob of[BLOBS_OF_ONE];
    size_t count;
    bool more;
};
MUST_USE enum err lookup_blobs(struct lookup *l, struct erasure *what,
                               struct blobs *out);

MUST_USE enum err lookup_checkpoint(struct lookup *l, uint32_t lane,
                                    uint64_t size, struct checkpoint *out);

#endif
