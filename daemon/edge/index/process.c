#include "edge/index/index.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "edge/index/project.h"
#include "edge/index/serve.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define STATUS_FAULT 1
#define PATH_MAX_BYTES 1100
#define TELL_BYTES 8

/* One go between looks at the socket, so that a search never waits long. */
#define GO_MS 5
#define GO_POSTINGS 65536u

/* What came in is put on disk so often when there is little of it. */
#define COMMIT_MS 250

/* What is left of the disk is the exchange's: four segments. */
#define DISK_KEPT ((uint64_t)MIB(256))
#define DISK_LOOK_MS 1000

/* Whether the warninglists changed is looked at so often. */
#define JUDGE_LOOK_MS 2000

/* Merging that a posting causes, all sizes together, while others come in. */
#define MERGE_FACTOR 6

struct process {
    const struct index_config *config;
    struct event_base *base;
    struct event *told, *timer, *ended;
    struct rows rows;
    struct project project;
    struct judge *judge;
    uint64_t judge_ms; /* when the lists are to be looked at again */
    struct serve *serve;
    struct serve_status status;
    uint64_t said;    /* mismatches */
    uint64_t debt;    /* postings to merge before more are taken in */
    uint64_t since;   /* the last commit */
    bool dirty;       /* there is something to commit */
    bool untidy;      /* there is something to merge */
    uint64_t disk_ms; /* when the disk is to be looked at again */
    bool low;         /* it is nearly full */
    bool gone;        /* the daemon is */
};

static _Noreturn void
fail(const char *what, const char *path)
{
    (void)fprintf(stderr, "the index cannot %s %s: %s\n", what, path,
                  strerror(errno));
    exit(STATUS_FAULT);
}

static uint64_t
clock_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- the link ----------------------------------------------------------- */

bool
index_tell(int link, uint64_t turn)
{
    uint8_t bytes[TELL_BYTES];

    put_be64(bytes, turn);
    return send(link, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)sizeof bytes;
}

bool
index_asked(int link)
{
    uint8_t byte;

    return recv(link, &byte, sizeof byte, MSG_DONTWAIT) == 1;
}

static void
on_told(evutil_socket_t fd, short what, void *context)
{
    struct process *p = context;
    uint8_t bytes[TELL_BYTES];
    ssize_t n;

    (void)what;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) ==
           (ssize_t)sizeof bytes) {
        uint64_t turn = get_be64(bytes);
        if (turn > p->status.committed)
            p->status.committed = turn;
    }
    p->gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* ---- work --------------------------------------------------------------- */

static void
commit(struct process *p)
{
    p->debt += MERGE_FACTOR * p->rows.fresh.count;
    rows_commit(&p->rows);
    p->since = clock_ms();
    p->dirty = false;
    p->untidy = true;
    uint64_t mismatches = content_mismatches(p->project.content);
    if (mismatches > p->said)
        (void)fprintf(stderr,
                      "the heads of %llu messages are not what their content "
                      "says: kept for review\n",
                      (unsigned long long)(mismatches - p->said));
    p->said = mismatches;
}

static void
restart(struct process *p)
{
    (void)fprintf(stderr, "the journal is not the one that was searched: the "
                          "index is made again\n");
    rows_restart(&p->rows);
    waiting_forget(&p->project.waiting);
    p->dirty = judge_look(p->judge, &p->rows);
    p->untidy = false;
    p->debt = 0;
}

/* Take turns in for a while; false when there are none. */
static bool
turns_take(struct process *p)
{
    uint64_t until = clock_ms() + GO_MS;

    do {
        switch (tail_next(p->project.tail, &p->rows.position,
                          p->status.committed, project_fact, &p->project)) {
        case TAIL_TURN:
            p->dirty = true;
            break;
        case TAIL_WAIT:
            return false;
        case TAIL_OTHER:
            restart(p);
            return true;
        }
        if (rows_are_many(&p->rows))
            commit(p);
    } while (clock_ms() < until && !p->debt);
    return true;
}

static void
merge(struct process *p)
{
    p->untidy = rows_tidy(&p->rows, GO_POSTINGS);
    p->debt = p->untidy && p->debt > GO_POSTINGS ? p->debt - GO_POSTINGS : 0;
}

/* Tell whether the disk is nearly full; it is said once. */
static bool
disk_is_low(struct process *p)
{
    uint64_t now = clock_ms();
    struct statvfs s;

    if (now < p->disk_ms)
        return p->low;
    p->disk_ms = now + DISK_LOOK_MS;
    bool low = statvfs(p->config->folder, &s) == 0 &&
               (uint64_t)s.f_bavail * s.f_frsize < DISK_KEPT;
    if (low && !p->low)
        (void)fprintf(stderr,
                      "less than 256 MiB are left on the disk of %s: "
                      "the index waits\n",
                      p->config->folder);
    p->low = low;
    return low;
}

