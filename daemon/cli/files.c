#include "cli/files.h"

#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define READ_BYTES 65536u

static bool
read_all(int fd, const char *path, size_t max, struct buf *out)
{
    for (;;) {
        uint8_t *at = buf_extend(out, READ_BYTES);
        ssize_t n = read(fd, at, READ_BYTES);

        out->size -= READ_BYTES - (n > 0 ? (size_t)n : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            (void)complain("%s: %s", path, strerror(errno));
        else if (out->size > max)
            (void)complain("%s: more than %zu bytes", path, max);
        if (n <= 0 || out->size > max)
            return n == 0 && out->size <= max;
    }
}

bool
file_read(const char *path, size_t max, struct buf *out)
{
    bool good;
    int fd;

    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", max, out);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)complain("%s: %s", path, strerror(errno));
        return false;
    }
    good = read_all(fd, path, max, out);
    (void)close(fd);
    return good;
}

bool
file_put(int fd, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t n = write(fd, bytes.data, bytes.size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = slice_of(bytes.data + n, bytes.size - (size_t)n);
    }
    return true;
}

bool
file_write(const char *path, struct slice bytes)
{
    bool good;
    int fd;

    if (strcmp(path, "-") == 0)
        return fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)complain("%s: %s", path, strerror(errno));
        return false;
    }
    good = file_put(fd, bytes);
    if (close(fd) != 0)
        good = false;
    if (!good) {
        (void)complain("%s: %s", path, strerror(errno));
        (void)unlink(path);
    }
    return good;
}
