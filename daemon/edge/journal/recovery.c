#include "edge/journal/recovery.h"

#include "edge/journal/retire.h"
#include "edge/journal/snapshot.h"

#include "core/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct recovery {
    struct journal *j;
    const struct journal_opening *how;
    const struct complaint *complaint;
    struct buf bytes; /* of the segment that is read */
    size_t at;        /* in it */
    struct buf last;  /* the last turn's frame */
    uint64_t last_place;
    struct snapshot_position from; /* where reading begins */
};

enum err
journal_complain(const struct complaint *c, const char *file, uint64_t offset,
                 enum err e, const char *what)
{
    const char *why = e == ERR_IO ? strerror(errno) : err_text(e);

    if (c->size)
        (void)snprintf(c->text, c->size, "%s%s%s at byte %llu: %s: %s",
                       c->directory, *file ? "/" : "", file,
                       (unsigned long long)offset, what, why);
    return e;
}

/* Complain about the segment that is read, where it is read. */
static enum err
here(const struct recovery *r, size_t i, enum err e, const char *what)
{
    struct segment_name name = journal_segment_name(&r->j->segments[i]);

    return journal_complain(r->complaint, name.text, r->at, e, what);
}

static int
by_number(const void *a, const void *b)
{
    const struct segment *left = a, *right = b;

    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return left->kept - right->kept;
}

/* List the segments that are there, in their order. */
static enum err
segments_list(struct recovery *r)
{
    struct journal *j = r->j;
    int fd = openat(j->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!folder) {
        enum err e =
            journal_complain(r->complaint, "", 0, ERR_IO, "cannot list");
        if (fd >= 0)
            close(fd);
        return e;
    }
    errno = 0;
    while ((entry = readdir(folder))) {
        struct segment s = {.fd = -1};
        s.kept = segment_kept_number(entry->d_name, &s.number);
        if (s.kept || segment_number(entry->d_name, &s.number))
            journal_segment_add(j, s);
    }
    enum err e = errno ? ERR_IO : OK;
    closedir(folder);
    if (e)
        return journal_complain(r->complaint, "", 0, e, "cannot list");
    if (!j->segment_count)
        return OK;
    qsort(j->segments, j->segment_count, sizeof *j->segments, by_number);
    return retire_recover(j, r->complaint);
}

/* Read the header of segment `i`: it must belong to this journal. */
static enum err
header_read(struct recovery *r, size_t i)
{
    struct segment *s = &r->j->segments[i];
    uint8_t page[SEGMENT_HEADER_BYTES];
    struct segment_header h;
    size_t size = sizeof page;

    if (s->number != i + 1) {
        struct segment_name name = segment_name((uint32_t)i + 1);
        return journal_complain(r->complaint, name.text, 0, ERR_DAMAGED,
                                "the segment is missing");
    }
    int fd = journal_segment_fd(r->j, i);
    if (fd < 0 || !segment_read(fd, 0, page, &size))
        return here(r, i, ERR_IO, "cannot read");
    enum err e = s->kept ? segment_kept_header_get(slice_of(page, size), &h)
                         : segment_header_get(slice_of(page, size), &h);
    if (e == ERR_VERSION)
        return here(r, i, e, "another version of the journal wrote this");
    if (e || h.number != s->number || h.first_turn == 0)
        return here(r, i, ERR_DAMAGED, "the header is not a segment's");
    if (i > 0 && memcmp(h.id.b, r->j->id.b, JOURNAL_ID_BYTES) != 0)
        return here(r, i, ERR_DAMAGED, "it belongs to another journal");
    r->j->id = h.id;
    s->first_turn = h.first_turn;
    return OK;
}

static enum err
segment_load(struct recovery *r, size_t i)
{
    struct stat info;
    int fd = journal_segment_fd(r->j, i);

    if (fd < 0 || fstat(fd, &info) != 0)
        return here(r, i, ERR_IO, "cannot read");
    size_t size = (size_t)info.st_size;
    buf_reset(&r->bytes);
    if (!segment_read(fd, 0, buf_extend(&r->bytes, size), &size))
        return here(r, i, ERR_IO, "cannot read");
    r->bytes.size = size;
    return OK;
}

