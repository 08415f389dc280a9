#include "edge/daemon/daemon.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/control/control.h"
#include "edge/daemon/confine.h"
#include "edge/daemon/copies.h"
#include "edge/daemon/files.h"
#include "edge/daemon/follower.h"
#include "edge/daemon/log.h"
#include "edge/daemon/names.h"
#include "edge/daemon/port.h"
#include "edge/daemon/retiring.h"
#include "edge/daemon/snapshots.h"
#include "edge/daemon/sources.h"
#include "edge/daemon/start.h"
#include "edge/journal/backup.h"
#include "edge/journal/journal.h"
#include "edge/net/net.h"
#include "edge/signer/client.h"
#include "edge/turn/turn.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define GOODBYE_MS_MAX 2000
#define MESSAGE_MAX 1024
#define RANDOM_MS 3600000
#define ROOM_LOOK_MS 1000

struct daemon {
    const struct settings *settings;
    struct event_base *base;
    struct event *timer, *ended[2], *signer_read, *signer_write, *names_read;
    struct port port;
    struct exchange *exchange;
    struct turn *turn;
    struct journal *journal;
    struct net *net;
    struct control *control;
    struct copies copies;
    struct retiring retiring;
    struct follower follower;
    struct backup backup;
    struct signer_client *signer;
    int names;
    int capture;
    struct buf late; /* answers of the signer that the turn had no room for */
    struct mono next_random;
    uint64_t room; /* that the exchange was told of */
    bool writing;  /* a snapshot, between turns */
    bool stopping;
    int status;
};

static void
stop(struct daemon *d, int status)
{
    if (!d->stopping)
        d->status = status;
    d->stopping = true;
    event_base_loopbreak(d->base);
}

/* ---- effects ---- */

static void
on_notice(void *self, const struct effect *effect)
{
    (void)self;
    log_line((enum notice_level)effect->a, effect->data);
}

static void
on_stop(void *self, const struct effect *effect)
{
    struct daemon *d = self;

    log_say(NOTICE_ALARM, "the exchange stops (%s): %.*s",
            err_name((enum err)effect->a), (int)effect->data.size,
            (const char *)effect->data.data);
    stop(d, DAEMON_STATUS_STOP);
}

static void
signer_lost(struct daemon *d, enum err e)
{
    log_say(NOTICE_ALARM, "the signer is gone (%s)", err_name(e));
    stop(d, DAEMON_STATUS_FAULT);
}

static void
signer_watch(struct daemon *d)
{
    if (signer_client_wants_write(d->signer))
        event_add(d->signer_write, NULL);
}

static void
on_sign(void *self, const struct effect *effect)
{
    struct daemon *d = self;
    enum err e = signer_client_send(d->signer, effect->id, effect->data);

    if (e != OK)
        signer_lost(d, e);
    else
        signer_watch(d);
}

/* ---- the signer's answers ---- */

static bool
answer_push(struct daemon *d, uint64_t id, struct slice answer)
{
    return turn_push(
        d->turn,
        &(struct event){.type = EVENT_SIGNED, .id = id, .data = answer});
}

static void
on_answer(void *self, uint64_t id, struct slice answer)
{
    struct daemon *d = self;

    if (d->late.size == 0 && answer_push(d, id, answer))
        return;
    buf_put_u64(&d->late, id);
    buf_put_u32(&d->late, (uint32_t)answer.size);
    buf_put(&d->late, answer);
}

static void
late_push(struct daemon *d)
{
    struct cursor c = cursor_of(buf_slice(&d->late));
    struct buf rest = {0};

    while (c.left) {
        struct cursor before = c;
        uint64_t id = cursor_u64(&c);
        struct slice answer = cursor_bytes(&c, cursor_u32(&c));
        if (!answer_push(d, id, answer)) {
            buf_put(&rest, slice_of(before.at, before.left));
            break;
        }
    }
    buf_clear(&d->late);
    d->late = rest;
}

static void
on_signer_read(evutil_socket_t fd, short what, void *self)
{
    struct daemon *d = self;
    enum err e = signer_client_readable(d->signer);

    (void)fd;
    (void)what;
    if (e != OK)
        signer_lost(d, e);
}

