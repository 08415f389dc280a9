/*
 * tail - reads the journal's turns behind the daemon, from its files.
 *
 * Holds:      each turn once and in order, none that the daemon has not said
 *             to be on disk; nothing is written, locked or waited for.
 * Trusts:     nothing of the files; the daemon for how far they are synced.
 * Leaves out: what facts mean (project.h), recovery (edge/journal).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_INDEX_TAIL_H
#define EDGE_INDEX_TAIL_H

#include "core/ports/fact.h"
#include "edge/index/rows.h"

struct tail;

typedef void (*tail_fact_fn)(void *context, const struct fact *f);

enum tail_result {
    TAIL_TURN,  /* one was handed out, and the position moved behind it */
    TAIL_WAIT,  /* there is none yet */
    TAIL_OTHER, /* the journal does not go on from that position: it is
                 * another one, or a copy that was put back */
};

/* Read the journal in `directory`, which may appear later. */
struct tail *tail_new(const char *directory);
void tail_free(struct tail *t);

/* Hand out the facts of the next turn behind `*at`, if it is not above
 * `committed`. A blob that was erased or left out is empty. */
enum tail_result tail_next(struct tail *t, struct position *at,
                           uint64_t committed, tail_fact_fn each,
                           void *context);

/* Hand out the heads of the facts whose blobs a retired segment left out;
 * none where it was not retired. */
void tail_left_out(struct tail *t, uint32_t segment, tail_fact_fn each,
                   void *context);

#endif
