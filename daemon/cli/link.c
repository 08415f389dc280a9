#include "cli/link.h"

#include "cli/states.h"
#include "cli/text.h"
#include "core/base/limits.h"

#include <errno.h>
#include <stdlib.h>

#define SOCKET_DEFAULT "/run/sealane/control.sock"
#define PATH_MAX_BYTES 1024
#define ASK_BUDGET MIB(64)

void
ask_begin(struct ask *a, const char *verb)
{
    *a = (struct ask){.verb = verb};
    arena_init(&a->arena, ASK_BUDGET);
    control_begin(&a->b, &a->arena);
}

void
ask_text(struct ask *a, const char *key, const char *text)
{
    if (text)
        control_add_text(&a->b, key, slice_str(text));
}

void
ask_clear(struct ask *a)
{
    arena_clear(&a->arena);
}

static void
complain_connect(const char *path)
{
    switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
        (void)complain("no daemon answers at %s: is sealaned running? "
                       "--socket or --state say where it is",
                       path);
        return;
    case EACCES:
    case EPERM:
        (void)complain("this user may not open %s: the operator lets users "
                       "in by the socket's group and under users: in "
                       "sealane.yaml",
                       path);
        return;
    default:
        (void)complain("cannot connect to %s: %s", path, strerror(errno));
    }
}

/* Of some commands --state may also name a message's state. */
static const char *
state_directory(const struct run *run)
{
    const char *found = NULL, *text;

    for (size_t i = 0; (text = option_nth(&run->options, "state", i)); i++) {
        if (!states_have(run, text))
            found = text;
    }
    return found;
}

static const char *
socket_path(const struct run *run, char *memory, size_t size)
{
    const char *path = option_text(&run->options, "socket");
    const char *state = state_directory(run);

    if (!path && state) {
        (void)snprintf(memory, size, "%s/control.sock", state);
        return memory;
    }
    if (!path)
        path = getenv("SEALANE_SOCKET");
    return path && path[0] ? path : SOCKET_DEFAULT;
}

struct daemon *
link_open(const struct run *run)
{
    char memory[PATH_MAX_BYTES];
    const char *path = socket_path(run, memory, sizeof memory);
    struct daemon *d = NULL;
    enum err e = daemon_open(path, &d);

    if (e == ERR_LIMIT)
        (void)complain("the path %s is too long for a socket", path);
    else if (e != OK)
        complain_connect(path);
    return d;
}

/* The socket of the index stands in the same folder. */
static const char *
index_path(const struct run *run, char *memory, size_t size)
{
    char other[PATH_MAX_BYTES];
    const char *path = socket_path(run, other, sizeof other);
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;

    (void)snprintf(memory, size, "%.*sindex.sock", folder, path);
    return memory;
}

struct daemon *
link_open_index(const struct run *run)
{
    char memory[PATH_MAX_BYTES + 16];
    const char *path = index_path(run, memory, sizeof memory);
    struct daemon *d = NULL;
    enum err e = daemon_open(path, &d);

    if (e == ERR_LIMIT)
        (void)complain("the path %s is too long for a socket", path);
    else if (e != OK && (errno == ENOENT || errno == ECONNREFUSED))
        (void)complain("no index answers at %s: is sealaned running? `sealane "
                       "status` says how it stands",
                       path);
    else if (e != OK)
        complain_connect(path);
    return d;
}

struct daemon *
link_open_index_again(const struct run *run)
{
    char memory[PATH_MAX_BYTES + 16];
    struct daemon *d = NULL;

    return daemon_open(index_path(run, memory, sizeof memory), &d) == OK ? d
                                                                         : NULL;
}

struct daemon *
link_open_again(const struct run *run)
{
    char memory[PATH_MAX_BYTES];
    struct daemon *d = NULL;

    return daemon_open(socket_path(run, memory, sizeof memory), &d) == OK
               ? d
               : NULL;
}

void
link_complain(const struct control_answer *a)
{
    struct buf text = {0};

    text_put_clean(&text,
                   a->text.size ? a->text : slice_str(err_text(a->code)));
    (void)complain("%.*s", (int)text.size, (const char *)text.data);
    buf_clear(&text);
}

bool
link_send(struct daemon *d, struct ask *a, uint64_t *id)
{
    struct control_request r = {
        .verb = a->verb,
        .messages = a->messages,
        .message_count = a->message_count,
    };
    struct control_answer last;
    enum err e;

    r.values = (struct control_record){a->b.values, a->b.value_count};
    e = daemon_send(d, &r);
    *id = r.id;
    if (e == OK)
        return true;
    if (e == ERR_LIMIT) {
        (void)complain("the request is larger than the daemon takes");
    } else if (daemon_receive(d, 0, &last) == OK && last.code != OK) {
        link_complain(&last);
    } else {
        (void)complain("the daemon has hung up");
    }
    return false;
}

enum err
link_receive(struct daemon *d, uint64_t id, int timeout_ms,
             struct control_answer *out)
{
    for (;;) {
        enum err e = daemon_receive(d, timeout_ms, out);

        if (e == ERR_TIMEOUT)
            return e;
        if (e == ERR_IO)
            (void)complain("the daemon has hung up");
        else if (e != OK)
            (void)complain("the daemon's answer cannot be read: %s",
                           err_text(e));
        if (e != OK)
            return e;
        if (out->id == id)
            return OK;
        /* To no request in particular: the daemon turns us away. */
        if (out->id == 0 && out->code != OK) {
            link_complain(out);
            return out->code;
        }
    }
}

bool
link_ask(struct daemon *d, struct ask *a, struct control_answer *out)
{
    uint64_t id;

    return link_send(d, a, &id) && link_receive(d, id, -1, out) == OK;
}

enum err
link_ask_within(struct daemon *d, const struct ask *ask, int ms,
                struct control_answer *out)
{
    struct control_request r = {.verb = ask->verb,
                                .values = {ask->b.values, ask->b.value_count},
                                .messages = ask->messages,
                                .message_count = ask->message_count};
    enum err e = daemon_send(d, &r);

    /* One that is turned away is told so before it has asked. */
    if (e == OK || e == ERR_IO) {
        do
            e = daemon_receive(d, ms, out);
        while (e == OK && out->id != r.id && out->id != 0);
    }
    return e == OK ? out->code : e;
}

bool
link_call(struct daemon *d, struct ask *a, struct control_answer *out)
{
    if (!link_ask(d, a, out))
        return false;
    if (out->code == OK)
        return true;
    link_complain(out);
    return false;
}

int
link_show(struct run *run, const char *verb, uint64_t number,
          int (*show)(struct run *run, const struct control_answer *a,
                      uint64_t number))
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, verb);
    control_add_number(&ask.b, "number", (int64_t)number);
    if (d && link_ask(d, &ask, &a)) {
        if (a.code == OK)
            code = show(run, &a, number);
        else
            link_complain(&a);
        if (a.code == ERR_NOT_FOUND)
            code = NO_MATCH;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

uint64_t
record_u64(const struct control_record *r, const char *key)
{
    int64_t n = control_number(r, key, 0);

    return n > 0 ? (uint64_t)n : 0;
}
