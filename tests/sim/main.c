#include "sim/campaign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JOBS_MAX 64

static const char usage[] =
    "usage: sealane-sim [--seeds A..B | --seed N] [--profile NAME]\n"
    "                   [--jobs N] [--trace] [--twice] [--hash]\n"
    "                   [--without RULE]\n"
    "  --seeds A..B    run each seed, stop at the first violation\n"
    "  --seed N        run one\n"
    "  --jobs N        in so many processes\n"
    "  --trace         tell the story of each\n"
    "  --twice         run each twice and compare every byte\n"
    "  --hash          print one number for all that every node did\n"
    "  --profile NAME  which faults, which networks:\n";

static bool
number_read(const char *text, uint64_t *out, char **end)
{
    *out = strtoull(text, end, 10);
    return *end != text;
}

static bool
seeds_read(const char *text, struct options *o)
{
    char *end;

    if (!number_read(text, &o->first, &end) || strncmp(end, "..", 2) != 0)
        return false;
    return number_read(end + 2, &o->last, &end) && !*end;
}

/* Read an option that has a value. */
static bool
value_read(const char *name, const char *value, struct options *o)
{
    char *end;
    enum rule rule;
    uint64_t number;

    if (strcmp(name, "--seeds") == 0)
        return seeds_read(value, o);
    if (strcmp(name, "--seed") == 0) {
        bool good = number_read(value, &o->first, &end) && !*end;
        o->last = o->first;
        return good;
    }
    if (strcmp(name, "--jobs") == 0) {
        if (!number_read(value, &number, &end) || *end || !number ||
            number > JOBS_MAX)
            return false;
        o->jobs = (unsigned)number;
        return true;
    }
    if (strcmp(name, "--profile") == 0) {
        o->profile = profile_named(value);
        return o->profile != NULL;
    }
    if (strcmp(name, "--without") == 0 && rule_named(value, &rule)) {
        o->without[rule] = true;
        return true;
    }
    return false;
}

static bool
options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){
        .first = 1, .last = 100, .jobs = 1, .profile = profile_named("all")};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--twice") == 0)
            o->twice = true;
        else if (strcmp(argv[i], "--hash") == 0)
            o->hash = true;
        else if (i + 1 == argc || !value_read(argv[i], argv[i + 1], o))
            return false;
        else
            i++;
    }
    return o->first <= o->last;
}

int
main(int argc, char **argv)
{
    struct options o;
    static struct result r;

    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        profiles_print();
        fputs("  --without RULE  leave a rule out: a violation must be "
              "found\n",
              stderr);
        rules_print();
        return 2;
    }
    campaign_run(&o, &r);
    unsigned missed = report(&o, &r);
    if (!r.failed && missed) {
        printf("%u states that this campaign must reach stand at 0\n", missed);
        r.failed++;
    }
    if (o.hash)
        printf("trace hash %016" PRIx64 "\n", r.counts.trace_hash);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n",
           r.counts.seeds > r.failed ? r.counts.seeds - r.failed : 0, r.failed);
    return r.failed != 0;
}