static struct slice
rest(const struct recovery *r, size_t at)
{
    if (at > r->bytes.size)
        at = r->bytes.size;
    return slice_of(r->bytes.data + at, r->bytes.size - at);
}

/* Tell whether something proves that frame `f`, at r->at, had been synced:
 * a later turn was begun only then. */
static bool
is_followed(const struct recovery *r, size_t i, const struct frame *f)
{
    const struct journal *j = r->j;
    struct frame next;

    if (!frame_header_get(rest(r, r->at + frame_bytes(f)), &j->id, &next) &&
        next.turn > f->turn && next.chain == frame_chain(r->bytes.data + r->at))
        return true;
    return i + 1 < j->segment_count && j->segments[i + 1].first_turn > f->turn;
}

/* Hand out one fact; a blob that does not match is left out, since bodies
 * may be overwritten at any time, also in part. */
static enum err
fact_restore(struct recovery *r, struct slice whole, size_t head,
             uint64_t place)
{
    struct fact f;
    enum err e = fact_get_head(slice_of(whole.data, head), &f);

    if (e)
        return e;
    if (fact_get_blob(whole, &f) == ERR_DAMAGED)
        r->j->stats.blobs_damaged++;
    e = index_add(&r->j->index, &f, place);
    if (e || !r->how->each)
        return e;
    return r->how->each(r->how->context, &f);
}

/* Take the frame at r->at as the next turn. */
static enum err
turn_restore(struct recovery *r, size_t i, const struct frame *f)
{
    struct journal *j = r->j;
    struct slice frame = slice_of(r->bytes.data + r->at, frame_bytes(f));
    size_t at = FRAME_HEADER_BYTES;

    while (at < FRAME_HEADER_BYTES + f->stored_bytes) {
        struct slice whole = slice_of(frame.data + at, frame.size - at);
        struct fact_size size;
        enum err e = fact_size(whole, &size);
        if (!e) {
            whole.size = size.head + size.blob;
            j->segments[i].blobs += size.blob > 0;
            e = fact_restore(r, whole, size.head, j->end + at);
        }
        if (e)
            return here(r, i, e, "a fact cannot be taken");
        at += size.head + size.blob;
    }
    memcpy(j->header, frame.data, FRAME_HEADER_BYTES);
    j->turn = f->turn;
    j->chain = frame_chain(frame.data);
    r->last_place = j->end;
    j->end += frame.size;
    j->adds = true;
    return OK;
}

/* Take the last turn again. The copy serves its places, unless it is worse
 * than the one before; a kept segment leaves the blobs of such a turn out. */
static enum err
turn_again(struct recovery *r, size_t i, const struct frame *f)
{
    const uint8_t *bytes = r->bytes.data + r->at;

    if (memcmp(bytes, r->j->header, FRAME_HEADER_BYTES) != 0)
        return here(r, i, ERR_DAMAGED,
                    "the last turn stands here again, but is another");
    struct segment *s = &r->j->segments[i];
    s->start = r->last_place;
    bool good = frame_blobs_good(rest(r, r->at), f);
    s->serves = good || r->j->segments[i - 1].kept ? r->last_place : r->j->end;
    return OK;
}

/* Tell whether zeros stand where a frame would begin: most of a segment that
 * was made in advance is so. */
static bool
is_unused(struct slice bytes)
{
    static const uint8_t zeros[FRAME_ALIGN];

    return bytes.size >= sizeof zeros &&
           memcmp(bytes.data, zeros, sizeof zeros) == 0;
}

/* Refuse if a whole frame of a higher turn stands behind the one that
 * failed. */
