/*
 * alarms - the kinds of alarms, and where one has come to.
 *
 * Holds:      an alarm is raised once for its cause and keeps its number; a
 *             repeat adds to its count.
 * Leaves out: raising them (inside.h), reading them (view.h).
 * Spec:       docs/OPERATIONS.md#alarms
 */
#ifndef CORE_EXCHANGE_ALARMS_H
#define CORE_EXCHANGE_ALARMS_H

#include <stdint.h>

enum alarm_kind {
#define ALARM_KIND(symbol, number, severity, name, means, done, todo)          \
    ALARM_##symbol = (number),
#include "core/exchange/alarm_kinds.def"
#undef ALARM_KIND
};

enum alarm_severity {
    ALARM_WARNING, /* look at it today */
    ALARM_CRITICAL /* something stands still, or will not open again */
};

/* What is said of a kind; lines of `todo` end with a line feed. */
struct alarm_words {
    enum alarm_severity severity;
    const char *name, *means, *done, *todo;
};

/* Find the words of a kind by its number; NULL if there is no such kind. */
const struct alarm_words *alarm_words(uint32_t kind);

/* How an alarm ended, if it did. */
enum alarm_end {
    ALARM_OPEN = 0,
    ALARM_BY_CAUSE = 1,  /* what it warned of has gone */
    ALARM_BY_PERSON = 2, /* somebody closed it */
};

/* What an alarm is about; two with equal causes are one. `peer`, `lane` stand
 * at UINT32_MAX where none is concerned. */
struct alarm_cause {
    uint32_t kind; /* enum alarm_kind */
    uint32_t peer;
    uint32_t lane;
    uint64_t index; /* of an entry, where one is concerned */
};

#endif
