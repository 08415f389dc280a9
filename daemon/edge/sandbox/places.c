#include "edge/sandbox/places.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES 2048
#define PORT_DNS 53

/* What the headers of Debian 12 do not have yet. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND (UINT64_C(1) << 0)
#define NET_CONNECT (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)
#define RULE_PORT 2

struct ruleset {
    uint64_t files, ports, scopes;
};

struct port_rule {
    uint64_t rights, port;
};

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDER (READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                  \
    (READ_FOLDER | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |            \
     FS_TRUNCATE)
#define MAKE_SOCKET                                                            \
    (LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* The only rights that a rule for a single file may name. */
#define OF_FILES (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

enum from { FROM_ROOT, FROM_STATE, FROM_SOCKET, FROM_LISTS };

struct place {
    enum sandbox_role role;
    enum from from;
    const char *path;
    uint64_t rights;
};

/*
 * The signer has opened all that it needs, and has no line. A right reaches
 * everything below its folder: hence the daemon may not even remove its
 * socket, which the supervisor does, and the resolver gets single files. A
 * replaced file is another file: folders below /run are named because what
 * stands in them is replaced all the time.
 */
static const struct place places[] = {
    {SANDBOX_SUPERVISOR, FROM_STATE, "",
     WRITE | MAKE_SOCKET | LANDLOCK_ACCESS_FS_MAKE_DIR},
    /* these may be links to other disks */
    {SANDBOX_SUPERVISOR, FROM_STATE, "/journal", WRITE},
    {SANDBOX_SUPERVISOR, FROM_STATE, "/signer", WRITE},
    {SANDBOX_SUPERVISOR, FROM_STATE, "/captures", WRITE},
    {SANDBOX_SUPERVISOR, FROM_STATE, "/index", WRITE},
    {SANDBOX_SUPERVISOR, FROM_STATE, "/keys", READ},
    {SANDBOX_SUPERVISOR, FROM_SOCKET, "", MAKE_SOCKET},
    {SANDBOX_SUPERVISOR, FROM_LISTS, "", READ_FOLDER},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/etc", READ},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/usr", READ},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/run/systemd/resolve", READ},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/run/resolvconf", READ},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/run/NetworkManager", READ},
    {SANDBOX_SUPERVISOR, FROM_ROOT, "/run/connman", READ},
    {SANDBOX_DAEMON, FROM_STATE, "/journal", WRITE},
    {SANDBOX_INDEX, FROM_STATE, "/journal", READ_FOLDER},
    {SANDBOX_INDEX, FROM_STATE, "/index", WRITE},
    {SANDBOX_INDEX, FROM_LISTS, "", READ_FOLDER},
    {SANDBOX_NAMES, FROM_ROOT, "/etc/hosts", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/etc/host.conf", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/etc/gai.conf", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/etc/resolv.conf", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/run/systemd/resolve", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/run/resolvconf", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/run/NetworkManager", READ},
    {SANDBOX_NAMES, FROM_ROOT, "/run/connman", READ},
};

int
places_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

/* Name all rights that this version knows: those without a rule are refused.
 * The daemon dials any port that a card names, so that connecting is not
 * among them where it, or its parent, is confined. */
static struct ruleset
ruleset_of(int version, enum sandbox_role role)
{
    bool dials = role == SANDBOX_SUPERVISOR || role == SANDBOX_DAEMON;
    struct ruleset r = {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};

    if (version >= 2)
        r.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        r.files |= FS_TRUNCATE;
    if (version >= SANDBOX_LANDLOCK_PORTS)
        r.ports = dials ? NET_BIND : NET_BIND | NET_CONNECT;
    if (version >= 5)
        r.files |= FS_IOCTL_DEV;
    if (version >= SANDBOX_LANDLOCK_SIGNALS)
        r.scopes = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
    return r;
}

/* The size tells the kernel how much of the struct this version has. */
static size_t
ruleset_size(int version)
{
    if (version >= SANDBOX_LANDLOCK_SIGNALS)
        return sizeof(struct ruleset);
    return version >= SANDBOX_LANDLOCK_PORTS ? offsetof(struct ruleset, scopes)
                                             : offsetof(struct ruleset, ports);
}

static bool
path_of(const struct sandbox *s, const struct place *p, char out[PATH_BYTES])
{
    const char *base = p->from == FROM_STATE    ? s->state
                       : p->from == FROM_SOCKET ? s->socket
                       : p->from == FROM_LISTS  ? s->lists
                                                : "";
    int size = snprintf(out, PATH_BYTES, "%s%s", base, p->path);

    if (size < 0 || size >= PATH_BYTES) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (p->from == FROM_SOCKET) {
        char *slash = strrchr(out, '/');
        memcpy(slash ? slash : out, slash == out ? "/" : ".", 2);
        if (slash && slash != out)
            *slash = '\0';
    }
    return true;
}

/* What is not there cannot be reached and needs no rule. */
static bool
place_add(int set, uint64_t known, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & known};
    int fd = open(path, O_PATH | O_CLOEXEC);
    int folder;
    long done;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    folder = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        close(folder);
    else
        rule.allowed_access &= OF_FILES;
    rule.parent_fd = fd;
    done = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
                   &rule, 0);
    int why = errno;
    close(fd);
    errno = why;
    return done == 0;
}

static bool
port_add(int set, uint64_t rights, uint16_t port)
{
    struct port_rule rule = {.rights = rights, .port = port};

    return syscall(SYS_landlock_add_rule, set, RULE_PORT, &rule, 0) == 0;
}

static bool
ports_add(const struct sandbox *s, int set, enum sandbox_role role)
{
    switch (role) {
    case SANDBOX_SUPERVISOR:
    case SANDBOX_DAEMON:
        return s->port == 0 || port_add(set, NET_BIND, s->port);
    case SANDBOX_NAMES:
        return port_add(set, NET_CONNECT, PORT_DNS);
    case SANDBOX_SIGNER:
    case SANDBOX_INDEX:
    case SANDBOX_ROLE_COUNT:
        break;
    }
    return true;
}

static bool
rules_add(const struct sandbox *s, int set, enum sandbox_role role)
{
    uint64_t known = ruleset_of(s->landlock, role).files;
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct place *p = &places[i];
        if (p->from == FROM_LISTS && (!s->lists || !s->lists[0]))
            continue;
        if (p->role == role &&
            (!path_of(s, p, path) || !place_add(set, known, path, p->rights)))
            return false;
    }
    return s->landlock < SANDBOX_LANDLOCK_PORTS || ports_add(s, set, role);
}

enum err
places_enter(const struct sandbox *s, enum sandbox_role role)
{
    struct ruleset r = ruleset_of(s->landlock, role);
    long set =
        syscall(SYS_landlock_create_ruleset, &r, ruleset_size(s->landlock), 0);
    bool done;
    int why;

    if (set < 0)
        return ERR_IO;
    done = rules_add(s, (int)set, role) &&
           syscall(SYS_landlock_restrict_self, (int)set, 0) == 0;
    why = errno;
    close((int)set);
    errno = why;
    return done ? OK : ERR_IO;
}
