#include "core/formats/uuid.h"

#include "core/base/hex.h"
#include "core/formats/ascii.h"

bool
uuid_parse(struct slice text, uint8_t uuid[UUID_BYTES])
{
    static const uint8_t group_bytes[] = {4, 2, 2, 2, 6};
    uint8_t lower[UUID_TEXT];
    size_t at = 0, to = 0;

    if (text.size != UUID_TEXT)
        return false;
    for (size_t i = 0; i < UUID_TEXT; i++)
        lower[i] = ascii_lower(text.data[i]);
    for (size_t i = 0; i < ARRAY_SIZE(group_bytes); i++) {
        size_t n = group_bytes[i];
        if (i && lower[at++] != '-')
            return false;
        if (!hex_decode(slice_of(lower + at, 2 * n), uuid + to, n))
            return false;
        at += 2 * n;
        to += n;
    }
    return true;
}

bool
uuid_is_known(const uint8_t uuid[UUID_BYTES])
{
    unsigned version = uuid[6] >> 4;

    return version >= 1 && version <= 8 && (uuid[8] & 0xc0) == 0x80;
}
