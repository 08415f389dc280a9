/*
 * files - whole small files of the user, read and written.
 *
 * Leaves out: files of any size (source.h), a running daemon's files: those
 *             are never opened.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "core/base/buf.h"

/* Read a file, "-" for standard input, of at most `max` bytes; false after
 * saying what is wrong. */
MUST_USE bool file_read(const char *path, size_t max, struct buf *out);

/* Write a new file that others cannot read, "-" for standard output; false
 * after saying what is wrong. One that is there is never overwritten. */
MUST_USE bool file_write(const char *path, struct slice bytes);

/* Write all bytes to an open file; false with errno. */
MUST_USE bool file_put(int fd, struct slice bytes);

#endif
