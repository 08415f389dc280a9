/*
 * confine - the sandbox as the settings want it, and what the log says of it.
 *
 * Leaves out: what confines (edge/sandbox).
 * Spec:       docs/man/sealaned.8, SANDBOX
 */
#ifndef EDGE_DAEMON_CONFINE_H
#define EDGE_DAEMON_CONFINE_H

#include "edge/sandbox/sandbox.h"
#include "edge/turn/settings.h"

/* Look what the kernel offers and say it, with what is missing. False: the
 * settings require it. `out` refers to `s`. */
MUST_USE bool confine_prepare(const struct settings *s, struct sandbox *out);

/* Confine this process for good. False after saying what the kernel
 * refused. */
MUST_USE bool confine_enter(const struct sandbox *box, enum sandbox_role role);

#endif
