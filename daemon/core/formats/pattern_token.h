/*
 * pattern_token - the words of a STIX pattern, one after the other.
 *
 * Holds:      white space and comments are passed over; a constant is one of
 *             its kind as it stands: hexadecimal in pairs, base64 in fours, a
 *             time whose parts are in range (the 30th of February is taken, as
 *             the grammar does).
 * Trusts:     nothing.
 * Leaves out: what may follow what (pattern_parse.h).
 * Spec:       STIX 2.1, 9.1, 9.2 and 10
 */
#ifndef CORE_FORMATS_PATTERN_TOKEN_H
#define CORE_FORMATS_PATTERN_TOKEN_H

#include "core/base/arena.h"
#include "core/base/err.h"

enum pattern_kind {
    PATTERN_END,
    PATTERN_NAME,   /* letters, digits and underscores */
    PATTERN_DASHED, /* with hyphens as well: names of types alone */
    PATTERN_STRING,
    PATTERN_INTEGER,
    PATTERN_FLOAT,
    PATTERN_HEX,
    PATTERN_BINARY,
    PATTERN_STAMP,
    PATTERN_BOOLEAN,
    PATTERN_AND,
    PATTERN_OR,
    PATTERN_NOT,
    PATTERN_FOLLOWEDBY,
    PATTERN_EXISTS,
    PATTERN_IN,
    PATTERN_TEXT_TEST, /* LIKE, MATCHES, ISSUBSET, ISSUPERSET */
    PATTERN_EQUAL,
    PATTERN_UNEQUAL,
    PATTERN_ORDER, /* <, <=, >, >= */
    PATTERN_START,
    PATTERN_STOP,
    PATTERN_WITHIN,
    PATTERN_SECONDS,
    PATTERN_REPEATS,
    PATTERN_TIMES,
    PATTERN_COLON,
    PATTERN_DOT,
    PATTERN_COMMA,
    PATTERN_STAR,
    PATTERN_ROUND_OPEN,
    PATTERN_ROUND_CLOSE,
    PATTERN_SQUARE_OPEN,
    PATTERN_SQUARE_CLOSE,
};

struct pattern_token {
    enum pattern_kind kind;
    struct slice text; /* of a constant what stands between its quotes */
    size_t at;         /* in bytes from the beginning of the pattern */
};

/* What is wrong with a pattern, and where. */
struct pattern_fault {
    enum err code;    /* ERR_VALUE; ERR_DEPTH, ERR_BUDGET: a bound is reached */
    const char *text; /* a sentence for a person, constant */
    size_t at;        /* in bytes from the beginning of the pattern */
};

/* Read the token that begins at or behind `*at` and move `*at` behind it;
 * false and the fault where none can be read. */
MUST_USE bool pattern_token_next(struct slice pattern, size_t *at,
                                 struct pattern_token *token,
                                 struct pattern_fault *fault);

/* Take the backslashes off the text of a string; ERR_BUDGET. */
MUST_USE enum err pattern_string(struct slice text, struct arena *arena,
                                 struct slice *out);

#endif
