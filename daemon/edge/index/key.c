#include "edge/index/key.h"

#include "core/base/cursor.h"

#define CHUNK 8

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void
round_once(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void
take(struct sip *s, uint64_t chunk)
{
    s->v3 ^= chunk;
    round_once(s);
    s->v0 ^= chunk;
}

/* Make the letters A to Z of eight bytes small, all at once: in each byte the
 * two sums set the highest bit where it is at least 'A', and above 'Z'. */
static uint64_t
folded(uint64_t chunk)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = chunk & each * 0x7f;
    uint64_t from = low + each * (0x80 - 'A');
    uint64_t above = low + each * (0x80 - 'Z' - 1);
    uint64_t letters = (from & ~above & ~chunk) & each * 0x80;

    return chunk | letters >> 2;
}

struct key_secret
key_secret_of(const uint8_t bytes[KEY_SECRET_BYTES])
{
    return (struct key_secret){get_be64(bytes), get_be64(bytes + 8)};
}

uint64_t
key_of(const struct key_secret *secret, enum key_class class, struct slice text)
{
    struct sip s = {secret->k0 ^ UINT64_C(0x736f6d6570736575),
                    secret->k1 ^ UINT64_C(0x646f72616e646f6d),
                    secret->k0 ^ UINT64_C(0x6c7967656e657261),
                    secret->k1 ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)text.size << 56 | (uint64_t) class << 48;
    size_t at = 0;

    for (; at + CHUNK <= text.size; at += CHUNK) {
        uint64_t chunk;
        memcpy(&chunk, text.data + at, CHUNK);
        take(&s, folded(chunk));
    }
    uint8_t rest[CHUNK] = {0};
    uint64_t chunk;
    if (at < text.size)
        memcpy(rest, text.data + at, text.size - at);
    memcpy(&chunk, rest, CHUNK);
    take(&s, folded(chunk));
    take(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        round_once(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
