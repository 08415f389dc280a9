#include "edge/journal/snapshot.h"

#include "core/base/crc.h"
#include "core/base/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CHECKSUM_SEED 0x736e6170u
#define FORMAT_VERSION 1

static const uint8_t magic[8] = {'S', 'E', 'A', 'L', 'S', 'N', 'A', 'P'};

/* ---- the header --------------------------------------------------------- */

static void
header_put(const struct snapshot_header *h, struct buf *out)
{
    buf_put(out, SLICE_ARRAY(magic));
    buf_put_u32(out, FORMAT_VERSION);
    buf_put_u32(out, 0);
    buf_put(out, SLICE_ARRAY(h->id.b));
    buf_put(out, SLICE_ARRAY(h->frame));
    buf_put_u64(out, h->last);
    buf_put_u64(out, h->end);
    buf_put_u32(out, h->segment);
    buf_put_u64(out, h->offset);
    buf_put_u64(out, h->journal_bytes);
    buf_put_u64(out, h->state_bytes);
}

enum err
snapshot_header_get(struct slice bytes, struct snapshot_header *out)
{
    struct cursor c = cursor_of(bytes);
    struct snapshot_header h;

    if (bytes.size < SNAPSHOT_HEADER_BYTES)
        return ERR_TRUNCATED;
    if (!slice_equal(cursor_bytes(&c, sizeof magic), SLICE_ARRAY(magic)))
        return ERR_FORMAT;
    if (cursor_u32(&c) != FORMAT_VERSION)
        return ERR_VERSION;
    uint32_t zero = cursor_u32(&c);
    cursor_copy(&c, h.id.b, sizeof h.id.b);
    cursor_copy(&c, h.frame, sizeof h.frame);
    h.last = cursor_u64(&c);
    h.end = cursor_u64(&c);
    h.segment = cursor_u32(&c);
    h.offset = cursor_u64(&c);
    h.journal_bytes = cursor_u64(&c);
    h.state_bytes = cursor_u64(&c);
    if (zero)
        return ERR_DAMAGED;
    *out = h;
    return OK;
}

uint32_t
snapshot_checksum(struct slice bytes)
{
    return crc32c(CHECKSUM_SEED, bytes);
}

/* ---- when --------------------------------------------------------------- */

bool
journal_snapshot_is_begun(const struct journal *j)
{
    return j->snapshot.frozen.size > 0;
}

bool
journal_snapshot_is_wanted(const struct journal *j)
{
    return j->turn && (j->snapshot.turn != j->turn || j->snapshot.moved);
}

bool
journal_snapshot_is_due(const struct journal *j)
{
    const struct snapshot *s = &j->snapshot;
    uint64_t most = SNAPSHOT_GROWTH * s->bytes;

    if (most < j->segment_bytes)
        most = j->segment_bytes;
    if (!s->moved && j->end - s->end < most)
        return false;
    return journal_snapshot_is_wanted(j) && !journal_snapshot_is_begun(j) &&
           journal_disk_free(j) >= 2 * (uint64_t)j->segment_bytes;
}

/* ---- freezing ----------------------------------------------------------- */

/* Count the segments that hold turns: one that was just begun may still give
 * its name up to another, and is left out. */
static size_t
segments_count(const struct journal *j)
{
    return j->segment_count - (!j->adds && j->segment_count > 1);
}

static uint64_t
segment_end(const struct journal *j, size_t i)
{
    return i + 1 < j->segment_count ? j->segments[i].bytes : j->offset;
}

static void
journal_put(const struct journal *j, struct buf *out)
{
    for (size_t i = 0; i < segments_count(j); i++) {
        const struct segment *s = &j->segments[i];
        buf_put_u8(out, s->kept);
        buf_put_varint(out, s->start);
        buf_put_varint(out, s->serves);
        buf_put_varint(out, s->first_turn);
        buf_put_varint(out, segment_end(j, i));
        buf_put_varint(out, s->blobs);
    }
    buf_put_varint(out, j->stats.blobs_damaged);
    index_put(&j->index, out);
}

