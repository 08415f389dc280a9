#include "edge/index/serve.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/wire/control.h"
#include "edge/door/door.h"
#include "edge/index/ours.h"
#include "edge/index/sent.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Answers that the client has not read, above which it is not read from. */
#define OUTPUT_HIGH MIB(4)

struct caller {
    struct serve *house;
    struct bufferevent *pipe;
    struct event *again;
    unsigned uid, rights;
    bool closing;
};

struct serve {
    const struct index_config *config;
    struct event_base *base;
    struct evconnlistener *listener;
    struct rows *rows;
    const struct serve_status *status;
    struct caller *callers[SERVE_CLIENTS_MAX];
    size_t count;
    struct arena arena;
    struct arena scratch[2];
};

/* ---- answers ------------------------------------------------------------ */

static void
fault_put(struct buf *out, uint64_t id, enum err e, const char *text)
{
    const struct control_answer a = {
        .id = id, .code = e, .text = slice_str(text ? text : err_text(e))};

    control_answer_put(out, &a);
}

struct reviewing {
    struct control_builder *builder;
    struct rows *rows;
};

static void
on_team(void *context, uint32_t peer, uint64_t count)
{
    struct reviewing *r = context;
    struct rows_team team;

    if (!rows_team(r->rows, peer, &team))
        return;
    control_add_text(r->builder, "team", slice_str(team.team));
    control_add_number(r->builder, "to-review", (int64_t)count);
    control_end_record(r->builder);
}

/* What is red is counted for those alone who may read it, as a search does;
 * the number of a message counts all before it. */
static void
status_put(struct serve *s, uint64_t id, bool red, struct buf *out)
{
    struct control_builder b;
    const struct rows *r = s->rows;
    struct control_answer a = {.id = id};

    control_begin(&b, &s->arena);
    control_add_number(&b, "turn", (int64_t)r->position.turn);
    control_add_number(&b, "committed", (int64_t)s->status->committed);
    control_add_number(
        &b, "messages",
        (int64_t)(r->counts.messages - (red ? 0 : r->counts.red)));
    control_add_number(&b, "judging", red ? r->judge : r->judge > 0);
    control_end_record(&b);
    struct reviewing team = {&b, s->rows};
    reviews_count(&s->rows->reviews, red, on_team, &team);
    a.records = b.records;
    a.record_count = b.record_count;
    control_answer_put(out, &a);
}

static const struct verb {
    const char *name;
    enum err (*run)(struct search *s);
} verbs[] = {{"search", search_run},
             {"sent", sent_run},
             {"ours", ours_run},
             {"entry", entry_run}};