/* Hold what is there against lists that changed. False when there is nothing
 * to do, and then `*due` is how long. */
static bool
judge(struct process *p, uint64_t *due)
{
    uint64_t now = clock_ms();

    if (now >= p->judge_ms) {
        p->judge_ms = now + JUDGE_LOOK_MS;
        p->dirty |= judge_look(p->judge, &p->rows);
    }
    *due = p->judge_ms - now;
    if (!p->rows.judge)
        return false;
    p->dirty |= judge_some(p->judge, &p->rows);
    if (now - p->since >= COMMIT_MS)
        commit(p);
    return true;
}

/* Do a bounded part of what there is to do. Gives after how many milliseconds
 * there is more, 0 at once. */
static uint64_t
work(struct process *p)
{
    uint64_t look;

    if (disk_is_low(p) && !p->dirty)
        return DISK_LOOK_MS;
    if (p->debt && !p->dirty) {
        merge(p);
        return 0;
    }
    if (!p->low && turns_take(p))
        return 0;
    if (judge(p, &look))
        return 0;
    if (p->dirty) {
        uint64_t now = clock_ms(), due = p->since + COMMIT_MS;
        if (now < due)
            return due - now;
        commit(p);
        return 0;
    }
    if (p->untidy) {
        merge(p);
        return 0;
    }
    return look;
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

/* Where the daemon committed a turn that cannot be read yet, a segment is
 * changing its name: look again. */
#define LOOK_MS 1000

static void
loop(struct process *p)
{
    while (!p->gone) {
        uint64_t ms = work(p);
        int flags = EVLOOP_NONBLOCK;
        if (ms > LOOK_MS && p->rows.position.turn < p->status.committed)
            ms = LOOK_MS;
        if (ms) {
            flags = EVLOOP_ONCE;
            struct timeval t = {(time_t)(ms / 1000),
                                (suseconds_t)(ms % 1000) * 1000};
            (void)event_add(p->timer, &t);
        }
        (void)event_base_loop(p->base, flags);
    }
}

/* ---- start -------------------------------------------------------------- */

static void
on_ended(evutil_socket_t number, short what, void *context)
{
    struct process *p = context;

    (void)number;
    (void)what;
    p->gone = true;
}

static void
begin(struct process *p, int link)
{
    char path[PATH_MAX_BYTES];
    const struct index_config *c = p->config;

    if (mkdir(c->folder, 0700) != 0 && errno != EEXIST)
        fail("make", c->folder);
    (void)snprintf(path, sizeof path, "%s/index.db", c->folder);
    rows_open(&p->rows, path);
    p->judge = judge_new(c->lists, c->documentation);
    p->project = (struct project){.rows = &p->rows,
                                  .content = content_new(&p->rows, p->judge),
                                  .tail = tail_new(c->journal)};
    p->base = event_base_new();
    assert(p->base);
    enum err e = serve_new(p->base, c, &p->rows, &p->status, &p->serve);
    if (e)
        fail("listen at", c->socket);
    p->told = event_new(p->base, link, EV_READ | EV_PERSIST, on_told, p);
    p->timer = event_new(p->base, -1, 0, on_timer, p);
    p->ended = evsignal_new(p->base, SIGTERM, on_ended, p);
    (void)event_add(p->ended, NULL);
    (void)event_add(p->told, NULL);
    p->untidy = true;
    p->since = clock_ms();
}

int
index_serve(const struct index_config *config, int link,
            const struct sandbox *box)
{
    struct process p = {.config = config};
    char text[SANDBOX_TEXT_MAX];

    begin(&p, link);
    if (sandbox_enter(box, SANDBOX_INDEX, text) != OK) {
        (void)fprintf(stderr, "the index cannot be confined: %s\n", text);
        return STATUS_FAULT;
    }
    p.dirty = judge_look(p.judge, &p.rows);
    if (send(link, "", 1, MSG_NOSIGNAL) != 1)
        return STATUS_FAULT;
    loop(&p);
    if (p.dirty)
        rows_commit(&p.rows);
    serve_free(p.serve);
    event_free(p.told);
    event_free(p.timer);
    event_free(p.ended);
    event_base_free(p.base);
    content_free(p.project.content);
    judge_free(p.judge);
    tail_free(p.project.tail);
    waiting_forget(&p.project.waiting);
    rows_close(&p.rows);
    return 0;
}
