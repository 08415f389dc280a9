/*
 * stamp - a point in time as STIX writes it: 2026-11-23T17:04:12.123Z
 *
 * Holds:      a day that the calendar has, always in UTC.
 * Leaves out: clocks (base/instant.h has the types, edge/turn reads them).
 * Spec:       STIX 2.1, 2.16; RFC 3339
 */
#ifndef CORE_FORMATS_STAMP_H
#define CORE_FORMATS_STAMP_H

#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/base/slice.h"

struct stamp {
    int64_t seconds;       /* since 1970; before it negative */
    struct slice fraction; /* digits behind the point, lent */
};

/* Read a stamp; false for any other form, other zones, or a day or second
 * that does not exist. A leap second is taken at the end of a day. */
MUST_USE bool stamp_parse(struct slice text, struct stamp *out);

/* Write seconds since 1970, up to STAMP_SECONDS_MAX, as "2026-11-23T17:04:12Z"
 * without a NUL. */
#define STAMP_TEXT 20
#define STAMP_SECONDS_MAX 253402300799u
void stamp_write(uint64_t seconds, char out[STAMP_TEXT]);

/* Order in time to the millisecond: negative, 0 or positive. Tools cut one of
 * two equal times down to milliseconds and leave the other. */
int stamp_compare(const struct stamp *a, const struct stamp *b);

/* Give milliseconds since 1970, cut down; 0 for all before. */
struct wall stamp_wall(const struct stamp *s);

/* Write a time with milliseconds: 2026-11-23T17:04:12.123Z. One behind the
 * year 9999 stands as the end of that year. */
void stamp_put(struct buf *out, struct wall time);

#endif
