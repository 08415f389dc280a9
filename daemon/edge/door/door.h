/*
 * door - a socket in the file system at which commands of this machine call,
 *        and who calls.
 *
 * Holds:      the socket is open to its owner and group alone from the moment
 *             it is there.
 * Trusts:     the kernel for who calls.
 * Leaves out: what a caller may do (the settings), and what it says.
 * Spec:       docs/man/sealaned.8
 */
#ifndef EDGE_DOOR_DOOR_H
#define EDGE_DOOR_DOOR_H

#include "core/base/err.h"

#include <event2/listener.h>
#include <stddef.h>

/* Groups of a caller that count: the kernel takes 65,536, people have fewer. */
#define DOOR_GROUPS_MAX 1024

struct door_caller {
    unsigned uid;
    unsigned gids[DOOR_GROUPS_MAX + 1];
    size_t gid_count;
};

/* Listen at a path, over what a process that died left there. ERR_LIMIT for a
 * path longer than a socket's may be; ERR_IO, and errno says why. `*out` is the
 * caller's to free, which leaves the path. */
MUST_USE enum err door_open(struct event_base *base, const char *path,
                            evconnlistener_cb each, void *context,
                            struct evconnlistener **out);

/* Take a socket away from the file system; what else is at the path stays. */
void door_remove(const char *path);

/* Ask the kernel: the user and the groups that the process has, which need no
 * look at files that a sandboxed process cannot open. ERR_IO if it does not
 * say. */
MUST_USE enum err door_caller(int fd, struct door_caller *out);

#endif
