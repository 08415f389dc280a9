#include "cli/local.h"

#include "cli/backup.h"
#include "cli/commands.h"
#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "edge/control/queries.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct local {
    struct exchange *exchange;
    struct journal *journal;
    struct store store;
    struct settings settings;
};

static enum err
on_fact(void *self, const struct fact *f)
{
    return exchange_restore(self, f);
}

bool
local_open(const char *path, struct local **out)
{
    const struct store nothing = {NULL, NULL};
    struct local *l = mem_new(sizeof *l);
    struct journal_opening how = {.each = on_fact};

    l->exchange = how.context = exchange_new(&nothing);
    if (!backup_open_journal(path, &how, &l->journal)) {
        local_close(l);
        return false;
    }
    journal_store(l->journal, &l->store);
    *out = l;
    return true;
}

void
local_close(struct local *l)
{
    if (!l)
        return;
    exchange_free(l->exchange);
    journal_close(l->journal);
    mem_free(l);
}

/* ---- the process that answers ------------------------------------------- */

static bool
receive_all(int fd, uint8_t *out, size_t size)
{
    while (size) {
        ssize_t n = recv(fd, out, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        out += n;
        size -= (size_t)n;
    }
    return true;
}

static void
answer(const struct local *l, const struct control_request *r,
       struct arena *arena, struct buf *out)
{
    const struct verb *verb = verb_find(r->verb);
    struct control_answer a = {.id = r->id, .code = ERR_UNSUPPORTED};
    struct query q = {
        .exchange = l->exchange,
        .store = &l->store,
        .settings = &l->settings,
        .roles = ROLE_READ | ROLE_READ_RED,
        .values = &r->values,
        .arena = arena,
    };

    control_begin(&q.answer, arena);
    if (verb && verb->answer)
        a.code = verb->answer(&q);
    a.text = a.code && !q.text.size ? slice_str(err_text(a.code)) : q.text;
    if (!a.code) {
        a.records = q.answer.records;
        a.record_count = q.answer.record_count;
    }
    control_answer_put(out, &a);
}

static bool
serve_one(const struct local *l, int fd, struct buf *frame, struct arena *arena)
{
    uint8_t header[CONTROL_HEADER_BYTES];
    struct control_request r;

    if (!receive_all(fd, header, sizeof header))
        return false;
    uint32_t size = get_be32(header);
    if (!size || size > CONTROL_FRAME_MAX)
        return false;
    struct buf request = {0};
    bool good = receive_all(fd, buf_extend(&request, size), size) &&
                control_request_get(buf_slice(&request), arena, &r) == OK;
    buf_reset(frame);
    if (good)
        answer(l, &r, arena, frame);
    for (size_t at = 0; good && at < frame->size;) {
        ssize_t n = send(fd, frame->data + at, frame->size - at, MSG_NOSIGNAL);
        good = n > 0 || (n < 0 && errno == EINTR);
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&request);
    return good;
}

static _Noreturn void
serve(const struct local *l, int fd)
{
    struct buf frame = {0};
    struct arena arena;

    arena_init(&arena, ANSWER_BUDGET);
    while (serve_one(l, fd, &frame, &arena))
        arena_reset(&arena);
    _exit(0);
}

struct daemon *
local_link(struct local *l)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        (void)complain("cannot make a socket: %s", strerror(errno));
        return NULL;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
            getppid() != parent)
            _exit(1);
        serve(l, ends[1]);
    }
    (void)close(ends[1]);
    if (pid > 0)
        return daemon_over(ends[0]);
    (void)complain("cannot start a process: %s", strerror(errno));
    (void)close(ends[0]);
    return NULL;
}
