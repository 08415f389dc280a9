#include "cli/copy.h"

#include "cli/commands.h"
#include "cli/files.h"
#include "core/base/crc.h"
#include "core/base/limits.h"
#include "core/crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CRC_SEED 0x636f7079u
#define READ_BYTES MIB(1)

/* Write all pieces; the CRC is of what was meant to be written. */
static bool
write_pieces(int fd, const char *name, const struct copy_source *from,
             uint32_t *crc)
{
    struct buf piece = {0};
    uint64_t offset = 0;
    bool good;

    do {
        buf_reset(&piece);
        good = from->next(from->self, offset, &piece);
        if (good && !file_put(fd, buf_slice(&piece))) {
            (void)complain("%s: %s", name, strerror(errno));
            good = false;
        }
        *crc = crc32c(*crc, buf_slice(&piece));
        offset += piece.size;
    } while (good && piece.size);
    buf_clear(&piece);
    return good;
}

static bool
hash_all(int fd, struct copied *out, uint32_t *crc)
{
    static const uint8_t nothing[1];
    struct stat info;

    if (fstat(fd, &info) != 0)
        return false;
    struct slice all = slice_of(nothing, 0);
    if (info.st_size > 0) {
        size_t size = (size_t)info.st_size;
        void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
            return false;
        all = slice_of(map, size);
    }
    crypto_hash_one(&out->hash, all);
    out->bytes = all.size;
    *crc = crc32c(CRC_SEED, all);
    if (all.size)
        (void)munmap((void *)(uintptr_t)all.data, all.size);
    return true;
}

bool
copy_write(int folder, const char *name, const struct copy_source *from,
           struct copied *out)
{
    uint32_t meant = CRC_SEED, found = 0;
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        (void)complain("%s: %s", name, strerror(errno));
        return false;
    }
    bool good = write_pieces(fd, name, from, &meant);
    if (good && (fsync(fd) != 0 ||
                 (errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)) != 0 ||
                 !hash_all(fd, out, &found))) {
        (void)complain("%s: %s", name, strerror(errno));
        good = false;
    }
    if (good && found != meant) {
        (void)complain("%s: the disk gives back other bytes than were written",
                       name);
        good = false;
    }
    (void)close(fd);
    return good;
}

bool
copy_read(int folder, const char *name, struct copied *out)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    uint32_t crc;
    bool good = fd >= 0 && hash_all(fd, out, &crc);

    if (!good)
        (void)complain("%s: %s", name, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return good;
}

struct from_file {
    int fd;
    const char *name;
};

static bool
next_of_file(void *self, uint64_t offset, struct buf *out)
{
    const struct from_file *f = self;
    uint8_t *at = buf_extend(out, READ_BYTES);
    ssize_t n;

    do
        n = pread(f->fd, at, READ_BYTES, (off_t)offset);
    while (n < 0 && errno == EINTR);
    out->size -= READ_BYTES - (n > 0 ? (size_t)n : 0);
    if (n < 0)
        (void)complain("%s: %s", f->name, strerror(errno));
    return n >= 0;
}

bool
copy_file(int from, int to, const char *name, struct copied *out)
{
    struct from_file f = {openat(from, name, O_RDONLY | O_CLOEXEC), name};
    const struct copy_source source = {next_of_file, &f};

    if (f.fd < 0) {
        (void)complain("%s: %s", name, strerror(errno));
        return false;
    }
    bool good = copy_write(to, name, &source, out);
    (void)close(f.fd);
    return good;
}
