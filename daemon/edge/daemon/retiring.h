/*
 * retiring - has segments of the journal retired whose time has come, one at
 *            a time and between turns.
 *
 * Holds:      a segment gives its place only after the turn with the fact
 *             that says so.
 * Leaves out: what may go (core/exchange/retention.h), the files
 *             (edge/journal/retire.h).
 */
#ifndef EDGE_DAEMON_RETIRING_H
#define EDGE_DAEMON_RETIRING_H

#include "edge/journal/journal.h"
#include "edge/turn/turn.h"

struct retiring {
    uint32_t number;   /* of the segment that is about to go; 0: none */
    uint64_t pause_ms; /* before a segment that was not worth it is looked at
                        * again */
    uint64_t seen_ms;  /* running time when it was looked last */
};

/* Look after each turn. */
void retiring_after_turn(struct retiring *r, struct turn *turn,
                         struct journal *journal);

#endif
