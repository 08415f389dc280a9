#include "edge/control/control.h"

#include "core/base/mem.h"
#include "edge/control/clients.h"
#include "edge/control/queries.h"
#include "edge/control/watch.h"
#include "edge/door/door.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- who is there ------------------------------------------------------- */

struct user {
    unsigned uid;
    unsigned roles;
};

static enum err
user_of(const struct control *c, int fd, struct user *out)
{
    struct door_caller who;

    if (door_caller(fd, &who) != OK)
        return ERR_IO;
    out->uid = who.uid;
    out->roles = settings_roles(c->settings, who.uid, who.gids, who.gid_count);
    return OK;
}

/* Send one answer to somebody who is not taken in, and hang up. It is small:
 * the socket's buffer takes it. */
static void
turn_away(int fd, enum err code, const char *text)
{
    struct control_answer a = {.code = code, .text = slice_str(text)};
    struct buf frame = {0};

    control_answer_put(&frame, &a);
    (void)!send(fd, frame.data, frame.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_clear(&frame);
    (void)close(fd);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd,
          struct sockaddr *address, int size, void *context)
{
    struct control *c = context;
    struct user user = {0};
    char text[256];

    (void)l;
    (void)address;
    (void)size;
    if (user_of(c, fd, &user) != OK) {
        turn_away(fd, ERR_IO, "the kernel does not say who is calling");
    } else if (user.roles == 0) {
        (void)snprintf(text, sizeof text,
                       "user %u has no role on this node; the operator "
                       "grants one under users: in sealane.yaml",
                       user.uid);
        turn_away(fd, ERR_FORBIDDEN, text);
    } else if (c->client_count == CONTROL_CLIENTS_MAX) {
        turn_away(fd, ERR_LIMIT, "too many commands are connected; try again");
    } else if (clients_of(c, user.uid) >= CONTROL_CLIENTS_OF_USER_MAX) {
        turn_away(fd, ERR_QUOTA,
                  "too many commands of this user are connected; try again");
    } else {
        client_new(c, fd, user.uid, user.roles);
    }
}

/* ---- the socket --------------------------------------------------------- */

/* EFFECT_ANSWER: whole frames for the client in the id's upper half. */
static void
on_answer(void *self, const struct effect *effect)
{
    struct control *c = self;
    struct client *to = clients_find(c, (uint32_t)(effect->id >> 32));

    if (to)
        client_answer(to, effect->data);
}

enum err
control_new(struct event_base *base, struct turn *turn,
            const struct settings *settings, const char *path,
            struct control **out)
{
    struct control *c = mem_new(sizeof *c);
    enum err e;

    c->base = base;
    c->turn = turn;
    c->settings = settings;
    c->started = control_now().mono;
    arena_init(&c->arena, ANSWER_BUDGET);
    e = door_open(base, path, on_accept, c, &c->listener);
    if (e != OK) {
        int saved = errno;
        mem_free(c);
        errno = saved;
        return e;
    }
    turn_sink_set(turn, EFFECT_ANSWER, (struct turn_sink){on_answer, c});
    *out = c;
    return OK;
}

void
control_tls_set(struct control *c, const struct control_tls *tls)
{
    c->tls = *tls;
}

void
control_backup(struct control *c, const struct backup *from)
{
    c->backup = from;
}

void
control_after_turn(void *control)
{
    clients_wake(control);
}

void
control_free(struct control *c)
{
    if (!c)
        return;
    evconnlistener_free(c->listener);
    clients_clear(c);
    arena_clear(&c->arena);
    mem_free(c);
}
