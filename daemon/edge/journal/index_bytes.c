#include "core/ports/fields.h"
#include "edge/journal/index.h"

/* Numbers ascend: what is written is how far each stands behind the one
 * before it. */

static void
places_put(const struct places *p, struct buf *out)
{
    uint64_t before = 0;

    buf_put_varint(out, p->count);
    for (size_t i = 0; i < p->count; i++) {
        buf_put_varint(out, p->at[i] - before);
        before = p->at[i];
    }
}

static void
lane_put(const struct index_lane *l, uint64_t before_place, struct buf *out)
{
    struct kept_checkpoint before = {0};

    buf_put_u8(out, l->ours);
    buf_put_varint(out, l->place - before_place);
    places_put(&l->entries, out);
    buf_put_varint(out, l->kept_count);
    for (size_t i = 0; i < l->kept_count; i++) {
        buf_put_varint(out, l->kept[i].size - before.size);
        buf_put_varint(out, l->kept[i].place - before.place);
        before = l->kept[i];
    }
}

void
index_put(const struct index *x, struct buf *out)
{
    places_put(&x->items, out);
    buf_put_varint(out, x->lane_count);
    for (size_t i = 0; i < x->lane_count; i++)
        lane_put(&x->lanes[i], i ? x->lanes[i - 1].place : 0, out);
}

/* Read a number that is `least` or more above `before`, and below `end`. */
static uint64_t
above(struct cursor *in, uint64_t before, uint64_t least, uint64_t end)
{
    uint64_t more = cursor_varint(in);

    if (before >= end || more < least || more >= end - before) {
        in->bad = true;
        return 0;
    }
    return before + more;
}

static void
places_get(struct cursor *in, uint64_t end, struct places *p)
{
    uint64_t count = cursor_varint(in), before = 0;

    while (!in->bad && p->count < count) {
        uint64_t place = above(in, before, p->count > 0, end);
        p->at = index_room(p->at, p->count, &p->capacity, sizeof *p->at);
        p->at[p->count++] = before = place;
    }
}

static void
kept_get(struct cursor *in, uint64_t end, struct index_lane *l)
{
    uint64_t count = cursor_varint(in);
    struct kept_checkpoint before = {0};

    while (!in->bad && l->kept_count < count) {
        before.size = above(in, before.size, 0, l->entries.count + 1);
        before.place = above(in, before.place, l->kept_count > 0, end);
        l->kept = index_room(l->kept, l->kept_count, &l->kept_capacity,
                             sizeof *l->kept);
        l->kept[l->kept_count++] = before;
    }
}

enum err
index_get(struct cursor *in, uint64_t end, struct index *x)
{
    places_get(in, end, &x->items);
    uint64_t lanes = cursor_varint(in), before = 0;
    while (!in->bad && x->lane_count < lanes) {
        bool ours = field_get_bool(in, &in->bad);
        struct index_lane l = {.ours = ours};
        l.place = before = above(in, before, x->lane_count > 0, end);
        places_get(in, end, &l.entries);
        kept_get(in, end, &l);
        x->lanes = index_room(x->lanes, x->lane_count, &x->lane_capacity,
                              sizeof *x->lanes);
        x->lanes[x->lane_count++] = l;
    }
    return in->bad ? ERR_DAMAGED : OK;
}
