/*
 * The calls that look at files and their names, list folders, or draw random
 * bytes.
 */
#include "made.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int __wrap_close(int fd);

/* ---- looking ---- */

static int
look(struct file *f, struct stat *out)
{
    struct made m = call_begin(CALL_LOOK, f);

    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (!f)
        return (int)call_end(&m, -1, ENOENT);
    memset(out, 0, sizeof *out);
    out->st_mode = file_is_folder(f) ? S_IFDIR | 0700 : S_IFREG | 0600;
    out->st_size = (off_t)file_size(f);
    out->st_ino = (ino_t)file_number(f);
    out->st_nlink = 1;
    return (int)call_end(&m, 0, 0);
}

static int
look_room(const struct file *f, struct statvfs *out)
{
    struct made m = call_begin(CALL_LOOK, f);

    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    memset(out, 0, sizeof *out);
    out->f_frsize = out->f_bsize = 1;
    out->f_blocks = UINT64_MAX;
    out->f_bavail = out->f_bfree = disk_room_left(m.process->disk);
    return (int)call_end(&m, 0, 0);
}

int __real_fstatvfs(int fd, struct statvfs *out);
int __wrap_fstatvfs(int fd, struct statvfs *out);
int
__wrap_fstatvfs(int fd, struct statvfs *out)
{
    if (!process_now)
        return __real_fstatvfs(fd, out);
    return look_room(file_of(fd)->file, out);
}

int __real_statvfs(const char *path, struct statvfs *out);
int __wrap_statvfs(const char *path, struct statvfs *out);
int
__wrap_statvfs(const char *path, struct statvfs *out)
{
    if (!process_now)
        return __real_statvfs(path, out);
    return look_room(file_find(process_now, NULL, path), out);
}

int __real_fstat(int fd, struct stat *out);
int __wrap_fstat(int fd, struct stat *out);
int
__wrap_fstat(int fd, struct stat *out)
{
    if (!process_now)
        return __real_fstat(fd, out);
    return look(file_of(fd)->file, out);
}

int __real_fstatat(int folder, const char *path, struct stat *out, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *out, int flags);
int
__wrap_fstatat(int folder, const char *path, struct stat *out, int flags)
{
    if (!process_now)
        return __real_fstatat(folder, path, out, flags);
    return look(file_find(process_now, folder_of(folder), path), out);
}

int __real_stat(const char *path, struct stat *out);
int __wrap_stat(const char *path, struct stat *out);
int
__wrap_stat(const char *path, struct stat *out)
{
    if (!process_now)
        return __real_stat(path, out);
    return look(file_find(process_now, NULL, path), out);
}

/* ---- names ---- */

int __real_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_mkdirat(int folder, const char *path, mode_t mode);
int
__wrap_mkdirat(int folder, const char *path, mode_t mode)
{
    if (!process_now)
        return __real_mkdirat(folder, path, mode);
    struct file *from = folder_of(folder);
    struct made m = call_begin(CALL_MAKE_FOLDER, from);
    const char *last = NULL;
    struct file *at = folder_walk(m.process, from, path, &last);
    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (!at)
        return (int)call_end(&m, -1, ENOENT);
    if (folder_find(at, last))
        return (int)call_end(&m, -1, EEXIST);
    m.file = folder_make(at, last, true);
    return (int)call_end(&m, 0, 0);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int
__wrap_mkdir(const char *path, mode_t mode)
{
    if (!process_now)
        return __real_mkdir(path, mode);
    return __wrap_mkdirat(AT_FDCWD, path, mode);
}

int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_unlinkat(int folder, const char *path, int flags);
int
__wrap_unlinkat(int folder, const char *path, int flags)
{
    if (!process_now)
        return __real_unlinkat(folder, path, flags);
    struct file *from = folder_of(folder);
    struct made m = call_begin(CALL_REMOVE, from);
    const char *last = NULL;
    struct file *at = folder_walk(m.process, from, path, &last);
    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (!at || !folder_find(at, last))
        return (int)call_end(&m, -1, ENOENT);
    m.file = folder_find(at, last);
    folder_remove(at, last);
    return (int)call_end(&m, 0, 0);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int
__wrap_unlink(const char *path)
{
    if (!process_now)
        return __real_unlink(path);
    return __wrap_unlinkat(AT_FDCWD, path, 0);
}

int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
    if (!process_now)
        return __real_renameat(from, old, to, new);
    struct file *start = folder_of(from), *end = folder_of(to);
    struct made m = call_begin(CALL_RENAME, start);
    const char *first = NULL, *last = NULL;
    struct file *at = folder_walk(m.process, start, old, &first);
    struct file *into = folder_walk(m.process, end, new, &last);
    assert(at == into && "a rename between folders");
    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (!at || !folder_find(at, first))
        return (int)call_end(&m, -1, ENOENT);
    m.file = folder_find(at, first);
    folder_rename(at, first, last);
    return (int)call_end(&m, 0, 0);
}

int __real_rename(const char *old, const char *new);
int __wrap_rename(const char *old, const char *new);
int
__wrap_rename(const char *old, const char *new)
{
    if (!process_now)
        return __real_rename(old, new);
    return __wrap_renameat(AT_FDCWD, old, AT_FDCWD, new);
}

/* ---- lists of names, and random bytes ---- */

/* What a DIR is here. */
struct listing {
    int fd;
    size_t at;
    struct dirent entry;
};

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *
__wrap_fdopendir(int fd)
{
    if (!process_now)
        return __real_fdopendir(fd);
    struct made m = call_begin(CALL_LIST, file_of(fd)->file);
    struct listing *l = NULL;
    if (call_end(&m, call_fails(&m) ? -1 : 0, EIO) == 0)
        l = calloc(1, sizeof *l);
    if (l)
        l->fd = fd;
    return (DIR *)l;
}

struct dirent *__real_readdir(DIR *folder);
struct dirent *__wrap_readdir(DIR *folder);
struct dirent *
__wrap_readdir(DIR *folder)
{
    if (!process_now)
        return __real_readdir(folder);
    struct listing *l = (struct listing *)folder;
    struct file *f = file_of(l->fd)->file;
    struct made m = call_begin(CALL_LIST, f);
    const char *name = folder_name(f, l->at);
    if (call_end(&m, call_fails(&m) ? -1 : 0, EIO) || !name)
        return NULL;
    memcpy(l->entry.d_name, name, strlen(name) + 1);
    l->at++;
    return &l->entry;
}

int __real_closedir(DIR *folder);
int __wrap_closedir(DIR *folder);
int
__wrap_closedir(DIR *folder)
{
    if (!process_now)
        return __real_closedir(folder);
    struct listing *l = (struct listing *)folder;
    int result = __wrap_close(l->fd);
    free(l);
    return result;
}

ssize_t __real_getrandom(void *out, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags);
ssize_t
__wrap_getrandom(void *out, size_t size, unsigned flags)
{
    if (!process_now)
        return __real_getrandom(out, size, flags);
    struct made m = call_begin(CALL_RANDOM, NULL);
    uint8_t *bytes = out;
    if (call_fails(&m))
        return call_end(&m, -1, EIO);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)disk_dice(m.process->disk, 256);
    return call_end(&m, (long)size, 0);
}
