/*
 * files - what the daemon reads and makes in the state directory at start.
 *
 * Spec:       docs/man/sealaned.8, FILES
 */
#ifndef EDGE_DAEMON_FILES_H
#define EDGE_DAEMON_FILES_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "edge/turn/settings.h"

#define FILES_PATH_MAX (SETTINGS_PATH_MAX + 64)

/* Make the path of `name` below the state directory. */
void files_path(const struct settings *s, const char *name,
                char out[FILES_PATH_MAX]);

/* Take the lock of the state directory for as long as the process and its
 * children live, and look whether the directory is fit. What is wrong is
 * said; ERR_EXISTS: another sealaned runs there; ERR_IO. */
MUST_USE enum err files_lock(const struct settings *s);

/* Append a file of the state directory of at most `most` bytes. What is
 * wrong is said. ERR_IO, ERR_LIMIT. */
MUST_USE enum err files_read(const struct settings *s, const char *name,
                             size_t most, struct buf *out);

/* The same for a file anywhere. */
MUST_USE enum err files_read_at(const char *path, size_t most, struct buf *out);

/* Give what the messages of one peer or user may take of the disk that the
 * state directory is on where the settings do not say; 0, no bound, where it
 * does not tell its size. */
uint64_t files_disk_share(const struct settings *s);

/* Begin a capture file with mode 0600; its descriptor, or -1 after saying
 * why. */
int files_capture(const struct settings *s);

#endif
