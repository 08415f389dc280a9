/*
 * buf - bytes being written, growing as needed; numbers are big-endian.
 *
 * Holds:      the first `size` of `capacity` bytes are written.
 * Trusts:     the caller for the bound: a limit stands where the bytes come
 *             from, never here.
 * Leaves out: reading (cursor.h).
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include "core/base/slice.h"

#include <assert.h>

struct buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* Free the memory; the buffer is empty and usable again. */
void buf_clear(struct buf *b);

/* Forget the bytes, keep the memory. */
static inline void
buf_reset(struct buf *b)
{
    b->size = 0;
}

/* Make the memory of a buffer larger, for `more` bytes beyond its size. */
void buf_grow(struct buf *b, size_t more);

/* Make room for `more` bytes and return where they go; `size` grows by
 * them. The pointer holds until the next write. */
static inline uint8_t *
buf_extend(struct buf *b, size_t more)
{
    if (more > b->capacity - b->size)
        buf_grow(b, more);
    uint8_t *at = b->data + b->size;
    b->size += more;
    return at;
}

static inline void
buf_put(struct buf *b, struct slice bytes)
{
    if (!bytes.size)
        return;
    uint8_t *at = buf_extend(b, bytes.size);
    assert(at);
    memcpy(at, bytes.data, bytes.size);
}

static inline void
buf_put_u8(struct buf *b, uint8_t value)
{
    *buf_extend(b, 1) = value;
}

/* Write characters without their NUL. */
static inline void
buf_put_str(struct buf *b, const char *text)
{
    buf_put(b, slice_str(text));
}

void buf_put_u16(struct buf *b, uint16_t value);
void buf_put_u32(struct buf *b, uint32_t value);
void buf_put_u64(struct buf *b, uint64_t value);

/* Write a number in as few bytes as it needs, seven bits in each, the lowest
 * first; all but the last have their highest bit set. */
void buf_put_varint(struct buf *b, uint64_t value);

/* Write a decimal with no leading zero. */
void buf_put_decimal(struct buf *b, uint64_t value);

/* Write lower-case hexadecimal. */
void buf_put_hex(struct buf *b, struct slice bytes);

/* Overwrite four bytes at `at`, which were written before. */
void buf_set_u32(struct buf *b, size_t at, uint32_t value);

/* See what is written; holds until the next write. */
static inline struct slice
buf_slice(const struct buf *b)
{
    return (struct slice){b->data, b->size};
}

/* Big-endian numbers in place. */
static inline void
put_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void
put_be32(uint8_t *p, uint32_t v)
{
    put_be16(p, (uint16_t)(v >> 16));
    put_be16(p + 2, (uint16_t)v);
}

static inline void
put_be64(uint8_t *p, uint64_t v)
{
    put_be32(p, (uint32_t)(v >> 32));
    put_be32(p + 4, (uint32_t)v);
}

#endif
