/*
 * local - asks a journal that no daemon has open, as if one had: a process of
 *         our own answers the questions that change nothing.
 *
 * Holds:      the journal is only read; the process ends with its link.
 * Trusts:     nothing of the journal: all of it is checked as it is read.
 * Leaves out: questions to a daemon (link.h).
 */
#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

#include "core/base/err.h"
#include "edge/control/client.h"

struct local;

/* Read the journal of a backup directory. False after saying what is wrong. */
MUST_USE bool local_open(const char *path, struct local **out);
void local_close(struct local *l);

/* Link to a process that answers from it. NULL after saying why not. */
struct daemon *local_link(struct local *l);

#endif
