/*
 * cursor - reads fixed binary front to back; numbers are big-endian.
 *
 * Holds:      after the first read past the end `bad` stays set, every later
 *             read gives zero or an empty slice, and nothing is touched.
 * Trusts:     nothing; check `cursor_done` once at the end.
 */
#ifndef CORE_BASE_CURSOR_H
#define CORE_BASE_CURSOR_H

#include "core/base/slice.h"

struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static inline uint16_t
get_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_be32(const uint8_t *p)
{
    return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline uint64_t
get_be64(const uint8_t *p)
{
    return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static inline struct cursor
cursor_of(struct slice bytes)
{
    return (struct cursor){bytes.data, bytes.size, false};
}

/* Take the next `n` bytes; they still belong to the source. */
static inline struct slice
cursor_bytes(struct cursor *c, size_t n)
{
    if (c->bad || n > c->left) {
        c->bad = true;
        return (struct slice){0};
    }
    struct slice s = {c->at, n};
    c->at += n;
    c->left -= n;
    return s;
}

/* Copy the next `n` bytes to `out`; zeros if they are not there. */
static inline void
cursor_copy(struct cursor *c, void *out, size_t n)
{
    struct slice s = cursor_bytes(c, n);

    if (s.size)
        memcpy(out, s.data, n);
    else
        memset(out, 0, n);
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
    struct slice s = cursor_bytes(c, 1);
    return s.size ? s.data[0] : 0;
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
    struct slice s = cursor_bytes(c, 2);
    return s.size ? get_be16(s.data) : 0;
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
    struct slice s = cursor_bytes(c, 4);
    return s.size ? get_be32(s.data) : 0;
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
    struct slice s = cursor_bytes(c, 8);
    return s.size ? get_be64(s.data) : 0;
}

/* Read what buf_put_varint writes, and nothing that it does not. */
static inline uint64_t
cursor_varint(struct cursor *c)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(c);
        uint64_t bits = byte & 0x7f;
        value |= bits << shift;
        if ((shift && !byte) || bits << shift >> shift != bits)
            break;
        if (!(byte & 0x80))
            return value;
    }
    c->bad = true;
    return 0;
}

/* Tell whether everything was read, exactly. */
static inline bool
cursor_done(const struct cursor *c)
{
    return !c->bad && c->left == 0;
}

#endif
