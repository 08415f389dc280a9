#include "core/formats/uuid.h"

#include "core/formats/ascii.h"

bool
uuid_parse(struct slice text, uint8_t uuid[UUID_BYTES])
{
    static const uint8_t places[UUID_BYTES] = {0,  2,  4,  6,  9,  11, 14, 16,
                                               19, 21, 24, 26, 28, 30, 32, 34};
    const uint8_t *p = text.data;
    int all = 0;

    if (text.size != UUID_TEXT || p[8] != '-' || p[13] != '-' || p[18] != '-' ||
        p[23] != '-')
        return false;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        int high = ascii_hex(p[places[i]]), low = ascii_hex(p[places[i] + 1]);
        all |= high | low;
        uuid[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return all >= 0;
}

bool
uuid_is_known(const uint8_t uuid[UUID_BYTES])
{
    unsigned version = uuid[6] >> 4;

    return version >= 1 && version <= 8 && (uuid[8] & 0xc0) == 0x80;
}
