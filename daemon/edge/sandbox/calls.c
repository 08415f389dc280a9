#include "edge/sandbox/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Who keeps a call. A filter holds for children too, so that the supervisor
 * keeps what any of them does, and what starting them takes. Sorting in the C
 * library asks how much memory there is (sysinfo). */
#define D (1u << SANDBOX_DAEMON)
#define S (1u << SANDBOX_SIGNER)
#define N (1u << SANDBOX_NAMES)
#define I (1u << SANDBOX_INDEX)
#define V (1u << SANDBOX_SUPERVISOR)
#define ALL (D | S | N | I | V)

struct call {
    int number;
    unsigned who;
    unsigned tests; /* of arguments; all must hold */
    struct scmp_arg_cmp test[2];
};

/* clang-format off */
#define CALL(name, who) {SCMP_SYS(name), who, 0, {{0}}}
#define CALL_IF(name, who, a) {SCMP_SYS(name), who, 1, {a, {0}}}
#define CALL_IF_BOTH(name, who, a, b) {SCMP_SYS(name), who, 2, {a, b}}
#define IS(arg, value) {arg, SCMP_CMP_EQ, (scmp_datum_t)(value), 0}
#define MASKED(arg, mask, value)                                               \
    {arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value)}
/* clang-format on */

#define OPTION(who, level, name)                                               \
    CALL_IF_BOTH(setsockopt, who, IS(1, level), IS(2, name))
/* Of a type, which may carry two flags, the lower half of the register. */
#define SOCKET_TYPE (UINT32_MAX & ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC))
#define SOCKET(who, family, type)                                              \
    CALL_IF_BOTH(socket, who, IS(0, family), MASKED(1, SOCKET_TYPE, type))
#define FUTEX_WAKES (FUTEX_WAKE | FUTEX_PRIVATE_FLAG)
#define FORK_FLAGS (CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD)

static const struct call calls[] = {
    /* memory, never to be executed */
    CALL(brk, ALL),
    CALL(munmap, ALL),
    CALL(mremap, ALL),
    CALL_IF(mmap, ALL, MASKED(2, PROT_EXEC, 0)),
    CALL_IF(mprotect, ALL, MASKED(2, PROT_EXEC, 0)),
    CALL_IF(madvise, ALL, IS(2, MADV_DONTNEED)),
    CALL_IF(futex, ALL, IS(1, FUTEX_WAKES)),

    /* time, chance, itself */
    CALL(clock_gettime, ALL),
    CALL(gettimeofday, ALL),
    CALL(time, ALL),
    CALL(getrandom, ALL),
    CALL(getpid, ALL),
    CALL(gettid, ALL),
    CALL(getuid, V),
    CALL(geteuid, D | I | V),
    CALL(getgid, V),
    CALL(getegid, V),
    CALL(sysinfo, I | V),
    CALL(uname, N | V),
    CALL(rt_sigprocmask, ALL),
    CALL(rt_sigreturn, ALL),
    CALL(restart_syscall, ALL),
    CALL(rt_sigaction, D | I | V),
    CALL(exit_group, ALL),

    /* files that are open; the signer and the resolver write to the log, and
     * where a file system reserves no space, the C library writes it */
    CALL(read, ALL),
    CALL(close, ALL),
    CALL(write, D | I | V),
    CALL(writev, D | I | N | V),
    CALL_IF(write, S | N, IS(0, STDERR_FILENO)),
    CALL_IF(writev, S, IS(0, STDERR_FILENO)),
    CALL(pwrite64, D | S | I | V),
    CALL(fdatasync, D | S | I | V),
    CALL(fallocate, D | S | I | V),
    CALL(pread64, D | I | V),
    CALL(fsync, D | I | V),
    CALL(ftruncate, D | I | V),
    CALL(fstat, D | N | I | V),
    CALL(fstatfs, D | V),
    CALL(lseek, N | I | V),
    CALL_IF(fcntl, D | I | V, IS(1, F_GETFL)),
    CALL_IF(fcntl, I | V, IS(1, F_SETFL)),
    CALL_IF(fcntl, I | V, IS(1, F_SETFD)),
    CALL_IF(fcntl, I | V, IS(1, F_GETFD)),
    CALL_IF(fcntl, I | V, IS(1, F_SETLK)),
    CALL_IF(fcntl, I | V, IS(1, F_GETLK)),
    CALL_IF(ioctl, D | N | I | V, IS(1, FIONREAD)),

    /* files by name: which ones, Landlock decides */
    CALL(openat, D | I | V),
    CALL_IF(openat, N, MASKED(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)),
    CALL(newfstatat, D | N | I | V),
    CALL(unlinkat, D | V),
    CALL(unlink, I | V),
    CALL(renameat, D | V),
    CALL(statfs, D | I | V),
    CALL(access, D | I | V),
    CALL(faccessat, D | V),

    /* waiting */
    CALL(epoll_ctl, D | I | V),
    CALL(epoll_wait, D | I | V),
    CALL(epoll_pwait, D | I | V),
    CALL(poll, D | N | V),
    CALL(ppoll, D | N | V),

    /* sockets: the daemon listens already, and only dials */
    SOCKET(D | N | V, AF_INET, SOCK_STREAM),
    SOCKET(D | N | V, AF_INET6, SOCK_STREAM),
    SOCKET(N | V, AF_INET, SOCK_DGRAM),
    SOCKET(N | V, AF_INET6, SOCK_DGRAM),
    CALL(connect, D | N | V),
    CALL(accept4, D | I | V),
    CALL(shutdown, D | I | V),
    CALL(readv, D | I | V),
    CALL(sendto, ALL),
    CALL(recvfrom, D | N | I | V),
    CALL(sendmmsg, N | V),
    CALL(sendmsg, N | V),
    CALL(getsockname, N | V),
    CALL_IF(getsockopt, D | I | V, IS(1, SOL_SOCKET)),
    OPTION(D | V, SOL_SOCKET, SO_KEEPALIVE),
    OPTION(D | V, SOL_SOCKET, SO_RCVLOWAT),
    OPTION(D | V, IPPROTO_TCP, TCP_NODELAY),
    OPTION(D | V, IPPROTO_TCP, TCP_KEEPIDLE),
    OPTION(D | V, IPPROTO_TCP, TCP_KEEPINTVL),
    OPTION(D | V, IPPROTO_TCP, TCP_KEEPCNT),
    OPTION(D | V, IPPROTO_TCP, TCP_USER_TIMEOUT),
    OPTION(N | V, IPPROTO_IP, IP_RECVERR),
    OPTION(N | V, IPPROTO_IPV6, IPV6_RECVERR),

    /* the supervisor, and its children until they are ready */
    CALL_IF(clone, V, IS(0, FORK_FLAGS)),
    CALL(wait4, V),
    CALL(kill, V),
    CALL(rt_sigtimedwait, V),
    CALL(getppid, V),
    CALL(set_robust_list, V),
    CALL(prlimit64, V),
    CALL(landlock_create_ruleset, V),
    CALL(landlock_add_rule, V),
    CALL(landlock_restrict_self, V),
    CALL(seccomp, V),
    CALL_IF(prctl, V, IS(0, PR_SET_PDEATHSIG)),
    CALL_IF(prctl, V, IS(0, PR_SET_NAME)),
    CALL_IF_BOTH(prctl, V, IS(0, PR_SET_DUMPABLE), IS(1, 0)),
    CALL_IF(prctl, V, IS(0, PR_SET_NO_NEW_PRIVS)),
    CALL_IF(mmap, V, MASKED(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)),
    SOCKET(V, AF_UNIX, SOCK_STREAM),
    OPTION(V, SOL_SOCKET, SO_REUSEADDR),
    OPTION(V, IPPROTO_IPV6, IPV6_V6ONLY),
    CALL(socketpair, V),
    CALL(bind, V),
    CALL(listen, V),
    CALL(epoll_create1, V),
    CALL(pipe2, V),
    CALL(eventfd2, V),
    CALL(flock, V),
    CALL(mkdir, V),
    CALL(mkdirat, V),
    CALL(umask, V),
    CALL(getdents64, I | V),
    CALL(readlink, V),
    CALL(readlinkat, V),

#if SANDBOX_SANITIZERS
    CALL(sigaltstack, ALL),
    CALL(sched_yield, ALL),
    CALL(madvise, ALL),
    CALL(futex, ALL),
    CALL(getrusage, ALL),
    CALL(rt_sigaction, S | N),
    CALL(sched_getaffinity, ALL),
#endif
};

