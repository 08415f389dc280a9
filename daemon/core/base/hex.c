#include "core/base/hex.h"

void
hex_encode(struct slice bytes, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digit[bytes.data[i] >> 4];
        out[2 * i + 1] = digit[bytes.data[i] & 15];
    }
    out[2 * bytes.size] = 0;
}

/* PROTOCOL bytes: "Hexadecimal MUST be lower case." */
static int
digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool
hex_decode(struct slice text, uint8_t *out, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int hi = digit_value(text.data[2 * i]);
        int lo = digit_value(text.data[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
