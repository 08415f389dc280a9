#include "pair.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "usage: sealane-sweep [--every N] [--offset M] [--only WORD] [--trace]\n"
    "                     [--call K] [--node N]\n"
    "  --every N   only each Nth call, beginning with call M + 1\n"
    "  --only WORD sweeps whose name has the word in it\n"
    "  --call K    one call alone, with --trace to see what happens\n";

/* Small enough that an exchange needs several segments. */
#define SEGMENT_BYTES 16384
#define MESSAGES 11

struct options {
    uint64_t every, offset, call;
    const char *only;
    bool trace;
    unsigned node; /* NODES: each */
};

/* What goes wrong, at one call after the other. */
struct sweep {
    const char *name;
    enum strike strike; /* of the file calls in `which` */
    uint32_t which;
    bool for_ever;
    enum survival power; /* lost at each end of a process, or COUNT */
    enum signer_fault signer;
    bool points; /* at each step of the table */
};

#define KEPT SURVIVAL_COUNT

static const struct sweep sweeps[] = {
    {"file call fails once", STRIKE_FAIL, CALLS_ALL, false, KEPT, 0, false},
    {"file call fails from then on", STRIKE_FAIL, CALLS_ALL, true, KEPT, 0,
     false},
    {"file call fails, power lost", STRIKE_FAIL, CALLS_ALL, false,
     SURVIVES_SOME, 0, false},
    {"sync fails once", STRIKE_FAIL, CALLS_SYNCS, false, KEPT, 0, false},
    {"sync fails once, power lost", STRIKE_FAIL, CALLS_SYNCS, false,
     SURVIVES_NOTHING, 0, false},
    {"sync fails from then on", STRIKE_FAIL, CALLS_SYNCS, true, KEPT, 0, false},
    {"process gone before a file call", STRIKE_CUT_BEFORE, CALLS_ALL, false,
     KEPT, 0, false},
    {"process gone within a write", STRIKE_CUT_WITHIN, CALLS_ALL, false, KEPT,
     0, false},
    {"power lost, nothing unsynced kept", STRIKE_CUT_AFTER, CALLS_ALL, false,
     SURVIVES_NOTHING, 0, false},
    {"power lost, some of it kept", STRIKE_CUT_AFTER, CALLS_ALL, false,
     SURVIVES_SOME, 0, false},
    {"signer loses a request", 0, 0, false, KEPT, SIGNER_LOSES_REQUEST, false},
    {"signer loses requests from then on", 0, 0, true, KEPT,
     SIGNER_LOSES_REQUEST, false},
    {"signer loses an answer", 0, 0, false, KEPT, SIGNER_LOSES_ANSWER, false},
    {"signer loses answers from then on", 0, 0, true, KEPT, SIGNER_LOSES_ANSWER,
     false},
    {"signer refuses", 0, 0, false, KEPT, SIGNER_REFUSES, false},
    {"signer refuses from then on", 0, 0, true, KEPT, SIGNER_REFUSES, false},
    {"signer's answer is garbled", 0, 0, false, KEPT, SIGNER_GARBLES, false},
    {"process gone at a step", 0, 0, false, KEPT, 0, true},
    {"power lost at a step, nothing kept", 0, 0, false, SURVIVES_NOTHING, 0,
     true},
    {"power lost at a step, some kept", 0, 0, false, SURVIVES_SOME, 0, true},
};

/* What a row of the table says. */
struct row {
    uint64_t swept, starts, mended;
    bool bad;
};

static uint64_t visited[POINT_COUNT], cut_at[POINT_COUNT];

static struct pair pair;

/* One run of a sweep. */
struct
try {
    unsigned node;
    enum point at; /* of a sweep over steps */
    uint64_t k;
};

static void
plan(const struct sweep *s, const struct try *t)
{
    struct node *n = &pair.nodes[t->node];
    const struct calls_plan calls = {.what = s->strike,
                                     .which = s->which,
                                     .left = t->k,
                                     .for_ever = s->for_ever,
                                     .disk = n->disk};

    calls_set(&calls);
    pair.power = s->power;
    /* A read that fails, or a signer that refuses, stops the node. */
    pair.expects_alarms = s->which & 1u << CALL_READ;
    pair.expects_stops = s->signer || s->strike == STRIKE_FAIL;
    if (s->signer)
        n->signer_plan = (struct signer_plan){
            .what = s->signer, .left = t->k, .for_ever = s->for_ever};
    if (s->points)
        pair.cut =
            (struct cut_plan){.at = t->at, .node = t->node, .left = t->k};
}

