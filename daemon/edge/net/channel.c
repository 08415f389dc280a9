#include "edge/net/channel.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

#define RECORD_BYTES 16384
#define RECORDS_AT_ONCE 8
#define FLUSH_MS_MAX 5000
#define LINGER_MS_MAX 2000
#define STALL_MS_MAX 60000
#define LINGER_BYTES_MAX MIB(1)

/* Record header, handshake type and length. */
#define HELLO_PEEK_BYTES 9
#define HELLO_BYTES_MAX KIB(16)

enum channel_state {
    CONNECTING,
    SHAKING, /* hands: TLS */
    OPEN,
    FLUSHING,  /* we close; what is queued still leaves */
    LINGERING, /* all is said; read until the peer ends too */
    ENDED,
};

struct channel {
    struct channel_setup setup;
    enum channel_state state;
    int fd;
    SSL *ssl;
    struct event *readable, *writable, *timer;
    struct evbuffer *input, *output;
    bool hello_seen; /* the client's first message is of a sane size */
    bool paused;
    bool write_reads; /* TLS must read before it writes on */
    bool told_down;
    int refused; /* errno of a connect that failed at once */
    size_t lingered;
    enum err fault;
    char why[TLS_WHY_MAX];
};

/* ---- small parts ---- */

static void
timer_set(struct channel *c, unsigned ms)
{
    struct timeval t = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};

    event_add(c->timer, &t);
}

static void
option_set(int fd, int level, int name, int value)
{
    /* Nothing depends on them: a socket that refuses one is only slower. */
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void
socket_set(int fd)
{
    option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_MS / 1000);
    option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_MS / 1000);
    option_set(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
    option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, STALL_MS_MAX);
}

static void
tell_down(struct channel *c, enum err e, const char *why)
{
    if (c->told_down)
        return;
    c->told_down = true;
    c->fault = e;
    (void)snprintf(c->why, sizeof c->why, "%s", why);
    c->setup.tell(c->setup.self, CHANNEL_DOWN);
}

static void
end(struct channel *c)
{
    if (c->state == ENDED)
        return;
    c->state = ENDED;
    event_del(c->readable);
    event_del(c->writable);
    event_del(c->timer);
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
    c->setup.tell(c->setup.self, CHANNEL_GONE);
}

/* Say nothing more, but read on: closing with unread bytes would reset the
 * connection and destroy the alert or the goodbye on its way. */
static void
linger(struct channel *c)
{
    c->state = LINGERING;
    event_del(c->writable);
    if (shutdown(c->fd, SHUT_WR) != 0) {
        end(c);
        return;
    }
    event_add(c->readable, NULL);
    timer_set(c, LINGER_MS_MAX);
}

void
channel_fail(struct channel *c, enum err e, const char *why)
{
    if (c->state == ENDED || c->state == LINGERING)
        return;
    if (c->state == CONNECTING)
        c->state = SHAKING;
    tell_down(c, e, why);
    linger(c);
}

/* Take apart why OpenSSL could not go on; `error` is errno at that time. */
static void
fail_ssl(struct channel *c, int error)
{
    char why[TLS_WHY_MAX];
    bool of_tls = c->state == SHAKING || c->setup.peer->alert >= 0;

    tls_explain(c->setup.peer, ERR_peek_error(), error, why);
    ERR_clear_error();
    channel_fail(c, of_tls ? ERR_TLS : ERR_IO, why);
}

/* ---- reading ---- */

