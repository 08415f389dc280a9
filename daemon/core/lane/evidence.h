/*
 * evidence - one entry, its inclusion proof and the cosigned checkpoint, in a
 *            file that a third party checks offline.
 *
 * Trusts:     nothing when reading; only canonical texts are taken.
 * Spec:       C2SP tlog-proof; docs/PROTOCOL.md#evidence
 */
#ifndef CORE_LANE_EVIDENCE_H
#define CORE_LANE_EVIDENCE_H

#include "core/lane/checkpoint.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"

struct evidence {
    uint64_t index;
    uint8_t record[LEAF_BYTES];
    bool has_body;
    uint8_t salt[SALT_BYTES]; /* with a body only */
    struct slice body;
    struct proof proof;
    struct team_name origin;
    struct lane_id lane;
    uint64_t size;
    struct hash root;
    struct team_name holder;      /* with a receipt only */
    struct checkpoint checkpoint; /* the origin's signature */
    bool has_receipt;
    struct checkpoint receipt; /* the holder's signature */
};

/* Write the file. */
void evidence_write(const struct evidence *e, struct buf *out);

/* Read a file; `e->body` points into `memory`, where its bytes are put.
 * ERR_FORMAT on anything that evidence_write would not have written. */
MUST_USE enum err evidence_read(struct slice file, struct buf *memory,
                                struct evidence *e);

/* Check all of it: record at its index, commitment of the body, proof,
 * signature of the origin and, if `holder` is given, of the holder.
 * ERR_COMMITMENT, ERR_PROOF, ERR_KEY, ERR_SIGNATURE, ERR_MISSING; a record
 * that is none or says another index: the errors of leaf_decode. */
MUST_USE enum err evidence_verify(const struct evidence *e,
                                  const struct signatory *origin,
                                  const struct signatory *holder);

#endif
