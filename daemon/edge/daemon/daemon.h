/*
 * daemon - the process that does the exchange: loop, journal, core, network,
 *          control socket; every room meets the others here and in the turn.
 *
 * Holds:      keys of the TLS certificate alone; it ends when the signer
 *             does, and is started again together with it.
 * Leaves out: starting and watching processes (main.c).
 * Spec:       docs/man/sealaned.8
 */
#ifndef EDGE_DAEMON_DAEMON_H
#define EDGE_DAEMON_DAEMON_H

#include "edge/sandbox/sandbox.h"
#include "edge/turn/settings.h"

/* Exit status when the exchange wants the daemon started anew. */
#define DAEMON_STATUS_STOP 75
#define DAEMON_STATUS_FAULT 1

struct daemon_links {
    int signer;         /* stream socket to the signer */
    int names;          /* packet socket to the resolver */
    int index;          /* the same to the index; -1: it calls at `follow` */
    const char *follow; /* path of a socket; NULL: none calls */
};

/* Open journal, keys and sockets, confine the process to `box`, and run until
 * SIGTERM or SIGINT (0), a fault, or the exchange's wish. Faults are said on
 * standard error. */
int daemon_run(const struct settings *settings,
               const struct daemon_links *links, const struct sandbox *box);

#endif
