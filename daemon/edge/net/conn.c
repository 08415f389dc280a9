#include "edge/net/inside.h"

#include "core/base/mem.h"
#include "core/wire/frames.h"

#include <assert.h>
#include <stdio.h>

/* ---- what becomes events ---- */

static bool
push(struct conn *c, struct event event)
{
    event.id = c->id;
    return turn_push(c->net->turn, &event);
}

/* Find the next whole frame of the input. Returns its size, 0 if there is
 * none yet; a header that no correct peer sends ends the connection. */
static size_t
frame_ready(struct conn *c, struct evbuffer *input)
{
    uint8_t header[FRAME_HEADER_BYTES], type = 0;
    uint32_t payload = 0;
    enum err e;

    if (evbuffer_copyout(input, header, sizeof header) <
        (ev_ssize_t)sizeof header)
        return 0;
    e = frame_header_decode(header, &type, &payload);
    if (e != OK) {
        conn_say_close(c, e, "a frame's header is wrong");
        return 0;
    }
    if (evbuffer_get_length(input) < sizeof header + payload)
        return 0;
    return sizeof header + payload;
}

static void
frames_deliver(struct conn *c)
{
    struct evbuffer *input = channel_input(c->channel);
    size_t size;

    while (!c->deaf && (size = frame_ready(c, input)) > 0) {
        const uint8_t *frame = evbuffer_pullup(input, (ev_ssize_t)size);
        if (!turn_room(c->net->turn) ||
            !push(c, (struct event){.type = EVENT_FRAME,
                                    .data = slice_of(frame, size)})) {
            channel_pause(c->channel, true);
            return;
        }
        evbuffer_drain(input, size);
    }
    channel_pause(c->channel, false);
    channel_taken(c->channel);
}

void
conn_deliver(struct conn *c)
{
    if (!c->up || c->told)
        return;
    if (!c->announced)
        c->announced = push(c, (struct event){
                                   .type = EVENT_LINK_UP,
                                   .a = c->dialled,
                                   .b = c->peer.verdict.card_only,
                                   .data = slice_str(c->peer.verdict.team.text),
                                   .more = SLICE_ARRAY(c->exporter),
                               });
    if (!c->announced)
        return;
    frames_deliver(c);
    if (c->down && (c->deaf || !frame_ready(c, channel_input(c->channel))))
        c->told = push(c, (struct event){.type = EVENT_LINK_DOWN,
                                         .a = c->fault,
                                         .data = slice_str(c->why)});
}

/* ---- what the channel tells ---- */

static size_t
count_of_team(const struct conn *c)
{
    const struct net *n = c->net;
    size_t count = 0;

    for (size_t i = 0; i < n->conn_count; i++)
        count += n->conns[i]->up && !n->conns[i]->down &&
                 team_name_equal(&n->conns[i]->peer.verdict.team,
                                 &c->peer.verdict.team);
    return count;
}

static void
say_card_only(const struct conn *c)
{
    char text[TEAM_NAME_MAX + VERDICT_WHY_MAX + 64];

    (void)snprintf(text, sizeof text,
                   "%s: only a newer card is taken from it: %s",
                   c->peer.verdict.team.text, c->peer.verdict.why);
    c->net->config.notice(c->net->config.self, NOTICE_WARNING, text);
}

static void
on_up(struct conn *c)
{
    SSL *ssl = channel_ssl(c->channel);

    if (!tls_protocol_agreed(ssl)) {
        channel_fail(c->channel, ERR_TLS,
                     "wrong ALPN: the peer does not answer with " TLS_ALPN);
        return;
    }
    if (count_of_team(c) >= CONNECTIONS_PER_TEAM_MAX) {
        channel_fail(c->channel, ERR_LIMIT,
                     "this peer has too many connections");
        return;
    }
    assert(c->peer.judged && (c->peer.verdict.defect == DEFECT_NONE ||
                              c->peer.verdict.card_only));
    if (!tls_exporter(ssl, c->exporter)) {
        channel_fail(c->channel, ERR_TLS, "TLS gives no exporter");
        return;
    }
    c->up = true;
    if (c->peer.verdict.card_only)
        say_card_only(c);
    if (c->dial)
        dial_reached(c->dial);
    c->dial = NULL;
    admission_know(&c->net->admission, &c->address);
    conn_deliver(c);
}

static void
on_down(struct conn *c)
{
    const char *why;

    c->fault = channel_fault(c->channel, &why);
    (void)snprintf(c->why, sizeof c->why, "%s", why);
    cards_explain_alert(c->net, c->peer.alert, c->why);
    c->down = true;
    if (c->up)
        return;
    if (c->dial) {
        struct dial *dial = c->dial;
        c->dial = NULL;
        dial_missed(dial, c->address_text, c->fault, c->why);
    } else {
        net_refused(c->net, c->address_text, c->why);
    }
}

static void
on_news(void *self, enum channel_news news)
{
    struct conn *c = self;

    switch (news) {
    case CHANNEL_UP:
        on_up(c);
        return;
    case CHANNEL_READABLE:
        conn_deliver(c);
        return;
    case CHANNEL_DOWN:
        on_down(c);
        return;
    case CHANNEL_GONE:
        c->gone = true;
        return;
    }
}

/* ---- making and closing ---- */

static struct conn *
conn_new(struct net *n, const struct address *address, struct dial *dial)
{
    struct conn *c = mem_new(sizeof *c);

    assert(n->conn_count < CONNECTIONS_MAX);
    cards_refresh(n);
    c->net = n;
    c->id = n->next_id++;
    c->address = *address;
    address_text(address, c->address_text);
    c->dial = dial;
    c->dialled = dial != NULL;
    c->peer.we_dialled = c->dialled;
    if (dial)
        c->peer.expected = dial->team;
    n->conns[n->conn_count++] = c;
    return c;
}

static struct channel_setup
setup_of(struct conn *c)
{
    return (struct channel_setup){
        .base = c->net->base,
        .ssl = tls_session(c->net->tls, &c->peer),
        .peer = &c->peer,
        .tell = on_news,
        .self = c,
    };
}

void
conn_accept(struct net *n, int fd, const struct address *from)
{
    struct conn *c = conn_new(n, from, NULL);
    struct channel_setup setup = setup_of(c);

    c->channel = channel_accept(&setup, fd);
}

void
conn_dial(struct net *n, struct dial *d, const struct address *to)
{
    struct conn *c = conn_new(n, to, d);
    struct channel_setup setup = setup_of(c);

    c->channel = channel_connect(&setup, to);
}

void
conn_close(struct conn *c, enum err e, struct slice why)
{
    if (c->down)
        return;
    c->deaf = true;
    c->down = true;
    c->fault = e;
    (void)snprintf(c->why, sizeof c->why, "%.*s", (int)why.size,
                   (const char *)why.data);
    channel_close(c->channel);
}

void
conn_say_close(struct conn *c, enum err e, const char *why)
{
    struct frame_close close = {err_code(e), slice_str(err_text(e))};
    struct buf out = {0};

    if (!c->up || c->down)
        return;
    frame_close_put(&out, &close);
    channel_send(c->channel, buf_slice(&out));
    buf_clear(&out);
    conn_close(c, e, slice_str(why));
}

void
conn_goodbye(struct conn *c)
{
    conn_say_close(c, ERR_SHUTDOWN, err_text(ERR_SHUTDOWN));
}

bool
conn_is_over(const struct conn *c)
{
    return c->gone && (!c->up || c->told);
}

void
conn_free(struct conn *c)
{
    channel_free(c->channel);
    mem_free(c);
}
