/*
 * slice - bytes that somebody else owns.
 *
 * Holds:      `data` points at `size` readable bytes, or `size` is 0.
 * Trusts:     that the owner outlives it; copy with *_keep to hold longer.
 * Leaves out: growing (buf.h), reading numbers (cursor.h).
 */
#ifndef CORE_BASE_SLICE_H
#define CORE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct slice {
    const uint8_t *data;
    size_t size;
};

/* Make a slice of `size` bytes at `data`. */
static inline struct slice
slice_of(const void *data, size_t size)
{
    return (struct slice){data, size};
}

/* Make a slice of a C string, without its NUL. */
static inline struct slice
slice_str(const char *text)
{
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* Make a slice of a whole array. */
#define SLICE_ARRAY(a) slice_of((a), sizeof(a))

/* Tell whether both hold the same bytes. */
static inline bool
slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Tell whether `s` holds exactly the characters of `text`. */
static inline bool
slice_is(struct slice s, const char *text)
{
    /* Most texts differ in their first byte from the one looked for. */
    if (s.size && text && s.data[0] != (uint8_t)text[0])
        return false;
    return slice_equal(s, slice_str(text));
}

/* Order by bytes, then by length: negative, 0 or positive. */
static inline int
slice_compare(struct slice a, struct slice b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int d = n ? memcmp(a.data, b.data, n) : 0;

    if (d != 0)
        return d;
    return a.size < b.size ? -1 : a.size > b.size;
}

#endif
