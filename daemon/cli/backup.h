/*
 * backup - a backup directory, as both of its commands see it.
 *
 * Holds:      a directory that was once complete stays so: what is new is
 *             written beside it and takes its place at the end, and a run that
 *             was cut off there is ended by the next.
 * Leaves out: the text file in it (manifest.h), its files (copy.h).
 * Spec:       docs/OPERATIONS.md, Back up
 */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "cli/manifest.h"
#include "edge/journal/journal.h"

/* Put what a complete BACKUP.new names into its place, and remove what it does
 * not name. Does nothing where there is none. False after saying why. */
MUST_USE bool backup_settle(int folder);

/* Open the journal of a backup directory and read all of it; `how` says who
 * gets its facts. False after saying what is wrong. */
MUST_USE bool backup_open_journal(const char *path,
                                  const struct journal_opening *how,
                                  struct journal **out);

#endif
