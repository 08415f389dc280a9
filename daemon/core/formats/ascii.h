/*
 * ascii - what a byte is, without any locale.
 *
 * Leaves out: text beyond ASCII (base/utf8.h), hexadecimal to bytes
 *             (base/hex.h).
 */
#ifndef CORE_FORMATS_ASCII_H
#define CORE_FORMATS_ASCII_H

#include "core/formats/look.h"

static inline bool
ascii_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline uint8_t
ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static inline uint8_t
ascii_upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

static inline bool
ascii_is_letter(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool
ascii_is_alnum(uint8_t c)
{
    return ascii_is_digit(c) || ascii_is_letter(c);
}

/* Give what a hexadecimal digit is worth, or -1. */
static inline int
ascii_hex(uint8_t c)
{
    /* No processor can guess whether the next digit of a hash is a letter. */
    int digit = (c & 15) + (c >> 6) * 9;

    return look_kinds[c] & LOOK_HEX ? digit : -1;
}

static inline bool
ascii_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Tell whether `s` begins with the lower-case `prefix`, in any case. */
static inline bool
ascii_starts(struct slice s, const char *prefix)
{
    size_t i = 0;

    for (; prefix[i]; i++)
        if (i >= s.size || ascii_lower(s.data[i]) != (uint8_t)prefix[i])
            return false;
    return true;
}

/* Tell whether `s` is the lower-case `word`, in any case. */
static inline bool
ascii_is_word(struct slice s, const char *word)
{
    for (size_t i = 0; i < s.size; i++)
        if (!word[i] || ascii_lower(s.data[i]) != (uint8_t)word[i])
            return false;
    return word[s.size] == 0;
}

/* Tell whether both say the same, in any case. */
static inline bool
ascii_is_same(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return a.size == b.size;
}

/* Give the part from `at` on; `at` is at most the size. */
static inline struct slice
slice_from(struct slice s, size_t at)
{
    return (struct slice){s.data + at, s.size - at};
}

/* Give the first `n` bytes; `n` is at most the size. */
static inline struct slice
slice_first(struct slice s, size_t n)
{
    return (struct slice){s.data, n};
}

/* Find a byte; the size if it is not there. */
static inline size_t
slice_find(struct slice s, uint8_t c)
{
    const uint8_t *at = s.size ? memchr(s.data, c, s.size) : NULL;

    return at ? (size_t)(at - s.data) : s.size;
}

/* Find the last such byte; the size if it is not there. */
static inline size_t
slice_find_last(struct slice s, uint8_t c)
{
    for (size_t i = s.size; i > 0; i--)
        if (s.data[i - 1] == c)
            return i - 1;
    return s.size;
}

/* Take white space off both ends. */
static inline struct slice
slice_trim(struct slice s)
{
    while (s.size && ascii_is_space(s.data[0]))
        s = slice_from(s, 1);
    while (s.size && ascii_is_space(s.data[s.size - 1]))
        s.size--;
    return s;
}

/* Tell whether a text is decimal digits and nothing else, one at least. */
static inline bool
ascii_is_digits(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (!ascii_is_digit(s.data[i]))
            return false;
    return s.size > 0;
}

/* Read 1 to 10 decimal digits with no leading zero; false beyond `max`. */
static inline bool
ascii_number(struct slice s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (s.size == 0 || s.size > 10 || (s.size > 1 && s.data[0] == '0'))
        return false;
    for (size_t i = 0; i < s.size; i++) {
        if (!ascii_is_digit(s.data[i]))
            return false;
        n = n * 10 + (uint64_t)(s.data[i] - '0');
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}

#endif
