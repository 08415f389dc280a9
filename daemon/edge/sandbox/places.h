/*
 * places - the files and ports that a process keeps, as Landlock rules.
 *
 * Holds:      what is not in the table is refused: files by EACCES, TCP
 *             ports by EACCES, signals to others by EPERM.
 * Leaves out: UDP, which Landlock does not know (calls.c forbids it to all
 *             but the resolver).
 * Spec:       docs/man/sealaned.8, SANDBOX
 */
#ifndef EDGE_SANDBOX_PLACES_H
#define EDGE_SANDBOX_PLACES_H

#include "edge/sandbox/sandbox.h"

/* Give the version of Landlock that the kernel offers, or 0 with errno. */
int places_version(void);

/* Confine this process, which can gain no privileges any more. ERR_IO with
 * errno. */
MUST_USE enum err places_enter(const struct sandbox *s, enum sandbox_role role);

#endif
