#include "core/formats/misp_learnt.h"

#include "core/base/cursor.h"
#include "core/formats/ascii.h"

#include <assert.h>

static void
text_put(struct buf *out, struct slice text)
{
    buf_put_u32(out, (uint32_t)text.size);
    buf_put(out, text);
}

static void
said_put(struct buf *out, const struct misp_said *s)
{
    buf_put_u8(out, (uint8_t)s->marking.tlp);
    buf_put_u8(out, (uint8_t)s->marking.pap);
    buf_put_u8(out, s->has_tlp);
    buf_put_u8(out, s->deleted);
    buf_put_u8(out, (uint8_t)s->hold);
    text_put(out, s->uuid);
    text_put(out, s->producer);
    text_put(out, s->owner);
    buf_put_u32(out, (uint32_t)s->label_count);
    for (size_t i = 0; i < s->label_count; i++)
        text_put(out, s->labels[i]);
}

static struct slice
text_get(struct cursor *c)
{
    return cursor_bytes(c, cursor_u32(c));
}

static void
kept_read(struct misp_kept *k)
{
    struct cursor c = cursor_of(buf_slice(&k->bytes));
    struct misp_said *s = &k->said;

    *s = (struct misp_said){.labels = k->labels};
    s->marking.tlp = (enum tlp)cursor_u8(&c);
    s->marking.pap = (enum pap)cursor_u8(&c);
    s->has_tlp = cursor_u8(&c);
    s->deleted = cursor_u8(&c);
    s->hold = (enum misp_hold)cursor_u8(&c);
    s->uuid = text_get(&c);
    s->producer = text_get(&c);
    s->owner = text_get(&c);
    s->label_count = cursor_u32(&c);
    assert(s->label_count <= LABELS_MAX);
    for (size_t i = 0; i < s->label_count; i++)
        k->labels[i] = text_get(&c);
    assert(cursor_done(&c));
}

void
misp_kept_set(struct misp_kept *k, const struct misp_said *said)
{
    buf_reset(&k->bytes);
    said_put(&k->bytes, said);
    kept_read(k);
}

bool
misp_kept_is(const struct misp_kept *k, const struct misp_said *said)
{
    struct buf other = {0};

    said_put(&other, said);
    bool is = slice_equal(buf_slice(&other), buf_slice(&k->bytes));
    buf_clear(&other);
    return is;
}

void
misp_kept_clear(struct misp_kept *k)
{
    buf_clear(&k->bytes);
    k->said = (struct misp_said){0};
}

void
misp_learn(struct misp_learnt *l, uint64_t number, const struct misp_kept *kept,
           const struct misp_said *said)
{
    if (l->is_full)
        return;
    if (!misp_kept_is(kept, said)) {
        size_t before = l->bytes.size;
        buf_put_u64(&l->bytes, number);
        buf_put_u32(&l->bytes, 0);
        said_put(&l->bytes, said);
        buf_set_u32(&l->bytes, before + 8,
                    (uint32_t)(l->bytes.size - before - 12));
        l->is_full = l->bytes.size > MISP_LEARNT_MAX;
        if (l->is_full) {
            l->bytes.size = before;
            return;
        }
    }
    l->known = number + 1;
}

void
misp_learnt_begin(struct misp_learnt *l)
{
    l->at = 0;
}

bool
misp_recall(struct misp_learnt *l, uint64_t number, struct misp_kept *kept)
{
    static const struct misp_said unknown = {
        .marking = {.tlp = TLP_RED}, .has_tlp = true, .hold = MISP_UNCLEAR};
    struct cursor c;

    if (number >= l->known) {
        misp_kept_set(kept, &unknown);
        return false;
    }
    if (l->at == l->bytes.size)
        return true;
    c = cursor_of(slice_from(buf_slice(&l->bytes), l->at));
    if (cursor_u64(&c) != number || c.bad)
        return true;
    buf_reset(&kept->bytes);
    buf_put(&kept->bytes, text_get(&c));
    assert(!c.bad);
    l->at = l->bytes.size - c.left;
    kept_read(kept);
    return true;
}

void
misp_learnt_clear(struct misp_learnt *l)
{
    buf_clear(&l->bytes);
    *l = (struct misp_learnt){0};
}
