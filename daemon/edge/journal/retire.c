#include "edge/journal/retire.h"

#include "core/base/limits.h"
#include "edge/journal/snapshot.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The newest ones: one is written to, one may hold the last turn. */
#define SEGMENTS_LEFT_ALONE 2

/* ---- which segment ------------------------------------------------------ */

static struct index_range
range_of(const struct journal *j, size_t i)
{
    return (struct index_range){j->segments[i].serves,
                                j->segments[i + 1].serves};
}

/* Count what may go of a list's part in `range`, and all of it. */
static void
count_in(const struct places *p, const struct index_range *range,
         uint64_t floor, uint64_t *may, uint64_t *all)
{
    uint64_t low = places_below(p, range->low);
    uint64_t high = places_below(p, range->high);

    *all += high - low;
    if (floor > low)
        *may += (floor < high ? floor : high) - low;
}

/* Most of it must be free to go: of a kept segment, which was rewritten once
 * and holds little, all. */
static bool
is_due(const struct journal *j, size_t i, const struct retire *how,
       uint64_t item_floor)
{
    const struct segment *s = &j->segments[i];
    struct index_range range = range_of(j, i);
    uint64_t may = 0, all = 0;

    if ((s->kept && !s->blobs) || how->now_ms < s->pause_ms)
        return false;
    /* A copy of the last turn that is worse than the one before it. */
    if (s->serves != s->start || range.high != j->segments[i + 1].start)
        return false;
    for (uint32_t lane = 0; lane < j->index.lane_count; lane++)
        count_in(&j->index.lanes[lane].entries, &range,
                 how->entries(how->self, lane), &may, &all);
    count_in(&j->index.items, &range, item_floor, &may, &all);
    return s->kept ? may == all : all && 2 * may >= all;
}

static uint64_t
highest_item(const struct retire *how)
{
    uint64_t highest = 0;

    for (uint32_t peer = 0; peer < PEERS_MAX; peer++) {
        uint64_t items = how->items(how->self, peer);
        if (items > highest)
            highest = items;
    }
    return highest;
}

/* ---- copying ------------------------------------------------------------ */

static bool
blob_may_go(const struct retire *how, const struct fact *f)
{
    if (f->type == FACT_SEQUENCED || f->type == FACT_ADOPTED ||
        f->type == FACT_ENTRY)
        return f->index < how->entries(how->self, f->lane);
    if (f->type == FACT_SUBMITTED || f->type == FACT_REQUEUED)
        return f->item < how->items(how->self, f->peer);
    return false;
}

struct keeping {
    const struct retire *how;
    bool all_go; /* the next segment has this turn, and serves it */
    uint64_t blobs;
    struct buf out;
};

/* PROTOCOL journal: "A node MUST NOT remove a body that no receipt covers, nor
 * a leaf record or a checkpoint that ended a batch." */
/* Copy one fact, with its blob or without. */
static enum err
fact_keep(struct keeping *k, struct slice whole, const struct fact_size *size)
{
    struct fact f;
    size_t at = k->out.size;
    enum err e = fact_get_head(slice_of(whole.data, size->head), &f);

    if (e)
        return e;
    buf_put(&k->out, slice_of(whole.data, size->head));
    if (size->blob && (k->all_go || blob_may_go(k->how, &f))) {
        k->out.data[at + FACT_LEFT_OUT_AT] = FACT_LEFT_OUT;
    } else if (size->blob) {
        buf_put(&k->out, slice_of(whole.data + size->head, size->blob));
        k->blobs++;
    }
    return OK;
}

static enum err
frame_keep(struct keeping *k, struct slice bytes, const struct frame *f)
{
    static const uint8_t zeros[FRAME_ALIGN];
    size_t at = FRAME_HEADER_BYTES, start = k->out.size;
    enum err e = OK;

    buf_put(&k->out, slice_of(bytes.data, FRAME_HEADER_BYTES));
    while (!e && at < FRAME_HEADER_BYTES + f->stored_bytes) {
        struct slice whole = slice_of(bytes.data + at, bytes.size - at);
        struct fact_size size;
        e = fact_size(whole, &size);
        if (!e)
            e = fact_keep(k, whole, &size);
        if (!e)
            at += size.head + size.blob;
    }
    size_t over = (k->out.size - start) % FRAME_ALIGN;
    buf_put(&k->out, slice_of(zeros, over ? FRAME_ALIGN - over : 0));
    return e;
}

