/*
 * shrunk - says what a submitted file has no longer, and how to withdraw it.
 *
 * Leaves out: finding it (vanished.h), withdrawing it (withdraw.c).
 */
#ifndef CLI_SHRUNK_H
#define CLI_SHRUNK_H

#include "cli/submit.h"

/* Say it for each team. Nothing is said where a part of the file could not be
 * read, or the index does not answer. */
void shrunk_tell(struct submit *s);

#endif
