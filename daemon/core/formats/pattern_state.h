/*
 * pattern_state - what the two halves of the parser share: observations
 * (pattern_parse.c) and the comparisons in them (pattern_compare.c).
 *
 * Holds:      `token` is the next one that was not taken yet.
 */
#ifndef CORE_FORMATS_PATTERN_STATE_H
#define CORE_FORMATS_PATTERN_STATE_H

#include "core/formats/pattern_parse.h"

/* The types of object that a part of a comparison can hold for. */
struct pattern_types {
    enum { TYPES_NONE, TYPES_ONE, TYPES_MANY } count;
    struct slice one;
};

struct pattern_level {
    struct pattern_level *outer;
    struct pattern_types product; /* of what AND joined so far */
    struct pattern_types sum;     /* of what OR joined before */
};

struct pattern_state {
    struct slice pattern;
    size_t at;
    struct pattern_token token;
    struct arena *arena;
    const struct pattern_visitor *visitor;
    struct pattern_shape *shape;
    struct pattern_fault *fault;
    size_t depth;                      /* parentheses that are open */
    struct pattern_level *top, *spare; /* of those in an observation */
};

/* Say what is wrong at the next token; always false. */
bool pattern_wrong(const struct pattern_state *p, const char *text);

/* Go on to the token behind the next one. */
MUST_USE bool pattern_advance(struct pattern_state *p);

/* Take the next token if it is of this kind; `taken` says whether. */
MUST_USE bool pattern_accept(struct pattern_state *p, enum pattern_kind kind,
                             bool *taken);

/* Take a token of this kind; false and `text` for any other. */
MUST_USE bool pattern_expect(struct pattern_state *p, enum pattern_kind kind,
                             const char *text);

/* Take an opening parenthesis, which is the next token. */
MUST_USE bool pattern_deeper(struct pattern_state *p);

/* Read what stands in square brackets, the first of them taken. */
MUST_USE bool pattern_comparisons(struct pattern_state *p);

/* Read one comparison and give the type of object it is about. */
MUST_USE bool pattern_comparison(struct pattern_state *p, struct slice *type);

#endif
