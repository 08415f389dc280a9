/*
 * held - what its source does not let go: why, and whether a second person
 *        has released it.
 *
 * Holds:      what is held goes with a code that the daemon has checked, and
 *             never without.
 * Leaves out: making the code (release.c, core/exchange), what MISP says
 *             (core/formats/misp_said.h).
 * Spec:       docs/PROTOCOL.md#misp-events, docs/decisions/0029
 */
#ifndef CLI_HELD_H
#define CLI_HELD_H

#include "cli/link.h"
#include "cli/source.h"

struct held {
    struct buf team;   /* ours */
    struct buf owners; /* "TEAM ORG" and a NUL, each that a setting names */
    bool is_released, has_warned;
};

/* Ask the daemon whose events are whose; false after saying why not. */
MUST_USE bool held_ask(struct held *h, struct daemon *d);
void held_clear(struct held *h);

/* Why something is held, and what to do. */
struct hold {
    struct buf why, advice;
};

/* Tell whether something is held, and why; the first time that an owner is
 * seen whom no setting names, and none is set at all, that is said. */
MUST_USE bool held_find(struct held *h, const struct place *place,
                        const struct format_item *item, struct hold *out);
void hold_clear(struct hold *hold);

/* Name the teams that --to says. */
void ask_named(struct ask *ask, const struct options *options);

/* Have the daemon check the code of --release, where there is one, for what
 * was read; false after saying what is wrong with it. */
MUST_USE bool held_check(struct held *h, const struct run *run,
                         const struct sources *sources);

/* Write "kim (user 1002)". */
void user_put(struct buf *out, uint64_t uid);

#endif
