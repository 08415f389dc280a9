/*
 * frames - the bytes of a session's frames, to values and back.
 *
 * Holds:      slices point into the payload or the arena of the turn.
 * Trusts:     nothing: *_get checks sizes, presence, counts and UTF-8;
 *             meaning is checked by who uses it.
 * Leaves out: which frame may come when (core/session), the CARD frame
 *             (card.h).
 * Spec:       docs/PROTOCOL.md#frames
 */
#ifndef CORE_WIRE_FRAMES_H
#define CORE_WIRE_FRAMES_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/wire/frame_values.h"

/* Give the name as traces show it ("HELLO"); "?" beyond the table. */
const char *frame_name(unsigned type);

/* Give the largest payload of a type; FRAME_MAX for types not known. */
uint32_t frame_payload_max(unsigned type);

/* Read a frame's header of 8 bytes. ERR_FORMAT: reserved bytes are set;
 * ERR_LIMIT: the payload is larger than its type allows. */
MUST_USE enum err frame_header_decode(const uint8_t header[FRAME_HEADER_BYTES],
                                      uint8_t *type, uint32_t *payload_bytes);

/* Each *_put appends one whole frame, header and payload. Sizes and counts
 * that a *_get would refuse are our bug. */
void frame_hello_put(struct buf *out, const struct frame_hello *f);
void frame_auth_put(struct buf *out, const struct frame_auth *f);
void frame_resume_put(struct buf *out, const struct frame_resume *f);
void frame_verdict_put(struct buf *out, const struct frame_verdict *f);
void frame_genesis_put(struct buf *out, const struct frame_genesis *f);
void frame_batch_put(struct buf *out, const struct frame_batch *f);
void frame_want_put(struct buf *out, const struct frame_want *f);
void frame_body_put(struct buf *out, const struct frame_body *f);
void frame_piece_put(struct buf *out, const struct frame_piece *f);
void frame_mark_put(struct buf *out, enum frame_type type,
                    const struct frame_mark *f);
void frame_receipt_put(struct buf *out, const struct frame_receipt *f);
void frame_fetch_put(struct buf *out, const struct frame_fetch *f);
void frame_ping_put(struct buf *out, const struct frame_ping *f);
void frame_close_put(struct buf *out, const struct frame_close *f);

/* Each *_get reads a payload (without the frame's header). Errors: those of
 * the pre-scan (prescan.h), ERR_MISSING, ERR_VALUE (a size or range that no
 * correct peer sends), ERR_LIMIT (more lanes, leaves, bytes of a piece or of
 * a signature than their maximum). `arena` holds what slices point at. */
MUST_USE enum err frame_hello_get(struct slice payload, struct arena *arena,
                                  struct frame_hello *out);
MUST_USE enum err frame_auth_get(struct slice payload, struct arena *arena,
                                 struct frame_auth *out);
MUST_USE enum err frame_resume_get(struct slice payload, struct arena *arena,
                                   struct frame_resume *out);
MUST_USE enum err frame_verdict_get(struct slice payload, struct arena *arena,
                                    struct frame_verdict *out);
MUST_USE enum err frame_genesis_get(struct slice payload, struct arena *arena,
                                    struct frame_genesis *out);
MUST_USE enum err frame_batch_get(struct slice payload, struct arena *arena,
                                  struct frame_batch *out);
MUST_USE enum err frame_want_get(struct slice payload, struct arena *arena,
                                 struct frame_want *out);
MUST_USE enum err frame_body_get(struct slice payload, struct arena *arena,
                                 struct frame_body *out);
MUST_USE enum err frame_piece_get(struct slice payload, struct arena *arena,
                                  struct frame_piece *out);
MUST_USE enum err frame_mark_get(enum frame_type type, struct slice payload,
                                 struct arena *arena, struct frame_mark *out);
MUST_USE enum err frame_receipt_get(struct slice payload, struct arena *arena,
                                    struct frame_receipt *out);
MUST_USE enum err frame_fetch_get(struct slice payload, struct arena *arena,
                                  struct frame_fetch *out);
MUST_USE enum err frame_ping_get(struct slice payload, struct arena *arena,
                                 struct frame_ping *out);
MUST_USE enum err frame_close_get(struct slice payload, struct arena *arena,
                                  struct frame_close *out);

#endif
