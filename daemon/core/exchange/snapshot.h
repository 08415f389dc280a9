/*
 * snapshot - folded state as bytes: which members of which structs, and how.
 *
 * Holds:      every member of a struct that follows from facts stands in its
 *             layout; what is BY_HAND there is written by snapshot.c or
 *             derived. Equal state gives equal bytes, and only such bytes are
 *             read.
 * Trusts:     nothing when reading: sizes and counts only after the bytes.
 * Leaves out: files (edge/journal/snapshot.h).
 * Spec:       docs/decisions/0019-snapshots.md
 */
#ifndef CORE_EXCHANGE_SNAPSHOT_H
#define CORE_EXCHANGE_SNAPSHOT_H

#include "core/base/cursor.h"
#include "core/exchange/fold.h"

/* To be raised where a fold makes another state of the same facts, or where
 * snapshot.c writes something else: what changes in a layout is noticed. */
#define SNAPSHOT_VERSION 1

enum form {
    BY_HAND,
    A_FLAG,
    A_NUMBER, /* of any size; one more is written, so that NONE is short */
    A_CHOICE, /* an enum */
    A_TEXT,
    BYTES,
    A_CHECKPOINT,
    A_RECEIPT,
    A_FRONTIER,
};

struct field {
    enum form form;
    size_t at, size;
    unsigned most; /* of A_CHOICE */
    const char *name;
};

struct layout {
    const struct field *fields;
    size_t count;
    size_t size; /* of the struct */
};

extern const struct layout exchange_layout, peer_layout, lane_layout;
extern const struct layout stream_layout, submission_layout, part_layout;
extern const struct layout span_layout, pass_layout, erasure_layout;
extern const struct layout alarm_layout, evidence_layout, era_layout;
extern const struct layout item_layout, declined_layout, mark_layout;
extern const struct layout end_layout, lane_key_layout, expunged_layout;
extern const struct layout missing_layout, number_layout, hash_layout;
extern const struct layout size_layout, user_layout, gap_layout;
extern const struct layout release_layout;
extern const struct layout checkpoint_layout;

/* Compute a number over all layouts, or go on with one. */
uint32_t layouts_fingerprint(void);
uint32_t layout_fingerprint(uint32_t crc, const struct layout *l);

/* Write or read the members of one struct, BY_HAND aside. */
void values_put(struct buf *out, const struct layout *l, const void *from);
void values_get(struct cursor *in, const struct layout *l, void *to);

/* The same of many, with their number. What list_get returns is freed by the
 * caller, also where `in` went bad. */
void list_put(struct buf *out, const struct layout *l, const void *items,
              size_t count);
MUST_USE void *list_get(struct cursor *in, const struct layout *l,
                        size_t *count, size_t *capacity);
void ring_put(struct buf *out, const struct layout *l, const struct ring *r);
void ring_get(struct cursor *in, const struct layout *l, struct ring *r);

/* Tell whether state that was read hangs together: every number leads to what
 * is there, every list is in its order. ERR_DAMAGED. */
MUST_USE enum err snapshot_check(const struct exchange *x);

#endif
