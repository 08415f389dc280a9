/*
 * inside - what the files of this room share: connections, dials, the net.
 *
 * Holds:      connections are freed in net_settle alone, never under the feet
 *             of a callback; events are pushed from the loop and from
 *             net_settle, never while a turn performs its effects.
 * Leaves out: TLS and bytes (channel.h), what is trusted (trust.h).
 */
#ifndef EDGE_NET_INSIDE_H
#define EDGE_NET_INSIDE_H

#include "edge/net/admission.h"
#include "edge/net/channel.h"
#include "edge/net/net.h"

/* Connections of one team that stand at the same time: a redial, both sides
 * dialling, and one that is being closed. */
#define CONNECTIONS_PER_TEAM_MAX 8
#define DIAL_WHY_MAX 400

struct dial;

struct conn {
    struct net *net;
    uint64_t id;
    struct channel *channel;
    struct tls_peer peer;
    struct address address;
    char address_text[ADDRESS_TEXT_MAX];
    struct dial *dial; /* until it is up: whose attempt this is */
    bool dialled;
    bool up;        /* both certificates are verified */
    bool announced; /* LINK_UP is pushed */
    bool deaf;      /* no frame is taken any more */
    bool down;      /* LINK_DOWN is due, or pushed */
    bool told;      /* LINK_DOWN is pushed */
    bool gone;      /* the channel has ended */
    enum err fault;
    char why[TLS_WHY_MAX];
    uint8_t exporter[TLS_EXPORTER_BYTES];
};

/* One DIAL: addresses are tried one after another. */
struct dial {
    struct net *net;
    uint64_t id;
    struct team_name team;
    struct buf addresses; /* a line each; what is still to be tried */
    size_t at;
    bool resolving;
    uint16_t port; /* of the host being resolved */
    bool failed;   /* DIAL_FAILED is due */
    bool finished;
    enum err fault;
    char why[DIAL_WHY_MAX];
};

/* What was last said of a team that cannot be reached: a peer that is down
 * for a week is not news every five minutes. */
struct unreached {
    struct team_name team;
    char why[DIAL_WHY_MAX];
};

struct net {
    struct event_base *base;
    struct turn *turn;
    struct net_config config;
    char *listen;
    struct tls *tls;
    struct keys *keys;     /* our own */
    struct trust *trust;   /* the peers */
    struct trust *own;     /* ourselves, as peers see us */
    uint64_t trusted;      /* what the two were made from */
    struct mono refreshed; /* when that was looked at last */
    bool own_judged;
    struct admission admission;
    struct conn *conns[CONNECTIONS_MAX];
    size_t conn_count;
    struct dial *dials[PEERS_MAX];
    size_t dial_count;
    struct unreached *unreached[PEERS_MAX];
    size_t unreached_count;
    uint64_t next_id;
    struct evconnlistener *listener;
    struct event *relisten;
    struct mono said_since; /* notices on refused connections */
    unsigned said, unsaid;
};

/* ---- conn.c ---- */

/* Make a connection that was accepted, or one to an address. */
void conn_accept(struct net *n, int fd, const struct address *from);
void conn_dial(struct net *n, struct dial *d, const struct address *to);

/* Push what is due, as far as the turn has room. */
void conn_deliver(struct conn *c);

/* Obey the exchange: close after what was sent. */
void conn_close(struct conn *c, enum err e, struct slice why);

/* Say CLOSE for an error of ours, and close. */
void conn_say_close(struct conn *c, enum err e, const char *why);
void conn_goodbye(struct conn *c);
bool conn_is_over(const struct conn *c);
void conn_free(struct conn *c);

/* ---- dial.c ---- */
void dial_start(struct net *n, const struct effect *effect);

/* Note that an attempt failed, and try the next address. */
void dial_missed(struct dial *d, const char *where, enum err e,
                 const char *why);
void dial_reached(struct dial *d);

/* Push DIAL_FAILED where it is due. */
void dial_deliver(struct dial *d);
void dial_free(struct dial *d);

/* ---- cards.c ---- */

/* Make the trust anew if a card changed since, and choose again which
 * certificate of ours is shown. */
void cards_refresh(struct net *n);

/* Choose the certificate that is shown; false, with the reason, if there is
 * none. */
MUST_USE bool cards_show(struct net *n, char why[TLS_WHY_MAX]);

/* Say once at start what a peer would find wrong with our certificate. */
void cards_judge_own(struct net *n);

/* Append what is wrong with our own certificate, where we can tell. */
void cards_explain_alert(struct net *n, int alert, char why[TLS_WHY_MAX]);

/* ---- net.c ---- */

/* Say that a stranger was refused; only so many lines a minute. */
void net_refused(struct net *n, const char *where, const char *why);
struct mono net_clock(void);

#endif