static enum err
tail_check(struct recovery *r, size_t i)
{
    struct frame f;

    if (r->j->segments[i].kept && r->at != r->bytes.size)
        return here(r, i, ERR_DAMAGED, "there is more than it was made of");
    for (r->at += FRAME_ALIGN; r->at < r->bytes.size; r->at += FRAME_ALIGN)
        if (!is_unused(rest(r, r->at)) &&
            !frame_get(rest(r, r->at), &r->j->id, &f) && f.turn > r->j->turn)
            return here(r, i, ERR_DAMAGED,
                        "a whole turn stands behind bytes that are none");
    return OK;
}

/* Tell whether the frame at r->at is the next turn. */
static bool
follows(const struct recovery *r, const struct frame *f)
{
    const struct journal *j = r->j;

    if (f->chain != j->chain || f->turn <= j->turn)
        return false;
    return f->turn == j->turn + 1 || frame_jumps(rest(r, r->at), f);
}

/* Take the frame at r->at. Sets `*ended` where there is none. */
static enum err
frame_restore(struct recovery *r, size_t i, bool *ended)
{
    struct journal *j = r->j;
    struct frame f;
    enum err e = OK;

    *ended = true;
    bool kept = j->segments[i].kept;
    if (kept ? frame_get_kept(rest(r, r->at), &j->id, &f)
             : frame_get(rest(r, r->at), &j->id, &f))
        return OK;
    bool first = r->at == SEGMENT_HEADER_BYTES;
    if (first && j->turn && f.turn == j->turn) {
        e = turn_again(r, i, &f);
    } else {
        if (!follows(r, &f))
            return here(r, i, ERR_DAMAGED,
                        "this turn does not follow the one before it");
        if (!kept && !is_followed(r, i, &f) &&
            !frame_blobs_good(rest(r, r->at), &f))
            return OK;
        e = turn_restore(r, i, &f);
    }
    if (!e) {
        r->at += frame_bytes(&f);
        *ended = false;
    }
    return e;
}

/* Begin to read a segment from its first frame on. */
static enum err
segment_begin(struct recovery *r, size_t i)
{
    struct journal *j = r->j;
    uint64_t first = j->segments[i].first_turn;

    r->at = SEGMENT_HEADER_BYTES;
    j->adds = false;
    if (first != j->turn + 1 && first != j->turn)
        return here(r, i, ERR_DAMAGED, "the turns before it are missing");
    j->segments[i].start = j->segments[i].serves = j->end;
    return OK;
}

static enum err
segment_restore(struct recovery *r, size_t i)
{
    struct journal *j = r->j;
    bool ended = false;
    enum err e = segment_load(r, i);

    if (!e && r->from.offset && i == r->from.segment)
        r->at = (size_t)r->from.offset;
    else if (!e)
        e = segment_begin(r, i);
    while (!e && !ended)
        e = frame_restore(r, i, &ended);
    if (e)
        return e;
    j->offset = j->segments[i].bytes = r->at;
    return tail_check(r, i);
}

/* Read the last turn's frame back from where its places lead. */
static enum err
last_read(struct recovery *r)
{
    struct journal *j = r->j;
    struct frame f;

    if (!j->turn)
        return OK;
    size_t size = (size_t)(j->end - r->last_place);
    uint8_t *out = buf_extend(&r->last, size);
    if (j->lookup.source.read(j, r->last_place, out, &size))
        return journal_complain(r->complaint, "", 0, ERR_IO,
                                "the last turn cannot be read again");
    if (size != r->last.size || frame_get(buf_slice(&r->last), &j->id, &f) ||
        f.turn != j->turn)
        return journal_complain(r->complaint, "", 0, ERR_DAMAGED,
                                "the last turn is not read as it was before");
    return OK;
}

/* Cut what is behind the last frame off for good: it could not be read now,
 * and must not be read later. */
