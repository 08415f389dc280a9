#include "edge/journal/backup.h"

#include "edge/journal/state.h"

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

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

static enum err
backup_part(void *self, size_t i, struct backup_part *out)
{
    struct journal *j = self;
    struct backup_part part = {{0}, 0, 0};
    struct stat info;

    if (i >= j->segment_count)
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

static enum err
backup_read(void *self, const struct backup_part *from, uint64_t offset,
            size_t most, struct buf *out)
{
    struct journal *j = self;
    struct backup_part part;
    size_t i = 0;

    while (i < j->segment_count && !is_named(j, i, from->name))
        i++;
    enum err e = backup_part(j, i, &part);
    if (e)
        return e;
    size_t size = offset < part.bytes ? (size_t)(part.bytes - offset) : 0;
    if (size > most)
        size = most;
    size_t before = out->size;
    uint8_t *at = buf_extend(out, size);
    if (!segment_read(journal_segment_fd(j, i), offset, at, &size))
        e = ERR_IO;
    out->size = e ? before : before + size;
    return e;
}

void
journal_backup(struct journal *j, struct backup *out)
{
    static const struct backup_ops ops = {
        .state = backup_state, .part = backup_part, .read = backup_read};

    *out = (struct backup){&ops, j};
}
