/*
 * index - the process that searches: it follows the journal behind the daemon
 *         and answers on a socket of its own.
 *
 * Holds:      the exchange needs nothing of it and never waits for it; all
 *             that it keeps can be made again.
 * Trusts:     the daemon for how far the journal is on disk; bodies for
 *             nothing.
 * Leaves out: starting it again (main.c).
 * Spec:       docs/man/sealaned.8; docs/decisions/0023, 0027
 */
#ifndef EDGE_INDEX_INDEX_H
#define EDGE_INDEX_INDEX_H

#include "core/base/err.h"
#include "edge/sandbox/sandbox.h"

#include <stddef.h>
#include <stdint.h>

#define INDEX_FOLDER "index"

/* What a user may do. */
#define INDEX_READ 1u
#define INDEX_READ_RED 2u

typedef unsigned (*index_rights_fn)(const void *context, unsigned uid,
                                    const unsigned *gids, size_t gid_count);

struct index_config {
    const char *journal; /* folder */
    const char *folder;  /* of the index alone; made if missing */
    const char *socket;
    index_rights_fn rights;
    const void *context;
    const char *lists;  /* folder of warninglists; "" for none */
    bool documentation; /* addresses for documents are listed too */
};

/* The daemon's end of the socket pair between the two: tell how far the
 * journal is on disk. A socket that is full is told again later: false. */
MUST_USE bool index_tell(int link, uint64_t turn);

/* Take what the index says: that it began, and wants to be told. False when
 * there is nothing. */
MUST_USE bool index_asked(int link);

/* Serve until killed, confined to `box`. `link` is the other end. Returns the
 * exit status after a fault, which is said on standard error. */
int index_serve(const struct index_config *config, int link,
                const struct sandbox *box);

#endif
