/*
 * sandbox_try - confines itself as a process of sealaned does, and then tries
 *               what none of them ever does.
 *
 * Usage: sandbox_try LAYERS STATE SOCKET LISTEN OTHER BESIDE
 *   LAYERS  none, files (Landlock alone) or whole
 *   STATE   state directory, of which `signer` gets a file `victim`
 *   SOCKET  control socket, on which somebody listens
 *   LISTEN  port at which the daemon listens
 *   OTHER   another port of loopback, on which somebody listens
 *   BESIDE  a file outside of everything
 *
 * Every try is made in a process of its own. A line for each says
 * `PROCESS<tab>FLAGS<tab>OUTCOME<tab>TRY`. Flags: p it gets through where
 * nothing confines, f Landlock alone refuses it, a it aborts anyway. Outcome:
 * `through`, `killed` (SIGSYS), `signal N`, or the name of an errno.
 */
#include "sandbox_acts.h"

#include "edge/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_BROKEN 250

static const char *const roles[SANDBOX_ROLE_COUNT] = {
    "supervisor", "daemon", "signer", "names", "index"};

static void
prepare(void)
{
    int fd;

    fd = open(acts_below_state("signer/victim"), O_WRONLY | O_CREAT, 0600);
    if (fd >= 0)
        close(fd);
    (void)unlink(acts_below_state("new"));
    (void)unlink(acts_below_state("signer/new"));
    (void)unlink(acts_below_state("journal/new"));
    (void)unlink(acts_below_state("journal/link"));
    (void)unlink(acts_below_state("journal/stolen"));
    (void)rmdir(acts_below_state("journal/folder"));
    (void)mkdir(acts_below_state("captures"), 0700);
}

static int
try_here(const struct sandbox *box, enum sandbox_role role, const struct act *a)
{
    char text[SANDBOX_TEXT_MAX];

    prepare();
    if (box && sandbox_enter(box, role, text) != OK) {
        fprintf(stderr, "sandbox_try: %s\n", text);
        return STATUS_BROKEN;
    }
    errno = 0;
    return a->run(a->number, a->path) == -1 ? errno : 0;
}

static void
outcome_print(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        printf("killed");
    else if (WIFSIGNALED(status))
        printf("signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 0)
        printf("through");
    else if (WEXITSTATUS(status) == STATUS_BROKEN)
        printf("broken");
    else
        printf("%s", strerrorname_np(WEXITSTATUS(status)));
}

static void
try_once(const struct sandbox *box, enum sandbox_role role, const struct act *a)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        _exit(try_here(box, role, a));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        exit(EXIT_FAILURE);
    printf("%s\t%s%s%s\t", roles[role], a->flags & ACT_PASSES ? "p" : "",
           a->flags & ACT_BY_FILES ? "f" : "",
           a->flags & ACT_ABORTS ? "a" : "");
    outcome_print(status);
    printf("\t%s\n", a->name);
}

static void
address_set(struct sockaddr_in *a, const char *port)
{
    a->sin_family = AF_INET;
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a->sin_port = htons((uint16_t)strtoul(port, NULL, 10));
}

int
main(int argc, char **argv)
{
    struct sandbox box = {0};
    bool bare, whole;

    if (argc != 7) {
        fprintf(stderr, "usage: sandbox_try LAYERS STATE SOCKET LISTEN OTHER "
                        "BESIDE\n");
        return 2;
    }
    bare = strcmp(argv[1], "none") == 0;
    whole = strcmp(argv[1], "whole") == 0;
    acts_world.state = box.state = argv[2];
    acts_world.socket = box.socket = argv[3];
    address_set(&acts_world.listen, argv[4]);
    address_set(&acts_world.other, argv[5]);
    acts_world.beside = argv[6];
    acts_world.parent = getpid();
    box.port = ntohs(acts_world.listen.sin_port);
    sandbox_probe(&box, true);
    box.calls = box.calls && whole;
    fprintf(stderr, "landlock %d, calls %d\n", box.landlock, box.calls);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
        for (size_t i = 0; i < act_count; i++)
            if (acts[i].who & (1u << r))
                try_once(bare ? NULL : &box, (enum sandbox_role)r, &acts[i]);
    return 0;
}
