/*
 * waiting - what is queued, looked for by an entry that a holder gave back.
 *
 * Holds:      an entry that is adopted after a restore is one message with
 *             the one that waits for its place, not a second one.
 * Trusts:     equal messages but for their content to be one: their number,
 *             document and position are among what is compared.
 * Leaves out: what becomes of it (project.h).
 * Spec:       docs/PROTOCOL.md#resume
 */
#ifndef EDGE_INDEX_WAITING_H
#define EDGE_INDEX_WAITING_H

#include "core/base/table.h"
#include "edge/index/rows.h"

struct waiting {
    bool is_read;
    struct table rows; /* by a keyed hash of the head */
};

/* Give the number of a message to `peer` with this head that is queued, once;
 * 0: there is none. All rows are read the first time. */
uint32_t waiting_take(struct waiting *w, struct rows *rows, uint32_t peer,
                      struct slice head);

/* Forget what is known: the queue has changed. */
void waiting_forget(struct waiting *w);

#endif
