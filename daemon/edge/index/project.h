/*
 * project - what each fact of the journal changes in the index.
 *
 * Holds:      the same facts give the same index, in one go or in many; what
 *             the journal no longer keeps, erased, cancelled or retired, the
 *             index does not keep either.
 * Trusts:     facts to be in order; none is needed to make sense.
 * Leaves out: reading them (tail.h), what a body says (content.h).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_INDEX_PROJECT_H
#define EDGE_INDEX_PROJECT_H

#include "edge/index/content.h"
#include "edge/index/tail.h"
#include "edge/index/waiting.h"

struct project {
    struct rows *rows;
    struct content *content;
    struct tail *tail; /* NULL: nothing was ever retired */
    struct waiting waiting;
};

/* Take a fact; fits tail_fact_fn. */
void project_fact(void *project, const struct fact *f);

/* Forget what a retired segment no longer has the body of; the same. */
void project_left_out(void *project, const struct fact *f);

#endif
