/*
 * made - one file call, between its beginning and its end.
 *
 * Leaves out: the calls themselves (libc.c).
 */
#ifndef TESTS_FAULTS_MADE_H
#define TESTS_FAULTS_MADE_H

#include "calls.h"

struct made {
    struct process *process;
    enum call call;
    enum strike strike;
    const struct file *file;
};

/* Step out of the process and decide what happens to its call. */
struct made call_begin(enum call call, const struct file *file);

/* Step back in with the call's result, and errno where that is negative. */
long call_end(const struct made *m, long result, int why);

bool call_fails(const struct made *m);

#endif
