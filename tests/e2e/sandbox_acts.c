#include "sandbox_acts.h"

#include "edge/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define D (1u << SANDBOX_DAEMON)
#define S (1u << SANDBOX_SIGNER)
#define N (1u << SANDBOX_NAMES)
#define I (1u << SANDBOX_INDEX)
#define V (1u << SANDBOX_SUPERVISOR)
#define CHILDREN (D | S | N | I)
#define ALL (D | S | N | I | V)

struct acts_world acts_world;

/* ---- files ---- */

const char *
acts_below_state(const char *name)
{
    static char path[ACTS_PATH_BYTES];

    snprintf(path, sizeof path, "%s/%s", acts_world.state, name);
    return path;
}

static long
open_state(long flags, const char *name)
{
    return openat(AT_FDCWD, acts_below_state(name), (int)flags | O_CLOEXEC,
                  0600);
}

static long
open_any(long flags, const char *path)
{
    return openat(AT_FDCWD, path ? path : acts_world.beside,
                  (int)flags | O_CLOEXEC);
}

static long
remove_file(long flags, const char *name)
{
    return unlinkat(AT_FDCWD, acts_below_state(name), (int)flags);
}

static long
steal_file(long unused, const char *name)
{
    char from[ACTS_PATH_BYTES];

    (void)unused;
    snprintf(from, sizeof from, "%s", acts_below_state(name));
    return renameat(AT_FDCWD, from, AT_FDCWD,
                    acts_below_state("journal/stolen"));
}

static long
make_folder(long unused, const char *name)
{
    (void)unused;
    return mkdirat(AT_FDCWD, acts_below_state(name), 0700);
}

static long
make_link(long unused, const char *name)
{
    (void)unused;
    return symlinkat("/etc", AT_FDCWD, acts_below_state(name));
}

/* ---- processes and memory ---- */

static long
run_program(long unused, const char *path)
{
    char *words[] = {(char *)(uintptr_t)path, NULL}, *none[] = {NULL};

    (void)unused;
    return execve(path, words, none);
}

/* The copy leaves at once, so that the try is the original's alone. */
static long
copy_itself(long flags, const char *unused)
{
    long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

    (void)unused;
    if (pid == 0)
        _exit(0);
    return pid;
}

static long
trace_parent(long unused, const char *unused_too)
{
    (void)unused;
    (void)unused_too;
    return ptrace(PTRACE_SEIZE, acts_world.parent, NULL, NULL);
}

static long
read_parent(long unused, const char *unused_too)
{
    long word = 0;
    struct iovec to = {&word, sizeof word};
    struct iovec from = {&acts_world.parents_word, sizeof word};

    (void)unused;
    (void)unused_too;
    return process_vm_readv(acts_world.parent, &to, 1, &from, 1, 0);
}

static long
signal_parent(long number, const char *unused)
{
    (void)unused;
    return kill(acts_world.parent, (int)number);
}

static long
map_memory(long protection, const char *unused)
{
    (void)unused;
    return mmap(NULL, 4096, (int)protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? -1
               : 0;
}

static long
make_executable(long protection, const char *unused)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)unused;
    return mprotect(page, 4096, (int)protection);
}

static long
fail_assertion(long number, const char *unused)
{
    (void)unused;
    assert(number == 1);
    return 0;
}

static long
set_process(long option, const char *unused)
{
    (void)unused;
    return prctl((int)option, 1, 0, 0, 0);
}

/* ---- network ---- */

static long
make_socket(long family, const char *type)
{
    return socket((int)family,
                  *type == 's'   ? SOCK_STREAM
                  : *type == 'd' ? SOCK_DGRAM
                                 : SOCK_RAW,
                  0);
}

