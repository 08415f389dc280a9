#include "sim/campaign.h"
#include "sim/matrix.h"

#include <inttypes.h>
#include <stdio.h>

/* From so many seeds on, each state must have been reached; each cell of the
 * matrix from so many. */
#define CAMPAIGN_SEEDS 1000
#define MATRIX_SEEDS 20000

static const char *const states[SESSION_STATE_COUNT] = {
    [SESSION_GREETING] = "greeting", [SESSION_PROVING] = "proving",
    [SESSION_RESUMING] = "resuming", [SESSION_OPEN] = "open",
    [SESSION_CLOSED] = "closed",
};

/* Rows 2, 3 and 9 need a signing journal and a liar of a kind that no fault
 * here makes for sure; unit tests meet them. Row 12 is decided before anybody
 * is met. */
static bool
is_met_here(size_t row)
{
    return row != ROW_UNKNOWN && row != ROW_EPOCH_HIGHER &&
           row != ROW_TWO_GENESES && row != ROW_HOLDER_LIES &&
           row != ROW_HOLDER_DAMAGED && row != ROW_FORK &&
           row != ROW_SEEN_BEYOND;
}

static void
summary(const struct counts *c, double seconds)
{
    double n = (double)(c->seeds ? c->seeds : 1);

    printf("%" PRIu64 " seeds, %" PRIu64 " events (%.0f a seed, %.0f a "
           "second), %" PRIu64 " turns, %" PRIu64 " frames\n",
           c->seeds, c->events, (double)c->events / n,
           (double)c->events / (seconds + 1e-9), c->turns, c->frames);
    printf("%" PRIu64 " starts, %" PRIu64 " crashes, %" PRIu64
           " stops, %" PRIu64 " links cut, %" PRIu64 " dials\n",
           c->starts, c->crashes, c->stops, c->cuts, c->dials);
    printf("%" PRIu64 " entries held, %" PRIu64 " declined, %" PRIu64
           " handed on, %" PRIu64 " messages checked, %" PRIu64
           " receipts, %" PRIu64 " alarms, %" PRIu64 " epochs, %" PRIu64
           " adopted, %" PRIu64 " erased, %" PRIu64 " keys replaced\n",
           c->entries, c->declines, c->handed, c->messages, c->receipts,
           c->alarms, c->epochs, c->adopted, c->erased, c->rotations);
    printf("%" PRIu64 " lives run again from their capture, %" PRIu64
           " seeds with the clocks right, %" PRIu64 " starts from a snapshot\n",
           c->replayed, c->compared, c->snapshots);
}

static void
networks(const struct counts *c)
{
    static const char *const names[TOPOLOGY_COUNT] = {"pair", "star", "mesh",
                                                      "line"};

    printf("networks:");
    for (size_t i = 0; i < TOPOLOGY_COUNT; i++)
        printf(" %s %" PRIu64, names[i], c->topologies[i]);
    printf("; teams:");
    for (size_t i = 2; i <= TEAMS_MAX; i++)
        if (c->teams[i])
            printf(" %zu: %" PRIu64, i, c->teams[i]);
    printf("\n");
}

static unsigned
rare_states(const struct counts *c)
{
    static const char *const points[CRASH_POINT_COUNT] = {"",
                                                          "before sync",
                                                          "sync fails",
                                                          "ghost",
                                                          "after sync",
                                                          "among effects",
                                                          "before signing",
                                                          "after signing",
                                                          "between turns",
                                                          "among erasures"};
    unsigned missed = 0;

    printf("frames:");
    for (size_t i = 1; i < FRAME_TYPE_COUNT; i++) {
        printf(" %s %" PRIu64, frame_name((unsigned)i), c->sent[i]);
        missed += !c->sent[i];
    }
    printf("\nresume rows:");
    for (size_t i = 1; i < RESUME_ROW_COUNT; i++) {
        printf(" %zu: %" PRIu64, i, c->rows[i]);
        missed += is_met_here(i) && !c->rows[i];
    }
    printf("\ncrashes:");
    for (size_t i = 1; i < CRASH_POINT_COUNT; i++) {
        printf(" %s %" PRIu64 ";", points[i], c->crashed[i]);
        missed += !c->crashed[i];
    }
    printf("\nfaults:");
    for (unsigned i = 1; i < FAULT_COUNT; i++) {
        printf(" %s %" PRIu64 ";", fault_name(i), c->injected[i]);
        missed += !c->injected[i];
    }
    printf("\n");
    return missed;
}

static unsigned
invariants(const struct counts *c)
{
    static const char *const words[INVARIANT_COUNT][3] = {
#define INVARIANT(id, text, when) {#id, text, when},
#include "sim/invariants.def"
#undef INVARIANT
    };
    unsigned missed = 0;

    printf("invariants, and how often each was looked at:\n");
    for (size_t i = 0; i < INVARIANT_COUNT; i++) {
        printf("  %-4s %12" PRIu64 "  %s\n", words[i][0], c->checked[i],
               words[i][1]);
        missed += !c->checked[i];
    }
    return missed;
}

/* One line a state and frame: how many kinds of fault met it, of how many
 * that can. */
static unsigned
matrix(const struct counts *c, bool must)
{
    unsigned missed = 0;

    printf("matrix of session state, frame and last fault: faults met of "
           "those that can be\n");
    for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
        for (unsigned t = 1; t < FRAME_TYPE_COUNT; t++) {
            unsigned can = 0, had = 0;
            uint64_t frames = 0;
            for (unsigned f = 0; f < FAULT_COUNT; f++) {
                bool reachable = matrix_reachable(c, s, t, f);
                frames += c->met[s][t][f];
                can += reachable;
                had += reachable && c->met[s][t][f];
                if (must && reachable && !c->met[s][t][f])
                    printf("  EMPTY: %s, %s, %s\n", states[s], frame_name(t),
                           fault_name(f));
            }
            if (frames || can)
                printf("  %-9s %-8s %10" PRIu64 "  %u of %u\n", states[s],
                       frame_name(t), frames, had, can);
            missed += can - had;
        }
    return must ? missed : 0;
}

unsigned
report(const struct options *o, const struct result *r)
{
    const struct counts *c = &r->counts;
    bool whole = o->profile->groups == GROUP_ALL && !o->profile->teams;
    unsigned missed = 0;

    summary(c, r->seconds);
    networks(c);
    missed += rare_states(c);
    missed += invariants(c) + !c->snapshots;
    if (!whole || c->seeds < CAMPAIGN_SEEDS)
        return 0;
    missed += matrix(c, c->seeds >= MATRIX_SEEDS);
    return missed;
}