static void
on_signer_write(evutil_socket_t fd, short what, void *self)
{
    struct daemon *d = self;
    enum err e = signer_client_writable(d->signer);

    (void)fd;
    (void)what;
    if (e != OK)
        signer_lost(d, e);
    else
        signer_watch(d);
}

/* ---- host names ---- */

static void
on_resolve(void *self, uint64_t id, const char *host)
{
    struct daemon *d = self;

    if (names_ask(d->names, id, host) != OK)
        net_resolved(d->net, id, slice_str(""), "cannot be asked for now");
}

static void
on_names_read(evutil_socket_t fd, short what, void *self)
{
    struct daemon *d = self;
    struct names_answer answer;
    enum err e = names_take(fd, &answer);

    (void)what;
    if (e == ERR_IO) {
        log_say(NOTICE_ALARM, "the resolver is gone");
        stop(d, DAEMON_STATUS_FAULT);
    } else if (e == OK) {
        net_resolved(d->net, answer.id,
                     slice_str(answer.found ? answer.text : ""), answer.text);
    }
}

/* ---- making ---- */

static void
on_net_notice(void *self, enum notice_level level, const char *text)
{
    (void)self;
    log_line(level, slice_str(text));
}

static void
on_end(evutil_socket_t number, short what, void *self)
{
    struct daemon *d = self;

    (void)what;
    log_say(NOTICE_INFO, "ending on signal %d", (int)number);
    stop(d, 0);
}

static void
on_timer(evutil_socket_t fd, short what, void *self)
{
    (void)fd;
    (void)what;
    (void)self;
}

static void
on_turn_end(void *self)
{
    struct daemon *d = self;

    control_after_turn(d->control);
    retiring_after_turn(&d->retiring, d->turn, d->journal);
    follower_tell(&d->follower);
}

static enum err
on_fact(void *self, const struct fact *f)
{
    struct daemon *d = self;

    return turn_restore(d->turn, f);
}

static enum err
on_state(void *self, struct slice state)
{
    struct daemon *d = self;

    return exchange_load(d->exchange, state);
}

/* Make what facts go to, anew where they went there before. */
static void
exchange_make(void *self)
{
    struct daemon *d = self;
    struct store store;

    if (d->turn)
        turn_free(d->turn);
    if (d->exchange)
        exchange_free(d->exchange);
    port_store(&d->port, &store);
    d->exchange = exchange_new(&store);
    d->turn = turn_new(d->exchange, &store);
}

static bool
journal_start(struct daemon *d)
{
    char path[FILES_PATH_MAX], message[MESSAGE_MAX] = "";
    struct journal_opening how = {.directory = path,
                                  .each = on_fact,
                                  .context = d,
                                  .segment_bytes =
                                      (size_t)d->settings->segment_bytes,
                                  .state = on_state};
    struct store store;
    enum err e;

    exchange_make(d);
    if (d->settings->capture) {
        d->capture = files_capture(d->settings);
        if (d->capture < 0)
            return false;
        turn_capture(d->turn, d->capture, &d->settings->team);
        how.state = NULL; /* what is to be replayed begins with all facts */
    }
    files_path(d->settings, "journal", path);
    e = snapshots_open(&how, exchange_make, &d->journal, message,
                       sizeof message);
    if (e != OK) {
        log_say(NOTICE_ALARM, "the journal cannot be opened (%s): %s",
                err_name(e), message);
        return false;
    }
    journal_store(d->journal, &store);
    port_connect(&d->port, &store);
    return true;
}

/* Without an index to call, the exchange goes on. */
static void
follower_begin(struct daemon *d, const struct daemon_links *links)
{
    follower_start(&d->follower, d->base, links->index, d->journal);
    if (links->follow && follower_open(&d->follower, links->follow) != OK)
        log_say(NOTICE_WARNING, "no index can follow at %s: %s", links->follow,
                strerror(errno));
}

