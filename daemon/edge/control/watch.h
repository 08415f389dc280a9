/*
 * watch - follows the node for one client: entries as they come, receipts,
 *         alarms, links.
 *
 * Holds:      a position in every lane; what was reported is not reported
 *             again, what came while nobody read is reported later.
 * Trusts:     nothing of a cursor.
 */
#ifndef EDGE_CONTROL_WATCH_H
#define EDGE_CONTROL_WATCH_H

#include "edge/control/queries.h"

struct watch;

/* Begin at the value "cursor" of the request: absent, from now on; "start",
 * from the first entry; else where an earlier watch ended. With the truth
 * "alarms" only those. ERR_VALUE: no such cursor. */
MUST_USE enum err watch_new(struct query *q, struct watch **out);
void watch_free(struct watch *w);

/* Add a page of news, and a last record with the cursor behind it, if there
 * is any; give the number of records. */
size_t watch_step(struct watch *w, struct query *q);

#endif
