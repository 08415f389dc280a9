/*
 * fates - what became of each object that was read, and where it stood.
 *
 * Holds:      with --report every object has a line, and every fault one: its
 *             fate, place, position, team, path and reason, with tabs between
 *             them. What is refused is told in any case.
 * Trusts:     nothing of an object.
 * Leaves out: counts, and refusals of one reason together (tally.h).
 * Spec:       docs/man/sealane.1, submit
 */
#ifndef CLI_FATES_H
#define CLI_FATES_H

#include "cli/tally.h"

enum fate {
    FATE_SENT,
    FATE_THERE,   /* sent before */
    FATE_REFUSED, /* not good, or against the rules */
    FATE_HELD,    /* goes where somebody says so again */
    FATE_LEFT,    /* good, and nothing was sent */
    FATE_REMARK,  /* of one that goes all the same */
};

struct fates {
    FILE *file; /* NULL: nobody asks */
    const char *path;
    bool failed;
};

/* Begin the file of --report, which must not be there; false after saying why
 * not. */
MUST_USE bool fates_open(struct fates *f, const struct run *run);

/* Add a line; `path` leads to the part of an object that is at fault. */
void fates_put(struct fates *f, enum fate fate, const struct refusal *about,
               struct slice path);

/* Forget all lines: what follows is another pass. */
void fates_again(struct fates *f);

/* End the file; false after saying that it could not be written. */
MUST_USE bool fates_close(struct fates *f);

/* Tell one refusal: to a program on standard output, or to a person on
 * standard error with place, team, reason and advice. */
void refusal_json(const struct refusal *f, enum fate fate);
void refusal_say(const struct refusal *f);

#endif
