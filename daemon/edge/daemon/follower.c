#include "edge/daemon/follower.h"

#include "edge/index/index.h"

#include <event2/event.h>

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

/* An index that begins is told anew. */
static void
on_asked(evutil_socket_t fd, short what, void *context)
{
    struct follower *f = context;

    (void)what;
    while (index_asked(fd))
        f->told = 0;
    follower_tell(f);
}

static void
on_again(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    follower_tell(context);
}

void
follower_start(struct follower *f, struct event_base *base, int link,
               const struct journal *journal)
{
    *f = (struct follower){.link = link, .journal = journal};
    if (link < 0)
        return;
    f->asked = event_new(base, link, EV_READ | EV_PERSIST, on_asked, f);
    f->again = event_new(base, -1, 0, on_again, f);
    (void)event_add(f->asked, NULL);
}

void
follower_clear(struct follower *f)
{
    if (f->asked)
        event_free(f->asked);
    if (f->again)
        event_free(f->again);
    *f = (struct follower){.link = -1};
}
