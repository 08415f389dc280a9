#include "edge/control/client.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Decoding the largest answer: its bytes once more, and the values. */
#define DECODE_BUDGET MIB(192)
#define READ_BYTES KIB(256)

struct daemon {
    int fd;
    uint64_t last_id;
    bool hung_up;
    struct buf out;
    size_t out_done;
    struct buf in;
    size_t in_done; /* bytes of `in` that were handed out */
    struct arena arena;
};

static enum err
connect_to(const char *path, int *out)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t size = strlen(path) + 1;
    int fd;

    if (size > sizeof a.sun_path)
        return ERR_LIMIT;
    memcpy(a.sun_path, path, size);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return ERR_IO;
    }
    *out = fd;
    return OK;
}

enum err
daemon_open(const char *path, struct daemon **out)
{
    int fd;
    enum err e = connect_to(path, &fd);

    if (e != OK)
        return e;
    *out = daemon_over(fd);
    return OK;
}

struct daemon *
daemon_over(int fd)
{
    struct daemon *d = mem_new(sizeof *d);

    d->fd = fd;
    arena_init(&d->arena, DECODE_BUDGET);
    return d;
}

void
daemon_close(struct daemon *d)
{
    if (!d)
        return;
    (void)close(d->fd);
    buf_clear(&d->out);
    buf_clear(&d->in);
    arena_clear(&d->arena);
    mem_free(d);
}

int
daemon_fd(const struct daemon *d)
{
    return d->fd;
}

/* Drop from `in` what was handed out. */
static void
compact(struct daemon *d)
{
    size_t left = d->in.size - d->in_done;

    if (d->in_done == 0 || (left > 0 && d->in_done < READ_BYTES))
        return;
    if (left > 0)
        memmove(d->in.data, d->in.data + d->in_done, left);
    d->in.size = left;
    d->in_done = 0;
}

/* Read what is there, without waiting. */
static void
read_some(struct daemon *d)
{
    compact(d);
    uint8_t *at = buf_extend(&d->in, READ_BYTES);
    ssize_t n = recv(d->fd, at, READ_BYTES, MSG_DONTWAIT);

    d->in.size -= READ_BYTES - (n > 0 ? (size_t)n : 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        d->hung_up = true;
}

static void
write_some(struct daemon *d)
{
    ssize_t n = send(d->fd, d->out.data + d->out_done,
                     d->out.size - d->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0)
        d->out_done += (size_t)n;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        d->hung_up = true;
}

/* Wait for the socket and move bytes either way. */
static enum err
pump(struct daemon *d, int timeout_ms)
{
    struct pollfd p = {.fd = d->fd, .events = POLLIN};
    int n;

    if (d->out_done < d->out.size)
        p.events |= POLLOUT;
    n = poll(&p, 1, timeout_ms);
    if (n == 0)
        return ERR_TIMEOUT;
    if (n < 0)
        return errno == EINTR ? OK : ERR_IO;
    if (p.revents & (POLLIN | POLLHUP | POLLERR))
        read_some(d);
    if (p.revents & POLLOUT)
        write_some(d);
    return OK;
}

enum err
daemon_send(struct daemon *d, struct control_request *r)
{
    size_t before;

    buf_reset(&d->out);
    d->out_done = 0;
    r->id = ++d->last_id;
    before = d->out.size;
    control_request_put(&d->out, r);
    if (d->out.size - before > CONTROL_HEADER_BYTES + CONTROL_FRAME_MAX)
        return ERR_LIMIT;
    while (d->out_done < d->out.size && !d->hung_up) {
        enum err e = pump(d, -1);
        if (e != OK)
            return e;
    }
    return d->out_done < d->out.size ? ERR_IO : OK;
}

/* Size of the next whole frame's payload; 0 if it is not there yet. */
static size_t
frame_ready(const struct daemon *d)
{
    size_t left = d->in.size - d->in_done;
    size_t size;

    if (left < CONTROL_HEADER_BYTES)
        return 0;
    size = get_be32(d->in.data + d->in_done);
    return left - CONTROL_HEADER_BYTES >= size ? size : 0;
}

bool
daemon_has_answer(const struct daemon *d)
{
    return frame_ready(d) > 0 || d->hung_up;
}

static uint64_t
clock_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Pump until a frame is whole. */
static enum err
wait_frame(struct daemon *d, int timeout_ms, size_t *size)
{
    uint64_t until = clock_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);

    while ((*size = frame_ready(d)) == 0) {
        uint64_t now = clock_ms();
        int left = timeout_ms < 0 ? -1 : until > now ? (int)(until - now) : 0;
        if (d->hung_up)
            return ERR_IO;
        enum err e = pump(d, left);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err
daemon_receive(struct daemon *d, int timeout_ms, struct control_answer *out)
{
    size_t size;
    enum err e = wait_frame(d, timeout_ms, &size);

    if (e != OK)
        return e;
    arena_reset(&d->arena);
    struct slice payload =
        slice_of(d->in.data + d->in_done + CONTROL_HEADER_BYTES, size);
    e = control_answer_get(payload, &d->arena, out);
    d->in_done += CONTROL_HEADER_BYTES + size;
    return e;
}