/* Read one record. False when there is nothing more to read now. */
static bool
read_record(struct channel *c)
{
    struct evbuffer_iovec space;
    int n, error;

    if (evbuffer_reserve_space(c->input, RECORD_BYTES, &space, 1) != 1)
        return false;
    ERR_clear_error();
    errno = 0;
    n = SSL_read(c->ssl, space.iov_base, RECORD_BYTES);
    error = errno;
    if (n > 0) {
        space.iov_len = c->state == OPEN ? (size_t)n : 0;
        evbuffer_commit_space(c->input, &space, 1);
        return true;
    }
    switch (SSL_get_error(c->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        return false;
    case SSL_ERROR_WANT_WRITE:
        event_add(c->writable, NULL);
        return false;
    case SSL_ERROR_ZERO_RETURN:
        tell_down(c, ERR_IO, "the peer closed the connection");
        SSL_shutdown(c->ssl);
        linger(c);
        return false;
    default:
        fail_ssl(c, error);
        return false;
    }
}

static bool
is_full(const struct channel *c)
{
    return evbuffer_get_length(c->input) + RECORD_BYTES > CHANNEL_INPUT_MAX;
}

static void
reading_adjust(struct channel *c)
{
    if (c->state != OPEN)
        return;
    if (c->paused || is_full(c))
        event_del(c->readable);
    else
        event_add(c->readable, NULL);
}

static void
read_some(struct channel *c)
{
    size_t before = evbuffer_get_length(c->input);

    for (int i = 0; i < RECORDS_AT_ONCE && !is_full(c); i++)
        if (!read_record(c))
            break;
    if (evbuffer_get_length(c->input) > before)
        c->setup.tell(c->setup.self, CHANNEL_READABLE);
    reading_adjust(c);
}

static void
discard(struct channel *c)
{
    uint8_t bytes[4096];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        c->lingered += (size_t)n;
    if (n <= 0 || c->lingered > LINGER_BYTES_MAX)
        end(c);
}

/* ---- writing ---- */

static void
flushed(struct channel *c)
{
    event_del(c->writable);
    if (c->state == FLUSHING) {
        ERR_clear_error();
        SSL_shutdown(c->ssl);
        linger(c);
    } else {
        event_del(c->timer);
    }
}

/* Write one record. False when the socket takes no more now. */
static bool
write_record(struct channel *c)
{
    size_t size = evbuffer_get_length(c->output);
    int n, error;

    if (size > RECORD_BYTES)
        size = RECORD_BYTES;
    ERR_clear_error();
    errno = 0;
    n = SSL_write(c->ssl, evbuffer_pullup(c->output, (ev_ssize_t)size),
                  (int)size);
    error = errno;
    if (n > 0) {
        evbuffer_drain(c->output, (size_t)n);
        if (c->state == OPEN)
            timer_set(c, STALL_MS_MAX);
        return true;
    }
    switch (SSL_get_error(c->ssl, n)) {
    case SSL_ERROR_WANT_WRITE:
        return false;
    case SSL_ERROR_WANT_READ:
        c->write_reads = true;
        event_del(c->writable);
        return false;
    default:
        /* The peer's reason may stand unread in front of the reset. */
        for (int i = 0; i < RECORDS_AT_ONCE && c->state == OPEN; i++)
            if (!read_record(c))
                break;
        fail_ssl(c, error);
        return false;
    }
}

static void
write_some(struct channel *c)
{
    for (int i = 0; i < RECORDS_AT_ONCE; i++) {
        if (c->state != OPEN && c->state != FLUSHING)
            return;
        if (evbuffer_get_length(c->output) == 0) {
            flushed(c);
            return;
        }
        if (!write_record(c))
            return;
    }
}

/* ---- handshake ---- */

/* OpenSSL takes memory for a ClientHello of 128 KiB on a stranger's word, so
 * that its length is looked at first. False: nothing to do yet, or refused. */
static bool
hello_is_sane(struct channel *c)
{
    uint8_t head[HELLO_PEEK_BYTES];
    ssize_t n = recv(c->fd, head, sizeof head, MSG_PEEK);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        channel_fail(c, ERR_TLS, "the connection was cut");
        return false;
    }
    if (n == HELLO_PEEK_BYTES && head[0] == SSL3_RT_HANDSHAKE &&
        get_be16(head + 3) >= 4 && head[5] == SSL3_MT_CLIENT_HELLO &&
        (get_be32(head + 5) & 0xffffff) <= HELLO_BYTES_MAX) {
        c->hello_seen = true;
        option_set(c->fd, SOL_SOCKET, SO_RCVLOWAT, 1);
        return true;
    }
    channel_fail(c, ERR_TLS, "not TLS: the peer speaks something else");
    return false;
}

static void
shake(struct channel *c)
{
    int n, error;

    if (!c->hello_seen && !hello_is_sane(c))
        return;
    ERR_clear_error();
    errno = 0;
    n = SSL_do_handshake(c->ssl);
    error = errno;
    if (n == 1) {
        c->state = OPEN;
        event_del(c->timer);
        event_del(c->writable);
        c->setup.tell(c->setup.self, CHANNEL_UP);
        if (c->state == OPEN && evbuffer_get_length(c->output))
            event_add(c->writable, NULL);
        return;
    }
    switch (SSL_get_error(c->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        event_del(c->writable);
        return;
    case SSL_ERROR_WANT_WRITE:
        event_add(c->writable, NULL);
        return;
    default:
        fail_ssl(c, error);
    }
}

static void
connected(struct channel *c)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error) {
        tell_down(c, ERR_IO, strerror(error));
        end(c);
        return;
    }
    c->state = SHAKING;
    event_add(c->readable, NULL);
    shake(c);
}

/* ---- the loop's calls ---- */

static void
on_readable(evutil_socket_t fd, short what, void *self)
{
    struct channel *c = self;

    (void)fd;
    (void)what;
    switch (c->state) {
    case SHAKING:
        shake(c);
        return;
    case OPEN:
    case FLUSHING:
        if (c->write_reads) {
            c->write_reads = false;
            event_add(c->writable, NULL);
        }
        read_some(c);
        return;
    case LINGERING:
        discard(c);
        return;
    case CONNECTING:
    case ENDED:
        return;
    }
}

