/*
 * disk - a disk that says no.
 *
 * Holds:      write, sync, rename and truncate of the whole test program go
 *             through here, where one call by number kills the process or
 *             fails. Syncs reach no disk: only what a process can see counts.
 */
#ifndef UNIT_EDGE_JOURNAL_DISK_H
#define UNIT_EDGE_JOURNAL_DISK_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK_KILLED 99

enum disk_mode {
    DISK_WORKS,
    DISK_KILLS,
    DISK_FAILS,
    DISK_FAILS_ONCE,
};

static enum disk_mode disk_mode;
static long disk_left; /* calls that still work */
static long disk_syncs;

static bool
disk_strikes(void)
{
    long left = disk_left--;

    if (disk_mode == DISK_WORKS || left > 0 ||
        (disk_mode == DISK_FAILS_ONCE && left < 0))
        return false;
    errno = EIO;
    return true;
}

static void
disk_kill(void)
{
    if (disk_mode == DISK_KILLS)
        _exit(DISK_KILLED);
}

int
fsync(int fd)
{
    (void)fd;
    disk_syncs++;
    if (!disk_strikes())
        return 0;
    disk_kill();
    return -1;
}

int
fdatasync(int fd)
{
    return fsync(fd);
}

/* A process that dies in a write leaves a part of it behind. */
ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (!disk_strikes())
        return syscall(SYS_pwrite64, fd, bytes, size, offset);
    if (size > 1)
        (void)syscall(SYS_pwrite64, fd, bytes, size * 2 / 3, offset);
    disk_kill();
    return -1;
}

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    if (!disk_strikes())
        return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
    disk_kill();
    return -1;
}

int
ftruncate(int fd, off_t size)
{
    if (!disk_strikes())
        return (int)syscall(SYS_ftruncate, fd, size);
    disk_kill();
    return -1;
}

/* Run `work` in a process of its own whose disk strikes at call `left`; give
 * its exit status. What a failing disk makes it say is not shown. */
static inline int
with_disk(enum disk_mode mode, long left, void (*work)(void *), void *context)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        disk_mode = mode;
        disk_left = left;
        if (mode >= DISK_FAILS && !freopen("/dev/null", "w", stderr))
            _exit(1);
        work(context);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#endif
