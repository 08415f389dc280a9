/*
 * folder - a folder of its own for a test, in the build tree.
 */
#ifndef UNIT_EDGE_JOURNAL_FOLDER_H
#define UNIT_EDGE_JOURNAL_FOLDER_H

#include "core/base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[128];
};

static inline struct folder
folder_new(void)
{
    struct folder f;

    snprintf(f.path, sizeof f.path, "%s/journal-XXXXXX", BINARY_DIR);
    assert_non_null(mkdtemp(f.path));
    return f;
}

static inline void
folder_empty(const struct folder *f)
{
    DIR *folder = opendir(f->path);
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
    closedir(folder);
}

static inline void
folder_remove(const struct folder *f)
{
    folder_empty(f);
    assert_int_equal(rmdir(f->path), 0);
}

static inline size_t
folder_count(const struct folder *f)
{
    DIR *folder = opendir(f->path);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static inline void
folder_file(const struct folder *f, const char *name, char *out, size_t size)
{
    assert_true(snprintf(out, size, "%s/%s", f->path, name) < (int)size);
}

/* Read a whole file; false if there is none. */
static inline bool
folder_get(const struct folder *f, const char *name, struct buf *out)
{
    char path[256];
    struct stat info;

    folder_file(f, name, path, sizeof path);
    buf_reset(out);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    assert_int_equal(fstat(fd, &info), 0);
    size_t size = (size_t)info.st_size;
    assert_int_equal(read(fd, buf_extend(out, size), size), size);
    close(fd);
    return true;
}

static inline void
folder_put(const struct folder *f, const char *name, struct slice bytes)
{
    char path[256];

    folder_file(f, name, path, sizeof path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.size), bytes.size);
    close(fd);
}

#endif
