#include "edge/control/clients.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/control/queries.h"
#include "edge/control/watch.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <time.h>

/* In one go: frames for the exchange, of which a page of reading costs as
 * much as sixteen. */
#define WORK_MAX 64
#define WORK_OF_PAGE 16

/* Requests that the exchange has not answered, and bytes that the client has
 * not read, above which it is not read from. */
#define UNANSWERED_MAX 64
#define OUTPUT_HIGH MIB(4)

/* A submission whose next change the client waits for. */
struct wait {
    bool on;
    uint64_t id;
    uint64_t number;
    struct buf seen; /* the state that the client knows */
    struct mono until;
};

struct client {
    struct control *house;
    struct bufferevent *pipe;
    struct event *again;
    uint32_t number;
    uint32_t requests; /* given to the exchange so far */
    unsigned uid, roles;
    size_t unanswered;
    bool closing; /* nothing more is read; gone once its output is */
    bool gone;
    struct watch *watch;
    uint64_t watch_id;
    struct wait wait;
};

struct now
control_now(void)
{
    struct timespec mono = {0}, wall = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &mono);
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (struct now){
        {(uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000},
        {(uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000}};
}

/* ---- answers ------------------------------------------------------------ */

static size_t
output_of(const struct client *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->pipe));
}

static void
send_answer(struct client *c, const struct control_answer *a)
{
    struct buf frame = {0};

    control_answer_put(&frame, a);
    (void)bufferevent_write(c->pipe, frame.data, frame.size);
    buf_clear(&frame);
}

/* Say what is wrong. A fault of the protocol itself ends the connection. */
static void
send_fault(struct client *c, uint64_t id, enum err code, struct slice text)
{
    struct control_answer a = {.id = id, .code = code};

    a.text = text.size ? text : slice_str(err_text(code));
    send_answer(c, &a);
}

void
client_answer(struct client *c, struct slice frames)
{
    if (c->unanswered > 0)
        c->unanswered--;
    if (!c->closing && !c->gone)
        (void)bufferevent_write(c->pipe, frames.data, frames.size);
}

static struct query
query_for(struct client *c, const struct control_record *values)
{
    struct control *house = c->house;
    struct query q = {
        .exchange = turn_exchange(house->turn),
        .store = turn_store(house->turn),
        .settings = house->settings,
        .tls = &house->tls,
        .backup = house->backup,
        .roles = c->roles,
        .now = control_now(),
        .values = values,
        .arena = &house->arena,
    };

    q.up_ms = q.now.mono.ms - house->started.ms;
    control_begin(&q.answer, q.arena);
    return q;
}

static void
send_records(struct client *c, uint64_t id, const struct query *q, bool more)
{
    struct control_answer a = {.id = id, .more = more, .text = q->text};

    a.records = q->answer.records;
    a.record_count = q->answer.record_count;
    send_answer(c, &a);
}

/* ---- those who wait ----------------------------------------------------- */

/* Send a page of news; true if there may be more. */
static bool
step_watch(struct client *c)
{
    static const struct control_record nothing;
    struct query q = query_for(c, &nothing);
    size_t count = watch_step(c->watch, &q);

    if (count > 0)
        send_records(c, c->watch_id, &q, true);
    arena_reset(&c->house->arena);
    return count > 0;
}

static void
end_wait(struct client *c)
{
    c->wait.on = false;
    buf_clear(&c->wait.seen);
}

/* Answer a waiting submission when its state changed or time is up. */
static void
step_wait(struct client *c)
{
    static const struct control_record nothing;
    struct query q = query_for(c, &nothing);
    struct buf token = {0};
    enum err e = query_submission(&q, c->wait.number, &token);

    if (e != OK) {
        send_fault(c, c->wait.id, e, q.text);
        end_wait(c);
    } else if (!slice_equal(buf_slice(&token), buf_slice(&c->wait.seen)) ||
               q.now.mono.ms >= c->wait.until.ms ||
               query_submission_done(&q, c->wait.number)) {
        control_add_text(&q.answer, "token", buf_slice(&token));
        control_end_record(&q.answer);
        send_records(c, c->wait.id, &q, false);
        end_wait(c);
    }
    buf_clear(&token);
    arena_reset(&c->house->arena);
}