/* Write header, journal and state in one buffer: together they may be as
 * large as the state in memory is, and are held once. */
static void
frozen_put(struct journal *j, snapshot_state_fn put, const void *context)
{
    struct snapshot *s = &j->snapshot;
    size_t last = segments_count(j) - 1;
    struct snapshot_header h = {
        .id = j->id,
        .last = j->last,
        .end = j->end,
        .segment = j->segments[last].number,
        .offset = segment_end(j, last),
    };
    struct buf header = {0};

    memcpy(h.frame, j->header, sizeof h.frame);
    buf_extend(&s->frozen, SNAPSHOT_HEADER_BYTES);
    journal_put(j, &s->frozen);
    h.journal_bytes = s->frozen.size - SNAPSHOT_HEADER_BYTES;
    put(context, &s->frozen);
    h.state_bytes = s->frozen.size - SNAPSHOT_HEADER_BYTES - h.journal_bytes;
    header_put(&h, &header);
    assert(header.size == SNAPSHOT_HEADER_BYTES);
    memcpy(s->frozen.data, header.data, header.size);
    buf_clear(&header);
}

enum err
journal_snapshot_begin(struct journal *j, snapshot_state_fn put,
                       const void *context)
{
    struct snapshot *s = &j->snapshot;

    assert(j->turn && !j->fact_count && !j->reads_only);
    journal_snapshot_drop(j);
    s->end = j->end;
    /* The one on disk is of no use; without this one there is none. */
    if (s->moved)
        s->turn = 0;
    s->moved = false;
    frozen_put(j, put, context);
    if (s->frozen.size - SNAPSHOT_HEADER_BYTES > SNAPSHOT_BYTES_MAX) {
        buf_clear(&s->frozen);
        return ERR_LIMIT;
    }
    buf_put_u32(&s->frozen, snapshot_checksum(buf_slice(&s->frozen)));
    s->frozen_turn = j->turn;
    return OK;
}

/* ---- writing ------------------------------------------------------------ */

void
journal_snapshot_drop(struct journal *j)
{
    struct snapshot *s = &j->snapshot;

    if (s->fd >= 0) {
        close(s->fd);
        (void)unlinkat(j->directory, SNAPSHOT_TEMPORARY, 0);
    }
    s->fd = -1;
    s->at = 0;
    buf_clear(&s->frozen);
}

void
journal_snapshot_moved(struct journal *j)
{
    bool is_begun = journal_snapshot_is_begun(j);

    journal_snapshot_drop(j);
    j->snapshot.moved = is_begun || j->snapshot.turn != 0;
}

static bool
piece_write(struct journal *j, size_t most)
{
    struct snapshot *s = &j->snapshot;
    size_t size = s->frozen.size - s->at;

    if (s->fd < 0)
        s->fd = openat(j->directory, SNAPSHOT_TEMPORARY,
                       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (size > most)
        size = most;
    if (s->fd < 0 ||
        !segment_write(s->fd, slice_of(s->frozen.data + s->at, size), s->at) ||
        fsync(s->fd) != 0)
        return false;
    s->at += size;
    return true;
}

/* What stands in its place afterwards is a whole snapshot in any case. */
static bool
place_take(struct journal *j)
{
    struct snapshot *s = &j->snapshot;

    s->turn = 0;
    if (renameat(j->directory, SNAPSHOT_TEMPORARY, j->directory,
                 SNAPSHOT_NAME) != 0 ||
        fsync(j->directory) != 0)
        return false;
    close(s->fd);
    s->fd = -1;
    s->turn = s->frozen_turn;
    s->bytes = s->frozen.size;
    s->moved = false;
    journal_snapshot_drop(j);
    return true;
}

enum err
journal_snapshot_write(struct journal *j, size_t most, bool *done)
{
    struct snapshot *s = &j->snapshot;

    assert(journal_snapshot_is_begun(j));
    *done = false;
    bool good = piece_write(j, most);
    if (good && s->at == s->frozen.size)
        good = *done = place_take(j);
    if (good)
        return OK;
    int why = errno;
    journal_snapshot_drop(j);
    errno = why;
    return ERR_IO;
}
