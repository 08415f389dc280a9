#include "made.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inside a process there is nothing but its disk. */
static struct open_file *
file_of(int fd)
{
    int i = fd - PROCESS_FD_FIRST;

    assert(i >= 0 && i < PROCESS_FILES_MAX && "not a file of the disk");
    assert(process_now->files[i].file && "a file that is closed");
    return &process_now->files[i];
}

static int
fd_new(struct process *p, struct file *f, int flags)
{
    for (int i = 0; i < PROCESS_FILES_MAX; i++) {
        if (p->files[i].file)
            continue;
        p->files[i] = (struct open_file){.file = f, .flags = flags};
        return PROCESS_FD_FIRST + i;
    }
    return -EMFILE;
}

/* Give the folder of a path, and its last part; NULL: there is no such. */
static struct file *
walk(struct process *p, struct file *from, const char *path, const char **last)
{
    char part[DISK_NAME_MAX];
    struct file *at = from;

    if (*path == '/') {
        assert(strncmp(path, CALLS_ROOT, strlen(CALLS_ROOT)) == 0 &&
               "not a path of the disk");
        path += strlen(CALLS_ROOT);
        at = disk_root(p->disk);
    }
    for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
        size_t size = (size_t)(slash - path);
        assert(size < sizeof part);
        memcpy(part, path, size);
        part[size] = 0;
        at = folder_find(at, part);
        if (!at)
            return NULL;
    }
    *last = path;
    return at;
}

static struct file *
find(struct process *p, struct file *from, const char *path)
{
    const char *last = NULL;
    struct file *folder = walk(p, from, path, &last);

    return folder ? folder_find(folder, last) : NULL;
}

/* ---- opening and closing ---- */

static int
open_in(struct process *p, struct file *from, const char *path, int flags)
{
    const char *last = NULL;
    struct file *folder = walk(p, from, path, &last);
    struct file *f = folder ? find(p, from, path) : NULL;

    if (!folder || (!f && !(flags & O_CREAT)))
        return -ENOENT;
    if (f && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (f && flags & O_DIRECTORY && !file_is_folder(f))
        return -ENOTDIR;
    if (!f)
        f = folder_make(folder, last, false);
    if (flags & O_TRUNC)
        file_resize(f, 0);
    return fd_new(p, f, flags);
}

static int
open_call(struct file *from, const char *path, int flags)
{
    struct made m = call_begin(CALL_OPEN, from);
    int fd = call_fails(&m) ? -EIO : open_in(m.process, from, path, flags);

    if (fd >= 0)
        m.file = m.process->files[fd - PROCESS_FD_FIRST].file;
    return (int)call_end(&m, fd < 0 ? -1 : fd, fd < 0 ? -fd : 0);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
    va_list rest;

    va_start(rest, flags);
    unsigned mode = flags & O_CREAT ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    if (!process_now)
        return __real_open(path, flags, mode);
    return open_call(NULL, path, flags);
}

static struct file *
folder_of(int folder)
{
    return folder == AT_FDCWD ? NULL : file_of(folder)->file;
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int
__wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list rest;

    va_start(rest, flags);
    unsigned mode = flags & O_CREAT ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    if (!process_now)
        return __real_openat(folder, path, flags, mode);
    return open_call(folder_of(folder), path, flags);
}

int __wrap___openat_2(int folder, const char *path, int flags);
int
__wrap___openat_2(int folder, const char *path, int flags)
{
    return __wrap_openat(folder, path, flags);
}

int __wrap___open_2(const char *path, int flags);
int
__wrap___open_2(const char *path, int flags)
{
    return __wrap_open(path, flags);
}

/* The kernel lets go of a descriptor and its lock whatever close says. */
int __real_close(int fd);
int __wrap_close(int fd);
int
__wrap_close(int fd)
{
    if (!process_now)
        return __real_close(fd);
    struct open_file *o = file_of(fd);
    struct made m = call_begin(CALL_CLOSE, o->file);
    if (file_locked(o->file) == o)
        file_lock(o->file, NULL);
    o->file = NULL;
    return (int)call_end(&m, 0, 0);
}

int __real_flock(int fd, int what);
int __wrap_flock(int fd, int what);
int
__wrap_flock(int fd, int what)
{
    if (!process_now)
        return __real_flock(fd, what);
    struct open_file *o = file_of(fd);
    struct file *f = o->file;
    struct made m = call_begin(CALL_LOCK, f);
    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (file_locked(f) && file_locked(f) != o)
        return (int)call_end(&m, -1, EWOULDBLOCK);
    file_lock(f, what & LOCK_UN ? NULL : o);
    return (int)call_end(&m, 0, 0);
}

/* ---- reading and writing ---- */

ssize_t __real_pread(int fd, void *out, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *out, size_t size, off_t at);
ssize_t
__wrap_pread(int fd, void *out, size_t size, off_t at)
{
    if (!process_now)
        return __real_pread(fd, out, size, at);
    struct file *f = file_of(fd)->file;
    struct made m = call_begin(CALL_READ, f);
    if (m.strike == STRIKE_INTERRUPT)
        return call_end(&m, -1, EINTR);
    if (call_fails(&m) || file_is_rotten(f, (uint64_t)at, size))
        return call_end(&m, -1, EIO);
    if (m.strike == STRIKE_PART && size > 1)
        size = 1 + (size_t)disk_dice(m.process->disk, size - 1);
    return call_end(&m, (long)file_read(f, (uint64_t)at, out, size), 0);
}

ssize_t __wrap___pread_chk(int fd, void *out, size_t size, off_t at,
                           size_t room);
ssize_t
__wrap___pread_chk(int fd, void *out, size_t size, off_t at, size_t room)
{
    assert(size <= room);
    return __wrap_pread(fd, out, size, at);
}

ssize_t __real_read(int fd, void *out, size_t size);
ssize_t __wrap_read(int fd, void *out, size_t size);
ssize_t
__wrap_read(int fd, void *out, size_t size)
{
    if (!process_now)
        return __real_read(fd, out, size);
    struct open_file *o = file_of(fd);
    ssize_t n = __wrap_pread(fd, out, size, (off_t)o->at);
    if (n > 0)
        o->at += (uint64_t)n;
    return n;
}

ssize_t __wrap___read_chk(int fd, void *out, size_t size, size_t room);
ssize_t
__wrap___read_chk(int fd, void *out, size_t size, size_t room)
{
    assert(size <= room);
    return __wrap_read(fd, out, size);
}

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (!process_now)
        return __real_pwrite(fd, bytes, size, at);
    struct file *f = file_of(fd)->file;
    struct made m = call_begin(CALL_WRITE, f);
    bool part = m.strike == STRIKE_PART || m.strike == STRIKE_CUT_WITHIN;
    if (m.strike == STRIKE_INTERRUPT)
        return call_end(&m, -1, EINTR);
    if (call_fails(&m))
        return call_end(&m, -1, EIO);
    if (part && size > 1)
        size = 1 + (size_t)disk_dice(m.process->disk, size - 1);
    if (!disk_has_room(m.process->disk, f, (uint64_t)at + size))
        return call_end(&m, -1, ENOSPC);
    file_write(f, (uint64_t)at, slice_of(bytes, size));
    return call_end(&m, (long)size, 0);
}

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t
__wrap_write(int fd, const void *bytes, size_t size)
{
    if (!process_now)
        return __real_write(fd, bytes, size);
    struct open_file *o = file_of(fd);
    ssize_t n = __wrap_pwrite(fd, bytes, size, (off_t)o->at);
    if (n > 0)
        o->at += (uint64_t)n;
    return n;
}

