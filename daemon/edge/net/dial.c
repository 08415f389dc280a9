#include "edge/net/inside.h"

#include "core/base/mem.h"

#include <assert.h>
#include <stdio.h>

static void
why_add(struct dial *d, const char *where, const char *why)
{
    size_t used = strlen(d->why);

    if (used + 4 < sizeof d->why)
        (void)snprintf(d->why + used, sizeof d->why - used, "%s%s: %s",
                       used ? "; " : "", where, why);
}

/* Take the next line of the addresses; false at their end. */
static bool
line_next(struct dial *d, struct slice *line)
{
    while (d->at < d->addresses.size) {
        const uint8_t *start = d->addresses.data + d->at;
        size_t left = d->addresses.size - d->at;
        const uint8_t *end = memchr(start, '\n', left);
        size_t size = end ? (size_t)(end - start) : left;

        d->at += size + (end != NULL);
        if (size) {
            *line = slice_of(start, size);
            return true;
        }
    }
    return false;
}

/* Try one address. False if it cannot be tried at all. */
static bool
dial_line(struct dial *d, struct slice line)
{
    struct net *n = d->net;
    char host[ADDRESS_HOST_MAX], text[ADDRESS_TEXT_MAX];
    struct address address;

    (void)snprintf(text, sizeof text, "%.*s", (int)line.size,
                   (const char *)line.data);
    if (!address_split(line, host, &d->port)) {
        why_add(d, text, "is no address; write host:port");
        return false;
    }
    if (address_numeric(host, d->port, &address)) {
        if (n->conn_count == CONNECTIONS_MAX) {
            why_add(d, text, "too many connections are open");
            return false;
        }
        conn_dial(n, d, &address);
        return true;
    }
    if (!n->config.resolve) {
        why_add(d, text, "host names are not resolved here; use numbers");
        return false;
    }
    d->resolving = true;
    n->config.resolve(n->config.self, d->id, host);
    return true;
}

static void
dial_next(struct dial *d)
{
    struct slice line;

    while (line_next(d, &line))
        if (dial_line(d, line))
            return;
    d->failed = true;
    if (d->why[0] == 0)
        (void)snprintf(d->why, sizeof d->why, "%s has no address",
                       d->team.text);
}

void
dial_start(struct net *n, const struct effect *effect)
{
    struct team_name team;
    struct dial *d;

    if (!team_name_parse(effect->data, &team))
        return;
    for (size_t i = 0; i < n->dial_count; i++)
        if (!n->dials[i]->finished &&
            team_name_equal(&n->dials[i]->team, &team))
            return;
    if (n->dial_count == PEERS_MAX)
        return;
    d = mem_new(sizeof *d);
    d->net = n;
    d->id = n->next_id++;
    d->team = team;
    d->fault = ERR_IO;
    buf_put(&d->addresses, effect->more);
    n->dials[n->dial_count++] = d;
    dial_next(d);
}

void
dial_missed(struct dial *d, const char *where, enum err e, const char *why)
{
    d->fault = e;
    why_add(d, where, why);
    dial_next(d);
}

/* Remember how a dial ended, empty for well; tells whether that is new. */
static bool
is_news(struct net *n, const struct team_name *team, const char *why)
{
    struct unreached *u = NULL;
    size_t i = 0;

    while (i < n->unreached_count &&
           !team_name_equal(&n->unreached[i]->team, team))
        i++;
    if (i == PEERS_MAX)
        return true;
    if (i == n->unreached_count) {
        n->unreached[i] = mem_new(sizeof *u);
        n->unreached[i]->team = *team;
        n->unreached_count++;
    }
    u = n->unreached[i];
    if (strcmp(u->why, why) == 0)
        return false;
    (void)snprintf(u->why, sizeof u->why, "%s", why);
    return true;
}

static void
say_failed(struct dial *d)
{
    char text[TEAM_NAME_MAX + DIAL_WHY_MAX + 32];

    if (!is_news(d->net, &d->team, d->why))
        return;
    (void)snprintf(text, sizeof text, "%s: cannot be reached: %s", d->team.text,
                   d->why);
    d->net->config.notice(d->net->config.self, NOTICE_WARNING, text);
}

void
dial_reached(struct dial *d)
{
    (void)is_news(d->net, &d->team, "");
    d->finished = true;
}

void
dial_deliver(struct dial *d)
{
    struct event event = {
        .type = EVENT_DIAL_FAILED,
        .a = d->fault,
        .data = slice_str(d->team.text),
        .more = slice_str(d->why),
    };

    if (!d->failed || d->finished)
        return;
    d->finished = turn_push(d->net->turn, &event);
    if (d->finished)
        say_failed(d);
}

void
dial_free(struct dial *d)
{
    buf_clear(&d->addresses);
    mem_free(d);
}

/* Put the addresses of a host in front of those still to be tried. */
static void
addresses_insert(struct dial *d, struct slice found)
{
    struct buf all = {0};
    struct slice left =
        slice_of(d->addresses.data + d->at, d->addresses.size - d->at);

    for (size_t i = 0; i < found.size;) {
        const uint8_t *end = memchr(found.data + i, '\n', found.size - i);
        size_t size = end ? (size_t)(end - found.data) - i : found.size - i;
        struct slice host = slice_of(found.data + i, size);
        bool six = size && memchr(host.data, ':', size);
        i += size + 1;
        if (size == 0)
            continue;
        buf_put_str(&all, six ? "[" : "");
        buf_put(&all, host);
        buf_put_str(&all, six ? "]:" : ":");
        buf_put_decimal(&all, d->port);
        buf_put_str(&all, "\n");
    }
    buf_put(&all, left);
    buf_clear(&d->addresses);
    d->addresses = all;
    d->at = 0;
}

void
net_resolved(struct net *n, uint64_t id, struct slice addresses,
             const char *why)
{
    for (size_t i = 0; i < n->dial_count; i++) {
        struct dial *d = n->dials[i];
        if (d->id != id || !d->resolving)
            continue;
        d->resolving = false;
        if (addresses.size)
            addresses_insert(d, addresses);
        else
            why_add(d, "the name", why);
        dial_next(d);
        return;
    }
}
