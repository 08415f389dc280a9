/*
 * role - one of the four processes by itself, where a service manager starts
 *        them instead of the supervisor.
 *
 * Holds:      signer and resolver serve the one connection that the service
 *             manager accepted for them, and end with it. The index calls at
 *             the daemon, and ends with it.
 * Leaves out: the supervisor (main.c).
 * Spec:       docs/man/sealaned.8, PROCESSES
 */
#ifndef EDGE_DAEMON_ROLE_H
#define EDGE_DAEMON_ROLE_H

#include "edge/sandbox/sandbox.h"
#include "edge/turn/settings.h"

struct role_options {
    const char *name;    /* net, signer, names or index */
    const char *sockets; /* of net: the folder of signer.sock, names.sock */
};

/* Tell whether there is such a role and all that it needs is given. */
MUST_USE bool role_is_whole(const struct role_options *o);

/* Run until the work is over. Returns the exit status of the process; what
 * is wrong is said. */
int role_run(const struct role_options *o, const struct settings *settings,
             const struct sandbox *box);

#endif