static long
tcp(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long
dial_other(long unused, const char *unused_too)
{
    long fd = tcp();

    (void)unused;
    (void)unused_too;
    return fd < 0 ? fd
                  : connect((int)fd, (const struct sockaddr *)&acts_world.other,
                            sizeof acts_world.other);
}

static long
bind_other(long unused, const char *unused_too)
{
    struct sockaddr_in at = acts_world.listen;
    long fd = tcp();

    (void)unused;
    (void)unused_too;
    at.sin_port = htons((uint16_t)(ntohs(acts_world.other.sin_port) + 1));
    return fd < 0 ? fd : bind((int)fd, (const struct sockaddr *)&at, sizeof at);
}

static long
dial_control(long unused, const char *unused_too)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)unused;
    (void)unused_too;
    snprintf(to.sun_path, sizeof to.sun_path, "%s", acts_world.socket);
    return fd < 0 ? fd : connect(fd, (const struct sockaddr *)&to, sizeof to);
}

static long
make_pair(long type, const char *unused)
{
    int ends[2];

    (void)unused;
    return socketpair(AF_UNIX, (int)type, 0, ends);
}

static long
load_program(long option, const char *unused)
{
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &code};
    long fd = tcp();

    (void)unused;
    return fd < 0 ? fd
                  : setsockopt((int)fd, SOL_SOCKET, (int)option, &program,
                               sizeof program);
}

/* ---- the kernel's other doors ---- */

/* Arguments that are wrong in every place: where the call is let through, the
 * kernel does nothing, whoever asks. */
static long
knock(long number, const char *unused)
{
    (void)unused;
    return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
}

static long
type_ahead(long unused, const char *path)
{
    char letter = ' ';
    int fd = open(path, O_RDWR);

    (void)unused;
    return ioctl(fd < 0 ? 0 : fd, TIOCSTI, &letter);
}

static long
leave(long flags, const char *unused)
{
    (void)unused;
    return unshare((int)flags);
}

#if defined(__x86_64__)
#define X32_BIT 0x40000000L
static long
old_door(long number, const char *unused)
{
    long answer = number;

    (void)unused;
    __asm__ volatile("int $0x80" : "+a"(answer) : : "memory");
    return answer < 0 ? -1 : 0;
}
#endif

#define KNOCK(name, who)                                                       \
    {                                                                          \
#name, who, 0, knock, SYS_##name, NULL                                 \
    }

