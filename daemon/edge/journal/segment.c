#include "edge/journal/segment.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HEADER_SEED 0x7365676du
#define HEADER_COVERED 40
#define FORMAT_VERSION 1
#define NAME_DIGITS 8
#define SEGMENT_ENDING ".seg"
#define KEPT_ENDING ".kept"
#define KEEP_ENDING ".keep"

static const uint8_t magic[8] = {'S', 'E', 'A', 'L', 'S', 'E', 'G', 'M'};
static const uint8_t kept_magic[8] = {'S', 'E', 'A', 'L', 'K', 'E', 'P', 'T'};

static struct segment_name
name_of(uint32_t number, const char *ending)
{
    struct segment_name name;

    assert(number <= SEGMENT_NUMBER_MAX);
    (void)snprintf(name.text, sizeof name.text, "%08u%s", number, ending);
    return name;
}

struct segment_name
segment_name(uint32_t number)
{
    return name_of(number, SEGMENT_ENDING);
}

struct segment_name
segment_kept_name(uint32_t number)
{
    return name_of(number, KEPT_ENDING);
}

struct segment_name
segment_keep_name(uint32_t number)
{
    return name_of(number, KEEP_ENDING);
}

static bool
number_of(const char *name, const char *ending, uint32_t *out)
{
    uint32_t number = 0;

    for (size_t i = 0; i < NAME_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    if (strcmp(name + NAME_DIGITS, ending) != 0)
        return false;
    *out = number;
    return true;
}

bool
segment_number(const char *name, uint32_t *out)
{
    return number_of(name, SEGMENT_ENDING, out);
}

bool
segment_kept_number(const char *name, uint32_t *out)
{
    return number_of(name, KEPT_ENDING, out);
}

bool
segment_keep_number(const char *name, uint32_t *out)
{
    return number_of(name, KEEP_ENDING, out);
}

static void
header_put(const struct segment_header *h, const uint8_t kind[8],
           uint8_t out[SEGMENT_HEADER_BYTES])
{
    memset(out, 0, SEGMENT_HEADER_BYTES);
    memcpy(out, kind, sizeof magic);
    put_be32(out + 8, FORMAT_VERSION);
    put_be32(out + 12, h->number);
    memcpy(out + 16, h->id.b, JOURNAL_ID_BYTES);
    put_be64(out + 32, h->first_turn);
    put_be32(out + HEADER_COVERED,
             crc32c(HEADER_SEED, slice_of(out, HEADER_COVERED)));
}

static enum err
header_get(struct slice bytes, const uint8_t kind[8],
           struct segment_header *out)
{
    struct cursor c = cursor_of(bytes);
    struct segment_header h;

    if (bytes.size < SEGMENT_HEADER_BYTES)
        return ERR_TRUNCATED;
    if (!slice_equal(cursor_bytes(&c, sizeof magic),
                     slice_of(kind, sizeof magic)))
        return ERR_FORMAT;
    uint32_t version = cursor_u32(&c);
    h.number = cursor_u32(&c);
    cursor_copy(&c, h.id.b, sizeof h.id.b);
    h.first_turn = cursor_u64(&c);
    if (cursor_u32(&c) !=
        crc32c(HEADER_SEED, slice_of(bytes.data, HEADER_COVERED)))
        return ERR_DAMAGED;
    if (version != FORMAT_VERSION)
        return ERR_VERSION;
    *out = h;
    return OK;
}

enum err
segment_header_get(struct slice bytes, struct segment_header *out)
{
    return header_get(bytes, magic, out);
}

enum err
segment_kept_header_get(struct slice bytes, struct segment_header *out)
{
    return header_get(bytes, kept_magic, out);
}

bool
segment_write(int fd, struct slice bytes, uint64_t offset)
{
    while (bytes.size) {
        ssize_t n = pwrite(fd, bytes.data, bytes.size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = slice_of(bytes.data + n, bytes.size - (size_t)n);
        offset += (uint64_t)n;
    }
    return true;
}

bool
segment_read(int fd, uint64_t offset, uint8_t *out, size_t *size)
{
    size_t got = 0;

    while (got < *size) {
        ssize_t n = pread(fd, out + got, *size - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *size = got;
    return true;
}

/* posix_fallocate reserves blocks, or writes zeros where a file system
 * cannot reserve; it hands its error back instead of setting errno. */
static bool
fill(int fd, const struct segment_header *header, struct slice frame,
     size_t size)
{
    uint8_t page[SEGMENT_HEADER_BYTES];

    errno = posix_fallocate(fd, 0, (off_t)size);
    if (errno)
        return false;
    header_put(header, magic, page);
    return segment_write(fd, SLICE_ARRAY(page), 0) &&
           segment_write(fd, frame, SEGMENT_HEADER_BYTES) && fsync(fd) == 0;
}

/* Fill the file; where the disk has no room for as much, with half of it, and
 * so on. */
static bool
fill_most(int fd, const struct segment_header *header, struct slice frame,
          size_t *size)
{
    size_t least = SEGMENT_HEADER_BYTES + frame.size + SEGMENT_ROOM_MIN;

    while (!fill(fd, header, frame, *size)) {
        if (errno != ENOSPC || *size <= least || ftruncate(fd, 0) != 0)
            return false;
        *size = *size / 2 > least ? *size / 2 : least;
    }
    return true;
}

/* Make the file under its first name; -1 with errno, and nothing is left. */
static int
make(int directory, const struct segment_header *header, struct slice frame,
     size_t *size)
{
    if (unlinkat(directory, SEGMENT_TEMPORARY, 0) != 0 && errno != ENOENT)
        return -1;
    int fd = openat(directory, SEGMENT_TEMPORARY,
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || fill_most(fd, header, frame, size))
        return fd;
    int why = errno;
    close(fd);
    /* What it reserved is wanted elsewhere; if not, the next one does. */
    (void)unlinkat(directory, SEGMENT_TEMPORARY, 0);
    errno = why;
    return -1;
}

enum err
segment_create(int directory, const struct segment_header *header,
               struct slice frame, size_t *size, int *out)
{
    struct segment_name name = segment_name(header->number);

    assert(*size >= SEGMENT_HEADER_BYTES + frame.size);
    int fd = make(directory, header, frame, size);
    if (fd < 0)
        return ERR_NOT_NOW;
    if (renameat(directory, SEGMENT_TEMPORARY, directory, name.text) != 0 ||
        fsync(directory) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return ERR_IO;
    }
    *out = fd;
    return OK;
}

enum err
segment_keep(int directory, const struct segment_header *header,
             struct slice frames)
{
    struct segment_name name = segment_keep_name(header->number);
    uint8_t page[SEGMENT_HEADER_BYTES];
    int fd = openat(directory, name.text,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        return ERR_IO;
    header_put(header, kept_magic, page);
    bool good = segment_write(fd, SLICE_ARRAY(page), 0) &&
                segment_write(fd, frames, SEGMENT_HEADER_BYTES) &&
                fsync(fd) == 0 && fsync(directory) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return good ? OK : ERR_IO;
}
