#include "edge/door/door.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

void
door_remove(const char *path)
{
    struct stat s;

    if (lstat(path, &s) == 0 && S_ISSOCK(s.st_mode))
        (void)unlink(path);
}

enum err
door_open(struct event_base *base, const char *path, evconnlistener_cb each,
          void *context, struct evconnlistener **out)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t size = strlen(path) + 1;

    if (size > sizeof a.sun_path)
        return ERR_LIMIT;
    memcpy(a.sun_path, path, size);
    door_remove(path);
    mode_t old = umask(0117);
    *out = evconnlistener_new_bind(
        base, each, context, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
        BACKLOG, (struct sockaddr *)&a, (int)sizeof a);
    int saved = errno;
    (void)umask(old);
    errno = saved;
    return *out ? OK : ERR_IO;
}

enum err
door_caller(int fd, struct door_caller *out)
{
    gid_t groups[DOOR_GROUPS_MAX];
    socklen_t size = sizeof groups;
    struct ucred who;
    socklen_t who_size = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_size) != 0)
        return ERR_IO;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        size = 0;
    out->uid = who.uid;
    out->gid_count = 0;
    for (size_t i = 0; i < size / sizeof groups[0]; i++)
        out->gids[out->gid_count++] = groups[i];
    out->gids[out->gid_count++] = who.gid;
    return OK;
}