/* Run once with one call going wrong. False: there is no such call. */
static bool
one(const struct sweep *s, const struct try *t, const struct options *o,
    struct row *row)
{
    /* A Decline that comes while its entry cannot be read is lost today. */
    bool reads_fail = s->strike == STRIKE_FAIL && s->which & 1u << CALL_READ;
    const struct pair_options small = {MESSAGES, SEGMENT_BYTES, !reads_fail};

    pair_begin(&pair, &small);
    pair.trace = o->trace;
    plan(s, t);
    bool good = pair_run(&pair);
    bool struck = pair.struck;
    row->swept += struck;
    row->starts += good ? pair.counts.starts - 2 * NODES : 0;
    row->mended += pair.mended;
    if (!good) {
        printf("%s, node %u, %s%scall %" PRIu64 ": %s\n", s->name, t->node,
               s->points ? point_name(t->at) : "", s->points ? ", " : "", t->k,
               pair.reason);
        row->bad = true;
    }
    for (unsigned i = 0; i < POINT_COUNT; i++)
        visited[i] += pair.visited[i];
    cut_at[t->at] += struck && s->points;
    pair_clear(&pair);
    return struck;
}

static void
sweep_node(const struct sweep *s, unsigned node, const struct options *o,
           struct row *row)
{
    unsigned last = s->points ? POINT_COUNT : 1;

    for (unsigned at = s->points; at < last; at++) {
        struct try t = {node, (enum point)at, o->call};
        if (t.k) {
            (void)one(s, &t, o, row);
            continue;
        }
        /* Each step is cut off at its first visit at least. */
        t.k = s->points ? 1 : 1 + o->offset;
        while (one(s, &t, o, row) && !row->bad)
            t.k += o->every;
    }
}

static bool
sweep_run(const struct sweep *s, const struct options *o)
{
    struct row row = {0};

    for (unsigned node = 0; node < NODES; node++)
        if (o->node == NODES || o->node == node)
            sweep_node(s, node, o, &row);
    bool good = !row.bad && row.swept;
    printf("%-36s %7" PRIu64 " %8" PRIu64 " %7" PRIu64 "  %s\n", s->name,
           row.swept, row.starts, row.mended,
           good      ? "all delivered once"
           : row.bad ? "FAILED"
                     : "FAILED: nothing swept");
    fflush(stdout);
    return good;
}

static unsigned
points_report(void)
{
    unsigned missed = 0;

    printf("\n%-42s %8s %8s\n", "step", "visited", "cut off");
    for (unsigned i = 1; i < POINT_COUNT; i++) {
        printf("%-42s %8" PRIu64 " %8" PRIu64 "\n", point_name((enum point)i),
               visited[i], cut_at[i]);
        missed += !cut_at[i];
    }
    return missed;
}

static bool
options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){.every = 1, .node = NODES};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--every") == 0)
            o->every = strtoull(next, NULL, 10), i++;
        else if (strcmp(argv[i], "--offset") == 0)
            o->offset = strtoull(next, NULL, 10), i++;
        else if (strcmp(argv[i], "--call") == 0)
            o->call = strtoull(next, NULL, 10), i++;
        else if (strcmp(argv[i], "--node") == 0)
            o->node = (unsigned)strtoull(next, NULL, 10), i++;
        else if (strcmp(argv[i], "--only") == 0)
            o->only = next, i++;
        else
            return false;
    }
    return o->every > 0;
}

int
main(int argc, char **argv)
{
    struct options o;
    unsigned failed = 0, ran = 0;
    clock_t start = clock();
    bool points = false;

    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    calls_trace(o.trace);
    printf("%-36s %7s %8s %7s  each %" PRIu64 ". call from call %" PRIu64
           " on\n",
           "what goes wrong", "calls", "restarts", "mended", o.every,
           1 + o.offset);
    for (size_t i = 0; i < ARRAY_SIZE(sweeps); i++) {
        if (o.only && !strstr(sweeps[i].name, o.only))
            continue;
        ran++;
        points = points || sweeps[i].points;
        failed += !sweep_run(&sweeps[i], &o);
    }
    unsigned missed = points && !o.call ? points_report() : 0;
    if (missed)
        printf("%u steps were never cut off\n", missed);
    printf("%u sweeps, %u failed, %.0f s\n", ran, failed,
           (double)(clock() - start) / (double)CLOCKS_PER_SEC);
    return failed || missed || !ran;
}
