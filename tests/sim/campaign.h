/*
 * campaign - many seeds, in one process or several, and what came of them.
 */
#ifndef TESTS_SIM_CAMPAIGN_H
#define TESTS_SIM_CAMPAIGN_H

#include "sim/sim.h"

/* Of a campaign or of one process's share of it. */
struct result {
    struct counts counts;
    uint64_t failed;
    double seconds; /* of this processor */
};

/* Give a profile by its name, or NULL; write their names. */
const struct profile *profile_named(const char *name);
void profiles_print(void);

/* Run seeds `o->first + share`, then every `o->jobs`th, until one fails;
 * `progress` is called after each. */
typedef void (*progress_fn)(const struct result *so_far);
void campaign_share(const struct options *o, unsigned share,
                    progress_fn progress, struct result *out);

/* Run all of them, in `o->jobs` processes. */
void campaign_run(const struct options *o, struct result *out);

/* ---- report.c ---- */
void result_add(struct result *sum, const struct result *r);

/* Print what was done; count what a campaign of that size must reach and did
 * not. */
unsigned report(const struct options *o, const struct result *r);

#endif