/* The time of its last change goes to `changed`. */
static enum err
file_load(struct journal *j, size_t i, struct buf *out,
          struct timespec *changed)
{
    struct stat info;
    int fd = journal_segment_fd(j, i);

    if (fd < 0 || fstat(fd, &info) != 0)
        return ERR_IO;
    *changed = info.st_mtim;
    size_t size = (size_t)info.st_size;
    if (!segment_read(fd, 0, buf_extend(out, size), &size))
        return ERR_IO;
    out->size = size;
    return OK;
}

/* Copy all frames of segment `i`. ERR_DAMAGED: it does not read as it did at
 * the start; then it stays for a person to look. */
static enum err
frames_keep(struct journal *j, size_t i, struct slice file, struct keeping *k)
{
    const struct segment *s = &j->segments[i];
    uint64_t next = j->segments[i + 1].serves;
    size_t at = SEGMENT_HEADER_BYTES;
    enum err e = OK;

    while (!e && at < s->bytes) {
        struct slice rest = slice_of(file.data + at, file.size - at);
        struct frame f;
        if (file.size < s->bytes)
            return ERR_DAMAGED;
        e = s->kept ? frame_get_kept(rest, &j->id, &f)
                    : frame_get(rest, &j->id, &f);
        if (e)
            break;
        k->all_go = s->start + (at - SEGMENT_HEADER_BYTES) >= next;
        e = frame_keep(k, rest, &f);
        at += frame_bytes(&f);
    }
    return e;
}

static size_t
segment_numbered(const struct journal *j, uint32_t number)
{
    size_t i = 0;

    while (i < j->segment_count && j->segments[i].number != number)
        i++;
    assert(i + SEGMENTS_LEFT_ALONE < j->segment_count);
    return i;
}

static void
keep_remove(const struct journal *j, uint32_t number)
{
    struct segment_name name = segment_keep_name(number);

    (void)unlinkat(j->directory, name.text, 0);
}

/* Write the kept segment. False: nothing came of it; look again later. */
static bool
keep_write(struct journal *j, size_t i, const struct retire *how)
{
    struct segment *s = &j->segments[i];
    struct segment_header h = {j->id, s->number, s->first_turn};
    struct keeping k = {.how = how};
    struct buf file = {0};
    bool good = file_load(j, i, &file, &j->retiring_changed) == OK &&
                frames_keep(j, i, buf_slice(&file), &k) == OK;

    s->pause_ms = how->now_ms + how->pause_ms;
    /* A segment that would stay nearly as it is waits for more to go. */
    good = good && 8 * k.out.size < 7 * (s->bytes - SEGMENT_HEADER_BYTES);
    if (good && segment_keep(j->directory, &h, buf_slice(&k.out))) {
        keep_remove(j, s->number);
        good = false;
    }
    j->retiring_blobs = k.blobs;
    j->retiring_erasures = j->erasures;
    buf_clear(&file);
    buf_clear(&k.out);
    return good;
}

uint32_t
journal_retire(struct journal *j, const struct retire *how)
{
    uint64_t items = highest_item(how);

    for (size_t i = 0; i + SEGMENTS_LEFT_ALONE < j->segment_count; i++)
        if (is_due(j, i, how, items) && keep_write(j, i, how))
            return j->segments[i].number;
    return 0;
}

/* ---- taking its place --------------------------------------------------- */

