/*
 * stub_hash - a fast hash and a fast checksum in place of SHA-256 and CRC-32C,
 *             which are most of what a simulated event costs.
 *
 * Holds:      equal bytes give equal hashes however they are cut into parts;
 *             the linker puts these in the way (--wrap), in the simulator's
 *             link alone.
 * Trusts:     everybody: collisions can be made; no adversary here makes any.
 * Leaves out: the true ones, which the profile `real-hash` runs.
 */
#include "sim/stub_hash.h"

#include "core/base/crc.h"
#include "core/crypto/crypto.h"

#define BLOCK_BYTES 32
#define WORDS 4

static bool real;

void
stub_hash_real(bool on)
{
    real = on;
}

struct mixer {
    uint64_t word[WORDS];
    uint8_t block[BLOCK_BYTES];
    size_t used;
    uint64_t total;
};

static const uint64_t factors[WORDS] = {
    0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu,
    0xd6e8feb86659fd93u};

static uint64_t
turn_left(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void
take_block(struct mixer *m, const uint8_t *bytes)
{
    uint64_t in[WORDS];

    memcpy(in, bytes, sizeof in);
    for (size_t i = 0; i < WORDS; i++)
        m->word[i] = turn_left((m->word[i] ^ in[i]) * factors[i], 29);
}

/* Let each word depend on all. */
static void
stir(struct mixer *m)
{
    for (size_t i = 0; i < WORDS; i++) {
        m->word[(i + 1) % WORDS] += m->word[i] ^ m->word[i] >> 31;
        m->word[(i + 1) % WORDS] *= factors[i];
    }
}

static void
take_bytes_in(struct mixer *m, struct slice s)
{
    m->total += s.size;
    if (m->used) {
        size_t n = BLOCK_BYTES - m->used;
        if (n > s.size)
            n = s.size;
        if (n)
            memcpy(m->block + m->used, s.data, n);
        m->used += n;
        s.data += n;
        s.size -= n;
        if (m->used < BLOCK_BYTES)
            return;
        take_block(m, m->block);
        m->used = 0;
    }
    for (; s.size >= BLOCK_BYTES; s.data += BLOCK_BYTES, s.size -= BLOCK_BYTES)
        take_block(m, s.data);
    if (s.size)
        memcpy(m->block, s.data, s.size);
    m->used = s.size;
}

static void
finish(struct mixer *m)
{
    memset(m->block + m->used, 0, BLOCK_BYTES - m->used);
    take_block(m, m->block);
    memset(m->block, 0, BLOCK_BYTES);
    put_be64(m->block, m->total);
    take_block(m, m->block);
    for (size_t i = 0; i < 3; i++)
        stir(m);
}

static void
mix(const struct slice *parts, size_t count, uint64_t out[WORDS])
{
    struct mixer m = {.word = {0x243f6a8885a308d3u, 0x13198a2e03707344u,
                               0xa4093822299f31d0u, 0x082efa98ec4e6c89u}};

    for (size_t i = 0; i < count; i++)
        take_bytes_in(&m, parts[i]);
    finish(&m);
    memcpy(out, m.word, sizeof m.word);
}

void __real_crypto_hash(struct hash *out, const struct slice *parts,
                        size_t count);
void __wrap_crypto_hash(struct hash *out, const struct slice *parts,
                        size_t count);
uint32_t __real_crc32c(uint32_t seed, struct slice bytes);
uint32_t __wrap_crc32c(uint32_t seed, struct slice bytes);

void
__wrap_crypto_hash(struct hash *out, const struct slice *parts, size_t count)
{
    uint64_t words[WORDS];

    if (real) {
        __real_crypto_hash(out, parts, count);
        return;
    }
    mix(parts, count, words);
    memcpy(out->b, words, sizeof out->b);
}

/* Eight bytes at a step in four streams: damage is never made so as to keep
 * this sum. */
static uint64_t
sum_of(uint64_t seed, struct slice s)
{
    uint64_t word[WORDS] = {seed, s.size, factors[2], factors[3]};
    uint64_t in[WORDS] = {0};

    for (; s.size >= BLOCK_BYTES;
         s.data += BLOCK_BYTES, s.size -= BLOCK_BYTES) {
        memcpy(in, s.data, sizeof in);
        for (size_t i = 0; i < WORDS; i++)
            word[i] = (word[i] ^ in[i]) * factors[i];
    }
    memset(in, 0, sizeof in);
    if (s.size)
        memcpy(in, s.data, s.size);
    for (size_t i = 0; i < WORDS; i++)
        word[0] = (turn_left(word[0], 23) ^ word[i] ^ in[i]) * factors[1];
    return word[0];
}

uint64_t
stub_mix(uint64_t seed, struct slice bytes)
{
    uint64_t sum = sum_of(seed, bytes);

    return sum ^ sum >> 29;
}

uint32_t
__wrap_crc32c(uint32_t seed, struct slice bytes)
{
    if (real)
        return __real_crc32c(seed, bytes);
    uint64_t sum = sum_of(seed, bytes);
    return (uint32_t)(sum ^ sum >> 32);
}
