#include "edge/signer/client.h"

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/base/ring.h"
#include "core/ports/signer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_FLIGHT_MAX 4096
#define LENGTH_BYTES 4
#define READ_BYTES 65536u

struct signer_client {
    int fd;
    signer_answer_fn answer;
    void *context;
    struct ring ids; /* uint64_t, of requests in flight */
    struct buf out;
    size_t sent; /* of `out` */
    struct buf in;
};

struct signer_client *
signer_client_new(int fd, signer_answer_fn answer, void *context)
{
    struct signer_client *c = mem_new(sizeof *c);
    int flags = fcntl(fd, F_GETFL);
    int done = flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);

    assert(done == 0);
    c->fd = fd;
    c->answer = answer;
    c->context = context;
    ring_init(&c->ids, sizeof(uint64_t), IN_FLIGHT_MAX);
    return c;
}

void
signer_client_free(struct signer_client *c)
{
    if (!c)
        return;
    close(c->fd);
    ring_clear(&c->ids);
    buf_clear(&c->out);
    buf_clear(&c->in);
    mem_free(c);
}

int
signer_client_fd(const struct signer_client *c)
{
    return c->fd;
}

bool
signer_client_wants_write(const struct signer_client *c)
{
    return c->sent < c->out.size;
}

size_t
signer_client_in_flight(const struct signer_client *c)
{
    return c->ids.count;
}

enum err
signer_client_writable(struct signer_client *c)
{
    while (c->sent < c->out.size) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.size - c->sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return OK;
        if (n <= 0)
            return ERR_IO;
        c->sent += (size_t)n;
    }
    buf_reset(&c->out);
    c->sent = 0;
    return OK;
}

enum err
signer_client_send(struct signer_client *c, uint64_t id, struct slice request)
{
    assert(request.size <= SIGN_FRAME_MAX);
    if (!ring_push(&c->ids, &id))
        return ERR_LIMIT;
    if (c->sent) {
        c->out.size -= c->sent;
        memmove(c->out.data, c->out.data + c->sent, c->out.size);
        c->sent = 0;
    }
    buf_put_u32(&c->out, (uint32_t)request.size);
    buf_put(&c->out, request);
    return signer_client_writable(c);
}

/* Hand over the whole answers at the front of what was read. */
static enum err
deliver(struct signer_client *c)
{
    size_t at = 0;
    enum err e = OK;

    while (c->in.size - at >= LENGTH_BYTES) {
        uint32_t size = get_be32(c->in.data + at);
        const uint64_t *first = ring_at(&c->ids, 0);
        if (size > SIGN_FRAME_MAX || !first) {
            e = ERR_FORMAT;
            break;
        }
        if (c->in.size - at - LENGTH_BYTES < size)
            break;
        uint64_t id = *first;
        ring_pop(&c->ids);
        c->answer(c->context, id,
                  slice_of(c->in.data + at + LENGTH_BYTES, size));
        at += LENGTH_BYTES + size;
    }
    if (at) {
        memmove(c->in.data, c->in.data + at, c->in.size - at);
        c->in.size -= at;
    }
    return e;
}

enum err
signer_client_readable(struct signer_client *c)
{
    for (;;) {
        uint8_t *room = buf_extend(&c->in, READ_BYTES);
        ssize_t n = recv(c->fd, room, READ_BYTES, 0);
        c->in.size -= READ_BYTES - (n > 0 ? (size_t)n : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return OK;
        if (n <= 0)
            return ERR_IO;
        enum err e = deliver(c);
        if (e)
            return e;
    }
}
