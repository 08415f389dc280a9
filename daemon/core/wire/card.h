/*
 * card - the card's bytes and the CARD frame's payload.
 *
 * Trusts:     nothing; check the signatures with core/lane/texts.h.
 * Spec:       proto/card.proto, docs/PROTOCOL.md#cards
 */
#ifndef CORE_WIRE_CARD_H
#define CORE_WIRE_CARD_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/card.h"

/* Write a card's bytes (what is hashed and signed). A text with a NUL is our
 * bug. */
void card_put(struct buf *out, const struct card *c);

/*
 * Read them; slices point into `bytes` or the arena.
 *
 * ERR_MISSING      team, version, expiry, root certificate, or a part of a
 *                  key or of a revoked key
 * ERR_VALUE        a name (short names are lower-case letters, digits, dots
 *                  and hyphens), a role, a key's size
 * ERR_UNSUPPORTED  another algorithm than Ed25519
 * ERR_REPEATED     a public key stands twice, or a role has two keys in use
 *                  or two announced
 * ERR_LIMIT        a count of core/model/card.h
 *
 * and the pre-scan's.
 */
MUST_USE enum err card_get(struct slice bytes, struct arena *arena,
                           struct card *out);

/* Write a card with its signatures: the payload of a CARD frame, and the
 * bytes of a card file. */
void signed_card_put(struct buf *out, const struct signed_card *c);

/* Read it. ERR_MISSING, ERR_VALUE (a size), ERR_LIMIT (keys, or more bytes
 * than a CARD frame takes), and the pre-scan's. */
MUST_USE enum err signed_card_get(struct slice bytes, struct arena *arena,
                                  struct signed_card *out);

/* Append a whole CARD frame. */
void frame_card_put(struct buf *out, const struct signed_card *c);

#endif
