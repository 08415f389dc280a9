/*
 * vectors_fixture - vectors as C, and how a test compares bytes with them.
 */
#ifndef TESTS_VECTORS_VECTORS_FIXTURE_H
#define TESTS_VECTORS_VECTORS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/hex.h"
#include "core/model/ids.h"
#include "vectors.h"

/* Fail unless `bytes` are those of the hexadecimal text. */
static inline void
assert_hex(struct slice bytes, const char *expected)
{
    struct buf text = {0};

    buf_put_hex(&text, bytes);
    buf_put_u8(&text, 0);
    assert_string_equal((const char *)text.data, expected);
    buf_clear(&text);
}

static inline void
assert_text(const struct buf *text, const char *expected)
{
    assert_int_equal(text->size, strlen(expected));
    assert_memory_equal(text->data, expected, text->size);
}

/* Append the bytes of a hexadecimal text. */
static inline void
put_unhex(struct buf *out, const char *hex)
{
    size_t size = strlen(hex) / 2;

    assert_true(
        hex_decode(slice_str(hex), size ? buf_extend(out, size) : NULL, size));
}

static inline struct hash
hash_of_hex(const char *hex)
{
    struct hash h;

    assert_true(hex_decode(slice_str(hex), h.b, sizeof h.b));
    return h;
}

static inline struct team_name
team_of(const char *name)
{
    struct team_name t;

    assert_true(team_name_parse(slice_str(name), &t));
    return t;
}

#endif
