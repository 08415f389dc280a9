#include "edge/net/inside.h"

#include "core/base/mem.h"
#include "core/exchange/view.h"

#include <assert.h>
#include <errno.h>
#include <event2/listener.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 128
#define RELISTEN_MS 1000
#define REFUSALS_SAID 60
#define REFRESH_MS 1000
#define REFUSALS_MS 60000

struct mono
net_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct mono){(uint64_t)t.tv_sec * 1000 +
                         (uint64_t)t.tv_nsec / 1000000};
}

static void
say(struct net *n, enum notice_level level, const char *text)
{
    n->config.notice(n->config.self, level, text);
}

void
net_refused(struct net *n, const char *where, const char *why)
{
    char text[ADDRESS_TEXT_MAX + TLS_WHY_MAX + 64];
    struct mono now = net_clock();

    if (now.ms - n->said_since.ms > REFUSALS_MS) {
        if (n->unsaid) {
            (void)snprintf(text, sizeof text,
                           "%u more connections were refused", n->unsaid);
            say(n, NOTICE_WARNING, text);
        }
        n->said_since = now;
        n->said = n->unsaid = 0;
    }
    if (n->said == REFUSALS_SAID) {
        n->unsaid++;
        return;
    }
    n->said++;
    (void)snprintf(text, sizeof text, "refused a connection from %s: %s", where,
                   why);
    say(n, NOTICE_WARNING, text);
}

/* ---- effects ---- */

static struct conn *
conn_find(const struct net *n, uint64_t id)
{
    for (size_t i = 0; i < n->conn_count; i++)
        if (n->conns[i]->id == id)
            return n->conns[i];
    return NULL;
}

/* A connection that has ended meanwhile is no fault: its LINK_DOWN is on the
 * way. */
static void
on_effect(void *self, const struct effect *effect)
{
    struct net *n = self;
    struct conn *c = conn_find(n, effect->id);

    if (effect->type == EFFECT_DIAL)
        dial_start(n, effect);
    else if (effect->type == EFFECT_SEND && c)
        channel_send(c->channel, effect->data);
    else if (effect->type == EFFECT_CLOSE && c)
        conn_close(c, (enum err)effect->a, effect->data);
}

/* ---- listening ---- */

static size_t
count_unproven(const struct net *n)
{
    size_t count = 0;

    for (size_t i = 0; i < n->conn_count; i++)
        count += !n->conns[i]->dialled && !n->conns[i]->up;
    return count;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
          struct sockaddr *from, int size, void *self)
{
    struct net *n = self;
    struct address address = {.size = (socklen_t)size};
    char text[ADDRESS_TEXT_MAX];
    const char *why;

    (void)listener;
    assert((size_t)size <= sizeof address.at);
    memcpy(&address.at, from, (size_t)size);
    why = admission_refuses(&n->admission, &address, count_unproven(n),
                            net_clock());
    /* Room is left for the connections that we dial ourselves. */
    if (!why && n->conn_count >= CONNECTIONS_MAX - PEERS_MAX / 4)
        why = "too many connections are open";
    if (!why) {
        conn_accept(n, fd, &address);
        return;
    }
    address_text(&address, text);
    net_refused(n, text, why);
    close(fd);
}

static void
on_accept_fault(struct evconnlistener *listener, void *self)
{
    struct net *n = self;
    struct timeval later = {RELISTEN_MS / 1000, 0};
    char text[128];

    (void)snprintf(text, sizeof text, "cannot take a connection: %s",
                   strerror(errno));
    say(n, NOTICE_WARNING, text);
    evconnlistener_disable(listener);
    event_add(n->relisten, &later);
}

static void
on_relisten(evutil_socket_t fd, short what, void *self)
{
    struct net *n = self;

    (void)fd;
    (void)what;
    evconnlistener_enable(n->listener);
}

