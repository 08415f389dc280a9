/*
 * stub_hash - a fast hash and a fast checksum in place of SHA-256 and CRC-32C,
 *             which are most of what a simulated event costs; key ids, which
 *             stay the true ones, are remembered.
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

static bool real;

void
stub_hash_real(bool on)
{
    real = on;
}

/* Four words that the compiler can keep in registers, which loops over an
 * array would keep in memory. */
struct words {
    uint64_t a, b, c, d;
};

struct mixer {
    struct words words;
    uint8_t block[BLOCK_BYTES];
    size_t used;
    uint64_t total;
};

#define FACTOR_A 0x9e3779b97f4a7c15u
#define FACTOR_B 0xbf58476d1ce4e5b9u
#define FACTOR_C 0x94d049bb133111ebu
#define FACTOR_D 0xd6e8feb86659fd93u

static inline uint64_t
turn_left(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static inline struct words
words_of(const uint8_t *bytes)
{
    struct words w;

    memcpy(&w, bytes, sizeof w);
    return w;
}

static inline struct words
take_block(struct words w, const uint8_t *bytes)
{
    struct words in = words_of(bytes);

    return (struct words){
        turn_left((w.a ^ in.a) * FACTOR_A, 29),
        turn_left((w.b ^ in.b) * FACTOR_B, 29),
        turn_left((w.c ^ in.c) * FACTOR_C, 29),
        turn_left((w.d ^ in.d) * FACTOR_D, 29),
    };
}

/* Let each word depend on all. */
static inline struct words
stir(struct words w)
{
    w.b = (w.b + (w.a ^ w.a >> 31)) * FACTOR_A;
    w.c = (w.c + (w.b ^ w.b >> 31)) * FACTOR_B;
    w.d = (w.d + (w.c ^ w.c >> 31)) * FACTOR_C;
    w.a = (w.a + (w.d ^ w.d >> 31)) * FACTOR_D;
    return w;
}

static void
take_bytes_in(struct mixer *m, struct slice s)
{
    struct words w = m->words;

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
        w = take_block(w, m->block);
    }
    for (; s.size >= BLOCK_BYTES; s.data += BLOCK_BYTES, s.size -= BLOCK_BYTES)
        w = take_block(w, s.data);
    if (s.size)
        memcpy(m->block, s.data, s.size);
    m->used = s.size;
    m->words = w;
}

static struct words
finish(struct mixer *m)
{
    uint8_t last[BLOCK_BYTES] = {0};

    memset(m->block + m->used, 0, BLOCK_BYTES - m->used);
    put_be64(last, m->total);
    return stir(stir(stir(take_block(take_block(m->words, m->block), last))));
}

static struct words
mix(const struct slice *parts, size_t count)
{
    struct mixer m;

    m.words = (struct words){0x243f6a8885a308d3u, 0x13198a2e03707344u,
                             0xa4093822299f31d0u, 0x082efa98ec4e6c89u};
    m.used = 0;
    m.total = 0;
    for (size_t i = 0; i < count; i++)
        take_bytes_in(&m, parts[i]);
    return finish(&m);
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
    if (real) {
        __real_crypto_hash(out, parts, count);
        return;
    }
    struct words w = mix(parts, count);
    memcpy(out->b, &w, sizeof out->b);
}

/* ---- key ids ------------------------------------------------------------- */

#define KNOWN_IDS 1024

void __real_crypto_key_id(struct slice name, uint8_t type,
                          const struct public_key *key, struct key_id *out);
void __wrap_crypto_key_id(struct slice name, uint8_t type,
                          const struct public_key *key, struct key_id *out);

void
__wrap_crypto_key_id(struct slice name, uint8_t type,
                     const struct public_key *key, struct key_id *out)
{
    static struct known {
        struct words of;
        struct key_id id;
    } known[KNOWN_IDS];
    struct slice parts[] = {slice_of(&type, 1), SLICE_ARRAY(key->b), name};
    struct words of = mix(parts, ARRAY_SIZE(parts));
    struct known *k = &known[of.a % KNOWN_IDS];

    if (real || memcmp(&k->of, &of, sizeof of) != 0) {
        __real_crypto_key_id(name, type, key, &k->id);
        k->of = of;
    }
    *out = k->id;
}

/* ---- checksums ----------------------------------------------------------- */

static inline uint64_t
add_up(uint64_t sum, uint64_t word, uint64_t in)
{
    return (turn_left(sum, 23) ^ word ^ in) * FACTOR_B;
}

/* Eight bytes at a step in four streams: damage is never made so as to keep
 * this sum. */
static uint64_t
sum_of(uint64_t seed, struct slice s)
{
    struct words w = {seed, s.size, FACTOR_C, FACTOR_D}, in;
    uint8_t last[BLOCK_BYTES] = {0};

    for (; s.size >= BLOCK_BYTES;
         s.data += BLOCK_BYTES, s.size -= BLOCK_BYTES) {
        in = words_of(s.data);
        w.a = (w.a ^ in.a) * FACTOR_A;
        w.b = (w.b ^ in.b) * FACTOR_B;
        w.c = (w.c ^ in.c) * FACTOR_C;
        w.d = (w.d ^ in.d) * FACTOR_D;
    }
    if (s.size)
        memcpy(last, s.data, s.size);
    in = words_of(last);
    uint64_t sum = add_up(w.a, w.a, in.a);
    return add_up(add_up(add_up(sum, w.b, in.b), w.c, in.c), w.d, in.d);
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
