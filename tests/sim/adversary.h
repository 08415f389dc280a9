/*
 * adversary - who has a team's keys and none of its manners: batches that the
 *             team never made, signed as it would.
 *
 * Holds:      of one link at a time; what is asked of it, it answers.
 * Leaves out: a buggy peer's wrong bytes (net.c).
 */
#ifndef TESTS_SIM_ADVERSARY_H
#define TESTS_SIM_ADVERSARY_H

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/slice.h"

#define FORGED_MAX 3
#define FORGED_BYTES 96

enum forgery {
    FORGED_TAIL, /* a batch that can be held; some bodies are rubbish */
    FORGED_SEEN, /* its HEADER, then the link is cut */
    FORGED_GAP,  /* it starts one entry late */
    FORGED_ROOT, /* its root is not that of its entries */
};

/* What was forged last. */
struct forged {
    uint64_t conn;
    unsigned holder; /* side of the link */
    uint64_t start;
    size_t count;
    uint8_t salts[FORGED_MAX][32];
    uint8_t bodies[FORGED_MAX][FORGED_BYTES];
    struct buf header; /* frame */
};

struct world;
struct conn;

/* Speak over a link in the name of one end; nothing happens where the lane is
 * busy. */
void forge(struct world *w, struct conn *c, enum forgery how);

/* Answer a WANT for what was forged; false if it is the origin's to answer. */
bool forged_wanted(struct world *w, struct conn *c, unsigned side,
                   struct slice frame);

#endif
