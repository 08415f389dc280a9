#include "edge/journal/journal.h"

#include "core/base/mem.h"
#include "edge/journal/recovery.h"
#include "edge/journal/snapshot.h"
#include "edge/journal/state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Old segments that are open for reading at the same time. */
#define FILES_OPEN_MAX 64

/* On a disk that gets full a segment is begun while the last one still has so
 * many bytes: what is asked for is to be in one piece. */
#define LEFT_BYTES_MIN MIB(32)

/* A buffer that one large turn needed is not held for ever. */
#define FRAME_KEPT_BYTES_MAX MIB(8)

void
journal_segment_add(struct journal *j, struct segment s)
{
    if (j->segment_count == j->segment_capacity) {
        j->segment_capacity = j->segment_capacity * 2 + 8;
        j->segments = mem_resize(j->segments, j->segment_capacity, sizeof s);
    }
    j->segments[j->segment_count++] = s;
    j->stats.segments = j->segment_count;
}

/* Close one of the files that are open for reading, in turns. */
static void
file_close_one(struct journal *j)
{
    for (;;) {
        size_t i = j->close_next++ % (j->segment_count - 1);
        if (j->segments[i].fd < 0)
            continue;
        close(j->segments[i].fd);
        j->segments[i].fd = -1;
        j->files_open--;
        return;
    }
}

struct segment_name
journal_segment_name(const struct segment *s)
{
    return s->kept ? segment_kept_name(s->number) : segment_name(s->number);
}

int
journal_segment_fd(struct journal *j, size_t i)
{
    struct segment *s = &j->segments[i];

    if (s->fd >= 0)
        return s->fd;
    if (j->files_open >= FILES_OPEN_MAX)
        file_close_one(j);
    struct segment_name name = journal_segment_name(s);
    s->fd = openat(j->directory, name.text, O_RDONLY | O_CLOEXEC);
    j->files_open += s->fd >= 0;
    return s->fd;
}

uint64_t
journal_segment_cut(uint64_t end)
{
    return end + FRAME_HEADER_BYTES;
}

