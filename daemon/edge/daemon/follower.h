/*
 * follower - tells the index how far the journal is on disk.
 *
 * Holds:      a turn is told when it is synced and all that follows from it
 *             on disk was done; the daemon waits for nothing here.
 * Leaves out: what the index makes of it (edge/index).
 */
#ifndef EDGE_DAEMON_FOLLOWER_H
#define EDGE_DAEMON_FOLLOWER_H

#include "edge/journal/journal.h"

struct event;
struct event_base;

struct follower {
    int link; /* -1: nobody follows */
    const struct journal *journal;
    struct event *asked, *again;
    uint64_t told;
};

/* Begin to tell over `link`, which may be -1. */
void follower_start(struct follower *f, struct event_base *base, int link,
                    const struct journal *journal);
void follower_clear(struct follower *f);

/* Tell what is new, if anything is. */
void follower_tell(struct follower *f);

#endif
