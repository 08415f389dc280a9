/*
 * run - one seed over a disk that fails: the journal's, or the signer's.
 *
 * Holds:      everything follows from the seed.
 */
#ifndef TESTS_FAULTS_RUN_H
#define TESTS_FAULTS_RUN_H

#include "calls.h"
#include "sim/team.h"

#define VIOLATION_MAX 512

/* What a campaign met. */
struct tally {
    uint64_t lives, turns, answers;
    uint64_t cuts, exits, refused; /* how lives ended before their time */
    uint64_t power[SURVIVAL_COUNT];
    uint64_t lost;    /* turns that were never promised, and were gone */
    uint64_t kept;    /* that were never promised, and were there */
    uint64_t full;    /* disks that filled up, and were freed */
    uint64_t flipped; /* bits */
    uint64_t rotten;  /* sectors that could not be read */
    uint64_t damage;  /* openings that said what is damaged */
    uint64_t lies;    /* disks whose syncs did nothing */
    uint64_t snapshots, stale; /* that an opening used; that did not fit */
    uint64_t unwritten;        /* snapshots that were not finished */
    uint64_t missing; /* promised turns gone, after lies or flips alone */
};

struct run {
    uint64_t seed;
    bool trace;
    struct dice dice;
    struct disk *disk;
    struct process process;
    struct tally *tally;
    char violation[VIOLATION_MAX]; /* empty: none */
};

/* Note the first violation, in printf's form. */
void violated(struct run *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tell a step of the story, if it is traced. */
void told(const struct run *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Draw what goes wrong in the next life of the process, or nothing. */
struct calls_plan plan_draw(struct run *r);

/* Tell whether a call failed since the plan was set. */
bool plan_struck(void);

/* After the end of a process: take what it held, and perhaps the power. */
void life_end(struct run *r);

void journal_run(struct run *r);
void signer_run(struct run *r);

#endif
