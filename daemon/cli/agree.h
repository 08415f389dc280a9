/*
 * agree - has a person, or an option, say how many it is about.
 */
#ifndef CLI_AGREE_H
#define CLI_AGREE_H

#include "cli/commands.h"

/* Print `question`, unless --count was given, and read the number; false after
 * saying that it is another one and that nothing is `done`. */
MUST_USE bool agree_count(const struct run *run, const char *question,
                          uint64_t total, const char *done);

#endif
