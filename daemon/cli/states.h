/*
 * states - what --state means: a state of messages, or the state directory.
 *
 * Holds:      of a command that knows states of messages each --state is one
 *             of these, or a directory that says where the daemon is; a word
 *             that is neither leaves nothing out unseen.
 * Leaves out: which messages are in a state (asked.h, wanted.h).
 * Spec:       docs/man/sealane.1, search, list, export
 */
#ifndef CLI_STATES_H
#define CLI_STATES_H

#include "cli/commands.h"

/* Tell whether a word is a state of messages to this command: as the daemon
 * tells it, or the index, or either. */
bool states_have(const struct run *run, const char *word);

/* Check every --state of a command that knows states of messages; false after
 * saying which is wrong, and what is known. */
MUST_USE bool states_check(const struct run *run);

#endif