const struct act acts[] = {
    {"read /etc/passwd", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_any,
     O_RDONLY, "/etc/passwd"},
    {"read a file beside the state", ALL, ACT_PASSES | ACT_BY_FILES, open_any,
     O_RDONLY, NULL},
    {"write a file beside the state", ALL, ACT_PASSES | ACT_BY_FILES, open_any,
     O_WRONLY, NULL},
    {"write /etc/hosts", ALL, ACT_BY_FILES, open_any, O_WRONLY, "/etc/hosts"},
    {"list /", ALL, ACT_PASSES | ACT_BY_FILES, open_any, O_RDONLY | O_DIRECTORY,
     "/"},
    {"list /etc", ALL, ACT_PASSES | ACT_BY_FILES, open_any,
     O_RDONLY | O_DIRECTORY, "/etc"},
    {"write its own memory", ALL, ACT_PASSES | ACT_BY_FILES, open_any, O_RDWR,
     "/proc/self/mem"},
    {"read its environment", ALL, ACT_PASSES | ACT_BY_FILES, open_any, O_RDONLY,
     "/proc/self/environ"},
    {"read session.key", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state,
     O_RDONLY, "signer/session.key"},
    {"read checkpoint.key", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state,
     O_RDONLY, "signer/checkpoint.key"},
    {"read receipt.key", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state,
     O_RDONLY, "signer/receipt.key"},
    {"read tls.key", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state, O_RDONLY,
     "keys/tls.key"},
    {"read root.key", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state, O_RDONLY,
     "root/root.key"},
    {"read stream.secret", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state,
     O_RDONLY, "stream.secret"},
    {"write the settings", CHILDREN, ACT_PASSES | ACT_BY_FILES, open_state,
     O_WRONLY, "sealane.yaml"},
    {"write the signing journal", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     open_state, O_WRONLY, "signer/journal"},
    {"make a file in the state", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     open_state, O_WRONLY | O_CREAT, "new"},
    {"make a file in the signer's folder", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     open_state, O_WRONLY | O_CREAT, "signer/new"},
    {"read the journal", S | N, ACT_PASSES | ACT_BY_FILES, open_state,
     O_RDONLY | O_DIRECTORY, "journal"},
    {"make a segment", S | N, ACT_PASSES | ACT_BY_FILES, open_state,
     O_WRONLY | O_CREAT, "journal/new"},
    {"remove a file of the signer", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     remove_file, 0, "signer/victim"},
    {"move a file of the signer", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     steal_file, 0, "signer/victim"},
    {"remove a folder", ALL, ACT_BY_FILES, remove_file, AT_REMOVEDIR,
     "captures"},
    {"make a folder in the journal", CHILDREN, ACT_PASSES | ACT_BY_FILES,
     make_folder, 0, "journal/folder"},
    {"make a link in the journal", ALL, ACT_PASSES | ACT_BY_FILES, make_link, 0,
     "journal/link"},
    KNOCK(truncate, ALL),
    KNOCK(chmod, ALL),
    KNOCK(fchmod, ALL),
    KNOCK(chown, ALL),
    KNOCK(link, ALL),
    KNOCK(mknodat, ALL),
    KNOCK(setxattr, ALL),
    KNOCK(utimensat, ALL),
    KNOCK(sendfile, ALL),
    KNOCK(copy_file_range, ALL),
    KNOCK(memfd_create, ALL),

    {"start a program", ALL, ACT_PASSES | ACT_BY_FILES, run_program, 0,
     "/bin/true"},
    KNOCK(execveat, ALL),
    {"fork", CHILDREN, ACT_PASSES, copy_itself, SIGCHLD, NULL},
    {"fork as the library does", CHILDREN, ACT_PASSES, copy_itself,
     CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, NULL},
    {"fork into another namespace", ALL, 0, copy_itself,
     CLONE_NEWUSER | SIGCHLD, NULL},
    KNOCK(clone3, ALL),
    {"trace the parent", ALL, ACT_BY_FILES, trace_parent, 0, NULL},
    {"read the parent's memory", ALL, ACT_BY_FILES, read_parent, 0, NULL},
    {"signal the parent", ALL, ACT_PASSES | ACT_BY_FILES, signal_parent, 0,
     NULL},
    KNOCK(pidfd_open, ALL),
    KNOCK(pidfd_getfd, ALL),
    KNOCK(pidfd_send_signal, ALL),
    KNOCK(kcmp, ALL),
    KNOCK(kill, CHILDREN),
    KNOCK(tkill, ALL),
    KNOCK(rt_sigqueueinfo, ALL),
    {"become dumpable", ALL, ACT_PASSES, set_process, PR_SET_DUMPABLE, NULL},
    {"become a reaper", ALL, ACT_PASSES, set_process, PR_SET_CHILD_SUBREAPER,
     NULL},
    {"take another name", CHILDREN, 0, set_process, PR_SET_NAME, NULL},
    {"keep capabilities", ALL, 0, set_process, PR_SET_KEEPCAPS, NULL},
    {"fail an assertion", ALL, ACT_ABORTS, fail_assertion, 0, NULL},
    KNOCK(setuid, ALL),
    KNOCK(setresuid, ALL),
    KNOCK(setgroups, ALL),
    KNOCK(capset, ALL),
    KNOCK(setpriority, ALL),
    KNOCK(sched_setscheduler, ALL),
    KNOCK(personality, ALL),
    KNOCK(prlimit64, CHILDREN),
    {"map what can be written and run", ALL, ACT_PASSES, map_memory,
     PROT_READ | PROT_WRITE | PROT_EXEC, NULL},
    {"map what can be run", CHILDREN, ACT_PASSES, map_memory,
     PROT_READ | PROT_EXEC, NULL},
    {"make memory executable", ALL, ACT_PASSES, make_executable,
     PROT_READ | PROT_EXEC, NULL},
    KNOCK(remap_file_pages, ALL),
    KNOCK(mlockall, ALL),
    KNOCK(process_madvise, ALL),
    KNOCK(userfaultfd, ALL),

    {"a TCP socket", S, ACT_PASSES, make_socket, AF_INET, "stream"},
    {"a TCP socket of IPv6", S, 0, make_socket, AF_INET6, "stream"},
    {"a UDP socket", D | S, ACT_PASSES, make_socket, AF_INET, "datagram"},
    {"a local socket", CHILDREN, ACT_PASSES, make_socket, AF_UNIX, "stream"},
    {"a local datagram socket", ALL, ACT_PASSES, make_socket, AF_UNIX,
     "datagram"},
    {"a netlink socket", ALL, ACT_PASSES, make_socket, AF_NETLINK, "raw"},
    {"a packet socket", ALL, 0, make_socket, AF_PACKET, "raw"},
    {"a raw socket", ALL, 0, make_socket, AF_INET, "raw"},
    {"a socket of the kernel's ciphers", ALL, 0, make_socket, AF_ALG, "stream"},
    {"a socket to the host", ALL, 0, make_socket, AF_VSOCK, "stream"},
    {"a pair of sockets", CHILDREN, ACT_PASSES, make_pair, SOCK_STREAM, NULL},
    {"connect out", S | N, ACT_PASSES, dial_other, 0, NULL},
    {"connect out, by its port alone", N, ACT_PASSES | ACT_BY_FILES, dial_other,
     0, NULL},
    {"connect to the control socket", CHILDREN, ACT_PASSES, dial_control, 0,
     NULL},
    {"listen on another port", ALL, ACT_PASSES | ACT_BY_FILES, bind_other, 0,
     NULL},
    KNOCK(listen, CHILDREN),
    KNOCK(accept4, S | N),
    KNOCK(recvmsg, ALL),
    {"load a program into a socket", D | N | V, 0, load_program,
     SO_ATTACH_FILTER, NULL},

    {"mount", ALL, 0, knock, SYS_mount, NULL},
    KNOCK(umount2, ALL),
    KNOCK(pivot_root, ALL),
    KNOCK(chroot, ALL),
    KNOCK(chdir, ALL),
    KNOCK(open_tree, ALL),
    KNOCK(move_mount, ALL),
    KNOCK(fsopen, ALL),
    {"unshare the user's namespace", ALL, 0, leave, CLONE_NEWUSER, NULL},
    {"unshare the network", ALL, 0, leave, CLONE_NEWNET, NULL},
    KNOCK(setns, ALL),
    KNOCK(keyctl, ALL),
    KNOCK(add_key, ALL),
    KNOCK(request_key, ALL),
    KNOCK(bpf, ALL),
    KNOCK(perf_event_open, ALL),
    KNOCK(io_uring_setup, ALL),
    KNOCK(io_setup, ALL),
    KNOCK(init_module, ALL),
    KNOCK(finit_module, ALL),
    KNOCK(delete_module, ALL),
    KNOCK(kexec_load, ALL),
    KNOCK(reboot, ALL),
    KNOCK(swapon, ALL),
    KNOCK(acct, ALL),
    KNOCK(quotactl, ALL),
    KNOCK(syslog, ALL),
    KNOCK(sethostname, ALL),
    KNOCK(settimeofday, ALL),
    KNOCK(clock_settime, ALL),
    KNOCK(adjtimex, ALL),
    KNOCK(name_to_handle_at, ALL),
    KNOCK(open_by_handle_at, ALL),
    KNOCK(openat2, ALL),
    KNOCK(fanotify_init, ALL),
    KNOCK(inotify_init1, ALL),
    KNOCK(shmat, ALL),
    KNOCK(msgrcv, ALL),
    KNOCK(semop, ALL),
    KNOCK(mq_open, ALL),
    KNOCK(timer_create, ALL),
    KNOCK(splice, ALL),
    KNOCK(vmsplice, ALL),
    KNOCK(seccomp, CHILDREN),
    KNOCK(landlock_create_ruleset, CHILDREN),
    KNOCK(mbind, ALL),
    KNOCK(move_pages, ALL),
    {"type into a terminal", ALL, 0, type_ahead, 0, "/dev/tty"},
#if defined(__x86_64__)
    KNOCK(iopl, ALL),
    KNOCK(modify_ldt, ALL),
    {"a call of 32 bits", ALL, 0, old_door, 20, NULL},
    {"a call of x32", ALL, 0, knock, X32_BIT | SYS_getpid, NULL},
#endif
};

const size_t act_count = sizeof acts / sizeof acts[0];