static bool
listen_at(struct net *n)
{
    char host[ADDRESS_HOST_MAX], text[ADDRESS_HOST_MAX + 96];
    struct address address;
    uint16_t port;

    if (!address_split(slice_str(n->config.listen), host, &port) ||
        !address_numeric(host, port, &address)) {
        (void)snprintf(
            text, sizeof text,
            "cannot listen at %s: write an address in numbers and a port,"
            " such as 0.0.0.0:4590",
            n->config.listen);
        say(n, NOTICE_ALARM, text);
        return false;
    }
    n->listener = evconnlistener_new_bind(
        n->base, on_accept, n,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        BACKLOG, (struct sockaddr *)&address.at, (int)address.size);
    if (!n->listener) {
        (void)snprintf(text, sizeof text, "cannot listen at %s: %s",
                       n->config.listen, strerror(errno));
        say(n, NOTICE_ALARM, text);
        return false;
    }
    evconnlistener_set_error_cb(n->listener, on_accept_fault);
    n->relisten = event_new(n->base, -1, 0, on_relisten, n);
    assert(n->relisten);
    return true;
}

/* ---- the whole ---- */

static void
config_keep(struct net *n, const struct net_config *config)
{
    n->config = *config;
    n->listen = mem_copy(config->listen, strlen(config->listen) + 1);
    n->config.listen = n->listen;
}

static bool
start(struct net *n)
{
    struct turn_sink sink = {on_effect, n};
    char why[TLS_WHY_MAX];
    uint64_t salt;

    if (RAND_bytes((unsigned char *)&salt, sizeof salt) != 1)
        return false;
    admission_init(&n->admission, salt);
    n->keys = keys_new(&n->config.files, why);
    n->tls = tls_new(n->trust);
    if (!n->keys || !cards_show(n, why)) {
        say(n, NOTICE_ALARM, why);
        return false;
    }
    if (n->config.listen[0] && !listen_at(n))
        return false;
    turn_sink_set(n->turn, EFFECT_SEND, sink);
    turn_sink_set(n->turn, EFFECT_CLOSE, sink);
    turn_sink_set(n->turn, EFFECT_DIAL, sink);
    return true;
}

struct net *
net_new(struct event_base *base, struct turn *turn,
        const struct net_config *config)
{
    struct net *n = mem_new(sizeof *n);

    n->base = base;
    n->turn = turn;
    n->next_id = 1;
    n->trust = trust_new();
    n->own = trust_new();
    config_keep(n, config);
    if (!start(n)) {
        net_free(n);
        return NULL;
    }
    return n;
}

void
net_free(struct net *n)
{
    if (!n)
        return;
    if (n->listener)
        evconnlistener_free(n->listener);
    if (n->relisten)
        event_free(n->relisten);
    for (size_t i = 0; i < n->conn_count; i++)
        conn_free(n->conns[i]);
    for (size_t i = 0; i < n->dial_count; i++)
        dial_free(n->dials[i]);
    for (size_t i = 0; i < n->unreached_count; i++)
        mem_free(n->unreached[i]);
    tls_free(n->tls);
    keys_free(n->keys);
    trust_free(n->trust);
    trust_free(n->own);
    mem_free(n->listen);
    mem_free(n);
}

enum err
net_key(struct net *n, bool make, size_t place, enum keys_state *state,
        struct buf *spki)
{
    const struct card *card = NULL;
    struct slice proof;

    if (view_card_own(turn_exchange(n->turn), &card, &proof) != OK)
        card = NULL;
    cards_refresh(n);
    enum err e = make ? keys_make(n->keys, card) : OK;
    if (e == OK)
        *state = keys_at(n->keys, card, place, spki);
    return e;
}

void
net_settle(struct net *n)
{
    struct mono now = net_clock();

    if (now.ms - n->refreshed.ms >= REFRESH_MS) {
        n->refreshed = now;
        cards_refresh(n);
    }
    cards_judge_own(n);
    for (size_t i = 0; i < n->conn_count;) {
        struct conn *c = n->conns[i];
        conn_deliver(c);
        if (conn_is_over(c)) {
            conn_free(c);
            n->conns[i] = n->conns[--n->conn_count];
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < n->dial_count;) {
        struct dial *d = n->dials[i];
        dial_deliver(d);
        if (d->finished) {
            dial_free(d);
            n->dials[i] = n->dials[--n->dial_count];
        } else {
            i++;
        }
    }
}

void
net_goodbye(struct net *n)
{
    if (n->listener)
        evconnlistener_disable(n->listener);
    for (size_t i = 0; i < n->conn_count; i++)
        conn_goodbye(n->conns[i]);
}

bool
net_is_quiet(const struct net *n)
{
    for (size_t i = 0; i < n->conn_count; i++)
        if (n->conns[i]->up && !n->conns[i]->gone)
            return false;
    return true;
}
