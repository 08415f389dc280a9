/*
 * shim - is preloaded into sealaned by tests: ends a process, fails a call or
 *        shifts the clock at a named place.
 *
 * Holds:      one order at a time, in a file that the test has mapped too; it
 *             is mapped before the sandbox closes, and makes no system call of
 *             its own but those that the process may make.
 * Trusts:     the test that wrote the file.
 * Leaves out: what to do when, and what must hold after (shim.py, the tests).
 */
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* A turn in the journal begins with this; facts follow, each with its type,
 * and the sizes of its head and its blob (core/ports/fact.h). */
#define FRAME_MAGIC "SEALTURN"
#define FRAME_HEADER_BYTES 56
#define FACT_HEADER_BYTES 16
#define FACT_HEAD_AT 4
#define FACT_BLOB_AT 8
#define SECTOR_BYTES 512
#define UNSYNCED_MAX 64
#define STATUS_ENDED 99

/* The numbers in these three are known to shim.py. */
enum role { ROLE_OTHER, ROLE_SIGNER, ROLE_NET, ROLE_COUNT };

enum call {
    CALL_PWRITE,
    CALL_DATASYNC,
    CALL_FSYNC,
    CALL_WRITE, /* to a socket, by whatever name */
    CALL_RENAME,
    CALL_TRUNCATE,
    CALL_RESERVE,
    CALL_COUNT
};

enum action {
    DO_NOTHING,
    DO_END,       /* as kill -9 */
    DO_LOSE,      /* and what was written since the last sync is gone */
    DO_TEAR,      /* and every other sector of it */
    DO_FAIL,      /* the call fails once */
    DO_FAIL_EVER, /* and every one after it */
};

struct control {
    _Atomic uint32_t action;
    uint32_t role, calls; /* one role; a bit for each call */
    uint32_t after;       /* 0: before the call is made, 1: after it */
    uint32_t facts;       /* a bit for each type, all in the turn; 0: any */
    uint32_t error;       /* errno of a failure */
    _Atomic int32_t left; /* such calls that pass first */
    _Atomic uint32_t fired;
    _Atomic uint32_t counts[ROLE_COUNT][CALL_COUNT];
    _Atomic int64_t clock_ms; /* is added to the time of day, */
    _Atomic int64_t mono_ms;  /* and to the clock that never jumps */
};

struct range {
    int fd;
    off_t at;
    size_t size;
};

static struct control *control;
static enum role role;
static uint32_t facts; /* a bit for each type in the turn written last */
static bool confined;
static struct range unsynced[UNSYNCED_MAX];
static size_t unsynced_count;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *
real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

/* All are looked up at the start: within the sandbox it is too late. */
static __typeof__(&pwrite) real_pwrite;
static __typeof__(&fdatasync) real_fdatasync;
static __typeof__(&fsync) real_fsync;
static __typeof__(&write) real_write;
static __typeof__(&writev) real_writev;
static __typeof__(&send) real_send;
static __typeof__(&renameat) real_renameat;
static __typeof__(&ftruncate) real_ftruncate;
static __typeof__(&fallocate) real_fallocate;
static __typeof__(&posix_fallocate) real_posix_fallocate;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_seccomp_load)(const scmp_filter_ctx);

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("SEALANE_SHIM");

    real_pwrite = REAL(pwrite);
    real_fdatasync = REAL(fdatasync);
    real_fsync = REAL(fsync);
    real_write = REAL(write);
    real_writev = REAL(writev);
    real_send = REAL(send);
    real_renameat = REAL(renameat);
    real_ftruncate = REAL(ftruncate);
    real_fallocate = REAL(fallocate);
    real_posix_fallocate = REAL(posix_fallocate);
    real_clock_gettime = REAL(clock_gettime);
    if (!path)
        return;
    real_seccomp_load = REAL(seccomp_load);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE,
                             MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        abort();
    close(fd);
    control = at;
}

/* ---- who and when ---- */

