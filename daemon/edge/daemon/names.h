/*
 * names - host names of peers become addresses in a process of its own, since
 *         asking may take long and the libraries behind it are large.
 *
 * Holds:      only names out of cards and settings are asked for, in
 *             /etc/hosts and by DNS, whatever else nsswitch.conf names.
 * Trusts:     nothing of an answer but that it may be dialled: who is there
 *             is proven by TLS.
 * Spec:       docs/man/sealaned.8
 */
#ifndef EDGE_DAEMON_NAMES_H
#define EDGE_DAEMON_NAMES_H

#include "core/base/err.h"
#include "core/base/slice.h"
#include "edge/sandbox/sandbox.h"

#define NAMES_TEXT_MAX 1024

/* Confine the process to `box` and serve on a socket of packets until it is
 * closed, or until a file of the resolver's settings was replaced. Returns
 * the process's exit status; what is wrong is said. */
int names_serve(int fd, const struct sandbox *box);

/* Ask for a host; ERR_IO when the question cannot be sent now. */
MUST_USE enum err names_ask(int fd, uint64_t id, const char *host);

struct names_answer {
    uint64_t id;
    bool found;
    char text[NAMES_TEXT_MAX]; /* addresses, a line each; or why not */
};

/* Take an answer if there is one. ERR_NOT_FOUND: none is there; ERR_IO: the
 * process has ended. */
MUST_USE enum err names_take(int fd, struct names_answer *out);

#endif
