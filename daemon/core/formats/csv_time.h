/*
 * csv_time - a point in time as tables write it.
 *
 * Holds:      2026-11-23, with or without 17:04:12 behind it, or seconds
 *             since 1970; a time without a zone is in UTC. Forms whose order
 *             of day and month one would have to guess are none.
 * Leaves out: STIX's one form (stamp.h).
 */
#ifndef CORE_FORMATS_CSV_TIME_H
#define CORE_FORMATS_CSV_TIME_H

#include "core/base/instant.h"
#include "core/base/slice.h"

/* What a day alone stands for. */
enum csv_day {
    CSV_DAY_BEGINS,
    CSV_DAY_ENDS, /* its last second */
};

/* Read a time; false for any other form, zone, or a day that does not
 * exist. */
MUST_USE bool csv_time_parse(struct slice text, enum csv_day day,
                             struct wall *out);

#endif
