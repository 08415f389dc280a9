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

static const uint8_t magic[8] = {'S', 'E', 'A', 'L', 'S', 'E', 'G', 'M'};

struct segment_name
segment_name(uint32_t number)
{
    struct segment_name name;

    assert(number <= SEGMENT_NUMBER_MAX);
    snprintf(name.text, sizeof name.text, "%08u.seg", number);
    return name;
}

bool
segment_number(const char *name, uint32_t *out)
{
    uint32_t number = 0;

    for (size_t i = 0; i < NAME_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    if (strcmp(name + NAME_DIGITS, ".seg") != 0)
        return false;
    *out = number;
    return true;
}

static void
header_put(const struct segment_header *h, uint8_t out[SEGMENT_HEADER_BYTES])
{
    memset(out, 0, SEGMENT_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    put_be32(out + 8, FORMAT_VERSION);
    put_be32(out + 12, h->number);
    memcpy(out + 16, h->id.b, JOURNAL_ID_BYTES);
    put_be64(out + 32, h->first_turn);
    put_be32(out + HEADER_COVERED,
             crc32c(HEADER_SEED, slice_of(out, HEADER_COVERED)));
}

enum err
segment_header_get(struct slice bytes, struct segment_header *out)
{
    struct cursor c = cursor_of(bytes);
    struct segment_header h;

    if (bytes.size < SEGMENT_HEADER_BYTES)
        return ERR_TRUNCATED;
    if (!slice_equal(cursor_bytes(&c, sizeof magic), SLICE_ARRAY(magic)))
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
    header_put(header, page);
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

enum err
segment_create(int directory, const struct segment_header *header,
               struct slice frame, size_t *size, int *out)
{
    struct segment_name name = segment_name(header->number);

    assert(*size >= SEGMENT_HEADER_BYTES + frame.size);
    if (unlinkat(directory, SEGMENT_TEMPORARY, 0) != 0 && errno != ENOENT)
        return ERR_IO;
    int fd = openat(directory, SEGMENT_TEMPORARY,
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    if (!fill_most(fd, header, frame, size) ||
        renameat(directory, SEGMENT_TEMPORARY, directory, name.text) != 0 ||
        fsync(directory) != 0) {
        int why = errno;
        close(fd);
        /* What it reserved is wanted elsewhere; if not, the next one does. */
        (void)unlinkat(directory, SEGMENT_TEMPORARY, 0);
        errno = why;
        return ERR_IO;
    }
    *out = fd;
    return OK;
}
