/*
 * Every allocation of a whole exchange fails once: each time in a program of
 * its own, which must end as a daemon without memory does; another one then
 * goes on from the files. The disks live in memory that both share.
 */
#include "pair.h"

#include "core/base/mem.h"
#include "core/crypto/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: sealane-memory-sweep [--every N] [--offset M] [--call K]\n"
    "  --every N  only each Nth allocation, beginning with number M + 1\n"
    "  --call K   one alone\n";

#define SHARED_BYTES ((size_t)1 << 29)
#define WORDS_MAX 4096
#define SEGMENT_BYTES 16384
#define MESSAGES 4

/* Exit statuses of the programs. */
#define STATUS_GOOD 0
#define STATUS_WRONG 1

struct options {
    uint64_t every, offset, call;
};

struct row {
    uint64_t swept, ended, bore, restarts, runs;
    bool bad;
};

/* How a program ended. */
struct end {
    int status;
    char words[WORDS_MAX]; /* on standard error */
};

static void *shared;
static struct pair *pair; /* at the start of what is shared */
static int words;         /* where programs say what they say */

/* ---- what the programs do ---- */

static int
make_pair(uint64_t k)
{
    const struct pair_options small = {MESSAGES, SEGMENT_BYTES, true};

    (void)k;
    pair_begin(pair, &small);
    /* A signature that cannot be verified for want of memory stops the node. */
    pair->expects_stops = true;
    return STATUS_GOOD;
}

static int
run_pair(uint64_t k)
{
    memory_fail(k);
    bool good = pair_run(pair);
    return good ? STATUS_GOOD : STATUS_WRONG;
}

static int
go_on(uint64_t k)
{
    (void)k;
    pair_revive(pair);
    return run_pair(0);
}

/* Run in a program of its own. */
static struct end
program(int (*work)(uint64_t), uint64_t k)
{
    struct end e = {0};

    if (ftruncate(words, 0) != 0)
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (lseek(words, 0, SEEK_SET) != 0 || dup2(words, STDERR_FILENO) < 0)
            abort();
        exit(work(k));
    }
    if (child < 0 || waitpid(child, &e.status, 0) != child)
        abort();
    ssize_t n = pread(words, e.words, sizeof e.words - 1, 0);
    e.words[n > 0 ? n : 0] = 0;
    return e;
}

/* ---- how they may end ---- */

/* Our allocators end the program by abort, without a word of an assert's. */
static bool
ends_as_said(const struct end *e)
{
    return WIFSIGNALED(e->status) && WTERMSIG(e->status) == SIGABRT &&
           !*e->words;
}

static void
complain(struct row *row, uint64_t k, const char *what, const struct end *e)
{
    row->bad = true;
    printf("allocation %" PRIu64 ": %s (status %x): %s %.1500s\n", k, what,
           (unsigned)e->status, pair->reason, e->words);
}

/* Fail allocation `k`. False: there is no such. */
static bool
one(uint64_t k, struct row *row)
{
    memset(shared, 0, sizeof(uint64_t) * 2);
    memory_share(shared, SHARED_BYTES);
    pair = mem_new(sizeof *pair);
    struct end e = program(make_pair, 0);
    if (e.status != STATUS_GOOD)
        complain(row, k, "the pair cannot be made", &e);
    e = program(run_pair, k);
    row->runs++;
    bool struck = memory_shared_struck() > 0;
    row->swept += struck;
    if (e.status == STATUS_GOOD) {
        row->bore += struck;
        return struck;
    }
    if (!ends_as_said(&e)) {
        complain(row, k, "it does not end as it should", &e);
        return struck;
    }
    row->ended++;
    e = program(go_on, 0);
    if (e.status != STATUS_GOOD)
        complain(row, k, "it does not go on from its files", &e);
    return struck;
}

static bool
sweep_run(const struct options *o)
{
    uint64_t k = o->call ? o->call : 1 + o->offset;
    struct row row = {0};

    while (one(k, &row) && !row.bad && !o->call)
        k += o->every;
    bool good = !row.bad && row.swept;
    printf("%-36s %7" PRIu64 " %8" PRIu64 " %7" PRIu64 "  %s\n",
           "allocation fails", row.swept, row.ended, row.bore,
           good ? "all delivered once" : "FAILED");
    return good;
}

static bool
options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){.every = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *next = argv[i + 1];
        if (strcmp(argv[i], "--every") == 0)
            o->every = strtoull(next, NULL, 10);
        else if (strcmp(argv[i], "--offset") == 0)
            o->offset = strtoull(next, NULL, 10);
        else if (strcmp(argv[i], "--call") == 0)
            o->call = strtoull(next, NULL, 10);
        else
            return false;
    }
    return argc % 2 == 1 && o->every > 0;
}

int
main(int argc, char **argv)
{
    struct options o;

    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    crypto_memory_begin();
    words = memfd_create("words", 0);
    shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (words < 0 || shared == MAP_FAILED) {
        fputs("no memory to share\n", stderr);
        return 1;
    }
    printf("%-36s %7s %8s %7s  each %" PRIu64 ". from number %" PRIu64 " on\n",
           "what goes wrong", "swept", "restarts", "borne", o.every,
           1 + o.offset);
    return !sweep_run(&o);
}
