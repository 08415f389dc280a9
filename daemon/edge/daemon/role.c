#include "edge/daemon/role.h"

#include "edge/daemon/daemon.h"
#include "edge/daemon/files.h"
#include "edge/daemon/follower.h"
#include "edge/daemon/log.h"
#include "edge/daemon/names.h"
#include "edge/daemon/seeker.h"
#include "edge/signer/signer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS_FAULT 1
/* Where the protocol of socket activation puts the first descriptor. */
#define HANDED_FD 3

enum role { ROLE_NET, ROLE_SIGNER, ROLE_NAMES, ROLE_INDEX, ROLE_COUNT };

static const char *const names[ROLE_COUNT] = {"net", "signer", "names",
                                              "index"};

static enum role
role_of(const char *name)
{
    int i = 0;

    while (i < ROLE_COUNT && strcmp(names[i], name) != 0)
        i++;
    return (enum role)i;
}

bool
role_is_whole(const struct role_options *o)
{
    enum role role = role_of(o->name);

    return role != ROLE_COUNT && (role == ROLE_NET) == (o->sockets != NULL);
}

/* Give the connection that was handed over, or -1 after saying so. */
static int
handed(void)
{
    const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    int type, accepts = 1;
    socklen_t size = sizeof type;

    if (count && pid && strcmp(count, "1") == 0 &&
        strtol(pid, NULL, 10) == (long)getpid() &&
        getsockopt(HANDED_FD, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) ==
            0 &&
        !accepts)
        return HANDED_FD;
    log_say(NOTICE_ALARM, "this role needs one accepted connection from its "
                          "service manager (a socket unit with Accept=yes)");
    return -1;
}

/* Connect to one of the other roles; -1 after saying why not. */
static int
reach_at(const char *path, enum role role, int type)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int size = snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (size > 0 && (size_t)size < sizeof a.sun_path && fd >= 0 &&
        connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    log_say(NOTICE_ALARM, "the %s cannot be reached at %s: %s", names[role],
            path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int
reach(const struct role_options *o, enum role role, int type)
{
    char path[FILES_PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/%s.sock", o->sockets, names[role]);
    return reach_at(path, role, type);
}

static int
net_run(const struct role_options *o, const struct settings *settings,
        const struct sandbox *box)
{
    char follow[SEEKER_PATH_MAX];
    struct daemon_links links = {.index = -1, .follow = follow};

    seeker_socket(settings, FOLLOWER_SOCKET, follow);
    if (files_lock(settings) != OK)
        return STATUS_FAULT;
    links.signer = reach(o, ROLE_SIGNER, SOCK_STREAM);
    links.names = reach(o, ROLE_NAMES, SOCK_SEQPACKET);
    if (links.signer < 0 || links.names < 0)
        return STATUS_FAULT;
    return daemon_run(settings, &links, box);
}

static int
signer_run(const struct settings *settings, const struct sandbox *box)
{
    char path[FILES_PATH_MAX];
    int fd = handed();

    files_path(settings, "signer", path);
    return fd < 0 ? STATUS_FAULT : signer_serve(path, &settings->team, fd, box);
}

/* It follows the daemon, which must be there first, and ends with it. */
static int
index_run(const struct settings *settings, const struct sandbox *box)
{
    char follow[SEEKER_PATH_MAX];

    seeker_socket(settings, FOLLOWER_SOCKET, follow);
    int fd = reach_at(follow, ROLE_NET, SOCK_STREAM);
    return fd < 0 ? STATUS_FAULT : seeker_run(settings, fd, box);
}

int
role_run(const struct role_options *o, const struct settings *settings,
         const struct sandbox *box)
{
    int fd;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    switch (role_of(o->name)) {
    case ROLE_NET:
        return net_run(o, settings, box);
    case ROLE_SIGNER:
        return signer_run(settings, box);
    case ROLE_NAMES:
        fd = handed();
        return fd < 0 ? STATUS_FAULT : names_serve(fd, box);
    case ROLE_INDEX:
        return index_run(settings, box);
    case ROLE_COUNT:
        break;
    }
    return STATUS_FAULT;
}