static void
on_writable(evutil_socket_t fd, short what, void *self)
{
    struct channel *c = self;

    (void)fd;
    (void)what;
    switch (c->state) {
    case CONNECTING:
        connected(c);
        return;
    case SHAKING:
        shake(c);
        return;
    case OPEN:
    case FLUSHING:
        write_some(c);
        return;
    case LINGERING:
    case ENDED:
        return;
    }
}

static void
on_timer(evutil_socket_t fd, short what, void *self)
{
    struct channel *c = self;

    (void)fd;
    (void)what;
    switch (c->state) {
    case CONNECTING:
        if (c->refused)
            tell_down(c, ERR_IO, strerror(c->refused));
        else
            tell_down(c, ERR_TIMEOUT, "no answer within 10 s");
        end(c);
        return;
    case SHAKING:
        channel_fail(c, ERR_TIMEOUT, "no TLS handshake within 10 s");
        return;
    case OPEN:
        channel_fail(c, ERR_TIMEOUT, "the peer took no bytes for 60 s");
        return;
    case FLUSHING:
    case LINGERING:
        end(c);
        return;
    case ENDED:
        return;
    }
}

/* ---- making and closing ---- */

static struct channel *
channel_new(const struct channel_setup *setup, int fd)
{
    struct channel *c = mem_new(sizeof *c);
    struct event_base *base = setup->base;

    c->setup = *setup;
    c->fd = fd;
    c->ssl = setup->ssl;
    c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    c->timer = event_new(base, -1, 0, on_timer, c);
    c->input = evbuffer_new();
    c->output = evbuffer_new();
    assert(c->readable && c->writable && c->timer && c->input && c->output);
    bool set = SSL_set_fd(c->ssl, fd) == 1;
    assert(set);
    timer_set(c, TLS_HANDSHAKE_MS_MAX);
    return c;
}

struct channel *
channel_accept(const struct channel_setup *setup, int fd)
{
    struct channel *c = channel_new(setup, fd);

    socket_set(fd);
    option_set(fd, SOL_SOCKET, SO_RCVLOWAT, HELLO_PEEK_BYTES);
    c->state = SHAKING;
    event_add(c->readable, NULL);
    return c;
}

struct channel *
channel_connect(const struct channel_setup *setup, const struct address *to)
{
    int fd =
        socket(to->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = fd < 0 ? errno : 0;
    struct channel *c;

    if (fd >= 0) {
        socket_set(fd);
        if (connect(fd, (const struct sockaddr *)&to->at, to->size) != 0 &&
            errno != EINPROGRESS)
            error = errno;
    }
    c = channel_new(setup, fd);
    c->hello_seen = true;
    c->state = CONNECTING;
    c->refused = error;
    if (error)
        event_active(c->timer, EV_TIMEOUT, 0);
    else
        event_add(c->writable, NULL);
    return c;
}

void
channel_free(struct channel *c)
{
    if (!c)
        return;
    event_free(c->readable);
    event_free(c->writable);
    event_free(c->timer);
    evbuffer_free(c->input);
    evbuffer_free(c->output);
    SSL_free(c->ssl);
    if (c->fd >= 0)
        close(c->fd);
    mem_free(c);
}

SSL *
channel_ssl(const struct channel *c)
{
    return c->ssl;
}

struct evbuffer *
channel_input(const struct channel *c)
{
    return c->input;
}

void
channel_taken(struct channel *c)
{
    reading_adjust(c);
}

void
channel_pause(struct channel *c, bool paused)
{
    if (c->paused == paused)
        return;
    c->paused = paused;
    reading_adjust(c);
}

void
channel_send(struct channel *c, struct slice bytes)
{
    if (c->state != OPEN)
        return;
    if (evbuffer_get_length(c->output) + bytes.size > CHANNEL_OUTPUT_MAX) {
        channel_fail(c, ERR_LIMIT, "the peer does not take what it asked for");
        return;
    }
    if (evbuffer_get_length(c->output) == 0)
        timer_set(c, STALL_MS_MAX);
    int added = evbuffer_add(c->output, bytes.data, bytes.size);
    assert(added == 0);
    if (!c->write_reads)
        event_add(c->writable, NULL);
}

void
channel_close(struct channel *c)
{
    if (c->state != OPEN)
        return;
    c->told_down = true;
    c->state = FLUSHING;
    evbuffer_drain(c->input, evbuffer_get_length(c->input));
    event_add(c->readable, NULL);
    event_add(c->writable, NULL);
    timer_set(c, FLUSH_MS_MAX);
}

enum err
channel_fault(const struct channel *c, const char **why)
{
    *why = c->why;
    return c->fault;
}
