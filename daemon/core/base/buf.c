#include "core/base/buf.h"

#include "core/base/mem.h"

#include <assert.h>

#define BUF_FIRST_BYTES 256
#define VARINT_BYTES_MAX 10

void
buf_clear(struct buf *b)
{
    mem_free(b->data);
    *b = (struct buf){0};
}

void
buf_grow(struct buf *b, size_t more)
{
    assert(more <= SIZE_MAX / 4 && b->size <= SIZE_MAX / 4);
    size_t want = b->capacity ? b->capacity * 2 : BUF_FIRST_BYTES;

    if (want < b->size + more)
        want = b->size + more;
    b->data = mem_resize(b->data, want, 1);
    b->capacity = want;
}

void
buf_put_u16(struct buf *b, uint16_t value)
{
    put_be16(buf_extend(b, 2), value);
}

void
buf_put_u32(struct buf *b, uint32_t value)
{
    put_be32(buf_extend(b, 4), value);
}

void
buf_put_u64(struct buf *b, uint64_t value)
{
    put_be64(buf_extend(b, 8), value);
}

void
buf_put_varint(struct buf *b, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t count = 0;

    for (; value > 0x7f; value >>= 7)
        bytes[count++] = (uint8_t)(value | 0x80);
    bytes[count++] = (uint8_t)value;
    buf_put(b, slice_of(bytes, count));
}

void
buf_put_decimal(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t n = 0;

    do {
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_put(b, slice_of(digits + sizeof digits - n, n));
}

void
buf_put_hex(struct buf *b, struct slice bytes)
{
    static const char digit[] = "0123456789abcdef";
    uint8_t *at = buf_extend(b, bytes.size * 2);

    for (size_t i = 0; i < bytes.size; i++) {
        at[2 * i] = (uint8_t)digit[bytes.data[i] >> 4];
        at[2 * i + 1] = (uint8_t)digit[bytes.data[i] & 15];
    }
}

void
buf_set_u32(struct buf *b, size_t at, uint32_t value)
{
    assert(at + 4 <= b->size);
    put_be32(b->data + at, value);
}
