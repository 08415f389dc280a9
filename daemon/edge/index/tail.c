#include "edge/index/tail.h"

#include "core/base/mem.h"
#include "edge/journal/segment.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

_Static_assert(ROWS_FRAME_BYTES == FRAME_HEADER_BYTES, "frame header");
_Static_assert(ROWS_JOURNAL_BYTES == JOURNAL_ID_BYTES, "journal id");

/* Read at once: many turns, or a part of a large one. */
#define WINDOW_BYTES MIB(1)
#define WINDOW_KEPT_MAX MIB(64)

/* A segment that is open for reading. */
struct open_segment {
    int fd;
    uint32_t number;
    bool kept;
    struct buf window; /* of the file, from `from` on */
    uint64_t from;
};

struct tail {
    char directory[1100];
    int folder;
    struct journal_id id;
    struct open_segment s;
    uint64_t at; /* in it, of the next frame; 0: the position is not found */
};

struct tail *
tail_new(const char *directory)
{
    struct tail *t = mem_new(sizeof *t);

    (void)snprintf(t->directory, sizeof t->directory, "%s", directory);
    t->folder = t->s.fd = -1;
    return t;
}

static void
segment_close(struct open_segment *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    buf_reset(&s->window);
}

void
tail_free(struct tail *t)
{
    if (!t)
        return;
    segment_close(&t->s);
    buf_clear(&t->s.window);
    if (t->folder >= 0)
        close(t->folder);
    mem_free(t);
}

/* ---- bytes of a segment ------------------------------------------------- */

/* See `size` bytes at an offset, fewer where the file ends. */
static struct slice
window(struct open_segment *s, uint64_t at, size_t size)
{
    struct buf *w = &s->window;

    if (at < s->from || at + size > s->from + w->size) {
        size_t want = size > WINDOW_BYTES ? size : WINDOW_BYTES;
        if (w->capacity > WINDOW_KEPT_MAX)
            buf_clear(w);
        buf_reset(w);
        uint8_t *to = buf_extend(w, want);
        if (!segment_read(s->fd, at, to, &want))
            want = 0;
        w->size = want;
        s->from = at;
    }
    size_t skip = (size_t)(at - s->from);
    size_t left = w->size - skip;
    return slice_of(w->data + skip, left < size ? left : size);
}

/* Forget what was read: the daemon may have written there since. */
static void
window_drop(struct open_segment *s)
{
    buf_reset(&s->window);
    s->from = 0;
}

static bool
segment_open(struct tail *t, uint32_t number, struct open_segment *out)
{
    struct segment_name plain = segment_name(number);
    struct segment_name kept = segment_kept_name(number);
    struct open_segment s = {.fd = -1, .number = number};
    struct segment_header h;

    if (t->folder < 0)
        t->folder = open(t->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->folder < 0)
        return false;
    s.fd = openat(t->folder, plain.text, O_RDONLY | O_CLOEXEC);
    if (s.fd < 0) {
        s.fd = openat(t->folder, kept.text, O_RDONLY | O_CLOEXEC);
        s.kept = true;
    }
    if (s.fd < 0)
        return false;
    struct slice page = window(&s, 0, SEGMENT_HEADER_BYTES);
    enum err e = s.kept ? segment_kept_header_get(page, &h)
                        : segment_header_get(page, &h);
    if (e || h.number != number) {
        segment_close(&s);
        buf_clear(&s.window);
        return false;
    }
    t->id = h.id;
    *out = s;
    return true;
}

/* See the whole frame at an offset; false where there is none. */
static bool
frame_see(struct tail *t, struct open_segment *s, uint64_t at, struct frame *f,
          struct slice *bytes)
{
    struct slice header = window(s, at, FRAME_HEADER_BYTES);

    if (frame_header_get(header, &t->id, f) || f->facts_bytes > FRAME_FACTS_MAX)
        return false;
    *bytes = window(s, at, frame_bytes(f));
    /* Of a kept segment that is the most it can be. */
    enum err e = s->kept ? frame_get_kept(*bytes, &t->id, f)
                         : frame_get(*bytes, &t->id, f);
    return e == OK;
}

/* ---- finding the place -------------------------------------------------- */

static bool
segment_take(struct tail *t, uint32_t number)
{
    struct open_segment s;

    if (!segment_open(t, number, &s))
        return false;
    segment_close(&t->s);
    buf_clear(&t->s.window);
    t->s = s;
    t->at = SEGMENT_HEADER_BYTES;
    return true;
}

/* Find the frame that was read last, which may have moved. */
static bool
frame_find(struct tail *t, const struct position *p)
{
    struct frame f;
    struct slice bytes;

    if (!t->s.kept && frame_see(t, &t->s, p->offset, &f, &bytes) &&
        memcmp(bytes.data, p->frame, FRAME_HEADER_BYTES) == 0) {
        t->at = p->offset + frame_bytes(&f);
        return true;
    }
    for (uint64_t at = SEGMENT_HEADER_BYTES;
         frame_see(t, &t->s, at, &f, &bytes); at += frame_bytes(&f))
        if (memcmp(bytes.data, p->frame, FRAME_HEADER_BYTES) == 0) {
            t->at = at + frame_bytes(&f);
            return true;
        }
    return false;
}