static void
events_start(struct daemon *d, const struct daemon_links *links)
{
    static const int ends[2] = {SIGTERM, SIGINT};

    for (int i = 0; i < 2; i++) {
        d->ended[i] = evsignal_new(d->base, ends[i], on_end, d);
        event_add(d->ended[i], NULL);
    }
    d->timer = event_new(d->base, -1, 0, on_timer, d);
    d->names = links->names;
    d->names_read =
        event_new(d->base, d->names, EV_READ | EV_PERSIST, on_names_read, d);
    event_add(d->names_read, NULL);
    d->signer = signer_client_new(links->signer, on_answer, d);
    int fd = signer_client_fd(d->signer);
    d->signer_read =
        event_new(d->base, fd, EV_READ | EV_PERSIST, on_signer_read, d);
    d->signer_write = event_new(d->base, fd, EV_WRITE, on_signer_write, d);
    event_add(d->signer_read, NULL);
    turn_sink_set(d->turn, EFFECT_SIGN, (struct turn_sink){on_sign, d});
    turn_sink_set(d->turn, EFFECT_NOTICE, (struct turn_sink){on_notice, d});
    turn_sink_set(d->turn, EFFECT_STOP, (struct turn_sink){on_stop, d});
    turn_after(d->turn, on_turn_end, d);
    follower_begin(d, links);
}

/* The control socket shows our TLS keys, which the net holds. */
static enum err
on_tls_key(void *self, bool make, size_t place, const char **state,
           struct buf *spki)
{
    static const char *const words[] = {[KEYS_NONE] = "",
                                        [KEYS_MADE] = "made",
                                        [KEYS_LISTED] = "listed",
                                        [KEYS_SHOWN] = "shown"};
    struct daemon *d = self;
    enum keys_state at = KEYS_NONE;
    enum err e = net_key(d->net, make, place, &at, spki);

    *state = words[at];
    return e;
}

static bool
copies_start(struct daemon *d)
{
    struct backup journal;

    if (copies_read(&d->copies, d->settings) != OK)
        return false;
    journal_backup(d->journal, &journal);
    copies_port(&d->copies, &journal, &d->backup);
    control_backup(d->control, &d->backup);
    return true;
}

static bool
rooms_start(struct daemon *d)
{
    char key[FILES_PATH_MAX], second[FILES_PATH_MAX];
    char certificate[FILES_PATH_MAX];
    struct net_config net = {
        .team = d->settings->team,
        .listen = d->settings->listen,
        .files = {{key, second}, certificate},
        .notice = on_net_notice,
        .resolve = on_resolve,
        .self = d,
    };
    enum err e;

    files_path(d->settings, "keys/tls.key", key);
    files_path(d->settings, "keys/tls-2.key", second);
    files_path(d->settings, "keys/tls.crt", certificate);
    d->net = net_new(d->base, d->turn, &net);
    if (!d->net)
        return false;
    e = control_new(d->base, d->turn, d->settings, d->settings->socket,
                    &d->control);
    if (e == OK) {
        control_tls_set(d->control, &(struct control_tls){on_tls_key, d});
        return copies_start(d);
    }
    log_say(NOTICE_ALARM, "control socket %s: %s", d->settings->socket,
            e == ERR_LIMIT ? "the path is too long" : strerror(errno));
    return false;
}

/* Give the exchange fresh randomness, and note when to do so again. */
static bool
random_push(struct daemon *d)
{
    uint8_t fresh[32];

    random_fill(fresh, sizeof fresh);
    d->next_random = mono_after(clocks_read().mono, RANDOM_MS);
    return turn_push(d->turn, &(struct event){.type = EVENT_RANDOM,
                                              .data = SLICE_ARRAY(fresh)});
}

/* Push START and RANDOM, the first two events of every run. */
static bool
exchange_start(struct daemon *d)
{
    struct buf start = {0};
    bool done =
        start_put(d->settings, &start) == OK &&
        turn_push(d->turn, &(struct event){.type = EVENT_START,
                                           .data = buf_slice(&start)}) &&
        random_push(d);

    buf_clear(&start);
    return done;
}

static void
daemon_clear(struct daemon *d)
{
    struct event *all[] = {d->timer,       d->ended[0],     d->ended[1],
                           d->signer_read, d->signer_write, d->names_read};

    follower_clear(&d->follower);
    control_free(d->control);
    net_free(d->net);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i])
            event_free(all[i]);
    if (d->signer)
        signer_client_free(d->signer);
    if (d->turn)
        turn_free(d->turn);
    if (d->exchange)
        exchange_free(d->exchange);
    if (d->journal)
        journal_close(d->journal);
    if (d->capture >= 0)
        close(d->capture);
    copies_clear(&d->copies);
    buf_clear(&d->late);
    event_base_free(d->base);
}

