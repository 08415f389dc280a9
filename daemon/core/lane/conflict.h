/*
 * conflict - two statements about a lane that contradict each other, in a
 *            file that a third party checks offline.
 *
 * Holds:      what the other side showed comes first, what stands against it
 *             second; a statement that nobody signed is a genesis alone.
 * Trusts:     nothing when reading; only canonical texts are taken.
 * Spec:       docs/PROTOCOL.md#evidence
 */
#ifndef CORE_LANE_CONFLICT_H
#define CORE_LANE_CONFLICT_H

#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"

#define CONFLICT_SIDES 2

struct conflict_side {
    uint8_t genesis[GENESIS_BYTES];
    bool is_signed;
    struct team_name origin; /* of a signed one: */
    struct lane_id lane;
    struct checkpoint checkpoint;
};

struct conflict {
    uint64_t row; /* of the resume table, which they met */
    struct conflict_side sides[CONFLICT_SIDES];
};

/* Write the file. */
void conflict_write(const struct conflict *c, struct buf *out);

/* Tell whether a file begins as one of these. */
bool conflict_is(struct slice file);

/* Read a file. ERR_FORMAT on anything that conflict_write would not have
 * written. */
MUST_USE enum err conflict_read(struct slice file, struct conflict *out);

/* Check a signed statement: ERR_GENESIS (its lane is not that of its genesis,
 * or the genesis is not of its origin), ERR_KEY, ERR_SIGNATURE. */
MUST_USE enum err conflict_verify(const struct conflict_side *side,
                                  const struct signatory *origin);

/* Tell what both statements prove, once they were checked. */
enum conflict_proof {
    CONFLICT_NOTHING, /* both can be true */
    CONFLICT_FORK,    /* one lane, one size, two roots */
    CONFLICT_EPOCHS,  /* one epoch began twice */
};
enum conflict_proof conflict_proves(const struct conflict *c);

#endif
