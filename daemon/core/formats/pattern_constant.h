/*
 * pattern_constant - is this text a constant of its kind?
 *
 * Leaves out: what a pattern may do with it (pattern_parse.h).
 * Spec:       STIX 2.1, 9.2 and 10.7
 */
#ifndef CORE_FORMATS_PATTERN_CONSTANT_H
#define CORE_FORMATS_PATTERN_CONSTANT_H

#include "core/base/slice.h"

/* Tell whether these are pairs of hexadecimal digits; none is good. */
bool pattern_is_hex(struct slice text);

/* Tell whether this is base64 of at least one byte, padded to fours. */
bool pattern_is_base64(struct slice text);

/* Tell whether this is a time whose parts are in range; not every month has
 * the 31 days that are taken, and every minute may have a leap second. */
bool pattern_is_stamp(struct slice text);

/* Tell whether `first` is before `second`; both are times. */
bool pattern_is_before(struct slice first, struct slice second);

/* Tell whether a number is more than 0. */
bool pattern_is_positive(struct slice number);

/* Tell whether a value of the hash `name`, with or without hyphens, in any
 * case, can be one: true for a name that is not known. */
bool pattern_is_hash(struct slice name, struct slice value);

#endif
