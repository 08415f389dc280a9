#include "edge/sandbox/sandbox.h"

#include "edge/sandbox/calls.h"
#include "edge/sandbox/places.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FAULT_TEXT_MAX 256
#define NAMES_FILES 2

static const char *const names_files[NAMES_FILES] = {"/etc/hosts",
                                                     "/etc/resolv.conf"};

/* What could not be read before the process was confined is no news. */
static bool names_denied[NAMES_FILES];

#if SANDBOX_SANITIZERS
#include <sanitizer/lsan_interface.h>

static bool confined;

/* The leak check forks and traces this process, which nothing here may. */
int
__lsan_is_turned_off(void)
{
    return confined;
}

static void
leaks_ignore(void)
{
    confined = true;
}
#else
static void
leaks_ignore(void)
{
}
#endif

void
sandbox_probe(struct sandbox *s, bool required)
{
    s->sanitizers = SANDBOX_SANITIZERS && !required;
    s->landlock = s->sanitizers ? 0 : places_version();
    s->landlock_fault = s->landlock || s->sanitizers ? 0 : errno;
    s->calls = !s->sanitizers && calls_offered();
}

static const char *
landlock_fault(const struct sandbox *s, char buffer[FAULT_TEXT_MAX])
{
    if (s->landlock_fault == ENOSYS)
        return "the kernel has no Landlock (Linux 5.13 or later, with "
               "CONFIG_SECURITY_LANDLOCK)";
    if (s->landlock_fault == EOPNOTSUPP)
        return "the kernel's Landlock is switched off (put landlock into "
               "lsm= on the kernel's command line)";
    (void)snprintf(buffer, FAULT_TEXT_MAX, "Landlock cannot be used here: %s",
                   strerror(s->landlock_fault));
    return buffer;
}

bool
sandbox_missing(const struct sandbox *s, char text[SANDBOX_TEXT_MAX])
{
    char buffer[FAULT_TEXT_MAX];

    if (s->sanitizers) {
        (void)snprintf(
            text, SANDBOX_TEXT_MAX,
            "this program is built with sanitizers, whose leak check "
            "cannot be confined");
        return true;
    }
    if (s->landlock && s->calls)
        return false;
    (void)snprintf(text, SANDBOX_TEXT_MAX, "%s%s%s",
                   s->landlock ? "" : landlock_fault(s, buffer),
                   s->landlock || s->calls ? "" : "; ",
                   s->calls
                       ? ""
                       : "the kernel has no filter for system calls (Linux "
                         "4.14 or later, with CONFIG_SECCOMP_FILTER)");
    return true;
}

void
sandbox_summary(const struct sandbox *s, char text[SANDBOX_TEXT_MAX])
{
    char files[128] = "nothing for files and ports";

    if (s->landlock)
        (void)snprintf(
            files, sizeof files, "Landlock %d%s", s->landlock,
            s->landlock < SANDBOX_LANDLOCK_PORTS
                ? " (the kernel is too old for rules on TCP ports and "
                  "signals)"
            : s->landlock < SANDBOX_LANDLOCK_SIGNALS
                ? " (the kernel is too old for rules on signals)"
                : "");
    (void)snprintf(text, SANDBOX_TEXT_MAX,
                   "the processes are confined by %s and %s", files,
                   s->calls ? "a filter of system calls"
                            : "nothing for system calls");
}

enum err
sandbox_harden(void)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        setrlimit(RLIMIT_CORE, &none) == 0)
        return OK;
    return ERR_IO;
}

static enum err
failed(char text[SANDBOX_TEXT_MAX], const char *what)
{
    (void)snprintf(text, SANDBOX_TEXT_MAX, "%s: %s", what, strerror(errno));
    return ERR_IO;
}

static bool
names_is_denied(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == EACCES;
    close(fd);
    return false;
}

enum err
sandbox_enter(const struct sandbox *s, enum sandbox_role role,
              char text[SANDBOX_TEXT_MAX])
{
    assert(role < SANDBOX_ROLE_COUNT);
    /* The log's times need the zone's file once, even in UTC. */
    tzset();
    if (role == SANDBOX_NAMES)
        for (size_t i = 0; i < NAMES_FILES; i++)
            names_denied[i] = names_is_denied(names_files[i]);
    if (sandbox_harden() != OK)
        return failed(text, "its memory cannot be protected");
    if (s->landlock && places_enter(s, role) != OK)
        return failed(text, "Landlock refuses");
    if (s->calls) {
        leaks_ignore();
        if (calls_enter(role) != OK)
            return failed(text, "the filter of system calls is refused");
    }
    return OK;
}

bool
sandbox_names_current(void)
{
    for (size_t i = 0; i < NAMES_FILES; i++)
        if (!names_denied[i] && names_is_denied(names_files[i]))
            return false;
    return true;
}
