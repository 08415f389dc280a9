/*
 * follower - tells the index how far the journal is on disk.
 *
 * Holds:      a turn is told when it is synced and all that follows from it
 *             on disk was done; the daemon waits for nothing here. Where no
 *             supervisor made a link, an index calls at a door, and the newest
 *             one is told.
 * Trusts:     a caller that has the daemon's user.
 * Leaves out: what the index makes of it (edge/index).
 */
#ifndef EDGE_DAEMON_FOLLOWER_H
#define EDGE_DAEMON_FOLLOWER_H

#include "edge/journal/journal.h"

#define FOLLOWER_SOCKET "follow.sock"

struct event;
struct event_base;
struct evconnlistener;

struct follower {
    int link; /* -1: nobody follows */
    const struct journal *journal;
    struct event_base *base;
    struct event *asked, *again;
    struct evconnlistener *door; /* whose link is ours to close; or NULL */
    uint64_t told;
};

/* Begin to tell over `link`, which may be -1. */
void follower_start(struct follower *f, struct event_base *base, int link,
                    const struct journal *journal);
void follower_clear(struct follower *f);

/* Let an index call at a path instead. ERR_LIMIT, ERR_IO as door_open. */
MUST_USE enum err follower_open(struct follower *f, const char *path);

/* Tell what is new, if anything is. */
void follower_tell(struct follower *f);

#endif
