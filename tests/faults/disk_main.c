#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "usage: sealane-disk-sim [--seeds A..B | --seed N] [--trace] [--twice]\n"
    "                        [--journal NAME]\n"
    "  --seeds A..B     run each seed, stop at the first violation\n"
    "  --seed N         run one\n"
    "  --trace          tell the story of each, call by call\n"
    "  --journal node | signer   of one journal alone\n";

/* From so many seeds on, each way to fail must have been met. */
#define CAMPAIGN_SEEDS 400

typedef void (*run_fn)(struct run *r);

static const struct kind {
    const char *name;
    run_fn run;
} kinds[] = {{"node", journal_run}, {"signer", signer_run}};

struct options {
    uint64_t first, last;
    bool trace;
    const char *only;
};

static bool
seeds_read(const char *text, struct options *o)
{
    char *end = NULL;

    o->first = o->last = strtoull(text, &end, 10);
    if (strncmp(end, "..", 2) == 0)
        o->last = strtoull(end + 2, &end, 10);
    return *text && !*end && o->first <= o->last;
}

static bool
options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){.first = 1, .last = 1000};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0) {
            o->trace = true;
        } else if (strcmp(argv[i], "--journal") == 0) {
            o->only = next;
            i++;
        } else if (strcmp(argv[i], "--seeds") == 0 ||
                   strcmp(argv[i], "--seed") == 0) {
            if (!seeds_read(next, o))
                return false;
            i++;
        } else {
            return false;
        }
    }
    return true;
}

static bool
run_one(const struct kind *k, const struct options *o, uint64_t seed,
        struct tally *tally)
{
    struct run r = {.seed = seed, .trace = o->trace, .tally = tally};

    told(&r, "seed %" PRIu64 ", journal of the %s", seed, k->name);
    r.dice.state = seed * 0x2545f4914f6cdd1du;
    r.disk = disk_new(dice_next(&r.dice));
    k->run(&r);
    calls_set(NULL);
    process_bury(&r.process);
    disk_free(r.disk);
    if (!*r.violation)
        return true;
    printf("seed %" PRIu64 ", journal of the %s: %s\n  again: "
           "sealane-disk-sim --seed %" PRIu64 " --journal %s --trace\n",
           seed, k->name, r.violation, seed, k->name);
    return false;
}

static void
report(const struct tally *t)
{
    printf("%" PRIu64 " lives: %" PRIu64 " cut off, %" PRIu64
           " ended themselves, %" PRIu64 " refused to open\n",
           t->lives, t->cuts, t->exits, t->refused);
    printf("%" PRIu64 " turns synced, %" PRIu64 " requests answered; %" PRIu64
           " power losses that kept nothing, %" PRIu64 " all, %" PRIu64
           " some\n",
           t->turns, t->answers, t->power[SURVIVES_NOTHING],
           t->power[SURVIVES_ALL], t->power[SURVIVES_SOME]);
    printf("of what was never promised: %" PRIu64 " gone, %" PRIu64
           " there; %" PRIu64 " disks filled up, %" PRIu64 " lied, %" PRIu64
           " sectors unreadable, %" PRIu64 " bits flipped; %" PRIu64
           " openings told of damage, %" PRIu64 " could not know\n",
           t->lost, t->kept, t->full, t->lies, t->rotten, t->flipped, t->damage,
           t->missing);
    printf("%" PRIu64 " openings with a snapshot, %" PRIu64
           " without one that did not fit, %" PRIu64 " not finished\n",
           t->snapshots, t->stale, t->unwritten);
}

/* Print how often each call went wrong in each way; count what never did. */
static unsigned
coverage(void)
{
    unsigned missed = 0;

    printf("%-17s", "");
    for (unsigned s = 0; s < STRIKE_COUNT; s++)
        printf(" %11s", strike_name((enum strike)s));
    printf("\n");
    for (unsigned c = 0; c < CALL_COUNT; c++) {
        printf("%-17s", call_name((enum call)c));
        for (unsigned s = 0; s < STRIKE_COUNT; s++) {
            bool fits = strike_fits((enum call)c, (enum strike)s);
            if (fits)
                printf(" %11" PRIu64, calls_seen[c][s]);
            else
                printf(" %11s", "-");
            missed += fits && !calls_seen[c][s];
        }
        printf("\n");
    }
    return missed;
}

int
main(int argc, char **argv)
{
    struct options o;
    struct tally tally = {0};
    uint64_t seeds = 0, failed = 0;
    clock_t start = clock();

    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    calls_trace(o.trace);
    for (uint64_t seed = o.first; seed <= o.last && !failed; seed++) {
        bool any = false;
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
            if (!o.only || strcmp(o.only, kinds[i].name) == 0) {
                any = true;
                failed += !run_one(&kinds[i], &o, seed, &tally);
            }
        seeds += any;
    }
    double seconds = (double)(clock() - start) / (double)CLOCKS_PER_SEC;
    report(&tally);
    unsigned missed =
        coverage() + !tally.snapshots + !tally.stale + !tally.unwritten;
    if (!failed && !o.only && seeds >= CAMPAIGN_SEEDS && missed) {
        printf("%u ways to fail that this campaign must meet stand at 0\n",
               missed);
        failed++;
    }
    printf("%" PRIu64 " seeds, %.0f a second; %" PRIu64 " failed\n", seeds,
           (double)seeds / (seconds + 1e-9), failed);
    return failed || !seeds;
}