/* Lead every place of the segment to where the fact stands now. */
static void
places_lead(struct journal *j, size_t i, struct slice file)
{
    const struct segment *s = &j->segments[i];
    struct index_range range = range_of(j, i);

    for (size_t at = SEGMENT_HEADER_BYTES; at < file.size;) {
        struct slice rest = slice_of(file.data + at, file.size - at);
        struct frame f;
        enum err e = frame_get_kept(rest, &j->id, &f);
        assert(!e); /* we wrote it */
        size_t p = FRAME_HEADER_BYTES;
        while (p < FRAME_HEADER_BYTES + f.stored_bytes) {
            struct slice whole = slice_of(rest.data + p, rest.size - p);
            struct fact_size size;
            struct fact fact;
            e = fact_size(whole, &size);
            if (!e)
                e = fact_get_head(slice_of(whole.data, size.head), &fact);
            assert(!e);
            index_move(&j->index, &fact, &range,
                       s->start + (at - SEGMENT_HEADER_BYTES) + p);
            p += size.head + size.blob;
        }
        at += frame_bytes(&f);
    }
}

static _Noreturn void
die(const struct segment *s, const char *what)
{
    (void)fprintf(stderr, "sealaned: journal segment %s: cannot %s: %s\n",
                  segment_kept_name(s->number).text, what, strerror(errno));
    _exit(JOURNAL_EXIT_STATUS);
}

void
journal_retire_undo(struct journal *j, uint32_t number)
{
    keep_remove(j, number);
}

/* Tell whether a body may have been erased in it since it was copied. */
static bool
is_changed(struct journal *j, size_t i)
{
    struct stat info;
    int fd = journal_segment_fd(j, i);

    return j->erasures != j->retiring_erasures || fd < 0 ||
           fstat(fd, &info) != 0 ||
           info.st_mtim.tv_sec != j->retiring_changed.tv_sec ||
           info.st_mtim.tv_nsec != j->retiring_changed.tv_nsec;
}

/* PROTOCOL journal: "A segment is removed only when what takes its place, and
 * the fact that says so, are on disk." */
bool
journal_retired(struct journal *j, uint32_t number, struct retired *out)
{
    size_t i = segment_numbered(j, number);
    struct segment *s = &j->segments[i];
    struct segment_name old = journal_segment_name(s);
    struct segment_name keep = segment_keep_name(number);
    struct segment_name kept = segment_kept_name(number);
    bool was_kept = s->kept;
    struct buf file = {0};

    if (is_changed(j, i)) {
        keep_remove(j, number);
        return false;
    }
    out->before = s->bytes;
    if (renameat(j->directory, keep.text, j->directory, kept.text) != 0 ||
        fsync(j->directory) != 0)
        die(s, "put in its place");
    if (!was_kept &&
        (unlinkat(j->directory, old.text, 0) != 0 || fsync(j->directory) != 0))
        die(s, "remove what it replaces");
    j->files_open -= s->fd >= 0;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->kept = true;
    s->blobs = j->retiring_blobs;
    if (file_load(j, i, &file, &j->retiring_changed))
        die(s, "read");
    places_lead(j, i, buf_slice(&file));
    journal_snapshot_moved(j);
    out->after = s->bytes = file.size;
    buf_clear(&file);
    return true;
}

/* ---- after a crash ------------------------------------------------------ */

static enum err
unfinished_remove(struct journal *j, const struct complaint *c)
{
    int fd = openat(j->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool good = folder != NULL;
    uint32_t number;

    while (good && (entry = readdir(folder)))
        good = !segment_keep_number(entry->d_name, &number) ||
               unlinkat(j->directory, entry->d_name, 0) == 0;
    enum err e = good ? OK
                      : journal_complain(c, "", 0, ERR_IO,
                                         "cannot remove what a crash left");
    if (folder)
        closedir(folder);
    else if (fd >= 0)
        close(fd);
    return e;
}

enum err
retire_recover(struct journal *j, const struct complaint *c)
{
    size_t count = 0;

    for (size_t i = 0; i < j->segment_count; i++) {
        const struct segment *s = &j->segments[i];
        struct segment_name name = journal_segment_name(s);
        if (!count || j->segments[count - 1].number != s->number)
            j->segments[count++] = *s;
        else if (!j->reads_only && unlinkat(j->directory, name.text, 0) != 0)
            return journal_complain(c, name.text, 0, ERR_IO,
                                    "cannot remove what a crash left");
    }
    j->segment_count = j->stats.segments = count;
    return j->reads_only ? OK : unfinished_remove(j, c);
}