/* ---- running ---- */

/* Tell the exchange how much it may take on, where the disk gets full. */
static void
room_tell(struct daemon *d)
{
    uint64_t room = journal_room(d->journal);

    if (room == d->room ||
        !turn_push(d->turn, &(struct event){.type = EVENT_ROOM, .a = room}))
        return;
    if (d->room == ROOM_PLENTY)
        log_say(NOTICE_WARNING,
                "the disk gets full: %llu bytes of messages are still taken, "
                "then none until there is room",
                (unsigned long long)room);
    else if (room == ROOM_PLENTY)
        log_say(NOTICE_INFO, "the disk has room again");
    d->room = room;
}

/* Run the turn if there is one: an event waits, or a deadline has passed. */
static void
turn_if_due(struct daemon *d)
{
    struct now now = clocks_read();

    room_tell(d);
    if (turn_deadline(d->turn).ms <= now.mono.ms &&
        !turn_push(d->turn, &(struct event){.type = EVENT_TICK}))
        log_say(NOTICE_WARNING, "the turn is full");
    if (d->next_random.ms <= now.mono.ms && !random_push(d))
        log_say(NOTICE_WARNING, "the turn is full");
    if (turn_waiting(d->turn))
        turn_run(d->turn, now);
}

/* Wait for something to happen, at most until the exchange's deadline. */
static void
wait_once(struct daemon *d)
{
    uint64_t now = clocks_read().mono.ms, due = turn_deadline(d->turn).ms;
    int flags = EVLOOP_ONCE;

    /* Nobody tells us when somebody makes room on the disk. */
    if (d->room != ROOM_PLENTY && due > now + ROOM_LOOK_MS)
        due = now + ROOM_LOOK_MS;

    if (turn_waiting(d->turn) || due <= now || d->writing) {
        flags = EVLOOP_NONBLOCK;
    } else if (due != UINT64_MAX) {
        uint64_t ms = due - now;
        struct timeval t = {(time_t)(ms / 1000),
                            (suseconds_t)(ms % 1000) * 1000};
        event_add(d->timer, &t);
    }
    event_base_loop(d->base, flags);
}

/* Tell the peers that we end, and give the words some time to leave. */
static void
goodbye(struct daemon *d)
{
    uint64_t until = clocks_read().mono.ms + GOODBYE_MS_MAX;
    struct timeval step = {0, 50000};

    net_goodbye(d->net);
    while (!net_is_quiet(d->net) && clocks_read().mono.ms < until) {
        event_add(d->timer, &step);
        event_base_loop(d->base, EVLOOP_ONCE);
        net_settle(d->net);
    }
}

static void
loop(struct daemon *d)
{
    while (!d->stopping) {
        wait_once(d);
        late_push(d);
        net_settle(d->net);
        turn_if_due(d);
        net_settle(d->net);
        d->writing =
            !d->retiring.number && snapshots_go_on(d->exchange, d->journal);
    }
    goodbye(d);
    if (d->status == 0)
        snapshots_end(d->exchange, d->journal);
}

int
daemon_run(const struct settings *settings, const struct daemon_links *links,
           const struct sandbox *box)
{
    struct daemon d = {.settings = settings,
                       .base = event_base_new(),
                       .capture = -1,
                       .retiring = {.pause_ms = settings->retention_ms / 32},
                       .room = ROOM_PLENTY,
                       .status = DAEMON_STATUS_FAULT};

    if (!d.base) {
        log_say(NOTICE_ALARM, "the event loop cannot be made");
        return DAEMON_STATUS_FAULT;
    }
    if (journal_start(&d)) {
        events_start(&d, links);
        if (rooms_start(&d) && exchange_start(&d) &&
            confine_enter(box, SANDBOX_DAEMON)) {
            log_say(NOTICE_INFO,
                    "sealaned " SEALANE_VERSION " runs as %s, %s%s",
                    settings->team.text,
                    settings->listen[0] ? "listening at " : "not listening",
                    settings->listen);
            loop(&d);
        }
    }
    daemon_clear(&d);
    return d.status;
}
