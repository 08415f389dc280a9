#include "edge/daemon/seeker.h"

#include "core/exchange/event.h"
#include "edge/daemon/files.h"
#include "edge/index/index.h"

#include <stdio.h>

void
seeker_socket(const struct settings *s, const char *name,
              char out[SEEKER_PATH_MAX])
{
    const char *slash = strrchr(s->socket, '/');
    int folder = slash ? (int)(slash - s->socket) + 1 : 0;

    (void)snprintf(out, SEEKER_PATH_MAX, "%.*s%s", folder, s->socket, name);
}

static unsigned
rights_of(const void *context, unsigned uid, const unsigned *gids,
          size_t gid_count)
{
    unsigned roles = settings_roles(context, uid, gids, gid_count);

    return (roles & ROLE_READ ? INDEX_READ : 0) |
           (roles & ROLE_READ_RED ? INDEX_READ_RED : 0);
}

int
seeker_run(const struct settings *s, int link, const struct sandbox *box)
{
    char journal[FILES_PATH_MAX], folder[FILES_PATH_MAX];
    char socket[SEEKER_PATH_MAX];

    files_path(s, "journal", journal);
    files_path(s, INDEX_FOLDER, folder);
    seeker_socket(s, SEEKER_SOCKET, socket);
    const struct index_config config = {journal,
                                        folder,
                                        socket,
                                        rights_of,
                                        s,
                                        s->warninglists,
                                        s->warn_documentation};
    return index_serve(&config, link, box);
}
