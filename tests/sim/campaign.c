#include "sim/campaign.h"

#include "sim/matrix.h"
#include "sim/stub_hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const struct profile profiles[] = {
    {"all", GROUP_ALL, 0, TOPOLOGY_COUNT, false, "everything, by the seed"},
    {"calm", GROUP_NONE, 0, TOPOLOGY_COUNT, false, "no faults"},
    {"net", GROUP_NET, 0, TOPOLOGY_COUNT, false, "the network alone"},
    {"crash", GROUP_CRASH | GROUP_SIGNER, 0, TOPOLOGY_COUNT, false,
     "crashes of nodes and signers"},
    {"restore", GROUP_RESTORE | GROUP_CRASH | GROUP_NET, 0, TOPOLOGY_COUNT,
     false, "stale backups, crashes, the network"},
    {"clock", GROUP_CLOCK | GROUP_NET, 0, TOPOLOGY_COUNT, false,
     "clocks and the network"},
    {"peer", GROUP_PEER | GROUP_NET, 0, TOPOLOGY_COUNT, false,
     "buggy peers and the network"},
    {"theft", GROUP_THEFT | GROUP_PEER | GROUP_RESTORE, 0, TOPOLOGY_COUNT,
     false, "stolen keys, liars, stale backups"},
    {"pair", GROUP_ALL, 2, PAIR, false, "two teams"},
    {"mesh", GROUP_ALL, 12, MESH, false, "twelve teams, each with each"},
    {"expunge",
     GROUP_DELETION | GROUP_RESTORE | GROUP_CRASH | GROUP_NET | GROUP_LOAD, 0,
     TOPOLOGY_COUNT, false, "expunges, stale backups, crashes, the network"},
    {"keys",
     GROUP_KEYS | GROUP_RESTORE | GROUP_CRASH | GROUP_SIGNER | GROUP_NET, 0,
     TOPOLOGY_COUNT, false, "rotations, stale backups, crashes, the network"},
    {"quota", GROUP_QUOTA | GROUP_RESTORE | GROUP_CRASH | GROUP_NET, 0,
     TOPOLOGY_COUNT, false, "quotas, stale backups, crashes, the network"},
    {"plain", GROUP_PLAIN, 0, TOPOLOGY_COUNT, false,
     "no expunges, rotations, quotas: the stories of seeds that are kept"},
    {"real-hash", GROUP_ALL, 0, TOPOLOGY_COUNT, true,
     "as all, with SHA-256 and CRC-32C"},
};

const struct profile *
profile_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

void
profiles_print(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
        fprintf(stderr, "    %-10s %s\n", profiles[i].name, profiles[i].text);
}

/* ---- teams ----------------------------------------------------------------
 */

static struct team teams[TEAMS_MAX];

static void
teams_make(const struct profile *p)
{
    static const char *const names[TEAMS_MAX] = {
        "krcert.or.kr", "cert.gov.au",     "jpcert.or.jp",  "cert.org.cn",
        "twcert.tw",    "singcert.gov.sg", "mycert.org.my", "hkcert.org",
        "idsirtii.id",  "thaicert.or.th",  "vncert.vn",     "cert.lk"};
    static const char *const shorts[TEAMS_MAX] = {
        "krcert", "certau", "jpcert",   "cncert",   "twcert", "singcert",
        "mycert", "hkcert", "idsirtii", "thaicert", "vncert", "slcert"};

    stub_hash_real(p->real_hash);
    for (uint8_t i = 0; i < TEAMS_MAX; i++)
        if (!teams[i].card.size)
            team_make(&teams[i], names[i], shorts[i], (uint8_t)(i + 1));
}

static void
teams_clear(void)
{
    for (size_t i = 0; i < TEAMS_MAX; i++) {
        team_clear(&teams[i]);
        teams[i] = (struct team){0};
    }
}

/* ---- one seed -------------------------------------------------------------
 */

/* How a seed is run. */
struct way {
    uint64_t seed, faults_max;
    bool clocks_right;
    struct story *story;
};

static struct world w;

static void
run_way(const struct options *o, const struct way *way)
{
    w = (struct world){.seed = way->seed,
                       .options = o,
                       .clocks_right = way->clocks_right,
                       .story = way->story};
    matrix_watch(&w);
    rules_watch(&w);
    world_run(&w, teams, way->faults_max);
    world_clear(&w);
}

/* A violation is shown with as few faults as bring it about. */
static void
explain(const struct options *o, uint64_t seed)
{
    static struct story story;
    struct violation found = w.violation;
    struct way way = {.seed = seed, .faults_max = UINT64_MAX};
    uint64_t faults = w.faults_had;

    printf("seed %" PRIu64 ": %s violated: %s\n", seed, found.invariant,
           found.text);
    for (uint64_t k = 0; k < faults; k++) {
        way.faults_max = k;
        run_way(o, &way);
        if (w.violation.invariant)
            break;
        way.faults_max = UINT64_MAX;
    }
    story_clear(&story);
    way.story = &story;
    run_way(o, &way);
    printf("shortest failing prefix: %" PRIu64 " of %" PRIu64
           " faults, %" PRIu64 " events; its end:\n",
           w.faults_had, faults, w.counts.events);
    story_print(&story);
    printf("%s violated: %s\n",
           w.violation.invariant ? w.violation.invariant : "nothing",
           w.violation.text);
    printf("again: sealane-sim --profile %s --seed %" PRIu64 " --trace\n",
           o->profile->name, seed);
}

static void
counts_add(struct counts *sum, const struct counts *c)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)c;

    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

void
result_add(struct result *sum, const struct result *r)
{
    counts_add(&sum->counts, &r->counts);
    sum->failed += r->failed;
    sum->seconds += r->seconds;
}

/* I12: where clocks alone went wrong besides, the same happens without. */
static bool
compare_clocks(const struct options *o, uint64_t seed, struct result *out)
{
    uint64_t outcome = w.outcome;
    struct way way = {
        .seed = seed, .faults_max = UINT64_MAX, .clocks_right = true};

    if (seed % 32 != 5 || w.counts.injected[FAULT_EXPIRED])
        return true;
    run_way(o, &way);
    out->counts.compared++;
    out->counts.checked[INVARIANT_I12]++;
    if (w.outcome == outcome && !w.violation.invariant)
        return true;
    printf("seed %" PRIu64 ": I12 violated: another outcome with the clocks "
           "right\n",
           seed);
    return false;
}

static bool
run_seed(const struct options *o, uint64_t seed, struct result *out)
{
    struct way way = {.seed = seed, .faults_max = UINT64_MAX};

    run_way(o, &way);
    counts_add(&out->counts, &w.counts);
    if (w.violation.invariant) {
        explain(o, seed);
        return false;
    }
    uint64_t first = w.fingerprint;
    out->counts.trace_hash += stub_mix(first, SLICE_ARRAY(&seed));
    if (o->first == o->last)
        printf("seed %" PRIu64 ": fingerprint %016" PRIx64 "\n", seed, first);
    if (!compare_clocks(o, seed, out))
        return false;
    if (!o->twice)
        return true;
    run_way(o, &way);
    if (w.fingerprint == first)
        return true;
    printf("seed %" PRIu64 " does not reproduce\n", seed);
    return false;
}

void
campaign_share(const struct options *o, unsigned share, progress_fn progress,
               struct result *out)
{
    clock_t start = clock();

    teams_make(o->profile);
    for (uint64_t seed = o->first + share; seed <= o->last && !out->failed;
         seed += o->jobs) {
        if (!run_seed(o, seed, out))
            out->failed++;
        out->seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        progress(out);
    }
    teams_clear();
}