static const struct verb *
verb_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static void
search_put(struct serve *s, const struct verb *verb,
           const struct control_request *r, bool red, struct buf *out)
{
    struct search search = {.rows = s->rows,
                            .values = &r->values,
                            .messages = r->messages,
                            .message_count = r->message_count,
                            .committed = s->status->committed,
                            .may_read_red = red,
                            .arena = &s->arena,
                            .scratch = s->scratch};
    struct control_answer a = {.id = r->id};
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    search.now.ms =
        (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    control_begin(&search.answer, &s->arena);
    enum err e = verb->run(&search);
    if (e) {
        fault_put(out, r->id, e, search.fault);
        return;
    }
    a.records = search.answer.records;
    a.record_count = search.answer.record_count;
    control_answer_put(out, &a);
}

bool
serve_answer(struct serve *s, struct slice payload, bool red, struct buf *out)
{
    struct control_request r;
    enum err e = control_request_get(payload, &s->arena, &r);
    const struct verb *verb = e ? NULL : verb_find(r.verb);

    if (e)
        fault_put(out, 0, e, NULL);
    else if (verb)
        search_put(s, verb, &r, red, out);
    else if (strcmp(r.verb, "status") == 0)
        status_put(s, r.id, red, out);
    else
        fault_put(out, r.id, ERR_UNSUPPORTED,
                  "the index does not know this request; is the command newer "
                  "than the daemon?");
    arena_reset(&s->arena);
    return !e;
}

/* ---- callers ------------------------------------------------------------ */

static void
caller_free(struct caller *c)
{
    struct serve *s = c->house;

    for (size_t i = 0; i < s->count; i++)
        if (s->callers[i] == c)
            s->callers[i] = s->callers[--s->count];
    event_free(c->again);
    bufferevent_free(c->pipe);
    mem_free(c);
}

/* See the next whole frame; false if there is none, or none is good. */
static bool
frame_next(struct caller *c, struct slice *payload)
{
    struct evbuffer *in = bufferevent_get_input(c->pipe);
    uint8_t header[CONTROL_HEADER_BYTES];

    if (evbuffer_copyout(in, header, sizeof header) < (ev_ssize_t)sizeof header)
        return false;
    uint32_t size = get_be32(header);
    if (!size || size > SERVE_FRAME_MAX) {
        c->closing = true;
        return false;
    }
    if (evbuffer_get_length(in) < sizeof header + size)
        return false;
    const uint8_t *at = evbuffer_pullup(in, (ev_ssize_t)(sizeof header + size));
    *payload = slice_of(at + sizeof header, size);
    return true;
}

/* Answer one request, and come back for the next. */
static void
caller_work(struct caller *c)
{
    struct evbuffer *in = bufferevent_get_input(c->pipe);
    struct evbuffer *out = bufferevent_get_output(c->pipe);
    static const struct timeval at_once;
    struct slice payload;
    struct buf frame = {0};

    if (!c->closing && evbuffer_get_length(out) < OUTPUT_HIGH &&
        frame_next(c, &payload)) {
        c->closing = !serve_answer(c->house, payload,
                                   c->rights & INDEX_READ_RED, &frame);
        (void)bufferevent_write(c->pipe, frame.data, frame.size);
        (void)evbuffer_drain(in, CONTROL_HEADER_BYTES + payload.size);
        (void)evtimer_add(c->again, &at_once);
    }
    buf_clear(&frame);
    if (c->closing && !evbuffer_get_length(out))
        caller_free(c);
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    caller_work(context);
}

static void
on_data(struct bufferevent *pipe, void *context)
{
    (void)pipe;
    caller_work(context);
}

static void
on_event(struct bufferevent *pipe, short what, void *context)
{
    (void)pipe;
    (void)what;
    caller_free(context);
}

static void
caller_new(struct serve *s, int fd, unsigned uid, unsigned rights)
{
    struct caller *c = mem_new(sizeof *c);

    *c = (struct caller){.house = s, .uid = uid, .rights = rights};
    c->again = evtimer_new(s->base, on_again, c);
    c->pipe = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
    s->callers[s->count++] = c;
    bufferevent_setcb(c->pipe, on_data, on_data, on_event, c);
    bufferevent_setwatermark(c->pipe, EV_READ, 0,
                             CONTROL_HEADER_BYTES + SERVE_FRAME_MAX);
    (void)bufferevent_enable(c->pipe, EV_READ | EV_WRITE);
}

/* ---- who is there ------------------------------------------------------- */

static bool
caller_of(const struct serve *s, int fd, unsigned *uid, unsigned *rights)
{
    struct door_caller who;

    if (door_caller(fd, &who) != OK)
        return false;
    *uid = who.uid;
    *rights =
        s->config->rights(s->config->context, who.uid, who.gids, who.gid_count);
    return true;
}

static size_t
callers_of(const struct serve *s, unsigned uid)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->callers[i]->uid == uid;
    return n;
}

static void
turn_away(int fd, enum err e, const char *text)
{
    struct buf frame = {0};

    fault_put(&frame, 0, e, text);
    (void)!send(fd, frame.data, frame.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_clear(&frame);
    (void)close(fd);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd,
          struct sockaddr *address, int size, void *context)
{
    struct serve *s = context;
    unsigned uid = 0, rights = 0;

    (void)l;
    (void)address;
    (void)size;
    if (!caller_of(s, fd, &uid, &rights))
        turn_away(fd, ERR_IO, "the kernel does not say who is calling");
    else if (!(rights & INDEX_READ))
        turn_away(fd, ERR_FORBIDDEN, "this needs the role read");
    else if (s->count == SERVE_CLIENTS_MAX ||
             callers_of(s, uid) >= SERVE_CLIENTS_OF_USER_MAX)
        turn_away(fd, ERR_LIMIT, "too many searches are running; try again");
    else
        caller_new(s, fd, uid, rights);
}

/* ---- the socket --------------------------------------------------------- */

enum err
serve_new(struct event_base *base, const struct index_config *config,
          struct rows *rows, const struct serve_status *status,
          struct serve **out)
{
    struct serve *s = mem_new(sizeof *s);

    *s = (struct serve){
        .config = config, .base = base, .rows = rows, .status = status};
    arena_init(&s->arena, SERVE_BUDGET);
    for (size_t i = 0; i < ARRAY_SIZE(s->scratch); i++)
        arena_init(&s->scratch[i], SEARCH_SCRATCH_BUDGET);
    if (config->socket) {
        enum err e =
            door_open(base, config->socket, on_accept, s, &s->listener);
        if (e) {
            serve_free(s);
            return e;
        }
    }
    *out = s;
    return OK;
}

void
serve_free(struct serve *s)
{
    if (!s)
        return;
    while (s->count)
        caller_free(s->callers[0]);
    if (s->listener)
        evconnlistener_free(s->listener);
    arena_clear(&s->arena);
    for (size_t i = 0; i < ARRAY_SIZE(s->scratch); i++)
        arena_clear(&s->scratch[i]);
    mem_free(s);
}
