/*
 * frame - one turn's facts as they stand in a segment.
 *
 * Holds:      a checksum over header, heads and padding, seeded so that zeros
 *             are no frame; of blobs it covers the checksums that stand in
 *             the heads, never their bytes, which may be overwritten.
 * Trusts:     nothing when reading.
 * Leaves out: files (segment.h), what a failing frame means (recovery.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_FRAME_H
#define EDGE_JOURNAL_FRAME_H

#include "core/ports/fact.h"

#define JOURNAL_ID_BYTES 16
#define FRAME_HEADER_BYTES 56
#define FRAME_ALIGN 8

/* Most bytes of facts in one turn: every body that credit allows (256 MiB)
 * and a full request of every control client (1 GiB), with their heads. */
#define FRAME_FACTS_MAX MIB(1536)

struct journal_id {
    uint8_t b[JOURNAL_ID_BYTES];
};

struct frame {
    uint64_t turn;
    uint64_t chain; /* of the frame before; of the first frame 0 */
    uint32_t facts_bytes;
    uint32_t stored_bytes; /* the same, without blobs that are left out */
    uint32_t fact_count;
    uint32_t checksum;
};

/* Give the checksum of a frame without facts. */
uint32_t frame_checksum_start(void);

/* Continue the checksum of a frame over one fact's header and head. */
uint32_t frame_checksum_head(uint32_t checksum, struct slice head);

/* Write the header; `f->checksum` is the one over the heads so far and
 * becomes that of the whole frame. */
void frame_put(struct frame *f, const struct journal_id *id,
               uint8_t out[FRAME_HEADER_BYTES]);

/* Give the size of a whole frame where it is stored, padding included. */
size_t frame_bytes(const struct frame *f);

/* Compute the chain value that the next frame carries. */
uint64_t frame_chain(const uint8_t header[FRAME_HEADER_BYTES]);

/* Read a header alone. ERR_TRUNCATED; ERR_FORMAT: not of this journal. */
MUST_USE enum err frame_header_get(struct slice bytes,
                                   const struct journal_id *id,
                                   struct frame *out);

/* Read a frame at the start of `bytes` and check all that its checksum
 * covers. ERR_TRUNCATED, ERR_FORMAT, ERR_DAMAGED. */
MUST_USE enum err frame_get(struct slice bytes, const struct journal_id *id,
                            struct frame *out);

/* The same of a kept segment, where blobs may be left out: all else must be as
 * it was written. */
MUST_USE enum err frame_get_kept(struct slice bytes,
                                 const struct journal_id *id,
                                 struct frame *out);

/* Tell whether a frame that was read says itself that its number leaves some
 * out: a restore does. */
MUST_USE bool frame_jumps(struct slice bytes, const struct frame *f);

/* Tell whether every blob of a frame that was read matches its checksum. */
MUST_USE bool frame_blobs_good(struct slice bytes, const struct frame *f);

#endif