int
prctl(int option, ...)
{
    unsigned long a[4];
    va_list more;

    va_start(more, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(more, unsigned long);
    va_end(more);
    if (option == PR_SET_NAME && strcmp((char *)a[0], "sealaned-signer") == 0)
        role = ROLE_SIGNER;
    if (option == PR_SET_NAME && strcmp((char *)a[0], "sealaned-net") == 0)
        role = ROLE_NET;
    return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

int
seccomp_load(const scmp_filter_ctx filter)
{
    int fault = real_seccomp_load(filter);

    if (!fault && role != ROLE_OTHER)
        confined = true;
    return fault;
}

static bool
is_meant(enum call call, bool after)
{
    return control->role == role && control->calls & 1u << call &&
           control->after == after &&
           (control->facts & facts) == control->facts;
}

/* ---- what happens ---- */

/* Undo what was written since the last sync. It was written behind the end of
 * what was ever used, where zeros stood. */
static void
lose(bool every_other)
{
    static const uint8_t zeros[SECTOR_BYTES];

    for (size_t i = 0; i < unsynced_count; i++) {
        struct range r = unsynced[i];
        size_t step;
        for (size_t done = 0; done < r.size; done += step) {
            off_t at = r.at + (off_t)done;
            step = SECTOR_BYTES - (size_t)at % SECTOR_BYTES;
            if (step > r.size - done)
                step = r.size - done;
            bool kept = every_other && at / SECTOR_BYTES % 2;
            if (!kept && real_pwrite(r.fd, zeros, step, at) != (ssize_t)step)
                abort();
        }
    }
}

/* Do what is ordered here. True: the call must fail with errno. */
static bool
happens(enum call call, bool after)
{
    if (!control || role == ROLE_OTHER)
        return false;
    if (!after)
        control->counts[role][call]++;
    uint32_t action = control->action;
    if (action == DO_NOTHING || !is_meant(call, after))
        return false;
    if (control->left > 0) {
        control->left--;
        return false;
    }
    control->fired++;
    if (action != DO_FAIL_EVER)
        control->action = DO_NOTHING;
    if (action == DO_LOSE || action == DO_TEAR)
        lose(action == DO_TEAR);
    if (action < DO_FAIL)
        _exit(STATUS_ENDED);
    errno = (int)control->error;
    return true;
}

/* ---- the calls ---- */

#define AROUND(call, type, made)                                               \
    do {                                                                       \
        if (happens(call, false))                                              \
            return -1;                                                         \
        type result = made;                                                    \
        int error = errno;                                                     \
        if (happens(call, true))                                               \
            return -1;                                                         \
        errno = error;                                                         \
        return result;                                                         \
    } while (0)

static uint32_t
number_at(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static uint32_t
facts_of(const uint8_t *turn, size_t size)
{
    uint32_t found = 0;

    for (size_t at = FRAME_HEADER_BYTES;
         at + FACT_HEADER_BYTES <= size && turn[at];) {
        if (turn[at] < 32) /* orders name none above */
            found |= 1u << turn[at];
        at += FACT_HEADER_BYTES + number_at(turn + at + FACT_HEAD_AT) +
              number_at(turn + at + FACT_BLOB_AT);
    }
    return found;
}

static void
note_write(int fd, const void *bytes, size_t size, off_t at)
{
    if (size > FRAME_HEADER_BYTES &&
        memcmp(bytes, FRAME_MAGIC, sizeof FRAME_MAGIC - 1) == 0)
        facts = facts_of(bytes, size);
    if (!confined)
        return;
    assert(unsynced_count < UNSYNCED_MAX);
    unsynced[unsynced_count++] = (struct range){fd, at, size};
}

ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (control && role != ROLE_OTHER)
        note_write(fd, bytes, size, at);
    AROUND(CALL_PWRITE, ssize_t, real_pwrite(fd, bytes, size, at));
}

static int
datasync(int fd)
{
    int failed = real_fdatasync(fd);

    if (!failed)
        unsynced_count = 0;
    return failed;
}

static int
wholesync(int fd)
{
    int failed = real_fsync(fd);

    if (!failed)
        unsynced_count = 0;
    return failed;
}

int
fdatasync(int fd)
{
    AROUND(CALL_DATASYNC, int, datasync(fd));
}

int
fsync(int fd)
{
    AROUND(CALL_FSYNC, int, wholesync(fd));
}

ssize_t
write(int fd, const void *bytes, size_t size)
{
    if (fd == STDERR_FILENO)
        return real_write(fd, bytes, size);
    AROUND(CALL_WRITE, ssize_t, real_write(fd, bytes, size));
}

ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    if (fd == STDERR_FILENO)
        return real_writev(fd, parts, count);
    AROUND(CALL_WRITE, ssize_t, real_writev(fd, parts, count));
}

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
    AROUND(CALL_WRITE, ssize_t, real_send(fd, bytes, size, flags));
}

int
renameat(int from, const char *old, int to, const char *new)
{
    AROUND(CALL_RENAME, int, real_renameat(from, old, to, new));
}

int
ftruncate(int fd, off_t size)
{
    AROUND(CALL_TRUNCATE, int, real_ftruncate(fd, size));
}

int
fallocate(int fd, int mode, off_t at, off_t size)
{
    AROUND(CALL_RESERVE, int, real_fallocate(fd, mode, at, size));
}

int
posix_fallocate(int fd, off_t at, off_t size)
{
    if (happens(CALL_RESERVE, false))
        return errno;
    int error = real_posix_fallocate(fd, at, size);
    return happens(CALL_RESERVE, true) ? errno : error;
}

/* ---- the time of day ---- */

static void
add_ms(struct timespec *t, int64_t ms)
{
    int64_t nsec = t->tv_nsec + ms % 1000 * 1000000;

    t->tv_sec += (time_t)(ms / 1000 + (nsec >= 1000000000) - (nsec < 0));
    t->tv_nsec = (long)((nsec + 1000000000) % 1000000000);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    int failed = real_clock_gettime(clock, out);

    if (failed || !control)
        return failed;
    if (clock == CLOCK_REALTIME)
        add_ms(out, control->clock_ms);
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)
        add_ms(out, control->mono_ms);
    return failed;
}

time_t
time(time_t *out)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
