#include "edge/daemon/files.h"

#include "edge/daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

void
files_path(const struct settings *s, const char *name, char out[FILES_PATH_MAX])
{
    snprintf(out, FILES_PATH_MAX, "%s/%s", s->state, name);
}

enum err
files_lock(const struct settings *s)
{
    char path[FILES_PATH_MAX];
    struct stat about;
    int fd;

    if (stat(s->state, &about) != 0) {
        log_say(NOTICE_ALARM,
                "state directory %s: %s; `sealane init` makes "
                "it",
                s->state, strerror(errno));
        return ERR_IO;
    }
    if (!S_ISDIR(about.st_mode) || (about.st_mode & (S_IWGRP | S_IWOTH))) {
        log_say(NOTICE_ALARM,
                "state directory %s must be a directory that "
                "nobody else may write: chmod 0700",
                s->state);
        return ERR_IO;
    }
    files_path(s, "lock", path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        log_say(NOTICE_ALARM, "%s: %s", path, strerror(errno));
        return ERR_IO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    log_say(NOTICE_ALARM, "another sealaned runs on %s", s->state);
    close(fd);
    return ERR_EXISTS;
}

enum err
files_read(const struct settings *s, const char *name, size_t most,
           struct buf *out)
{
    char path[FILES_PATH_MAX];

    files_path(s, name, path);
    return files_read_at(path, most, out);
}

enum err
files_read_at(const char *path, size_t most, struct buf *out)
{
    size_t before = out->size;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        log_say(NOTICE_ALARM, "%s: %s", path, strerror(errno));
        return ERR_IO;
    }
    while (out->size - before <= most) {
        uint8_t bytes[4096];
        n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            break;
        buf_put(out, slice_of(bytes, (size_t)n));
    }
    if (n < 0)
        log_say(NOTICE_ALARM, "%s: %s", path, strerror(errno));
    close(fd);
    if (n < 0)
        return ERR_IO;
    if (out->size - before <= most)
        return OK;
    log_say(NOTICE_ALARM, "%s: is larger than %zu bytes", path, most);
    return ERR_LIMIT;
}

uint64_t
files_disk_share(const struct settings *s)
{
    struct statvfs disk;

    if (statvfs(s->state, &disk) != 0 || !disk.f_blocks)
        return 0;
    uint64_t share = (uint64_t)disk.f_blocks * disk.f_frsize / DISK_SHARE;
    return share > DISK_BYTES_MIN ? share : DISK_BYTES_MIN;
}

int
files_capture(const struct settings *s)
{
    char path[FILES_PATH_MAX], name[96], stamp[32];
    struct timespec now;
    struct tm tm;
    int fd;

    files_path(s, "captures", path);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        log_say(NOTICE_ALARM, "%s: %s", path, strerror(errno));
        return -1;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm);
    snprintf(name, sizeof name, "captures/%s.%03ldZ.capture", stamp,
             now.tv_nsec / 1000000);
    files_path(s, name, path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        log_say(NOTICE_ALARM, "%s: %s", path, strerror(errno));
    else
        log_say(NOTICE_INFO, "capturing to %s", path);
    return fd;
}
