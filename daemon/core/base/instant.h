/*
 * instant - the two kinds of time, which never mix.
 *
 * Holds:      `mono` counts milliseconds since some start and never goes
 *             back: deadlines and retries. `wall` counts milliseconds since
 *             1970 and may jump by years: stamps and certificates only.
 * Leaves out: reading a clock (edge/turn). The core is told the time.
 */
#ifndef CORE_BASE_INSTANT_H
#define CORE_BASE_INSTANT_H

#include <stdint.h>

struct mono {
    uint64_t ms;
};

struct wall {
    uint64_t ms;
};

/* Both times, as they stood when a turn began. */
struct now {
    struct mono mono;
    struct wall wall;
};

/* A deadline that never comes. */
#define MONO_NEVER ((struct mono){UINT64_MAX})

static inline struct mono
mono_after(struct mono t, uint64_t ms)
{
    return (struct mono){t.ms > UINT64_MAX - ms ? UINT64_MAX : t.ms + ms};
}

static inline struct mono
mono_earlier(struct mono a, struct mono b)
{
    return a.ms < b.ms ? a : b;
}

#endif
