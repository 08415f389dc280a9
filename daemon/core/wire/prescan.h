/*
 * prescan - looks at protobuf bytes before anything is allocated for them.
 *
 * Holds:      what passes can be unpacked in linear time within the budget:
 *             wire form whole, depth and counts bounded, no singular message
 *             twice, texts in UTF-8 without NUL. Unknown fields are counted
 *             and skipped, never refused.
 * Trusts:     nothing but the descriptor (at most 64 fields a message).
 * Spec:       docs/PROTOCOL.md#limits; protobuf encoding
 */
#ifndef CORE_WIRE_PRESCAN_H
#define CORE_WIRE_PRESCAN_H

#include "core/base/arena.h"
#include "core/base/err.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Check `bytes` against the message that `type` describes.
 *
 * ERR_TRUNCATED  something ends after the message that holds it
 * ERR_FORMAT     a tag, number, group or wire type that cannot stand there
 * ERR_DEPTH      more than DECODE_DEPTH_MAX messages inside each other
 * ERR_LIMIT      more than DECODE_FIELDS_MAX fields and packed elements
 * ERR_REPEATED   a singular message stands twice
 * ERR_UTF8       a text is not UTF-8 or holds a NUL
 */
MUST_USE enum err prescan(struct slice bytes,
                          const ProtobufCMessageDescriptor *type);

/* Tell whether a text may stand in a message: UTF-8 without a NUL. */
MUST_USE bool prescan_text(struct slice text);

/* Pre-scan, then unpack with memory from the arena. ERR_BUDGET beyond the
 * arena's budget. The message dies with the arena; it is never freed. */
MUST_USE enum err prescan_unpack(struct slice bytes,
                                 const ProtobufCMessageDescriptor *type,
                                 struct arena *arena, ProtobufCMessage **out);

/* Do the same with another bound on fields than DECODE_FIELDS_MAX. */
MUST_USE enum err prescan_unpack_within(struct slice bytes,
                                        const ProtobufCMessageDescriptor *type,
                                        size_t fields_max, struct arena *arena,
                                        ProtobufCMessage **out);

#endif
