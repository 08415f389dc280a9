/*
 * utf8 - is this text? (RFC 3629: no overlong forms, no surrogates)
 */
#ifndef CORE_BASE_UTF8_H
#define CORE_BASE_UTF8_H

#include "core/base/slice.h"

/* Find the first byte that is not UTF-8; `bytes.size` if all of it is. */
size_t utf8_bad_at(struct slice bytes);

/* Tell in a sentence for a person, constant, no full stop, that the first four
 * bytes of a file have the byte order mark of UTF-16 or UTF-32; NULL: not so.
 * Two bytes are enough for UTF-16. */
const char *utf8_other_mark(struct slice first);

/* Tell whether a text begins with the byte order mark of UTF-8, as that of some
 * programs does: bytes that belong to no line. */
#define UTF8_MARK_BYTES 3
static inline bool
utf8_has_mark(struct slice text)
{
    return text.size >= UTF8_MARK_BYTES &&
           memcmp(text.data, "\xef\xbb\xbf", UTF8_MARK_BYTES) == 0;
}

/* Give the bytes that a character takes by its first byte, 1 to 4; whether it
 * is one is for utf8_bad_at to say. */
static inline size_t
utf8_size(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

#endif
