/*
 * calls - the system calls that a process keeps, as a seccomp filter.
 *
 * Holds:      any other call kills the process (SIGSYS), but for a few that
 *             libraries can do without: those fail.
 * Leaves out: paths and ports (places.h).
 * Spec:       docs/man/sealaned.8, SANDBOX
 */
#ifndef EDGE_SANDBOX_CALLS_H
#define EDGE_SANDBOX_CALLS_H

#include "edge/sandbox/sandbox.h"

/* Whether this program is built with a sanitizer that reports by calls of
 * its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZERS 1
#endif
#endif
#ifndef SANDBOX_SANITIZERS
#define SANDBOX_SANITIZERS 0
#endif

/* Tell whether the kernel filters system calls and kills by it. */
bool calls_offered(void);

/* Confine this process. ERR_IO with errno. */
MUST_USE enum err calls_enter(enum sandbox_role role);

#endif
