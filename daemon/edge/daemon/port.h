/*
 * port - a store that is there before its journal is: the exchange and the
 *        turn are made first, since the journal hands its facts to them while
 *        it opens.
 *
 * Trusts:     that nothing is read or written before port_connect.
 */
#ifndef EDGE_DAEMON_PORT_H
#define EDGE_DAEMON_PORT_H

#include "core/ports/store.h"

struct port {
    struct store to;
};

/* Give the store; `p` outlives it. */
void port_store(struct port *p, struct store *out);

/* Say where reads and writes go from now on. */
void port_connect(struct port *p, const struct store *to);

#endif