static enum err
tail_cut(struct recovery *r)
{
    struct journal *j = r->j;
    size_t i = j->segment_count - 1;
    struct segment_name name = segment_name(j->segments[i].number);
    int fd = openat(j->directory, name.text, O_WRONLY | O_CLOEXEC);
    struct stat info;

    r->at = j->offset;
    bool good = fd >= 0 && fstat(fd, &info) == 0;
    uint64_t cut = journal_segment_cut(j->offset);
    if (good && (uint64_t)info.st_size > cut)
        good = ftruncate(fd, (off_t)cut) == 0;
    good = good && fsync(fd) == 0;
    enum err e = good ? OK : here(r, i, ERR_IO, "cannot cut its end off");
    if (fd >= 0)
        close(fd);
    return e;
}

/* Tell whether the last segment must stay, though it holds no turn of its own:
 * its header alone proves that the turn before it had been synced, where that
 * turn's bodies were damaged since. */
static bool
is_proof(const struct recovery *r)
{
    const struct journal *j = r->j;
    const struct segment *last = &j->segments[j->segment_count - 1];
    struct slice frame = buf_slice(&r->last);
    struct frame f;

    return j->turn && last->first_turn > j->turn &&
           frame_get(frame, &j->id, &f) == OK && !frame_blobs_good(frame, &f);
}

/* Begin a segment with the last turn again, which may have been read from
 * memory that no disk holds. A last segment without a turn of its own gives
 * its name up, so that restarts do not pile up files. */
static enum err
restart(struct recovery *r)
{
    struct journal *j = r->j;
    struct slice last = buf_slice(&r->last);

    if (j->segment_count && !j->adds && !is_proof(r)) {
        struct segment *s = &j->segments[--j->segment_count];
        if (s->fd >= 0)
            close(s->fd);
        j->files_open -= s->fd >= 0;
    } else if (j->segment_count) {
        enum err e = tail_cut(r);
        if (e)
            return e;
    }
    struct segment_header h = {j->id, (uint32_t)j->segment_count + 1,
                               j->turn ? j->turn : 1};
    struct segment s = {.number = h.number, .first_turn = h.first_turn};
    s.start = s.serves = j->turn ? r->last_place : j->end;
    j->offset = SEGMENT_HEADER_BYTES + last.size;
    size_t size = j->offset > j->segment_bytes ? j->offset : j->segment_bytes;
    if (segment_create(j->directory, &h, last, &size, &s.fd))
        return journal_complain(r->complaint, segment_name(h.number).text, 0,
                                ERR_IO, "cannot begin a segment");
    j->limit = size;
    j->adds = false;
    journal_segment_add(j, s);
    return OK;
}

static enum err
id_make(struct recovery *r)
{
    uint8_t *id = r->j->id.b;

    if (getrandom(id, JOURNAL_ID_BYTES, 0) != JOURNAL_ID_BYTES)
        return journal_complain(r->complaint, "", 0, ERR_IO, "no random bytes");
    return OK;
}

enum err
recovery_run(struct journal *j, const struct journal_opening *how,
             const struct complaint *c)
{
    struct recovery r = {.j = j, .how = how, .complaint = c};
    enum err e = segments_list(&r);

    for (size_t i = 0; !e && i < j->segment_count; i++)
        e = header_read(&r, i);
    if (!e && !j->segment_count)
        e = j->reads_only
                ? journal_complain(c, "", 0, ERR_NOT_FOUND, "no segment")
                : id_make(&r);
    if (!e && j->segment_count && how->state)
        e = snapshot_take(j, how, c, &r.from);
    r.last_place = r.from.last;
    for (size_t i = r.from.segment; !e && i < j->segment_count; i++)
        e = segment_restore(&r, i);
    if (!e)
        e = last_read(&r);
    /* Whether the journal is damaged is for a whole reading to say. */
    if (e && r.from.offset)
        e = ERR_STALE;
    if (!e && !j->reads_only)
        e = restart(&r);
    j->last = j->turn ? r.last_place : j->end;
    buf_clear(&r.bytes);
    buf_clear(&r.last);
    return e;
}
