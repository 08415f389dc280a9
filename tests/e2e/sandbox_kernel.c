/*
 * sandbox_kernel - runs a program as if on a kernel that offers less.
 *
 * Usage: sandbox_kernel LANDLOCK CALLS PROGRAM [WORD...]
 *   LANDLOCK  version that the kernel seems to have; 0 none, `off` switched
 *             off, `same` as it is
 *   CALLS     `yes`, or `no` for a kernel that filters no system calls
 *
 * PROGRAM keeps this process's id. A second process answers its questions
 * for the version, and ends when the last process that asks has ended.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr head;
};

static void
need(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(EXIT_FAILURE);
}

static int
hand_over(int to, int fd)
{
    union control c = {{0}};
    char byte = 0;
    struct iovec io = {&byte, 1};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = c.bytes,
                       .msg_controllen = sizeof c.bytes};

    c.head.cmsg_level = SOL_SOCKET;
    c.head.cmsg_type = SCM_RIGHTS;
    c.head.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&c.head), &fd, sizeof fd);
    return sendmsg(to, &m, 0) == 1;
}

static int
take_over(int from)
{
    union control c = {{0}};
    char byte;
    struct iovec io = {&byte, 1};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = c.bytes,
                       .msg_controllen = sizeof c.bytes};
    int fd = -1;

    if (recvmsg(from, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

/* Answer every question with the version, until nobody can ask. */
static void
answer(int fd, int version)
{
    struct seccomp_notif *question;
    struct seccomp_notif_resp *reply;
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    need(seccomp_notify_alloc(&question, &reply) == 0, "notify");
    while (poll(&wait, 1, -1) == 1 && !(wait.revents & (POLLHUP | POLLERR))) {
        memset(question, 0, sizeof *question);
        if (seccomp_notify_receive(fd, question) != 0)
            continue;
        memset(reply, 0, sizeof *reply);
        reply->id = question->id;
        reply->val = version;
        (void)seccomp_notify_respond(fd, reply);
    }
    seccomp_notify_free(question, reply);
}

static void
serve(int from, int version)
{
    int fd;

    if (fork() != 0)
        _exit(0);
    (void)setsid();
    fd = take_over(from);
    if (fd >= 0)
        answer(fd, version);
    _exit(0);
}

static scmp_filter_ctx
filter_make(const char *landlock, const char *calls)
{
    const struct scmp_arg_cmp ask =
        SCMP_A2(SCMP_CMP_EQ, LANDLOCK_CREATE_RULESET_VERSION, 0);
    const struct scmp_arg_cmp avail =
        SCMP_A0(SCMP_CMP_EQ, SECCOMP_GET_ACTION_AVAIL, 0);
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    int number = SCMP_SYS(landlock_create_ruleset), fault = 0;

    need(f != NULL, "filter");
    if (strcmp(landlock, "0") == 0)
        fault = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), number, 0);
    else if (strcmp(landlock, "off") == 0)
        fault = seccomp_rule_add(f, SCMP_ACT_ERRNO(EOPNOTSUPP), number, 0);
    else if (strcmp(landlock, "same") != 0)
        fault = seccomp_rule_add(f, SCMP_ACT_NOTIFY, number, 1, ask);
    if (!fault && strcmp(calls, "no") == 0)
        fault = seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp),
                                 1, avail);
    need(fault == 0, "rule");
    return f;
}

int
main(int argc, char **argv)
{
    int pair[2], version;
    scmp_filter_ctx f;
    pid_t pid;

    if (argc < 4) {
        fprintf(stderr, "usage: sandbox_kernel LANDLOCK CALLS PROGRAM ...\n");
        return 2;
    }
    version = (int)strtol(argv[1], NULL, 10);
    f = filter_make(argv[1], argv[2]);
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
         "socketpair");
    pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        close(pair[0]);
        serve(pair[1], version);
    }
    waitpid(pid, NULL, 0);
    close(pair[1]);
    need(seccomp_load(f) == 0, "load");
    if (version > 0) {
        int fd = seccomp_notify_fd(f);
        need(hand_over(pair[0], fd), "listener");
        close(fd);
    }
    execv(argv[3], argv + 3);
    perror(argv[3]);
    return EXIT_FAILURE;
}
