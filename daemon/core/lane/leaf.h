/*
 * leaf - one entry's record of 72 bytes, and its body's commitment.
 *
 * Holds:      everything about an entry but its content.
 * Trusts:     nothing when decoding: kinds, TLPs and flags that are not known
 *             are kept as they are (the body is declined then).
 * Spec:       docs/PROTOCOL.md#leaf-records; RFC 9162, 2.1
 */
#ifndef CORE_LANE_LEAF_H
#define CORE_LANE_LEAF_H

#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/model/ids.h"

#define LEAF_BYTES 72
#define SALT_BYTES 32
#define LEAF_REF_NONE UINT64_MAX

enum leaf_kind {
    LEAF_MESSAGE = 0,
    LEAF_CARD = 1,
    LEAF_EXPUNGE = 2,
    LEAF_PADDING = 3,
    LEAF_EPOCH_CLOSE = 4,
};

struct leaf {
    uint8_t kind;  /* enum leaf_kind, or one that is newer */
    uint8_t tlp;   /* enum tlp, or one that is newer */
    uint8_t flags; /* LEAF_FLAG_* */
    uint32_t body_bytes;
    uint64_t index;
    struct wall time;
    uint64_t ref; /* an earlier index of the lane or LEAF_REF_NONE */
    struct hash commitment;
};

/* Write the 72 bytes. */
void leaf_encode(const struct leaf *l, uint8_t out[LEAF_BYTES]);

/* Read 72 bytes that must stand at `index`. ERR_FORMAT: size, magic or
 * version; ERR_RANGE: another index; ERR_LIMIT: a body above BODY_MAX. */
MUST_USE enum err leaf_decode(struct slice bytes, uint64_t index,
                              struct leaf *out);

/* Tell whether kind, TLP and flags are all known to this version. */
MUST_USE bool leaf_is_known(const struct leaf *l);

/* Compute H(0x00 || record). */
void leaf_hash(const uint8_t record[LEAF_BYTES], struct hash *out);

/* Compute H("lane-body-v1\0\0\0\0" || salt || u64 length || body). */
void leaf_commit(const uint8_t salt[SALT_BYTES], struct slice body,
                 struct hash *out);

#endif
