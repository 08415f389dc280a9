/*
 * net - the node's connections: listens, dials, and turns bytes into frames.
 *
 * Holds:      a connection reaches the exchange only after both sides'
 *             certificates were verified; its events come in order, LINK_UP
 *             first and LINK_DOWN last.
 * Trusts:     the cards that the exchange has verified.
 * Leaves out: when to dial again (core/exchange), resolving names
 *             (edge/daemon/names.h).
 * Spec:       docs/PROTOCOL.md#tls
 */
#ifndef EDGE_NET_NET_H
#define EDGE_NET_NET_H

#include "edge/net/keys.h"
#include "edge/turn/turn.h"

struct event_base;
struct net;

struct net_config {
    struct team_name team;
    const char *listen;      /* host:port in numbers; empty: do not listen */
    struct keys_files files; /* of our TLS keys and certificate */
    /* Say one line; never NULL. */
    void (*notice)(void *self, enum notice_level level, const char *text);
    /* Ask for the addresses of a host; answered by net_resolved with the same
     * id. NULL: addresses are numbers alone. */
    void (*resolve)(void *self, uint64_t id, const char *host);
    void *self;
};

/* Make it, listening, and become the sink of SEND, CLOSE and DIAL. The
 * configuration's texts are copied, the journal's facts are folded. NULL after
 * a notice that says why. */
struct net *net_new(struct event_base *base, struct turn *turn,
                    const struct net_config *config);
void net_free(struct net *n);

/* Hand on what waited for room and free what has ended: call it after each
 * turn, and after each pass of the loop. */
void net_settle(struct net *n);

/* See our TLS key in a place, after making the next one where `make` says so;
 * ERR_NOT_NOW, ERR_IO as keys_make. */
MUST_USE enum err net_key(struct net *n, bool make, size_t place,
                          enum keys_state *state, struct buf *spki);

/* Tell every peer that we end; net_is_quiet says when all have gone. */
void net_goodbye(struct net *n);
bool net_is_quiet(const struct net *n);

/* Answer `resolve`: numeric addresses, a line each, or none and why. */
void net_resolved(struct net *n, uint64_t id, struct slice addresses,
                  const char *why);

#endif
