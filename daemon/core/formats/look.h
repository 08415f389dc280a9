/*
 * look - which kinds of bytes a text has, seen in one pass.
 *
 * Holds:      each byte is of one kind; what a text can be, and what need not
 *             be sought in it, follows from the kinds that it has.
 * Leaves out: where they stand.
 */
#ifndef CORE_FORMATS_LOOK_H
#define CORE_FORMATS_LOOK_H

#include "core/base/slice.h"

enum look {
    LOOK_DIGIT = 1 << 0,
    LOOK_HEX_LOWER = 1 << 1, /* a to f */
    LOOK_HEX_UPPER = 1 << 2,
    LOOK_LOWER = 1 << 3, /* g to z */
    LOOK_UPPER = 1 << 4,
    LOOK_DOT = 1 << 5,
    LOOK_COLON = 1 << 6,
    LOOK_SLASH = 1 << 7,
    LOOK_HYPHEN = 1 << 8,
    LOOK_UNDERSCORE = 1 << 9,
    LOOK_AT = 1 << 10,
    LOOK_STAR = 1 << 11,
    LOOK_BACKSLASH = 1 << 12,
    LOOK_OPENING = 1 << 13, /* ( [ { */
    LOOK_CLOSING = 1 << 14, /* ) ] } */
    LOOK_QUOTE = 1 << 15,   /* " ' < > */
    LOOK_QUERY = 1 << 16,   /* ? */
    LOOK_HASH = 1 << 17,    /* # */
    LOOK_SIGN = 1 << 18,    /* all others that are seen */
    LOOK_SPACE = 1 << 19,   /* and tab, line end, form feed */
    LOOK_CONTROL = 1 << 20,
    LOOK_HIGH = 1 << 21, /* above ASCII */
};

#define LOOK_HEX ((unsigned)LOOK_DIGIT | LOOK_HEX_LOWER | LOOK_HEX_UPPER)
#define LOOK_CAPITAL ((unsigned)LOOK_HEX_UPPER | LOOK_UPPER)
#define LOOK_ALNUM (LOOK_HEX | LOOK_LOWER | LOOK_UPPER)
#define LOOK_HOST (LOOK_ALNUM | LOOK_HYPHEN | LOOK_UNDERSCORE | LOOK_HIGH)
#define LOOK_SEEN                                                              \
    (LOOK_HOST | LOOK_DOT | LOOK_COLON | LOOK_SLASH | LOOK_AT | LOOK_STAR |    \
     LOOK_BACKSLASH | LOOK_OPENING | LOOK_CLOSING | LOOK_QUOTE | LOOK_QUERY |  \
     LOOK_HASH | LOOK_SIGN)
#define LOOK_UNSEEN ((unsigned)LOOK_SPACE | LOOK_CONTROL)

/* The kind of each byte. */
extern const uint32_t look_kinds[256];

/* Give the kinds that a text has, together. */
static inline unsigned
look_at(struct slice text)
{
    unsigned kinds = 0;

    for (size_t i = 0; i < text.size; i++)
        kinds |= look_kinds[text.data[i]];
    return kinds;
}

#endif
