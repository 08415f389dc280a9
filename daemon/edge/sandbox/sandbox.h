/*
 * sandbox - each process of sealaned gives up what its work does not need.
 *
 * Holds:      what was given up never comes back, nor for a child process.
 * Trusts:     the kernel to offer what it says; it is asked once, at start.
 * Leaves out: when a process is ready to be confined (edge/daemon,
 *             edge/signer, main.c); which system calls and files each one
 *             keeps (calls.c, places.c).
 * Spec:       docs/man/sealaned.8, SANDBOX
 */
#ifndef EDGE_SANDBOX_SANDBOX_H
#define EDGE_SANDBOX_SANDBOX_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_TEXT_MAX 512

/* Landlock 4 knows TCP ports, 6 signals; 1 to 3 files alone. */
#define SANDBOX_LANDLOCK_PORTS 4
#define SANDBOX_LANDLOCK_SIGNALS 6

/* The supervisor keeps whatever its children need until they are ready. */
enum sandbox_role {
    SANDBOX_SUPERVISOR,
    SANDBOX_DAEMON,
    SANDBOX_SIGNER,
    SANDBOX_NAMES,
    SANDBOX_INDEX,
    SANDBOX_ROLE_COUNT
};

struct sandbox {
    int landlock;       /* version that is used; 0: none */
    int landlock_fault; /* errno of asking for it, where it is 0 */
    bool calls;         /* system calls are filtered */
    bool sanitizers;    /* left away for the sake of their leak check */
    const char *state;  /* directory */
    const char *socket; /* path of the control socket */
    const char *lists;  /* folder of warninglists; NULL or "": none */
    uint16_t port;      /* where peers may connect; 0: nowhere */
};

/* Ask the kernel what it offers, and fill the first four members. Programs
 * that are built with sanitizers check for leaks when they end, which no
 * sandbox allows: unless it is `required`, they get none. */
void sandbox_probe(struct sandbox *s, bool required);

/* Say in one sentence what is missing, and what would mend it. False when
 * nothing is. */
MUST_USE bool sandbox_missing(const struct sandbox *s,
                              char text[SANDBOX_TEXT_MAX]);

/* Say in one sentence what confines the processes, and what the kernel is
 * too old for. */
void sandbox_summary(const struct sandbox *s, char text[SANDBOX_TEXT_MAX]);

/* Give up core files, debuggers and new privileges: the part that every
 * kernel has. ERR_IO with errno. */
MUST_USE enum err sandbox_harden(void);

/* Harden and confine this process as far as `s` goes, for good. It has
 * opened what it needs by now. ERR_IO: `text` says what the kernel refused;
 * the process may be half confined and should end. */
MUST_USE enum err sandbox_enter(const struct sandbox *s, enum sandbox_role role,
                                char text[SANDBOX_TEXT_MAX]);

/* Look whether what resolving reads can still be read. False when a file was
 * replaced since the process was confined: Landlock knows files, not names,
 * so that a new process must be confined to the new one. */
MUST_USE bool sandbox_names_current(void);

#endif
