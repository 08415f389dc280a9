/*
 * copies - what a backup of this node is made of: the journal, and the small
 *          files that a restored node needs, as they were at the start.
 *
 * Holds:      no private key is ever read for it, and nothing of the signer's.
 * Leaves out: the journal's own parts (edge/journal/backup.h).
 * Spec:       docs/OPERATIONS.md, Back up
 */
#ifndef EDGE_DAEMON_COPIES_H
#define EDGE_DAEMON_COPIES_H

#include "core/base/buf.h"
#include "core/ports/backup.h"
#include "edge/turn/settings.h"

#define COPIES_FILES 3

struct copies {
    struct buf files[COPIES_FILES];
    struct backup journal;
};

/* Read the small files; what is wrong is said. The process is confined
 * afterwards and could not. ERR_IO, ERR_LIMIT. */
MUST_USE enum err copies_read(struct copies *c, const struct settings *s);
void copies_clear(struct copies *c);

/* Give the port over these files and `journal`; `c` outlives it. */
void copies_port(struct copies *c, const struct backup *journal,
                 struct backup *out);

#endif
