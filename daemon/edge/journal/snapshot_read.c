#include "edge/journal/snapshot.h"

#include "core/ports/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
    struct journal *j;
    const struct complaint *complaint;
    struct buf file;
    struct snapshot_header header;
};

static enum err
fault(const struct reading *r, enum err e, const char *what)
{
    return journal_complain(r->complaint, SNAPSHOT_NAME, 0, e, what);
}

static enum err
file_read(struct reading *r)
{
    struct stat info;
    int fd = openat(r->j->directory, SNAPSHOT_NAME, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return ERR_NOT_FOUND;
    bool good = fd >= 0 && fstat(fd, &info) == 0;
    bool fits = good && S_ISREG(info.st_mode) && info.st_size >= 0 &&
                (uint64_t)info.st_size <= 2 * (uint64_t)SNAPSHOT_BYTES_MAX;
    if (fits) {
        size_t size = (size_t)info.st_size;
        good = segment_read(fd, 0, buf_extend(&r->file, size), &size);
        r->file.size = good ? size : 0;
    }
    enum err e = good ? OK : fault(r, ERR_IO, "cannot read");
    if (fd >= 0)
        close(fd);
    return !e && !fits ? fault(r, ERR_DAMAGED, "it is no file of ours") : e;
}

/* Read the header and see that the file is whole and of this journal. */
static enum err
header_read(struct reading *r)
{
    struct slice file = buf_slice(&r->file);
    struct snapshot_header *h = &r->header;
    enum err e = snapshot_header_get(file, h);

    if (e)
        return fault(r, e, "the header is not a snapshot's");
    uint64_t left = file.size - SNAPSHOT_HEADER_BYTES;
    if (h->journal_bytes > left || h->state_bytes > left - h->journal_bytes ||
        left - h->journal_bytes - h->state_bytes != sizeof(uint32_t))
        return fault(r, ERR_DAMAGED, "it is cut off");
    size_t covered = file.size - sizeof(uint32_t);
    if (snapshot_checksum(slice_of(file.data, covered)) !=
        get_be32(file.data + covered))
        return fault(r, ERR_DAMAGED, "the checksum is wrong");
    if (memcmp(h->id.b, r->j->id.b, JOURNAL_ID_BYTES) != 0)
        return fault(r, ERR_DAMAGED, "it belongs to another journal");
    return OK;
}

/* Compare what it says of a segment with the file that is there. */
static bool
segment_fits(struct journal *j, size_t i, const struct segment *said,
             const struct snapshot_header *h)
{
    struct segment *s = &j->segments[i];
    bool is_last = i + 1 == h->segment;
    struct stat info;
    int fd = journal_segment_fd(j, i);

    if (fd < 0 || fstat(fd, &info) != 0 || said->kept != s->kept ||
        said->first_turn != s->first_turn || said->start > said->serves ||
        said->serves > h->end || said->bytes < SEGMENT_HEADER_BYTES ||
        (is_last && (s->kept || said->bytes != h->offset)))
        return false;
    uint64_t size = (uint64_t)info.st_size;
    return s->kept ? size == said->bytes : size >= said->bytes;
}

static enum err
segments_take(struct reading *r, struct cursor *in)
{
    struct journal *j = r->j;
    const struct snapshot_header *h = &r->header;

    if (!h->segment || h->segment > j->segment_count)
        return fault(r, ERR_DAMAGED, "the journal ends before it");
    for (size_t i = 0; i < h->segment; i++) {
        struct segment *s = &j->segments[i];
        struct segment said = {.number = s->number, .fd = s->fd};
        said.kept = field_get_bool(in, &in->bad);
        said.start = cursor_varint(in);
        said.serves = cursor_varint(in);
        said.first_turn = cursor_varint(in);
        said.bytes = cursor_varint(in);
        said.blobs = cursor_varint(in);
        if (in->bad || !segment_fits(j, i, &said, h))
            return fault(r, ERR_DAMAGED,
                         "the segments are not those that it followed from");
        said.fd = s->fd;
        *s = said;
    }
    for (size_t i = h->segment; i < j->segment_count; i++)
        j->segments[i].start = j->segments[i].serves = h->end;
    j->stats.blobs_damaged = cursor_varint(in);
    return OK;
}

/* The frame of its last turn must stand where it says: then the journal is
 * the one that it followed from, and is not shorter. */
static enum err
frame_compare(struct reading *r)
{
    const struct snapshot_header *h = &r->header;
    struct journal *j = r->j;
    uint8_t stands[FRAME_HEADER_BYTES];
    size_t size = sizeof stands;
    struct frame f;

    if (h->last >= h->end ||
        frame_header_get(SLICE_ARRAY(h->frame), &j->id, &f))
        return fault(r, ERR_DAMAGED, "it names no turn");
    j->end = h->end;
    if (j->lookup.source.read(j, h->last, stands, &size) ||
        size != sizeof stands || memcmp(stands, h->frame, sizeof stands) != 0)
        return fault(r, ERR_DAMAGED, "its turn is not in the journal");
    memcpy(j->header, h->frame, sizeof j->header);
    j->turn = f.turn;
    j->chain = frame_chain(j->header);
    j->adds = true;
    return OK;
}

static enum err
parts_take(struct reading *r)
{
    const struct snapshot_header *h = &r->header;
    struct journal *j = r->j;
    struct cursor in = cursor_of(slice_of(r->file.data + SNAPSHOT_HEADER_BYTES,
                                          (size_t)h->journal_bytes));
    enum err e = segments_take(r, &in);

    if (!e)
        e = frame_compare(r);
    if (!e && (index_get(&in, h->end, &j->index) || !cursor_done(&in)))
        e = fault(r, ERR_DAMAGED, "its places are none");
    return e;
}

enum err
snapshot_take(struct journal *j, const struct journal_opening *how,
              const struct complaint *c, struct snapshot_position *out)
{
    struct reading r = {.j = j, .complaint = c};
    const struct snapshot_header *h = &r.header;
    enum err e = file_read(&r);

    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e)
        e = header_read(&r);
    if (!e)
        e = parts_take(&r);
    if (!e) {
        struct slice state = slice_of(r.file.data + SNAPSHOT_HEADER_BYTES +
                                          (size_t)h->journal_bytes,
                                      (size_t)h->state_bytes);
        e = how->state(how->context, state);
        if (e)
            e = fault(&r, e, "its state cannot be taken");
    }
    if (!e) {
        *out = (struct snapshot_position){h->segment - 1, h->offset, h->last};
        j->stats.snapshot_turn = j->turn;
        j->snapshot = (struct snapshot){
            .turn = j->turn, .end = h->end, .bytes = r.file.size, .fd = -1};
    }
    buf_clear(&r.file);
    return e ? ERR_STALE : OK;
}