off_t __real_lseek(int fd, off_t at, int from);
off_t __wrap_lseek(int fd, off_t at, int from);
off_t
__wrap_lseek(int fd, off_t at, int from)
{
    if (!process_now)
        return __real_lseek(fd, at, from);
    struct open_file *o = file_of(fd);
    if (from == SEEK_SET)
        o->at = (uint64_t)at;
    else if (from == SEEK_CUR)
        o->at += (uint64_t)at;
    else
        o->at = file_size(o->file) + (uint64_t)at;
    return (off_t)o->at;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
    if (!process_now)
        return __real_fsync(fd);
    struct file *f = file_of(fd)->file;
    struct made m =
        call_begin(file_is_folder(f) ? CALL_SYNC_FOLDER : CALL_SYNC, f);
    if (call_fails(&m)) {
        file_sync_fails(f);
        return (int)call_end(&m, -1, EIO);
    }
    file_sync(f);
    return (int)call_end(&m, 0, 0);
}

int __wrap_fdatasync(int fd);
int
__wrap_fdatasync(int fd)
{
    return __wrap_fsync(fd);
}

/* ---- sizes ---- */

static int
reserve(struct file *f, uint64_t size)
{
    struct made m = call_begin(CALL_RESERVE, f);

    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    if (!disk_has_room(m.process->disk, f, size))
        return (int)call_end(&m, -1, ENOSPC);
    if (size > file_size(f))
        file_resize(f, size);
    return (int)call_end(&m, 0, 0);
}

int __real_fallocate(int fd, int mode, off_t at, off_t size);
int __wrap_fallocate(int fd, int mode, off_t at, off_t size);
int
__wrap_fallocate(int fd, int mode, off_t at, off_t size)
{
    if (!process_now)
        return __real_fallocate(fd, mode, at, size);
    assert(mode == 0 && "a way of fallocate that the disk does not know");
    return reserve(file_of(fd)->file, (uint64_t)(at + size));
}

int __real_posix_fallocate(int fd, off_t at, off_t size);
int __wrap_posix_fallocate(int fd, off_t at, off_t size);
int
__wrap_posix_fallocate(int fd, off_t at, off_t size)
{
    if (!process_now)
        return __real_posix_fallocate(fd, at, size);
    int before = errno;
    int result = reserve(file_of(fd)->file, (uint64_t)(at + size)) ? errno : 0;
    errno = before;
    return result;
}

int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int
__wrap_ftruncate(int fd, off_t size)
{
    if (!process_now)
        return __real_ftruncate(fd, size);
    struct file *f = file_of(fd)->file;
    struct made m = call_begin(CALL_CUT, f);
    if (call_fails(&m))
        return (int)call_end(&m, -1, EIO);
    file_resize(f, (uint64_t)size);
    return (int)call_end(&m, 0, 0);
}

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
    return look(find(process_now, folder_of(folder), path), out);
}

int __real_stat(const char *path, struct stat *out);
int __wrap_stat(const char *path, struct stat *out);
int
__wrap_stat(const char *path, struct stat *out)
{
    if (!process_now)
        return __real_stat(path, out);
    return look(find(process_now, NULL, path), out);
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
    struct file *at = walk(m.process, from, path, &last);
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
    struct file *at = walk(m.process, from, path, &last);
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
    struct file *at = walk(m.process, start, old, &first);
    struct file *into = walk(m.process, end, new, &last);
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
