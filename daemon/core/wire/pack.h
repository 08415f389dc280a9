/*
 * pack - from values to protobuf bytes: what every *_put here shares.
 *
 * Holds:      texts handed to protobuf-c end with a NUL; they and its arrays
 *             live until pack_clear.
 * Trusts:     our own values: a text with a NUL in it is our bug.
 * Leaves out: the way back (take.h).
 */
#ifndef CORE_WIRE_PACK_H
#define CORE_WIRE_PACK_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#include <protobuf-c/protobuf-c.h>

#include <stdalign.h>

/* Enough for what is common, so that it costs no allocation. */
#define PACK_FIRST_BYTES 2048

struct pack {
    struct arena more;
    size_t used;
    alignas(16) uint8_t first[PACK_FIRST_BYTES];
};

/* Set an optional scalar or bytes field of a generated struct. */
#define PACK_SET(message, field, value)                                        \
    ((message).has_##field = 1, (message).field = (value))

void pack_init(struct pack *p);
void pack_clear(struct pack *p);

/* Give aligned memory for `count` items of `size` bytes, not zeroed. */
void *pack_array(struct pack *p, size_t count, size_t size);

/* Give a text with a NUL behind it; NULL, which is absent, for an empty
 * one. */
char *pack_text(struct pack *p, struct slice text);

/* Give an array of texts, in which an empty one is kept; NULL for none. */
char **pack_texts(struct pack *p, const struct slice *texts, size_t count);

/* See bytes as protobuf-c wants them; it does not change them. */
ProtobufCBinaryData pack_bytes(struct slice bytes);

/* Append a message's bytes. */
void pack_message(struct buf *out, const ProtobufCMessage *message);

/* Append a whole frame: header, then the message's bytes. */
void pack_frame(struct buf *out, uint8_t type, const ProtobufCMessage *message);

#endif
