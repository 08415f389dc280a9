/*
 * stix_pattern - STIX patterns, as far as they are read by now.
 *
 * Holds:      one pass over the bytes, no recursion, whatever the nesting.
 * Leaves out: the full grammar: a pattern that is well-formed as to quotes,
 *             brackets and comments is kept as it stands.
 * Spec:       STIX 2.1, 9
 */
#ifndef CORE_FORMATS_STIX_PATTERN_H
#define CORE_FORMATS_STIX_PATTERN_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/observable.h"

/* Tell what is wrong with a pattern, as a constant sentence; NULL: nothing. */
const char *stix_pattern_fault(struct slice pattern);

/*
 * Read a pattern that is one equality, such as [url:value = 'http://...'], as
 * an observable and its value in normal form.
 *
 * ERR_VALUE   it is any other pattern, or its value is not a good one
 * ERR_BUDGET  the arena is spent
 */
MUST_USE enum err stix_pattern_equality(struct slice pattern,
                                        struct arena *arena,
                                        enum observable *type,
                                        struct slice *value);

/* Check the value of a STIX property, "ipv4-addr:value" for instance, as the
 * observable that it is; errors as above. */
MUST_USE enum err stix_property_value(struct slice property, struct slice text,
                                      struct arena *arena,
                                      enum observable *type,
                                      struct slice *value);

#endif
