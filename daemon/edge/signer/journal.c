#include "edge/signer/journal.h"

#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_BYTES MIB(1)

/* Is reserved ahead: on a full disk receipts are still to be signed for what
 * was taken before. */
#define KEPT_BYTES KIB(512)

void
signer_say(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "signer: %s\n", text);
}

static enum err
failed(const char *what)
{
    signer_say("%s the signing journal: %s", what, strerror(errno));
    return ERR_IO;
}

static enum err
write_at(int fd, struct slice bytes, uint64_t at)
{
    while (bytes.size) {
        ssize_t n = pwrite(fd, bytes.data, bytes.size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        bytes = slice_of(bytes.data + n, bytes.size - (size_t)n);
        at += (uint64_t)n;
    }
    return OK;
}

/* Make zeros for `more` bytes. Where the file system cannot, the file grows
 * with each write. */
static enum err
reserve(struct signer_journal *j, size_t more)
{
    while (j->end + more > j->size) {
        if (fallocate(j->fd, 0, (off_t)j->size, STEP_BYTES) == 0)
            j->size += STEP_BYTES;
        else if (errno == EOPNOTSUPP || errno == ENOSYS)
            return OK;
        else if (errno != EINTR)
            return ERR_IO;
    }
    return OK;
}

static enum err
open_file(const struct signer_journal_place *place, int *out)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(place->folder, place->name, flags);

    if (fd < 0 && errno == ENOENT && !place->create) {
        signer_say("the signing journal is missing, though there was one: "
                   "without it what was signed is not known, so nothing is "
                   "signed");
        return ERR_MISSING;
    }
    if (fd < 0 && errno == ENOENT)
        fd = openat(place->folder, place->name, flags | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return failed("cannot open");
    *out = fd;
    return OK;
}

static enum err
read_file(int fd, uint8_t **bytes, size_t *size)
{
    struct stat st;
    size_t have = 0;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
        return ERR_IO;
    *size = (size_t)st.st_size;
    *bytes = mem_new(*size + 1);
    while (have < *size) {
        ssize_t n = pread(fd, *bytes + have, *size - have, (off_t)have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            mem_free(*bytes);
            return ERR_IO;
        }
        have += (size_t)n;
    }
    return OK;
}

/* Count the bytes up to the last one that is not zero. */
static size_t
written(struct slice bytes)
{
    while (bytes.size && bytes.data[bytes.size - 1] == 0)
        bytes.size--;
    return bytes.size;
}

/* Take all records; the last whole one is `last`, what follows is cut. */
static enum err
replay(struct signer_journal *j, struct signer *s, struct slice all,
       struct slice *last)
{
    struct slice rest = slice_of(all.data, written(all));
    /* The last bytes of a record may be zeros themselves. */
    struct slice record = all;

    while (rest.size) {
        const uint8_t *start = record.data;
        enum err e = signer_restore(s, &record);
        j->end = (uint64_t)(start - all.data);
        if (e == ERR_TRUNCATED) {
            signer_say("the signing journal ends in a torn record of %zu "
                       "bytes at %" PRIu64 ": cut, nothing of it was given "
                       "out",
                       rest.size, j->end);
            return ftruncate(j->fd, (off_t)j->end) == 0 ? OK : ERR_IO;
        }
        if (e) {
            signer_say("the signing journal is damaged at byte %" PRIu64
                       ": nothing is signed on it",
                       j->end);
            return ERR_DAMAGED;
        }
        *last = slice_of(start, (size_t)(record.data - start));
        j->end += last->size;
        rest.size = last->size < rest.size ? rest.size - last->size : 0;
    }
    return OK;
}

/* After a sync that failed, pages may look as if they were on disk. The last
 * record is written again, so that this start's sync covers it. */
static enum err
settle(struct signer_journal *j, int folder, struct slice last)
{
    struct stat st;

    if (fstat(j->fd, &st) != 0)
        return ERR_IO;
    j->size = (uint64_t)st.st_size;
    if (write_at(j->fd, last, j->end - last.size) != OK ||
        reserve(j, 1) != OK || fsync(j->fd) != 0 || fsync(folder) != 0)
        return ERR_IO;
    (void)reserve(j, KEPT_BYTES);
    return OK;
}

enum err
signer_journal_open(const struct signer_journal_place *place, struct signer *s,
                    struct signer_journal *out)
{
    struct signer_journal j = {.fd = -1};
    uint8_t *bytes;
    size_t size;
    struct slice last = {0};
    enum err e = open_file(place, &j.fd);

    if (e)
        return e;
    e = read_file(j.fd, &bytes, &size);
    if (e) {
        close(j.fd);
        return failed("cannot read");
    }
    e = replay(&j, s, slice_of(bytes, size), &last);
    if (e == OK)
        e = settle(&j, place->folder, last);
    if (e == ERR_IO)
        (void)failed("cannot write");
    mem_free(bytes);
    if (e) {
        close(j.fd);
        return e;
    }
    *out = j;
    return OK;
}

enum err
signer_journal_append(struct signer_journal *j, struct slice records)
{
    if (reserve(j, records.size) != OK ||
        write_at(j->fd, records, j->end) != OK)
        return failed("cannot write");
    if (fdatasync(j->fd) != 0)
        return failed("cannot sync");
    j->end += records.size;
    if (j->size < j->end)
        j->size = j->end;
    (void)reserve(j, KEPT_BYTES);
    return OK;
}

void
signer_journal_close(struct signer_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}