/* Find the segment that serves `place`. */
static size_t
segment_of(const struct journal *j, uint64_t place)
{
    size_t low = 0, high = j->segment_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (j->segments[middle].serves <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum err
journal_read(void *self, uint64_t place, uint8_t *out, size_t *size)
{
    struct journal *j = self;

    if (place >= j->end) {
        size_t at = (size_t)(place - j->end);
        assert(at <= j->frame.size);
        if (*size > j->frame.size - at)
            *size = j->frame.size - at;
        if (*size)
            memcpy(out, j->frame.data + at, *size);
        return OK;
    }
    size_t i = segment_of(j, place);
    int fd = journal_segment_fd(j, i);
    uint64_t offset = SEGMENT_HEADER_BYTES + place - j->segments[i].start;
    if (fd < 0 || !segment_read(fd, offset, out, size))
        return ERR_DAMAGED;
    return OK;
}

/* Nothing is known about the disk after a failure, and a second try would
 * find its pages marked clean: end, and let the next start look. */
_Noreturn void
journal_die(const struct journal *j, const char *what, uint32_t number)
{
    (void)fprintf(stderr,
                  "sealaned: journal segment %s: cannot %s turn %llu: %s\n",
                  segment_name(number).text, what,
                  (unsigned long long)j->turn + 1, strerror(errno));
    _exit(JOURNAL_EXIT_STATUS);
}

/* Begin the turn's frame: its header is written at the sync. */
static void
frame_begin(struct journal *j)
{
    if (j->frame.capacity > FRAME_KEPT_BYTES_MAX)
        buf_clear(&j->frame);
    buf_reset(&j->frame);
    buf_extend(&j->frame, FRAME_HEADER_BYTES);
    j->checksum = frame_checksum_start();
    j->fact_count = 0;
    j->jump = 0;
}

static void
journal_append(void *self, struct slice facts)
{
    struct journal *j = self;
    uint64_t place = j->end + j->frame.size;

    assert(!j->reads_only);
    assert(facts.size <= FRAME_FACTS_MAX - j->frame.size);
    for (size_t at = 0; at < facts.size; j->fact_count++) {
        struct fact_size size;
        struct fact f;
        enum err e =
            fact_size(slice_of(facts.data + at, facts.size - at), &size);
        assert(!e && size.head + size.blob <= facts.size - at);
        struct slice head = slice_of(facts.data + at, size.head);
        e = fact_get_head(head, &f);
        assert(!e);
        e = index_add(&j->index, &f, place + at);
        assert(!e);
        if (f.type == FACT_RESTORED)
            j->jump = f.number;
        j->checksum = frame_checksum_head(j->checksum, head);
        at += size.head + size.blob;
    }
    buf_put(&j->frame, facts);
}

/* Make a segment of `size` bytes, or as many as the disk has room for, for
 * the next turn, and close the last one. False with errno: nothing changed. */
static bool
segment_begin(struct journal *j, size_t size)
{
    struct segment *last = &j->segments[j->segment_count - 1];
    struct segment_header h = {j->id, last->number + 1, j->turn + 1};
    struct segment s = {.number = h.number,
                        .start = j->end,
                        .serves = j->end,
                        .first_turn = h.first_turn};

    enum err e =
        segment_create(j->directory, &h, (struct slice){0}, &size, &s.fd);
    if (e == ERR_NOT_NOW)
        return false;
    /* Turns appended to the last one would be denied by the new one's header,
     * should its name last. */
    if (e)
        journal_die(j, "begin for", h.number);
    /* What is cut off was never used; that it comes back with the power is
     * no harm, so this is not synced. */
    if (ftruncate(last->fd, (off_t)journal_segment_cut(j->offset)) != 0)
        journal_die(j, "cut before", last->number);
    close(last->fd);
    last->fd = -1;
    last->bytes = j->offset;
    j->limit = size;
    j->offset = SEGMENT_HEADER_BYTES;
    j->adds = false;
    journal_segment_add(j, s);
    return true;
}

/* Begin a segment that holds the turn's frame. */
static void
segment_roll(struct journal *j)
{
    size_t least = SEGMENT_HEADER_BYTES + j->frame.size;
    uint32_t number = j->segments[j->segment_count - 1].number + 1;

    if (!segment_begin(j, least > j->segment_bytes ? least : j->segment_bytes))
        journal_die(j, "begin for", number);
    errno = ENOSPC;
    if (j->limit < least)
        journal_die(j, "begin for", number);
}

static uint64_t
next_turn(void *self)
{
    const struct journal *j = self;

    assert(!j->jump || j->jump > j->turn);
    return j->jump ? j->jump : j->turn + 1;
}

void
journal_frame_write(struct journal *j)
{
    static const uint8_t padding[FRAME_ALIGN];
    struct frame f = {
        .turn = next_turn(j),
        .chain = j->chain,
        .facts_bytes = (uint32_t)(j->frame.size - FRAME_HEADER_BYTES),
        .fact_count = j->fact_count,
        .checksum = j->checksum,
    };
    frame_put(&f, &j->id, j->frame.data);
    size_t size = frame_bytes(&f);
    buf_put(&j->frame, slice_of(padding, size - j->frame.size));
    if (size > j->limit - j->offset)
        segment_roll(j);
    const struct segment *s = &j->segments[j->segment_count - 1];
    if (!segment_write(s->fd, buf_slice(&j->frame), j->offset))
        journal_die(j, "write", s->number);
    /* PROTOCOL gate: "Where a sync fails, the process MUST end without another
     * signature, since it is unknown what is on disk." */
    if (fdatasync(s->fd) != 0)
        journal_die(j, "sync", s->number);
    j->turn = f.turn;
    memcpy(j->header, j->frame.data, FRAME_HEADER_BYTES);
    j->chain = frame_chain(j->header);
    j->adds = true;
    j->last = j->end;
    j->end += size;
    j->offset += size;
    j->stats.syncs++;
    frame_begin(j);
}

static void
journal_sync(void *self)
{
    struct journal *j = self;

    if (j->fact_count)
        journal_frame_write(j);
}

uint64_t
journal_disk_free(const struct journal *j)
{
    struct statvfs s;

    if (fstatvfs(j->directory, &s) != 0)
        return UINT64_MAX;
    return (uint64_t)s.f_bavail * s.f_frsize;
}

uint64_t
journal_room(struct journal *j)
{
    uint64_t left = j->limit - j->offset, other = journal_disk_free(j);
    bool plenty = other >= 2 * (uint64_t)j->segment_bytes;
    uint64_t size = other < j->segment_bytes ? other : j->segment_bytes;

    assert(!j->fact_count);
    if (left < (plenty ? JOURNAL_KEPT_BYTES : LEFT_BYTES_MIN) &&
        size > left + 2 * SEGMENT_ROOM_MIN) {
        if (segment_begin(j, (size_t)(size - SEGMENT_ROOM_MIN)))
            left = j->limit - j->offset;
        else
            plenty = false;
    }
    if (plenty)
        return JOURNAL_ROOM_PLENTY;
    return left > JOURNAL_KEPT_BYTES ? left - JOURNAL_KEPT_BYTES : 0;
}

static enum err
journal_record(void *self, uint32_t lane, uint64_t index,
               uint8_t out[LEAF_BYTES])
{
    struct journal *j = self;

    return lookup_record(&j->lookup, lane, index, out);
}

static enum err
journal_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    struct journal *j = self;

    return lookup_body(&j->lookup, lane, index, out);
}

static enum err
journal_item(void *self, uint64_t item, struct buf *out)
{
    struct journal *j = self;

    return lookup_item(&j->lookup, item, out);
}

static enum err
journal_checkpoint(void *self, uint32_t lane, uint64_t size,
                   struct checkpoint *out)
{
    struct journal *j = self;

    return lookup_checkpoint(&j->lookup, lane, size, out);
}

void
journal_store(struct journal *j, struct store *out)
{
    static const struct store_ops ops = {
        .append = journal_append,
        .sync = journal_sync,
        .turn = next_turn,
        .record = journal_record,
        .body = journal_body,
        .item = journal_item,
        .checkpoint = journal_checkpoint,
        .erase = journal_erase,
    };

    *out = (struct store){&ops, j};
}

static struct journal *
journal_new(size_t segment_bytes)
{
    struct journal *j = mem_new(sizeof *j);

    j->directory = j->snapshot.fd = -1;
    j->segment_bytes = segment_bytes ? segment_bytes : JOURNAL_SEGMENT_BYTES;
    if (j->segment_bytes < SEGMENT_HEADER_BYTES)
        j->segment_bytes = SEGMENT_HEADER_BYTES;
    index_init(&j->index);
    lookup_init(&j->lookup, &j->index, (struct lookup_source){journal_read, j});
    frame_begin(j);
    return j;
}

/* A folder that a start made is itself there after a power loss only once the
 * one above it was synced; that start may have ended before it did so. */
static bool
above_sync(const struct journal *j)
{
    int fd = openat(j->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int why = errno;

    if (fd >= 0)
        close(fd);
    errno = why;
    return good;
}

/* Open the folder and lock it: against a second daemon, or against one at
 * all while it is read. */
static enum err
directory_open(struct journal *j, const struct complaint *c)
{
    int lock = (j->reads_only ? LOCK_SH : LOCK_EX) | LOCK_NB;

    if (!j->reads_only && mkdir(c->directory, 0700) != 0 && errno != EEXIST)
        return journal_complain(c, "", 0, ERR_IO, "cannot make the folder");
    j->directory = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->directory < 0)
        return journal_complain(c, "", 0, ERR_IO, "cannot open the folder");
    if (flock(j->directory, lock) != 0)
        return journal_complain(c, "", 0,
                                errno == EWOULDBLOCK ? ERR_NOT_NOW : ERR_IO,
                                "cannot lock it against another process");
    if (!j->reads_only && !above_sync(j))
        return journal_complain(c, "", 0, ERR_IO,
                                "cannot sync the folder above it");
    return OK;
}

static enum err
open_as(const struct journal_opening *how, bool reads_only,
        struct journal **out, const struct complaint *c)
{
    struct journal *j = journal_new(how->segment_bytes);

    j->reads_only = reads_only;
    enum err e = directory_open(j, c);
    if (!e)
        e = recovery_run(j, how, c);
    if (e) {
        journal_close(j);
        return e;
    }
    *out = j;
    return OK;
}

enum err
journal_open(const struct journal_opening *how, struct journal **out,
             char *message, size_t message_size)
{
    return open_as(how, false, out,
                   &(struct complaint){how->directory, message, message_size});
}

enum err
journal_open_to_read(const struct journal_opening *how, struct journal **out,
                     char *message, size_t message_size)
{
    return open_as(how, true, out,
                   &(struct complaint){how->directory, message, message_size});
}

void
journal_close(struct journal *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < j->segment_count; i++)
        if (j->segments[i].fd >= 0)
            close(j->segments[i].fd);
    journal_snapshot_drop(j);
    if (j->directory >= 0)
        close(j->directory);
    mem_free(j->segments);
    buf_clear(&j->frame);
    index_clear(&j->index);
    lookup_clear(&j->lookup);
    mem_free(j);
}

uint64_t
journal_turn(const struct journal *j)
{
    return j->turn;
}

void
journal_stats(const struct journal *j, struct journal_stats *out)
{
    *out = j->stats;
    out->bytes = j->end;
}
