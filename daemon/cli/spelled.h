/*
 * spelled - parts of a command that a person copies into a shell.
 *
 * Holds:      a shell (bash, ksh, zsh) reads what was meant; nothing steers the
 *             terminal.
 * Leaves out: which command it is (shrunk.c, release.c), texts that nobody
 *             copies (text.h).
 */
#ifndef CLI_SPELLED_H
#define CLI_SPELLED_H

#include "cli/options.h"
#include "core/base/buf.h"

/* Write a space and a word, quoted as the shell reads it. */
void spelled_word(struct buf *out, const char *word);

/* Write each use of an option, with a space in front; the name must stand in
 * the command's tables. */
void spelled_option(struct buf *out, const struct options *o, const char *name);

#endif
