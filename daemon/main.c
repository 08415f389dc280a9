/*
 * main - the supervisor: reads the settings, starts the signer, the resolver,
 *        the index and the daemon, and starts them anew when one of them ends.
 *
 * Holds:      no child outlives it; all of them end before any starts again,
 *             but for the index, which no other needs and which ends alone;
 *             it is confined itself before it starts the first.
 * Leaves out: everything that the children do (edge/daemon, edge/signer).
 * Spec:       docs/man/sealaned.8
 */
#include "core/crypto/memory.h"
#include "edge/control/control.h"
#include "edge/daemon/confine.h"
#include "edge/daemon/daemon.h"
#include "edge/daemon/files.h"
#include "edge/daemon/log.h"
#include "edge/daemon/names.h"
#include "edge/daemon/role.h"
#include "edge/daemon/seeker.h"
#include "edge/door/door.h"
#include "edge/signer/signer.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS_DEFAULT "/etc/sealane/sealane.yaml"
#define STATUS_USAGE 2
#define BACKOFF_MS_MIN 100
#define BACKOFF_MS_MAX 10000
#define STEADY_MS 60000 /* a run of this length was a good one */
#define ENDING_MS_MAX 8000

enum child {
    CHILD_SIGNER,
    CHILD_NAMES,
    CHILD_INDEX,
    CHILD_DAEMON,
    CHILD_COUNT
};

static const char *const child_names[CHILD_COUNT] = {
    "sealaned-signer", "sealaned-names", "sealaned-index", "sealaned-net"};

struct supervisor {
    struct settings settings;
    struct sandbox box;
    pid_t pids[CHILD_COUNT]; /* 0: not running */
    sigset_t signals;
    uint64_t backoff_ms;
    int index[2];          /* the daemon's end, and that of the index */
    uint64_t index_due_ms; /* when it is to start again; 0: it runs */
    uint64_t index_backoff_ms, index_began_ms;
    bool ending; /* somebody asked us to end */
};

static const char help[] =
    "Usage: sealaned [-c FILE] [-f] [--check] [--version] [-h]\n"
    "       sealaned [-c FILE] --role net --sockets FOLDER\n"
    "       sealaned [-c FILE] --role signer|names|index\n"
    "  -c FILE    settings, sealane.yaml(5); " SETTINGS_DEFAULT "\n"
    "  -f         stay in the foreground; it always does\n"
    "  --check    read the settings, say what is wrong with them, and end\n"
    "  --role     run one process alone, for a service manager\n"
    "  --sockets  where the role net reaches signer.sock and names.sock\n"
    "  --version  print the version and end\n"
    "  -h         print this and end\n"
    "Exit: 0 ended as asked, 1 cannot start, 2 usage or settings.\n";

static uint64_t
clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- in a child ---- */

/* Die with the supervisor. The daemon and the index listen to SIGTERM and
 * SIGINT: the others end when the daemon closes their sockets, so that its last
 * wishes are served. */
static void
child_begin(enum child which, pid_t parent)
{
    sigset_t nothing;

    sigemptyset(&nothing);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    if (which != CHILD_DAEMON && which != CHILD_INDEX) {
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
    }
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, child_names[which], 0, 0, 0);
}

static int
child_run(const struct supervisor *s, enum child which,
          const struct daemon_links *links)
{
    char path[FILES_PATH_MAX];

    switch (which) {
    case CHILD_SIGNER:
        files_path(&s->settings, "signer", path);
        return signer_serve(path, &s->settings.team, links->signer, &s->box);
    case CHILD_NAMES:
        return names_serve(links->names, &s->box);
    case CHILD_INDEX:
        return seeker_run(&s->settings, links->index, &s->box);
    case CHILD_DAEMON:
        return daemon_run(&s->settings, links, &s->box);
    case CHILD_COUNT:
        break;
    }
    return EXIT_FAILURE;
}

/* ---- the supervisor ---- */

/* Close what other processes hold of the index's two ends. */
static void
index_ends_close(const struct supervisor *s, enum child which)
{
    if (which != CHILD_DAEMON)
        close(s->index[0]);
    if (which != CHILD_INDEX)
        close(s->index[1]);
}

static bool
child_start(struct supervisor *s, enum child which,
            const struct daemon_links *mine,
            const struct daemon_links *not_mine)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0) {
        log_say(NOTICE_ALARM, "cannot start %s: %s", child_names[which],
                strerror(errno));
        return false;
    }
    if (pid == 0) {
        child_begin(which, parent);
        close(not_mine->signer);
        close(not_mine->names);
        index_ends_close(s, which);
        exit(child_run(s, which, mine));
    }
    s->pids[which] = pid;
    return true;
}