/* Calls that fail where others kill: libraries try them and go on without.
 * The resolver asks for the kernel's routes to sort addresses; SQLite, as root,
 * gives a file to the owner that it has already; a sanitizer's
 * report reads its own map and starts a program for the names of lines. */
static const struct call failing[] = {
    CALL_IF(socket, N | V, IS(0, AF_NETLINK)),
    CALL(fchown, I | V),
#if SANDBOX_SANITIZERS
    CALL(open, ALL),
    CALL(stat, ALL),
    CALL(openat, S),
    CALL_IF(ioctl, ALL, IS(1, TCGETS)),
    CALL(readlink, D | S | N | I),
    CALL(pipe, ALL),
    CALL(pipe2, D | S | N | I),
    CALL(clone, D | S | N | I),
    CALL_IF(clone, V, IS(0, SIGCHLD)),
    CALL(fork, ALL),
    CALL(vfork, ALL),
#endif
};

bool
calls_offered(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* A call that this machine's processor never had needs no rule. */
static int
add(scmp_filter_ctx filter, const struct call *c, uint32_t action)
{
    int fault =
        seccomp_rule_add_array(filter, action, c->number, c->tests, c->test);

    return fault == -EDOM ? 0 : fault;
}

static int
add_all(scmp_filter_ctx filter, enum sandbox_role role)
{
    /* A failed assertion must look like one, and not like a forbidden call. */
    const struct call own_end =
        CALL_IF_BOTH(tgkill, ALL, IS(0, getpid()), IS(2, SIGABRT));
    const struct call childs_end = CALL_IF(tgkill, V, IS(2, SIGABRT));
    const unsigned who = 1u << role;
    int fault = add(filter, role == SANDBOX_SUPERVISOR ? &childs_end : &own_end,
                    SCMP_ACT_ALLOW);

    for (size_t i = 0; !fault && i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i].who & who)
            fault = add(filter, &calls[i], SCMP_ACT_ALLOW);
    for (size_t i = 0; !fault && i < sizeof failing / sizeof failing[0]; i++)
        if (failing[i].who & who)
            fault = add(filter, &failing[i], SCMP_ACT_ERRNO(EPERM));
    return fault;
}

enum err
calls_enter(enum sandbox_role role)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int fault = filter ? 0 : -ENOMEM;

    if (!fault)
        fault = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                                 SCMP_ACT_KILL_PROCESS);
    if (!fault)
        fault = add_all(filter, role);
    if (!fault)
        fault = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    errno = -fault;
    return fault ? ERR_IO : OK;
}
