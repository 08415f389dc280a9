/*
 * json_scan - walks over the parts of a value that json_stream has read.
 *
 * Holds:      constant memory, one level at a time: faster than reading the
 *             value again where little of it is wanted.
 * Trusts:     that the text is minified JSON that was checked; of any other
 *             it gives parts that mean nothing, and reads no byte beyond it.
 * Leaves out: undoing escapes of values (json_doc.h).
 */
#ifndef CORE_FORMATS_JSON_SCAN_H
#define CORE_FORMATS_JSON_SCAN_H

#include "core/base/slice.h"

struct json_scan {
    struct slice text;
    size_t at;
};

/* Begin at the first part of an object or list. */
static inline struct json_scan
json_scan_of(struct slice container)
{
    return (struct json_scan){container, 1};
}

/* Take the next member of an object: its key without the quotes, its value as
 * it stands; false behind the last. */
MUST_USE bool json_scan_member(struct json_scan *s, struct slice *key,
                               struct slice *value);

/* Take the next element of a list; false behind the last. */
MUST_USE bool json_scan_element(struct json_scan *s, struct slice *value);

/* Tell whether a key says `name`, which is letters, digits, signs of ASCII:
 * it may be written with escapes. */
bool json_scan_is(struct slice key, const char *name);

/* Find a member by its key; empty if there is none. */
struct slice json_scan_find(struct slice object, const char *key);

/* See a string without its quotes; empty for anything else. */
struct slice json_scan_string(struct slice value);

#endif
