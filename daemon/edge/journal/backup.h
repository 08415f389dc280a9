/*
 * backup - the segments of an open journal as parts of a copy.
 *
 * Holds:      the parts end at the last turn that is on disk: what is appended
 *             meanwhile belongs to the next copy.
 * Leaves out: the other files of a node (edge/daemon/copies.h), the copy
 *             itself (cli/backup.c).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef EDGE_JOURNAL_BACKUP_H
#define EDGE_JOURNAL_BACKUP_H

#include "core/ports/backup.h"
#include "edge/journal/journal.h"

/* Names of parts begin with the folder that they go to. */
#define JOURNAL_FOLDER "journal"

/* Give the port; to be called between turns alone. */
void journal_backup(struct journal *j, struct backup *out);

#endif