/* Start the index, alone: its end of the socket pair stays here for the next
 * one. */
static void
index_start(struct supervisor *s)
{
    const struct daemon_links mine = {-1, -1, s->index[1], NULL};

    s->index_due_ms = 0;
    s->index_began_ms = clock_ms();
    if (!child_start(s, CHILD_INDEX, &mine, &mine))
        s->index_due_ms = clock_ms() + BACKOFF_MS_MAX;
}

/* Say when one that ended is to start again. */
static void
index_ended(struct supervisor *s)
{
    uint64_t now = clock_ms();

    if (now - s->index_began_ms >= STEADY_MS || !s->index_backoff_ms)
        s->index_backoff_ms = BACKOFF_MS_MIN;
    s->index_due_ms = now + s->index_backoff_ms;
    s->index_backoff_ms *= 2;
    if (s->index_backoff_ms > BACKOFF_MS_MAX)
        s->index_backoff_ms = BACKOFF_MS_MAX;
}

static bool
index_link_make(struct supervisor *s)
{
    if (s->index[0] >= 0) {
        close(s->index[0]);
        close(s->index[1]);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->index) == 0)
        return true;
    s->index[0] = s->index[1] = -1;
    return false;
}

/* Start all of them; the sockets between them are theirs alone. */
static bool
children_start(struct supervisor *s)
{
    int signer[2], names[2];

    if (!index_link_make(s))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, signer) != 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, names) != 0) {
        close(signer[0]);
        close(signer[1]);
        return false;
    }
    const struct daemon_links near = {signer[0], names[0], s->index[0], NULL};
    const struct daemon_links far = {signer[1], names[1], s->index[1], NULL};
    bool started = child_start(s, CHILD_SIGNER, &far, &near) &&
                   child_start(s, CHILD_NAMES, &far, &near) &&
                   child_start(s, CHILD_DAEMON, &near, &far);
    close(signer[0]);
    close(signer[1]);
    close(names[0]);
    close(names[1]);
    if (started)
        index_start(s);
    return started;
}

static bool
any_runs(const struct supervisor *s)
{
    for (int i = 0; i < CHILD_COUNT; i++)
        if (s->pids[i])
            return true;
    return false;
}

static void
signal_all(const struct supervisor *s, int number)
{
    for (int i = 0; i < CHILD_COUNT; i++)
        if (s->pids[i])
            kill(s->pids[i], number);
}

static void
say_ended(const struct supervisor *s, enum child which, int status)
{
    enum notice_level level = s->ending ? NOTICE_INFO : NOTICE_WARNING;

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        log_say(NOTICE_ALARM,
                "%s (pid %d) made a system call that the sandbox forbids, and "
                "was killed",
                child_names[which], (int)s->pids[which]);
    else if (WIFSIGNALED(status))
        log_say(level, "%s (pid %d) was killed by signal %d",
                child_names[which], (int)s->pids[which], WTERMSIG(status));
    else if (!s->ending || WEXITSTATUS(status) != 0)
        log_say(level, "%s (pid %d) ended with status %d", child_names[which],
                (int)s->pids[which], WEXITSTATUS(status));
}

/* Take in every child that has ended. Tells whether there was one that others
 * need: the index starts again alone. */
static bool
children_reap(struct supervisor *s)
{
    bool any = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < CHILD_COUNT; i++)
            if (s->pids[i] == pid) {
                say_ended(s, (enum child)i, status);
                s->pids[i] = 0;
                any |= i != CHILD_INDEX;
                if (i == CHILD_INDEX)
                    index_ended(s);
            }
    return any;
}

/* Wait for a signal, at most so long (0: for ever). Notes the wish to end. */
static void
signal_wait(struct supervisor *s, uint64_t ms)
{
    struct timespec most = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int number = ms ? sigtimedwait(&s->signals, NULL, &most)
                    : sigwaitinfo(&s->signals, NULL);

    if (number > 0 && number != SIGCHLD && !s->ending) {
        s->ending = true;
        log_say(NOTICE_INFO, "asked to end");
    }
}

/* End whatever still runs: in good order, and after a while at once. The
 * daemon ends first and thereby the others. */
