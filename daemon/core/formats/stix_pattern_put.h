/*
 * stix_pattern_put - writes values as a STIX pattern, or as the observable
 *                    objects that they are.
 *
 * Leaves out: reading patterns (stix_pattern.h).
 * Spec:       STIX 2.1, 6 and 9
 */
#ifndef CORE_FORMATS_STIX_PATTERN_PUT_H
#define CORE_FORMATS_STIX_PATTERN_PUT_H

#include "core/base/buf.h"
#include "core/model/message.h"

/* Write the pattern that one value stands for; false for a type that no
 * pattern has. A value may come out in a form that a search cannot read back
 * as the same value: `is_changed` says so. */
MUST_USE bool stix_pattern_put(struct buf *out, const struct observed *value,
                               bool *is_changed);

/* Write the observable object of a value; `marks` is what it has in common
 * with others, `,"key":value` each. False for a type that has none. */
MUST_USE bool stix_observable_put(struct buf *out, const struct observed *value,
                                  struct slice marks);

#endif
