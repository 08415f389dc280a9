/*
 * seeker - the index process as the settings want it: where its files are, and
 *          who may search.
 *
 * Leaves out: the process itself (edge/index).
 * Spec:       docs/man/sealaned.8, PROCESSES
 */
#ifndef EDGE_DAEMON_SEEKER_H
#define EDGE_DAEMON_SEEKER_H

#include "edge/sandbox/sandbox.h"
#include "edge/turn/settings.h"

#define SEEKER_SOCKET "index.sock"

#define SEEKER_PATH_MAX (SETTINGS_PATH_MAX + 16)

/* Make the path of a socket with this name, beside the control socket. */
void seeker_socket(const struct settings *s, const char *name,
                   char out[SEEKER_PATH_MAX]);

/* Run it until it is asked to end. Gives the exit status. */
int seeker_run(const struct settings *s, int link, const struct sandbox *box);

#endif
