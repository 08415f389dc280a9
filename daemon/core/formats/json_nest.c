#include "core/formats/json_nest.h"

#include "core/base/mem.h"
#include "core/formats/json_state.h"

#include <assert.h>

struct frame {
    struct json_doc doc;
    size_t depth;      /* brackets around what stands directly in it */
    size_t list_depth; /* the same in its list that is open; 0: none is */
    bool is_passed;    /* that list is not handed over */
    bool is_alone;     /* the part within it is no value of a list */
    uint32_t key;      /* of the list or part within it */
    uint64_t position; /* of the part within its list */
};

struct json_nest {
    struct json_nest_handler handler;
    struct frame frames[JSON_NEST_MAX];
    unsigned count;
};

static struct frame *
innermost(struct json_nest *n)
{
    return n->count ? &n->frames[n->count - 1] : NULL;
}

static void
part_begin(struct json_stream *s)
{
    struct json_nest *n = s->nest;
    struct frame *f = &n->frames[n->count];

    assert(n->count < JSON_NEST_MAX);
    json_doc_reset(&f->doc);
    f->depth = s->depth + 1;
    f->list_depth = 0;
    f->position = 0;
    s->doc = &f->doc;
    n->count++;
    n->handler.began(n->handler.context, n->count - 1);
}

static void
list_begin(struct json_stream *s, struct frame *f, enum json_way way)
{
    f->list_depth = s->depth + 1;
    f->is_passed = way == JSON_PASS;
    f->is_alone = false;
    f->key = s->mark;
    f->position = 0;
}

/* Leave {} where the object stood, and open a part for it. */
static void
alone_begin(struct json_stream *s, struct frame *f, uint64_t column)
{
    json_doc_begin(&f->doc, JSON_OBJECT, s->line, column);
    json_doc_end(&f->doc);
    f->is_alone = true;
    f->key = s->mark;
    part_begin(s);
}

/* Ask what becomes of a value that stands directly in the part. */
static enum json_way
way_of(const struct json_stream *s, const struct frame *f, enum json_kind kind)
{
    const struct json_nest_handler *h = &s->nest->handler;

    if (f->doc.fault || s->depth != f->depth ||
        f->doc.tokens[0].kind != JSON_OBJECT)
        return JSON_KEEP;
    return h->way(h->context, s->nest->count - 1, &f->doc, s->mark, kind);
}

bool
json_nest_begin(struct json_stream *s, uint64_t column, enum json_kind kind)
{
    struct json_nest *n = s->nest;
    struct frame *f = innermost(n);
    enum json_way way = JSON_KEEP;

    if (!f) {
        way = n->handler.way(n->handler.context, 0, NULL, 0, kind);
        part_begin(s);
        f = innermost(n);
        assert(f);
        if (way != JSON_KEEP) {
            list_begin(s, f, way);
            f->key = UINT32_MAX;
        }
    } else if (f->list_depth && f->is_passed) {
        return true;
    } else if (f->list_depth && s->depth == f->list_depth) {
        part_begin(s);
    } else {
        way = way_of(s, f, kind);
        if (way == JSON_TWICE)
            return false;
        if (way == JSON_ALONE)
            alone_begin(s, f, column);
        else if (way != JSON_KEEP)
            list_begin(s, f, way);
    }
    json_doc_begin(s->doc, kind, s->line, column);
    if (way == JSON_PASS)
        s->doc = NULL;
    return true;
}

void
json_nest_close(struct json_stream *s)
{
    struct frame *f = innermost(s->nest);

    assert(f);
    if (s->depth != f->list_depth)
        return;
    f->list_depth = 0;
    s->doc = &f->doc;
}

void
json_nest_end(struct json_stream *s)
{
    struct json_nest *n = s->nest;
    struct frame *f = innermost(n);

    assert(f);
    if (s->doc)
        json_doc_end(s->doc);
    if (s->depth + 1 != f->depth)
        return;
    n->handler.ended(n->handler.context, n->count - 1, &f->doc);
    n->count--;
    f = innermost(n);
    s->doc = f ? &f->doc : NULL;
    if (f)
        f->position++;
}

struct json_stream *
json_nest_new(const struct json_nest_handler *handler)
{
    static const struct json_handler nobody = {0};
    struct json_stream *s = json_stream_new(&nobody, NULL);

    s->nest = mem_new(sizeof *s->nest);
    s->nest->handler = *handler;
    return s;
}

void
json_nest_free(struct json_nest *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < JSON_NEST_MAX; i++)
        json_doc_clear(&n->frames[i].doc);
    mem_free(n);
}

void
json_nest_restart(struct json_nest *n)
{
    if (n)
        n->count = 0;
}

bool
json_nest_level(const struct json_stream *s, unsigned *level)
{
    *level = s->nest->count ? s->nest->count - 1 : 0;
    return s->nest->count > 0;
}

void
json_nest_path(const struct json_stream *s, unsigned level, struct buf *out)
{
    for (unsigned i = 0; i < level; i++) {
        const struct frame *f = &s->nest->frames[i];
        if (i)
            buf_put_str(out, f->key == UINT32_MAX ? "" : ".");
        if (f->key != UINT32_MAX)
            json_path(&f->doc, f->key, out);
        if (f->is_alone)
            continue;
        buf_put_u8(out, '[');
        buf_put_decimal(out, f->position);
        buf_put_u8(out, ']');
    }
}
