#include "core/wire/frames.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"

static const struct {
    const char *name;
    uint32_t payload_max;
} frames[FRAME_TYPE_COUNT] = {
    [FRAME_NONE] = {"?", FRAME_MAX},
    [FRAME_HELLO] = {"HELLO", FRAME_HELLO_MAX},
    [FRAME_CARD] = {"CARD", FRAME_CARD_MAX},
    [FRAME_AUTH] = {"AUTH", FRAME_AUTH_MAX},
    [FRAME_RESUME] = {"RESUME", FRAME_MAX},
    [FRAME_VERDICT] = {"VERDICT", FRAME_MAX},
    [FRAME_GENESIS] = {"GENESIS", FRAME_MAX},
    [FRAME_HEADER] = {"HEADER", FRAME_MAX},
    [FRAME_WANT] = {"WANT", FRAME_MAX},
    [FRAME_BODY] = {"BODY", FRAME_MAX},
    [FRAME_PIECE] = {"PIECE", FRAME_MAX},
    [FRAME_GONE] = {"GONE", FRAME_MAX},
    [FRAME_ABSENT] = {"ABSENT", FRAME_MAX},
    [FRAME_HELD] = {"HELD", FRAME_MAX},
    [FRAME_RECEIPT] = {"RECEIPT", FRAME_MAX},
    [FRAME_FETCH] = {"FETCH", FRAME_MAX},
    [FRAME_PING] = {"PING", FRAME_MAX},
    [FRAME_CLOSE] = {"CLOSE", FRAME_MAX},
};

const char *
frame_name(unsigned type)
{
    return type < FRAME_TYPE_COUNT ? frames[type].name : "?";
}

uint32_t
frame_payload_max(unsigned type)
{
    return type < FRAME_TYPE_COUNT ? frames[type].payload_max : FRAME_MAX;
}

enum err
frame_header_decode(const uint8_t header[FRAME_HEADER_BYTES], uint8_t *type,
                    uint32_t *payload_bytes)
{
    uint32_t size = get_be32(header);

    /* PROTOCOL frames: "A frame with one of the three bytes after its type set,
     * with a payload longer than its type allows, or of a type that is unknown
     * MUST end the session." */
    if (header[5] || header[6] || header[7])
        return ERR_FORMAT;
    if (size > frame_payload_max(header[4]))
        return ERR_LIMIT;
    *type = header[4];
    *payload_bytes = size;
    return OK;
}