static void
wait_begin(struct client *c, const struct control_request *r)
{
    int64_t ms = control_number(&r->values, "wait", 0);
    struct now now = control_now();

    end_wait(c);
    c->wait.on = true;
    c->wait.id = r->id;
    c->wait.number = (uint64_t)control_number(&r->values, "number", 0);
    buf_put(&c->wait.seen, control_text(&r->values, "seen"));
    c->wait.until = mono_after(now.mono, ms > 0 ? (uint64_t)ms : 0);
}

static enum err
watch_begin(struct client *c, const struct control_request *r, struct query *q)
{
    struct watch *w;
    enum err e = watch_new(q, &w);

    if (e != OK)
        return e;
    watch_free(c->watch);
    c->watch = w;
    c->watch_id = r->id;
    return OK;
}

/* ---- requests ----------------------------------------------------------- */

static enum err
answer_query(struct client *c, const struct control_request *r,
             const struct verb *verb)
{
    struct query q = query_for(c, &r->values);
    enum err e;

    if (strcmp(verb->name, "watch") == 0) {
        e = watch_begin(c, r, &q);
    } else if (strcmp(verb->name, "submission") == 0 &&
               control_find(&r->values, "wait")) {
        wait_begin(c, r);
        e = OK;
    } else {
        e = verb->answer(&q);
        if (e == OK)
            send_records(c, r->id, &q, false);
    }
    if (e != OK)
        send_fault(c, r->id, e, q.text);
    return e;
}

/* Hand a request to the exchange. */
static void
push_request(struct client *c, struct slice payload)
{
    struct event event = {
        .type = EVENT_REQUEST,
        .id = (uint64_t)c->number << 32 | ++c->requests,
        .a = c->roles,
        .b = c->uid,
        .data = payload,
    };
    /* turn_room was asked before the frame was taken. */
    if (turn_push(c->house->turn, &event))
        c->unanswered++;
}

static const char *
role_text(unsigned role)
{
    if (role & ROLE_READ)
        return "this needs the role read";
    if (role & ROLE_SUBMIT)
        return "this needs the role submit";
    return "this needs the role operate";
}

/* Do what one frame asks; give what that costs. */
static int
handle(struct client *c, struct slice payload)
{
    struct control_request r;
    const struct verb *verb;
    enum err e = control_request_get(payload, &c->house->arena, &r);
    int cost = 1;

    if (e != OK) {
        send_fault(c, 0, e, (struct slice){0});
        c->closing = true;
    } else if (!(verb = verb_find(r.verb))) {
        send_fault(c, r.id, ERR_UNSUPPORTED,
                   slice_str("the daemon does not know this request; is the "
                             "command newer than the daemon?"));
    } else if (!(c->roles & verb->role)) {
        send_fault(c, r.id, ERR_FORBIDDEN, slice_str(role_text(verb->role)));
    } else if (verb->to_exchange) {
        push_request(c, payload);
    } else {
        (void)!answer_query(c, &r, verb);
        cost = WORK_OF_PAGE;
    }
    arena_reset(&c->house->arena);
    return cost;
}

/* See the next whole frame without taking it; false if there is none. */
static bool
next_frame(struct client *c, struct slice *payload)
{
    struct evbuffer *in = bufferevent_get_input(c->pipe);
    uint8_t header[CONTROL_HEADER_BYTES];

    if (evbuffer_copyout(in, header, sizeof header) < (ev_ssize_t)sizeof header)
        return false;
    uint32_t size = get_be32(header);
    if (size == 0 || size > CONTROL_FRAME_MAX) {
        send_fault(c, 0, ERR_LIMIT,
                   slice_str("a request is empty or too large"));
        c->closing = true;
        return false;
    }
    if (evbuffer_get_length(in) < sizeof header + size)
        return false;
    const uint8_t *at = evbuffer_pullup(in, (ev_ssize_t)(sizeof header + size));
    *payload = slice_of(at + sizeof header, size);
    return true;
}

static bool
may_take(const struct client *c)
{
    return !c->closing && c->unanswered < UNANSWERED_MAX &&
           output_of(c) < OUTPUT_HIGH && turn_room(c->house->turn);
}

