/*
 * chosen - the messages that a search finds, as the daemon has them.
 *
 * Holds:      each once, the oldest first; what is red goes to readers with
 *             the right alone, by the index and by the daemon.
 * Trusts:     nothing of the answers.
 * Leaves out: what is searched for (asked.h), what becomes of them (export.c).
 */
#ifndef CLI_CHOSEN_H
#define CLI_CHOSEN_H

#include "cli/asked.h"
#include "cli/wanted.h"

/* Ask the index, then the daemon, and hand every entry that is wanted over,
 * which is lent for the call. False after saying what is wrong. */
MUST_USE bool chosen_each(const struct asked *asked, struct wanted *w,
                          void (*take)(void *context, const struct entry *e),
                          void *context);

#endif
