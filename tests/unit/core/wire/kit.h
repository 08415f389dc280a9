/*
 * kit - makes and bends protobuf bytes by hand, for the tests of this room.
 *
 * Leaves out: anything that core/wire does: a test must not lean on what it
 *             tests.
 */
#ifndef TESTS_UNIT_CORE_WIRE_KIT_H
#define TESTS_UNIT_CORE_WIRE_KIT_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* How long a refusal may take; everything is slower with sanitizers and
 * without optimisation. */
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define KIT_MS_MAX 100.0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KIT_MS_MAX 100.0
#endif
#endif
#ifndef KIT_MS_MAX
#define KIT_MS_MAX 10.0
#endif

enum { KIT_VARINT = 0, KIT_EIGHT = 1, KIT_LENGTH = 2, KIT_FOUR = 5 };

static inline void
kit_varint(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_put_u8(b, (uint8_t)(v | 0x80));
    buf_put_u8(b, (uint8_t)v);
}

static inline void
kit_tag(struct buf *b, unsigned number, unsigned form)
{
    kit_varint(b, (uint64_t)number << 3 | form);
}

static inline void
kit_number(struct buf *b, unsigned number, uint64_t v)
{
    kit_tag(b, number, KIT_VARINT);
    kit_varint(b, v);
}

static inline void
kit_bytes(struct buf *b, unsigned number, struct slice bytes)
{
    kit_tag(b, number, KIT_LENGTH);
    kit_varint(b, bytes.size);
    buf_put(b, bytes);
}

/* Wrap what is written so far as field `number` of an outer message. */
static inline void
kit_wrap(struct buf *b, unsigned number)
{
    struct buf outer = {0};

    kit_bytes(&outer, number, buf_slice(b));
    buf_clear(b);
    *b = outer;
}

/* Repeat a few bytes until `size` of them are written. */
static inline void
kit_repeat(struct buf *b, struct slice unit, size_t size)
{
    for (size_t n = 0; n + unit.size <= size; n += unit.size)
        buf_put(b, unit);
}

/* A field as it stands in a message: tag, start of its content, end. */
struct kit_field {
    unsigned number, form;
    size_t start, content, end;
};

static inline uint64_t
kit_read_varint(struct slice m, size_t *at)
{
    uint64_t v = 0;

    for (unsigned shift = 0;; shift += 7) {
        assert_true(*at < m.size);
        uint8_t byte = m.data[(*at)++];
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
}

/* Take a well-formed message apart; gives the number of fields. */
static inline size_t
kit_fields(struct slice m, struct kit_field *out, size_t max)
{
    size_t at = 0, n = 0;

    while (at < m.size) {
        assert_true(n < max);
        struct kit_field *f = &out[n++];
        f->start = at;
        uint64_t tag = kit_read_varint(m, &at);
        f->number = (unsigned)(tag >> 3);
        f->form = (unsigned)(tag & 7);
        f->content = at;
        if (f->form == KIT_LENGTH) {
            uint64_t size = kit_read_varint(m, &at);
            f->content = at;
            at += size;
        } else {
            assert_int_equal(f->form, KIT_VARINT);
            kit_read_varint(m, &at);
        }
        f->end = at;
    }
    return n;
}

static inline struct slice
kit_content(struct slice m, const struct kit_field *f)
{
    return slice_of(m.data + f->content, f->end - f->content);
}

/* Fill an array with bytes that differ from each other and by `seed`. */
static inline void
kit_fill(void *to, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = (uint8_t)(seed + 7 * i + (i >> 8) + 1);
}

/* Copy into memory that ends where the bytes end, so that a read beyond them
 * is seen. The caller frees. */
static inline uint8_t *
kit_exact(struct slice s)
{
    uint8_t *p = malloc(s.size ? s.size : 1);

    assert_non_null(p);
    if (s.size)
        memcpy(p, s.data, s.size);
    return p;
}

static inline double
kit_cpu_ms(void)
{
    return (double)clock() * 1000.0 / CLOCKS_PER_SEC;
}

#define kit_assert_slice(a, b) assert_true(slice_equal((a), (b)))
#define kit_assert_text(a, b) assert_true(slice_is((a), (b)))

#endif
