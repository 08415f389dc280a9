#include "core/exchange/capture.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

#define CAPTURE_VERSION 1
static const char magic[8] = {'S', 'E', 'A', 'L', 'C', 'A', 'P', 0};

/* ---- writing ------------------------------------------------------------- */

static void
put_bytes(struct buf *out, struct slice s)
{
    assert(s.size <= UINT32_MAX);
    buf_put_u32(out, (uint32_t)s.size);
    buf_put(out, s);
}

/* Begin a block: kind and length, which block_end fills in. */
static size_t
block_begin(struct buf *out, enum capture_kind kind)
{
    size_t at = out->size;

    buf_put_u32(out, kind);
    buf_put_u32(out, 0);
    return at;
}

static void
block_end(struct buf *out, size_t at)
{
    buf_set_u32(out, at + 4, (uint32_t)(out->size - at - 8));
}

void
capture_header_put(struct buf *out, const struct team_name *team)
{
    size_t at = block_begin(out, CAPTURE_HEADER);

    buf_put(out, SLICE_ARRAY(magic));
    buf_put_u32(out, CAPTURE_VERSION);
    put_bytes(out, slice_str(team->text));
    block_end(out, at);
}

void
capture_facts_put(struct buf *out, struct slice facts)
{
    size_t at = block_begin(out, CAPTURE_FACTS);

    buf_put(out, facts);
    block_end(out, at);
}

static void
put_event(struct buf *out, const struct event *e)
{
    buf_put_u8(out, (uint8_t)e->type);
    buf_put_u64(out, e->id);
    buf_put_u64(out, e->a);
    buf_put_u64(out, e->b);
    put_bytes(out, e->data);
    put_bytes(out, e->more);
}

static void
put_effect(struct buf *out, const struct effect *e)
{
    put_event(out, &(struct event){.type = (enum event_type)e->type,
                                   .id = e->id,
                                   .a = e->a,
                                   .b = e->b,
                                   .data = e->data,
                                   .more = e->more});
}

void
capture_turn_put(struct buf *out, const struct capture_turn *t)
{
    size_t at = block_begin(out, CAPTURE_TURN);

    buf_put_u64(out, t->number);
    buf_put_u64(out, t->now.mono.ms);
    buf_put_u64(out, t->now.wall.ms);
    buf_put_u32(out, (uint32_t)t->event_count);
    for (size_t i = 0; i < t->event_count; i++)
        put_event(out, &t->events[i]);
    put_bytes(out, t->facts);
    buf_put_u32(out, (uint32_t)t->effect_count);
    for (size_t i = 0; i < t->effect_count; i++)
        put_effect(out, &t->effects[i]);
    block_end(out, at);
}

/* ---- reading ------------------------------------------------------------- */

/* The least bytes that one event takes: bounds counts before memory. */
#define EVENT_BYTES_MIN 33

static struct slice
get_bytes(struct cursor *c)
{
    return cursor_bytes(c, cursor_u32(c));
}

static void
get_event(struct cursor *c, struct event *e)
{
    e->type = (enum event_type)cursor_u8(c);
    e->id = cursor_u64(c);
    e->a = cursor_u64(c);
    e->b = cursor_u64(c);
    e->data = get_bytes(c);
    e->more = get_bytes(c);
}

static enum err
get_events(struct cursor *c, struct arena *arena, size_t *count,
           struct event **out)
{
    *count = cursor_u32(c);
    if (c->bad || *count > c->left / EVENT_BYTES_MIN)
        return ERR_FORMAT;
    *out = arena_alloc(arena, (*count + 1) * sizeof **out);
    if (!*out)
        return ERR_BUDGET;
    for (size_t i = 0; i < *count; i++) {
        get_event(c, &(*out)[i]);
        if ((*out)[i].type == 0 || (*out)[i].type >= EVENT_TYPE_COUNT)
            return ERR_FORMAT;
    }
    return OK;
}

static enum err
get_turn(struct cursor *c, struct arena *arena, struct capture_turn *t)
{
    struct event *events, *effects;

    t->number = cursor_u64(c);
    t->now.mono.ms = cursor_u64(c);
    t->now.wall.ms = cursor_u64(c);
    enum err e = get_events(c, arena, &t->event_count, &events);
    if (e != OK)
        return e;
    t->events = events;
    t->facts = get_bytes(c);
    e = get_events(c, arena, &t->effect_count, &effects);
    if (e != OK)
        return e;
    struct effect *out =
        arena_alloc(arena, (t->effect_count + 1) * sizeof *out);
    if (!out)
        return ERR_BUDGET;
    for (size_t i = 0; i < t->effect_count; i++) {
        if ((unsigned)effects[i].type >= EFFECT_TYPE_COUNT)
            return ERR_FORMAT;
        out[i] = (struct effect){.type = (enum effect_type)effects[i].type,
                                 .id = effects[i].id,
                                 .a = effects[i].a,
                                 .b = effects[i].b,
                                 .data = effects[i].data,
                                 .more = effects[i].more};
    }
    t->effects = out;
    return OK;
}

static enum err
get_header(struct cursor *c, struct capture_block *out)
{
    struct slice head = cursor_bytes(c, sizeof magic);

    if (!slice_equal(head, SLICE_ARRAY(magic)))
        return ERR_FORMAT;
    if (cursor_u32(c) != CAPTURE_VERSION)
        return ERR_VERSION;
    return team_name_parse(get_bytes(c), &out->team) ? OK : ERR_FORMAT;
}

enum err
capture_get(struct slice *bytes, struct arena *arena, struct capture_block *out)
{
    struct cursor c = cursor_of(*bytes);
    uint32_t kind = cursor_u32(&c);
    uint32_t size = cursor_u32(&c);

    if (c.bad || size > c.left)
        return ERR_TRUNCATED;
    if (size > CAPTURE_BLOCK_MAX)
        return ERR_LIMIT;
    struct cursor body = cursor_of(cursor_bytes(&c, size));
    struct capture_block b = {.kind = (enum capture_kind)kind};
    enum err e = ERR_FORMAT;
    if (kind == CAPTURE_HEADER)
        e = get_header(&body, &b);
    else if (kind == CAPTURE_TURN)
        e = get_turn(&body, arena, &b.turn);
    else if (kind == CAPTURE_FACTS) {
        b.facts = cursor_bytes(&body, body.left);
        e = OK;
    }
    if (e == OK && !cursor_done(&body))
        e = ERR_FORMAT;
    if (e == OK) {
        *bytes = slice_of(c.at, c.left);
        *out = b;
    }
    return e;
}
