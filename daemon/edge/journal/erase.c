#include "edge/journal/state.h"

#include "core/base/mem.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Segments that are open for writing at the same time. */
#define WRITERS_MAX 64

/* Segments that were written and not yet synced. */
struct eraser {
    struct journal *j;
    struct writer {
        size_t segment;
        int fd;
    } writers[WRITERS_MAX];
    size_t count;
};

static uint32_t
number_of(const struct eraser *e, size_t segment)
{
    return e->j->segments[segment].number;
}

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that, and note that it was done; what a crash left
 * without that note is done again." */
static void
writers_sync(struct eraser *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct writer *w = &e->writers[i];
        if (fdatasync(w->fd) != 0)
            journal_die(e->j, "sync an erasure of", number_of(e, w->segment));
        close(w->fd);
    }
    e->count = 0;
}

static int
writer_of(struct eraser *e, size_t segment)
{
    struct segment_name name = journal_segment_name(&e->j->segments[segment]);

    for (size_t i = 0; i < e->count; i++)
        if (e->writers[i].segment == segment)
            return e->writers[i].fd;
    if (e->count == WRITERS_MAX)
        writers_sync(e);
    int fd = openat(e->j->directory, name.text, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        journal_die(e->j, "open for an erasure of", number_of(e, segment));
    e->writers[e->count++] = (struct writer){segment, fd};
    return fd;
}

/* Tell whether the fact of a blob stands in this segment: the last turn may
 * stand in several, from starts that wrote it again. */
static bool
is_there(const struct eraser *e, size_t segment, const struct blob *b)
{
    const struct segment *s = &e->j->segments[segment];
    uint8_t head[FACT_BLOB_HEAD_MAX];
    size_t size = b->head_size;
    int fd = journal_segment_fd(e->j, segment);

    if (fd < 0 || !segment_read(fd, SEGMENT_HEADER_BYTES + b->place - s->start,
                                head, &size))
        journal_die(e->j, "read for an erasure of", s->number);
    return size == b->head_size && memcmp(head, b->head, size) == 0;
}

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that, and note that it was done; what a crash left
 * without that note is done again." */
static void
zeros_write(struct eraser *e, size_t segment, const struct blob *b)
{
    static const uint8_t zeros[KIB(64)];
    const struct segment *s = &e->j->segments[segment];
    uint64_t at = SEGMENT_HEADER_BYTES + b->place - s->start + b->head_size;
    int fd = writer_of(e, segment);

    for (size_t done = 0; done < b->size;) {
        size_t n =
            b->size - done < sizeof zeros ? b->size - done : sizeof zeros;
        if (!segment_write(fd, slice_of(zeros, n), at + done))
            journal_die(e->j, "write an erasure of", s->number);
        done += n;
    }
}

/* Overwrite every copy: from the last segment that reaches back to the blob
 * on, down to where its fact no longer stands. */
static void
blob_erase(struct eraser *e, const struct blob *b)
{
    const struct journal *j = e->j;

    for (size_t i = j->segment_count; i-- > 0;) {
        if (j->segments[i].start > b->place)
            continue; /* it may have no frame at all */
        if (!is_there(e, i, b))
            return;
        zeros_write(e, i, b);
    }
}

/* A frame whose blobs do not match is taken for torn when nothing follows it:
 * put a frame without facts behind the last one before its blobs change. */
static void
follow(struct journal *j, const struct blobs *blobs)
{
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->of[i].place >= j->last) {
            journal_frame_write(j);
            return;
        }
}

/* Erase one message wherever it stands. What it was queued again from lies
 * before it, so that this ends. */
static void
erase_one(struct eraser *e, struct erasure what)
{
    struct journal *j = e->j;
    struct blobs blobs;

    do {
        if (lookup_blobs(&j->lookup, &what, &blobs))
            journal_die(j, "find what to erase for",
                        j->segments[j->segment_count - 1].number);
        follow(j, &blobs);
        for (size_t i = 0; i < blobs.count; i++)
            blob_erase(e, &blobs.of[i]);
    } while (blobs.more);
}

void
journal_erase(void *self, const struct erasure *list, size_t count)
{
    struct journal *j = self;
    struct eraser e = {.j = j};

    assert(!j->fact_count); /* everything is synced */
    j->erasures += count;
    for (size_t i = 0; i < count; i++)
        erase_one(&e, list[i]);
    writers_sync(&e);
}
