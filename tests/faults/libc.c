#include "made.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <unistd.h>

struct open_file *
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

struct file *
folder_walk(struct process *p, struct file *from, const char *path,
            const char **last)
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

struct file *
file_find(struct process *p, struct file *from, const char *path)
{
    const char *last = NULL;
    struct file *folder = folder_walk(p, from, path, &last);

    return folder ? folder_find(folder, last) : NULL;
}

/* ---- opening and closing ---- */

static int
open_in(struct process *p, struct file *from, const char *path, int flags)
{
    const char *last = NULL;
    struct file *folder = folder_walk(p, from, path, &last);
    struct file *f = folder ? file_find(p, from, path) : NULL;

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

struct file *
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
