#include "edge/daemon/follower.h"

#include "edge/door/door.h"
#include "edge/index/index.h"

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the socket is full, the index will have read by then. */
#define AGAIN_S 1

void
follower_tell(struct follower *f)
{
    static const struct timeval again = {AGAIN_S, 0};
    uint64_t turn;

    if (!f->asked)
        return;
    turn = journal_turn(f->journal);
    if (turn <= f->told)
        return;
    if (index_tell(f->link, turn))
        f->told = turn;
    else
        (void)event_add(f->again, &again);
}

/* Let go of an index that called. */
static void
link_drop(struct follower *f)
{
    if (f->asked)
        event_free(f->asked);
    f->asked = NULL;
    if (f->door && f->link >= 0)
        (void)close(f->link);
    f->link = -1;
    f->told = 0;
}

/* An index that begins is told anew; one that called and went is forgotten,
 * one of the supervisor's comes back on the same link. */
static void
on_asked(evutil_socket_t fd, short what, void *context)
{
    struct follower *f = context;
    uint8_t byte;

    (void)what;
    while (index_asked(fd))
        f->told = 0;
    if (f->door && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
        link_drop(f);
    follower_tell(f);
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    follower_tell(context);
}

static void
link_take(struct follower *f, int link)
{
    f->link = link;
    f->asked = event_new(f->base, link, EV_READ | EV_PERSIST, on_asked, f);
    (void)event_add(f->asked, NULL);
}

void
follower_start(struct follower *f, struct event_base *base, int link,
               const struct journal *journal)
{
    *f = (struct follower){.link = -1, .journal = journal, .base = base};
    f->again = event_new(base, -1, 0, on_again, f);
    if (link >= 0)
        link_take(f, link);
}

/* ---- the door ----------------------------------------------------------- */

static void
on_caller(struct evconnlistener *l, evutil_socket_t fd,
          struct sockaddr *address, int size, void *context)
{
    struct follower *f = context;
    struct door_caller who;

    (void)l;
    (void)address;
    (void)size;
    if (door_caller(fd, &who) != OK || who.uid != geteuid()) {
        (void)close(fd);
        return;
    }
    link_drop(f);
    link_take(f, fd);
}

enum err
follower_open(struct follower *f, const char *path)
{
    return door_open(f->base, path, on_caller, f, &f->door);
}

void
follower_clear(struct follower *f)
{
    link_drop(f);
    if (f->door)
        evconnlistener_free(f->door);
    if (f->again)
        event_free(f->again);
    *f = (struct follower){.link = -1};
}
