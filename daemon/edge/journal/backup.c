#include "edge/journal/backup.h"

#include "edge/journal/snapshot.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX JOURNAL_FOLDER "/"

/* A file system notes times in steps: what changed so lately may change once
 * more without showing it. */
#define STEADY_NS UINT64_C(2000000000)

static void
backup_state(void *self, struct backup_state *out)
{
    const struct journal *j = self;

    assert(!j->fact_count);
    memcpy(out->journal, j->id.b, sizeof out->journal);
    out->turn = j->turn;
}

static uint64_t
nanoseconds(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

static uint64_t
changed_at(const struct stat *info)
{
    struct timespec now;
    uint64_t changed = nanoseconds(&info->st_mtim);

    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(&now) > changed + STEADY_NS ? changed : 0;
}

/* The newest snapshot comes last. Another one has another turn, hence other
 * bytes; one that leads to wrong places is worth nothing. */
static enum err
snapshot_part(const struct journal *j, struct backup_part *out)
{
    const struct snapshot *s = &j->snapshot;
    struct backup_part part = {PREFIX SNAPSHOT_NAME, .bytes = s->bytes,
                               .changed_ns = s->turn};

    if (!s->turn || s->moved)
        return ERR_NOT_FOUND;
    *out = part;
    return OK;
}

static enum err
backup_part(void *self, size_t i, struct backup_part *out)
{
    struct journal *j = self;
    struct backup_part part = {{0}, 0, 0};
    struct stat info;

    if (i == j->segment_count)
        return snapshot_part(j, out);
    if (i > j->segment_count)
        return ERR_NOT_FOUND;
    int fd = journal_segment_fd(j, i);
    if (fd < 0 || fstat(fd, &info) != 0)
        return ERR_IO;
    (void)snprintf(part.name, sizeof part.name, PREFIX "%s",
                   journal_segment_name(&j->segments[i]).text);
    part.bytes = (uint64_t)info.st_size;
    if (i + 1 == j->segment_count)
        part.bytes = j->offset;
    else
        part.changed_ns = changed_at(&info);
    *out = part;
    return OK;
}

static bool
is_named(const struct journal *j, size_t i, const char *name)
{
    size_t prefix = sizeof PREFIX - 1;

    return strncmp(name, PREFIX, prefix) == 0 &&
           strcmp(name + prefix, journal_segment_name(&j->segments[i]).text) ==
               0;
}

/* Read from an open file that ends at `end`. */
static enum err
piece_read(int fd, uint64_t end, uint64_t offset, size_t most, struct buf *out)
{
    size_t size = offset < end ? (size_t)(end - offset) : 0;
    size_t before = out->size;

    if (size > most)
        size = most;
    uint8_t *at = buf_extend(out, size);
    bool good = fd >= 0 && segment_read(fd, offset, at, &size);
    out->size = good ? before + size : before;
    return good ? OK : ERR_IO;
}

/* Its file may be another one by now: then its size or checksum tells. */
static enum err
snapshot_read(const struct journal *j, uint64_t offset, size_t most,
              struct buf *out)
{
    struct backup_part part;
    enum err e = snapshot_part(j, &part);

    if (e)
        return e;
    int fd = openat(j->directory, SNAPSHOT_NAME, O_RDONLY | O_CLOEXEC);
    e = piece_read(fd, part.bytes, offset, most, out);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err
backup_read(void *self, const struct backup_part *from, uint64_t offset,
            size_t most, struct buf *out)
{
    struct journal *j = self;
    struct backup_part part;
    size_t i = 0;

    if (strcmp(from->name, PREFIX SNAPSHOT_NAME) == 0)
        return snapshot_read(j, offset, most, out);
    while (i < j->segment_count && !is_named(j, i, from->name))
        i++;
    if (i == j->segment_count)
        return ERR_NOT_FOUND;
    enum err e = backup_part(j, i, &part);
    return e ? e
             : piece_read(journal_segment_fd(j, i), part.bytes, offset, most,
                          out);
}

void
journal_backup(struct journal *j, struct backup *out)
{
    static const struct backup_ops ops = {
        .state = backup_state, .part = backup_part, .read = backup_read};

    *out = (struct backup){&ops, j};
}
