/*
 * stix_pattern - STIX patterns: are they good, and which values are in them?
 *
 * Holds:      the whole grammar, in one pass and without recursion
 *             (pattern_parse.h); beyond its bounds a pattern is refused.
 * Trusts:     nothing.
 * Leaves out: matching. A pattern that joins two types of object by AND is
 *             taken: by 9.5 it matches nothing, but it is one.
 * Spec:       STIX 2.1, 9; docs/PROTOCOL.md#heads
 */
#ifndef CORE_FORMATS_STIX_PATTERN_H
#define CORE_FORMATS_STIX_PATTERN_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/formats/pattern_parse.h"
#include "core/model/observable.h"

/* Constants that are looked at for values in one pattern. */
#define PATTERN_VALUES_MAX HEAD_VALUES_MAX

/* Check a whole pattern; false and the fault if it is none. */
MUST_USE bool stix_pattern_check(struct slice pattern, struct arena *arena,
                                 struct pattern_fault *fault);

/* What the values of a pattern are to it. */
struct pattern_summary {
    size_t values;    /* that were handed over */
    bool is_list;     /* it says "one of these values" and nothing else */
    bool is_cut;      /* it holds more than PATTERN_VALUES_MAX constants */
    bool mixes_types; /* AND joins two types of object: nothing is both */
};

struct pattern_values {
    void *context;
    /* Take a value in normal form; both are lent until the arena's reset. */
    void (*value)(void *context, enum observable type, struct slice value);
};

/*
 * Hand over the values that a search can use, in the order in which they
 * stand: what a known property is equal to, or in a set with. Values that are
 * not good ones of their kind are passed over; repeated ones are not.
 *
 * ERR_VALUE   it is no pattern; `sink` has seen what stood before the fault
 * ERR_DEPTH   so many parentheses are open that it is not read
 * ERR_BUDGET  the arena is spent
 */
MUST_USE enum err stix_pattern_values(struct slice pattern, struct arena *arena,
                                      const struct pattern_values *sink,
                                      struct pattern_summary *summary);

/*
 * Check the value of a STIX property, "ipv4-addr:value" for instance, as the
 * observable that it is.
 *
 * ERR_VALUE   the property is none that is known, or its value not a good one
 * ERR_BUDGET  the arena is spent
 */
MUST_USE enum err stix_property_value(struct slice property, struct slice text,
                                      struct arena *arena,
                                      enum observable *type,
                                      struct slice *value);

#endif