/* Work through frames; true if some are left for another go. */
static bool
take_frames(struct client *c)
{
    struct evbuffer *in = bufferevent_get_input(c->pipe);
    struct slice payload;
    int work = WORK_MAX;

    while (may_take(c) && next_frame(c, &payload)) {
        if (work <= 0)
            return true;
        work -= handle(c, payload);
        (void)evbuffer_drain(in, CONTROL_HEADER_BYTES + payload.size);
    }
    return false;
}

/* ---- life --------------------------------------------------------------- */

static void
schedule(struct client *c, uint64_t ms)
{
    struct timeval t = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    (void)evtimer_add(c->again, &t);
}

static void
client_free(struct client *c)
{
    struct control *house = c->house;

    for (size_t i = 0; i < house->client_count; i++) {
        if (house->clients[i] == c)
            house->clients[i] = house->clients[--house->client_count];
    }
    event_free(c->again);
    bufferevent_free(c->pipe);
    watch_free(c->watch);
    end_wait(c);
    mem_free(c);
}

/* Free a client that is gone, once the exchange could be told. */
static void
bury(struct client *c)
{
    struct event event = {.type = EVENT_CLIENT_GONE, .id = c->number};

    if (c->requests > 0 && !turn_push(c->house->turn, &event))
        schedule(c, 10);
    else
        client_free(c);
}

/* Do what there is to do for one client, a bounded part of it. */
static void
client_work(struct client *c)
{
    bool more = take_frames(c);

    if (c->watch && !c->closing && output_of(c) < OUTPUT_HIGH)
        more |= step_watch(c);
    if (c->wait.on && !c->closing)
        step_wait(c);
    if (c->closing && output_of(c) == 0)
        c->gone = true;
    if (c->gone || more)
        schedule(c, 0);
    else if (c->wait.on) {
        uint64_t now = control_now().mono.ms;
        schedule(c, c->wait.until.ms > now ? c->wait.until.ms - now : 0);
    }
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
    struct client *c = context;

    (void)fd;
    (void)what;
    if (c->gone)
        bury(c);
    else
        client_work(c);
}

static void
on_data(struct bufferevent *pipe, void *context)
{
    struct client *c = context;
    struct evbuffer *in = bufferevent_get_input(pipe);

    if (c->closing)
        (void)evbuffer_drain(in, evbuffer_get_length(in));
    client_work(c);
}

static void
on_event(struct bufferevent *pipe, short what, void *context)
{
    struct client *c = context;

    (void)what;
    (void)bufferevent_disable(pipe, EV_READ | EV_WRITE);
    c->gone = true;
    schedule(c, 0);
}

void
client_new(struct control *house, int fd, unsigned uid, unsigned roles)
{
    struct client *c = mem_new(sizeof *c);

    c->house = house;
    c->uid = uid;
    c->roles = roles;
    c->number = ++house->last_number;
    c->again = evtimer_new(house->base, on_again, c);
    c->pipe = bufferevent_socket_new(house->base, fd, BEV_OPT_CLOSE_ON_FREE);
    house->clients[house->client_count++] = c;
    bufferevent_setcb(c->pipe, on_data, on_data, on_event, c);
    bufferevent_setwatermark(c->pipe, EV_READ, 0,
                             CONTROL_HEADER_BYTES + CONTROL_FRAME_MAX);
    bufferevent_setwatermark(c->pipe, EV_WRITE, OUTPUT_HIGH / 4, 0);
    (void)bufferevent_enable(c->pipe, EV_READ | EV_WRITE);
}

size_t
clients_of(const struct control *c, unsigned uid)
{
    size_t n = 0;

    for (size_t i = 0; i < c->client_count; i++)
        n += c->clients[i]->uid == uid;
    return n;
}

struct client *
clients_find(const struct control *c, uint32_t number)
{
    for (size_t i = 0; i < c->client_count; i++) {
        if (c->clients[i]->number == number)
            return c->clients[i];
    }
    return NULL;
}

void
clients_wake(struct control *c)
{
    for (size_t i = 0; i < c->client_count; i++) {
        struct client *client = c->clients[i];
        size_t waiting =
            evbuffer_get_length(bufferevent_get_input(client->pipe));

        if (client->watch || client->wait.on || waiting > 0)
            schedule(client, 0);
    }
}

void
clients_clear(struct control *c)
{
    while (c->client_count > 0)
        client_free(c->clients[0]);
}
