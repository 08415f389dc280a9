#include "core/base/crc.h"

#define CRC32C_POLYNOMIAL 0x82f63b78u
#define LANES 8

static uint32_t tables[LANES][256];

/* Fill the tables for eight bytes at a step (Kounavis and Berry, 2005). */
static void
tables_fill(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ CRC32C_POLYNOMIAL : c >> 1;
        tables[0][i] = c;
    }
    for (size_t lane = 1; lane < LANES; lane++)
        for (size_t i = 0; i < 256; i++) {
            uint32_t c = tables[lane - 1][i];
            tables[lane][i] = c >> 8 ^ tables[0][c & 255];
        }
}

static uint32_t
eight(uint32_t crc, const uint8_t *p)
{
    uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 |
                          (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);

    return tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^
           tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^ tables[3][p[4]] ^
           tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
}

uint32_t
crc32c(uint32_t seed, struct slice bytes)
{
    uint32_t crc = ~seed;
    const uint8_t *p = bytes.data;
    size_t left = bytes.size;

    if (!tables[0][1])
        tables_fill();
    for (; left >= LANES; left -= LANES, p += LANES)
        crc = eight(crc, p);
    for (; left; left--, p++)
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
    return ~crc;
}