static void
children_end(struct supervisor *s)
{
    uint64_t until = clock_ms() + ENDING_MS_MAX;

    if (s->pids[CHILD_DAEMON])
        kill(s->pids[CHILD_DAEMON], SIGTERM);
    if (s->pids[CHILD_INDEX])
        kill(s->pids[CHILD_INDEX], SIGTERM);
    while (any_runs(s)) {
        uint64_t now = clock_ms();
        if (now >= until) {
            log_say(NOTICE_WARNING, "a child does not end; it is killed");
            signal_all(s, SIGKILL);
            until = now + ENDING_MS_MAX;
        }
        children_reap(s);
        if (any_runs(s))
            signal_wait(s, 50);
    }
}

static void
back_off(struct supervisor *s)
{
    uint64_t until = clock_ms() + s->backoff_ms, now;

    log_say(NOTICE_WARNING, "all start again in %llu ms",
            (unsigned long long)s->backoff_ms);
    while (!s->ending && (now = clock_ms()) < until)
        signal_wait(s, until - now);
    s->backoff_ms *= 2;
    if (s->backoff_ms > BACKOFF_MS_MAX)
        s->backoff_ms = BACKOFF_MS_MAX;
}

/* Start the index if it is due; give how long to wait for it, 0 for ever. */
static uint64_t
index_wait_ms(struct supervisor *s)
{
    uint64_t now = clock_ms();

    if (!s->index_due_ms)
        return 0;
    if (now < s->index_due_ms)
        return s->index_due_ms - now;
    index_start(s);
    return s->index_due_ms ? BACKOFF_MS_MAX : 0;
}

static void
supervise(struct supervisor *s)
{
    s->backoff_ms = BACKOFF_MS_MIN;
    while (!s->ending) {
        uint64_t began = clock_ms();
        bool whole = children_start(s);
        while (whole && !s->ending) {
            signal_wait(s, index_wait_ms(s));
            if (children_reap(s))
                break;
        }
        children_end(s);
        if (clock_ms() - began >= STEADY_MS)
            s->backoff_ms = BACKOFF_MS_MIN;
        if (!s->ending)
            back_off(s);
    }
}

/* ---- options ---- */

struct options {
    const char *file;
    bool check;
    struct role_options role;
};

/* Read the options. Returns -1 to go on, else the exit status. */
static int
options_read(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"check", no_argument, NULL, 'k'},
        {"role", required_argument, NULL, 'r'},
        {"sockets", required_argument, NULL, 's'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:fh", names, NULL)) != -1) {
        if (c == 'c') {
            o->file = optarg;
        } else if (c == 'k') {
            o->check = true;
        } else if (c == 'r') {
            o->role.name = optarg;
        } else if (c == 's') {
            o->role.sockets = optarg;
        } else if (c == 'v') {
            puts("sealaned " SEALANE_VERSION);
            return EXIT_SUCCESS;
        } else if (c == 'h') {
            (void)fputs(help, stdout);
            return EXIT_SUCCESS;
        } else if (c != 'f') {
            (void)fputs(help, stderr);
            return STATUS_USAGE;
        }
    }
    if (optind == argc &&
        (o->role.name ? role_is_whole(&o->role) : !o->role.sockets))
        return -1;
    (void)fputs(help, stderr);
    return STATUS_USAGE;
}

int
main(int argc, char **argv)
{
    static struct supervisor s;
    struct options o = {.file = SETTINGS_DEFAULT};
    char message[1024], path[SEEKER_PATH_MAX];
    int status = options_read(argc, argv, &o);

    crypto_memory_begin();
    if (status >= 0)
        return status;
    if (settings_read(o.file, &s.settings, message, sizeof message) != OK) {
        (void)fprintf(stderr, "sealaned: %s\n", message);
        return STATUS_USAGE;
    }
    if (o.check) {
        printf("%s: good, team %s\n", o.file, s.settings.team.text);
        return EXIT_SUCCESS;
    }
    umask(077);
    if (!confine_prepare(&s.settings, &s.box))
        return EXIT_FAILURE;
    if (o.role.name)
        return role_run(&o.role, &s.settings, &s.box);
    if (files_lock(&s.settings) != OK ||
        !confine_enter(&s.box, SANDBOX_SUPERVISOR))
        return EXIT_FAILURE;
    sigemptyset(&s.signals);
    sigaddset(&s.signals, SIGTERM);
    sigaddset(&s.signals, SIGINT);
    sigaddset(&s.signals, SIGHUP);
    sigaddset(&s.signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s.signals, NULL);
    s.index[0] = s.index[1] = -1;
    supervise(&s);
    door_remove(s.settings.socket);
    seeker_socket(&s.settings, SEEKER_SOCKET, path);
    door_remove(path);
    log_say(NOTICE_INFO, "ended");
    return EXIT_SUCCESS;
}
