/*
 * channel - bytes over TLS over TCP on the event loop: connect or accept,
 *           shake hands, read and write, flush and close.
 *
 * Holds:      input and output are bounded; every state but OPEN has a
 *             deadline; a refusal reaches the other side, because we read on
 *             for a while after we have said it.
 * Trusts:     the owner to free it only after CHANNEL_GONE, or at the end.
 * Leaves out: frames (conn.h), what is trusted (trust.h).
 */
#ifndef EDGE_NET_CHANNEL_H
#define EDGE_NET_CHANNEL_H

#include "core/base/err.h"
#include "edge/net/address.h"
#include "edge/net/tls.h"

#include <event2/buffer.h>
#include <event2/event.h>

/* Input that nobody has taken yet: one frame and a half. Output that the
 * peer has not taken yet: what it may ask of us at most. */
#define CHANNEL_INPUT_MAX KIB(256)
#define CHANNEL_OUTPUT_MAX MIB(320)

/* What happened; DOWN comes once, and GONE once after it. */
enum channel_news {
    CHANNEL_UP,
    CHANNEL_READABLE,
    CHANNEL_DOWN, /* channel_fault says why */
    CHANNEL_GONE, /* free it, but not from within the call */
};

typedef void (*channel_fn)(void *self, enum channel_news news);

struct channel;

struct channel_setup {
    struct event_base *base;
    SSL *ssl;              /* given over */
    struct tls_peer *peer; /* outlives the channel */
    channel_fn tell;
    void *self;
};

/* Take a connection that was accepted; the descriptor is given over. */
struct channel *channel_accept(const struct channel_setup *setup, int fd);

/* Connect to an address. What fails at once is told as DOWN from the loop. */
struct channel *channel_connect(const struct channel_setup *setup,
                                const struct address *to);

/* Close at once, without a word. */
void channel_free(struct channel *c);

SSL *channel_ssl(const struct channel *c);

/* Bytes that came in; take them with evbuffer_drain, then channel_taken. */
struct evbuffer *channel_input(const struct channel *c);
void channel_taken(struct channel *c);

/* Stop and go on reading. */
void channel_pause(struct channel *c, bool paused);

/* Queue bytes; they leave when the loop runs. Beyond CHANNEL_OUTPUT_MAX the
 * channel goes down. */
void channel_send(struct channel *c, struct slice bytes);

/* Send what is queued, say goodbye and close, within a bound of time. DOWN
 * is not told, GONE is. */
void channel_close(struct channel *c);

/* Refuse the peer for a reason of ours: DOWN is told, then GONE. */
void channel_fail(struct channel *c, enum err e, const char *why);

/* See why it is down. */
enum err channel_fault(const struct channel *c, const char **why);

#endif
