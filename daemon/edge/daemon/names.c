#include "edge/daemon/names.h"

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "edge/daemon/confine.h"
#include "edge/daemon/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A packet is an id and a text; an answer has a byte between them. */
#define ID_BYTES 8
#define HOST_MAX 254
#define ADDRESSES_MAX 8

static bool
address_write(const struct addrinfo *a, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (a->ai_family == AF_INET6 && a->ai_addrlen >= sizeof six) {
        memcpy(&six, a->ai_addr, sizeof six);
        return inet_ntop(AF_INET6, &six.sin6_addr, out, INET6_ADDRSTRLEN);
    }
    if (a->ai_family != AF_INET || a->ai_addrlen < sizeof four)
        return false;
    memcpy(&four, a->ai_addr, sizeof four);
    return inet_ntop(AF_INET, &four.sin_addr, out, INET6_ADDRSTRLEN);
}

/* Put an answer behind the id: found or not, and the text. */
static void
resolve(const char *host, struct buf *out)
{
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char text[INET6_ADDRSTRLEN];
    int fault = getaddrinfo(host, NULL, &want, &all);
    size_t count = 0, status = out->size;

    buf_put_u8(out, fault == 0);
    for (const struct addrinfo *a = all; a; a = a->ai_next) {
        if (count == ADDRESSES_MAX || !address_write(a, text))
            continue;
        buf_put_str(out, text);
        buf_put_str(out, "\n");
        count++;
    }
    if (all)
        freeaddrinfo(all);
    if (fault == 0 && count > 0)
        return;
    out->data[status] = 0;
    buf_put_str(out, host);
    buf_put_str(out, ": ");
    buf_put_str(out, fault ? gai_strerror(fault) : "it has no address");
}

/* Other sources would load code, start talks over local sockets and read
 * what nobody can list: the C library itself knows these two. */
static bool
confine(const struct sandbox *box)
{
    if (__nss_configure_lookup("hosts", "files dns") == 0)
        return confine_enter(box, SANDBOX_NAMES);
    log_say(NOTICE_ALARM, "the resolver cannot be set up: %s", strerror(errno));
    return false;
}

int
names_serve(int fd, const struct sandbox *box)
{
    uint8_t packet[ID_BYTES + HOST_MAX + 1];
    struct buf answer = {0};
    int status = 0;

    if (!confine(box))
        return 1;
    for (;;) {
        ssize_t n = recv(fd, packet, sizeof packet - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            break;
        if (n <= ID_BYTES) {
            status = 1;
            break;
        }
        if (!sandbox_names_current()) {
            log_say(NOTICE_INFO, "the resolver's files were replaced: it "
                                 "starts again to read them");
            break;
        }
        packet[n] = 0;
        buf_reset(&answer);
        buf_put(&answer, slice_of(packet, ID_BYTES));
        resolve((const char *)packet + ID_BYTES, &answer);
        if (send(fd, answer.data, answer.size, MSG_NOSIGNAL) < 0)
            break;
    }
    buf_clear(&answer);
    return status;
}

enum err
names_ask(int fd, uint64_t id, const char *host)
{
    struct buf packet = {0};
    enum err e = ERR_IO;

    buf_put_u64(&packet, id);
    buf_put_str(&packet, host);
    if (packet.size <= ID_BYTES + HOST_MAX &&
        send(fd, packet.data, packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        e = OK;
    buf_clear(&packet);
    return e;
}

enum err
names_take(int fd, struct names_answer *out)
{
    uint8_t packet[ID_BYTES + 1 + NAMES_TEXT_MAX];
    ssize_t n = recv(fd, packet, sizeof packet - 1, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return ERR_NOT_FOUND;
    if (n <= ID_BYTES)
        return ERR_IO;
    packet[n] = 0;
    out->id = get_be64(packet);
    out->found = packet[ID_BYTES] != 0;
    (void)snprintf(out->text, sizeof out->text, "%s",
                   (const char *)packet + ID_BYTES + 1);
    return OK;
}
