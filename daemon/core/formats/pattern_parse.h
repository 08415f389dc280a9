/*
 * pattern_parse - the grammar of STIX patterns, whole.
 *
 * Holds:      one pass over the bytes and no recursion: comparisons in
 *             parentheses stand on a stack out of the arena, 64 bytes each, at
 *             most PATTERN_DEPTH_MAX of them. AND binds closer than OR, OR
 *             closer than FOLLOWEDBY, a qualifier closest.
 * Trusts:     nothing.
 * Leaves out: what the values mean (stix_pattern.h); matching.
 * Spec:       STIX 2.1, 9
 */
#ifndef CORE_FORMATS_PATTERN_PARSE_H
#define CORE_FORMATS_PATTERN_PARSE_H

#include "core/formats/pattern_token.h"

/* Parentheses that are open at once; the deepest that was seen, made to break
 * readers, had 5,000. */
#define PATTERN_DEPTH_MAX 8192u
#define PATTERN_DEPTH_BYTES_MAX (PATTERN_DEPTH_MAX * 64)

/* No property whose values are searched has a longer name. */
#define PATTERN_PATH_MAX 96

/* "type:name.name", in which quotes do not count. */
struct pattern_path {
    uint8_t text[PATTERN_PATH_MAX];
    size_t size;
    bool is_plain; /* false: longer, or with an index, or with a key that
                    * holds a mark of paths itself; the text means nothing */
};

/* One comparison of a path with one constant; IN gives one for each. */
struct pattern_test {
    struct pattern_path path;
    enum pattern_kind op; /* PATTERN_EQUAL to PATTERN_EXISTS */
    bool is_negated;
    struct pattern_token constant; /* PATTERN_END for EXISTS, an empty set */
};

/* What a pattern is made of, apart from its comparisons. */
struct pattern_shape {
    size_t comparisons;   /* an IN is one */
    bool has_parentheses; /* but for those of sets */
    bool is_choice;       /* joined by OR alone, without qualifiers */
    bool mixes_types;     /* AND joins comparisons of two types of object: all
                           * of an observation match one, so none does */
};

struct pattern_visitor {
    void *context;
    /* Take a comparison, which is lent; false ends the parse. */
    bool (*test)(void *context, const struct pattern_test *test);
};

/*
 * Read a pattern to its end and hand each comparison to `visitor`, if not
 * NULL. False and the fault where it is no pattern, or a bound is reached; the
 * visitor has seen what stood before. A visitor that ends the parse is
 * ERR_BUDGET.
 */
MUST_USE bool pattern_parse(struct slice pattern, struct arena *arena,
                            const struct pattern_visitor *visitor,
                            struct pattern_shape *shape,
                            struct pattern_fault *fault);

#endif
