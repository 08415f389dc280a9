/*
 * start - what the exchange is told first: settings, card, stream secret.
 *
 * Leaves out: the facts of before, which the journal hands out (daemon.c).
 */
#ifndef EDGE_DAEMON_START_H
#define EDGE_DAEMON_START_H

#include "core/base/buf.h"
#include "edge/turn/settings.h"

/* Append the bytes of a START event. What is wrong is said. ERR_IO, ERR_LIMIT,
 * ERR_FORMAT. */
MUST_USE enum err start_put(const struct settings *s, struct buf *out);

#endif