/* Go to where reading goes on. */
static enum tail_result
seek(struct tail *t, const struct position *p)
{
    if (!p->segment)
        return segment_take(t, 1) ? TAIL_TURN : TAIL_WAIT;
    if (!segment_take(t, p->segment)) {
        /* Between two names of a segment that is being retired; one that is
         * there never goes for good. */
        struct open_segment first;
        if (!segment_open(t, 1, &first))
            return TAIL_WAIT;
        segment_close(&first);
        buf_clear(&first.window);
        if (!segment_take(t, p->segment))
            return TAIL_OTHER;
    }
    if (memcmp(t->id.b, p->journal, JOURNAL_ID_BYTES) == 0 && frame_find(t, p))
        return TAIL_TURN;
    t->at = 0;
    return TAIL_OTHER;
}

/* ---- reading ------------------------------------------------------------ */

static void
facts_give(struct slice bytes, const struct frame *f, tail_fact_fn each,
           void *context)
{
    size_t at = FRAME_HEADER_BYTES;

    while (at < FRAME_HEADER_BYTES + f->stored_bytes) {
        struct slice whole = slice_of(bytes.data + at, bytes.size - at);
        struct fact_size size;
        struct fact fact;
        enum err e = fact_size(whole, &size);
        assert(!e); /* the frame was checked */
        whole.size = size.head + size.blob;
        if (fact_get_head(slice_of(whole.data, size.head), &fact) == OK) {
            /* What does not match was erased, or half of it. */
            if (fact_get_blob(whole, &fact))
                fact.blob_head = fact.blob_body = (struct slice){0};
            each(context, &fact);
        }
        at += whole.size;
    }
}

static void
position_move(struct tail *t, struct position *p, const struct frame *f,
              struct slice bytes)
{
    memcpy(p->journal, t->id.b, sizeof p->journal);
    memcpy(p->frame, bytes.data, sizeof p->frame);
    p->turn = f->turn;
    p->segment = t->s.number;
    p->offset = t->at;
    t->at += frame_bytes(f);
}

/* The frame at hand; then the one there after looking for a next segment: what
 * was written in between stands here. */
static bool
frame_next(struct tail *t, struct frame *f, struct slice *bytes)
{
    struct open_segment next;

    if (frame_see(t, &t->s, t->at, f, bytes))
        return true;
    window_drop(&t->s);
    if (frame_see(t, &t->s, t->at, f, bytes))
        return true;
    if (!segment_open(t, t->s.number + 1, &next))
        return false;
    window_drop(&t->s);
    bool here = frame_see(t, &t->s, t->at, f, bytes);
    if (here) {
        segment_close(&next);
        buf_clear(&next.window);
        return true;
    }
    segment_close(&t->s);
    buf_clear(&t->s.window);
    t->s = next;
    t->at = SEGMENT_HEADER_BYTES;
    return frame_see(t, &t->s, t->at, f, bytes);
}

enum tail_result
tail_next(struct tail *t, struct position *at, uint64_t committed,
          tail_fact_fn each, void *context)
{
    struct frame f;
    struct slice bytes;

    if (!committed)
        return TAIL_WAIT;
    /* Also where nothing is new: a copy that was put back may have come just
     * as far. */
    if (!t->at) {
        enum tail_result r = seek(t, at);
        if (r != TAIL_TURN)
            return r;
    }
    if (at->turn >= committed)
        return TAIL_WAIT;
    bool again;
    do {
        if (!frame_next(t, &f, &bytes))
            return TAIL_WAIT;
        again =
            at->turn && memcmp(bytes.data, at->frame, FRAME_HEADER_BYTES) == 0;
        t->at += again ? frame_bytes(&f) : 0; /* a start wrote it again */
    } while (again);
    if (f.turn > committed)
        return TAIL_WAIT;
    if (f.turn <= at->turn ||
        f.chain != (at->turn ? frame_chain(at->frame) : 0)) {
        t->at = 0;
        return TAIL_OTHER;
    }
    facts_give(bytes, &f, each, context);
    position_move(t, at, &f, bytes);
    return TAIL_TURN;
}

/* ---- retired ------------------------------------------------------------ */

static void
heads_give(struct slice bytes, const struct frame *f, tail_fact_fn each,
           void *context)
{
    size_t at = FRAME_HEADER_BYTES;

    while (at < FRAME_HEADER_BYTES + f->stored_bytes) {
        struct slice whole = slice_of(bytes.data + at, bytes.size - at);
        struct fact_size size;
        struct fact fact;
        enum err e = fact_size(whole, &size);
        assert(!e);
        if (size.left_out &&
            fact_get_head(slice_of(whole.data, size.head), &fact) == OK)
            each(context, &fact);
        at += size.head + size.blob;
    }
}

void
tail_left_out(struct tail *t, uint32_t segment, tail_fact_fn each,
              void *context)
{
    struct open_segment s;
    struct frame f;
    struct slice bytes;

    if (!segment_open(t, segment, &s))
        return;
    for (uint64_t at = SEGMENT_HEADER_BYTES;
         s.kept && frame_see(t, &s, at, &f, &bytes); at += frame_bytes(&f))
        heads_give(bytes, &f, each, context);
    segment_close(&s);
    buf_clear(&s.window);
}
