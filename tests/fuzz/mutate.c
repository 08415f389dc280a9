#include "mutate.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "script.h"

#define FIELDS_MAX 256
#define DEPTH_MAX 6
#define GROWTH_BYTES 256

/* libFuzzer's own changes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* ---- chance: SplitMix64 (Steele, Lea, Flood 2014) ------------------------ */

struct dice {
    uint64_t state;
};

static uint64_t
next(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t
below(struct dice *d, size_t n)
{
    return (size_t)(next(d) % n);
}

/* ---- a message's fields ---------------------------------------------------
 */

struct field {
    size_t start, content, end;
    unsigned form;
};

static bool
varint_get(struct slice m, size_t *at, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && *at < m.size; shift += 7) {
        uint8_t byte = m.data[(*at)++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static void
varint_put(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_put_u8(out, (uint8_t)(value | 0x80));
    buf_put_u8(out, (uint8_t)value);
}

static bool
field_get(struct slice m, size_t *at, struct field *f)
{
    uint64_t tag, size = 0;

    f->start = *at;
    if (!varint_get(m, at, &tag) || tag >> 3 == 0 || tag >> 3 > 1000)
        return false;
    f->form = (unsigned)(tag & 7);
    f->content = *at;
    if (f->form == 0 && !varint_get(m, at, &tag))
        return false;
    if (f->form == 2 && !varint_get(m, at, &size))
        return false;
    if (f->form == 2)
        f->content = *at;
    size += f->form == 1 ? 8 : f->form == 5 ? 4 : 0;
    if (f->form == 3 || f->form == 4 || f->form > 5 || size > m.size - *at)
        return false;
    *at += size;
    f->end = *at;
    return true;
}

/* Give the number of fields, 0 for bytes that are no message. */
static size_t
fields_of(struct slice m, struct field out[FIELDS_MAX])
{
    size_t at = 0, count = 0;

    while (at < m.size)
        if (count == FIELDS_MAX || !field_get(m, &at, &out[count++]))
            return 0;
    return count;
}

/* ---- changing one field ----------------------------------------------------
 */

static void
put_length(struct buf *out, uint64_t tag, struct slice bytes)
{
    varint_put(out, tag);
    varint_put(out, bytes.size);
    buf_put(out, bytes);
}

static void
put_changed_bytes(struct buf *out, uint64_t tag, struct slice bytes)
{
    struct buf work = {0};

    buf_put(&work, bytes);
    buf_extend(&work, GROWTH_BYTES);
    size_t size = LLVMFuzzerMutate(work.data, bytes.size, work.size);
    put_length(out, tag, slice_of(work.data, size));
    buf_clear(&work);
}

static void
put_changed(struct buf *out, struct dice *d, struct slice m,
            const struct field *f)
{
    static const uint64_t values[] = {
        0,        1,          2,          63,         64,       127,
        128,      255,        1023,       1024,       1025,     65535,
        65536,    65537,      0x7fffffff, 0x80000000, 1u << 24, UINT32_MAX,
        1u << 20, UINT64_MAX, INT64_MAX};
    size_t at = f->start;
    uint64_t tag = 0;

    (void)varint_get(m, &at, &tag);
    if (f->form == 2) {
        put_changed_bytes(out, tag,
                          slice_of(m.data + f->content, f->end - f->content));
        return;
    }
    varint_put(out, tag);
    if (f->form == 0)
        varint_put(out, values[below(d, ARRAY_SIZE(values))]);
    for (size_t i = f->content; f->form != 0 && i < f->end; i++)
        buf_put_u8(out, (uint8_t)next(d));
}

static void
put_renumbered(struct buf *out, struct dice *d, struct slice m,
               const struct field *f)
{
    size_t at = f->start;
    uint64_t tag = 0;

    (void)varint_get(m, &at, &tag);
    varint_put(out, (below(d, 20) + 1) << 3 | (tag & 7));
    buf_put(out, slice_of(m.data + at, f->end - at));
}

enum change { CHANGE, DROP, DOUBLE, RENUMBER, BORROW, NUMBER, CHANGES };

/* Write `m` with field `which` changed. */
static void
put_message(struct buf *out, struct dice *d, struct slice m, size_t which)
{
    struct field fields[FIELDS_MAX];
    size_t count = fields_of(m, fields);
    enum change change = below(d, 2) ? CHANGE : (enum change)below(d, CHANGES);

    for (size_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];
        struct slice whole = slice_of(m.data + f->start, f->end - f->start);
        const struct field *other = &fields[below(d, count)];
        if (i != which || change == DOUBLE || change >= BORROW)
            buf_put(out, whole);
        if (i != which)
            continue;
        if (change == CHANGE)
            put_changed(out, d, m, f);
        else if (change == DOUBLE)
            buf_put(out, whole);
        else if (change == RENUMBER)
            put_renumbered(out, d, m, f);
        else if (change == BORROW)
            put_length(
                out, (below(d, 20) + 1) << 3 | 2,
                slice_of(m.data + other->content, other->end - other->content));
        else if (change == NUMBER) {
            varint_put(out, (below(d, 20) + 1) << 3);
            varint_put(out, next(d) >> below(d, 64));
        }
    }
}

/* Where a message stands in the one around it. */
struct level {
    struct slice whole;
    size_t tag_end, end; /* of the field that holds the next level */
};

static size_t
copy_out(struct buf *from, uint8_t *data, size_t size, size_t max)
{
    size_t made = from->size;

    if (made && made <= max)
        memcpy(data, from->data, made);
    buf_clear(from);
    return made && made <= max ? made : LLVMFuzzerMutate(data, size, max);
}

size_t
mutate_message(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct dice d = {seed};
    struct field fields[FIELDS_MAX];
    struct level levels[DEPTH_MAX];
    struct slice m = slice_of(data, size);
    struct buf inner = {0};
    size_t depth = 0, which = 0, count = fields_of(m, fields);

    if (count == 0 || below(&d, 8) == 0)
        return LLVMFuzzerMutate(data, size, max);
    for (;;) {
        which = below(&d, count);
        const struct field *f = &fields[which];
        struct slice in = slice_of(m.data + f->content, f->end - f->content);
        if (f->form != 2 || depth == DEPTH_MAX || below(&d, 4) == 0)
            break;
        struct level here = {m, f->start, f->end};
        uint64_t tag;
        (void)varint_get(m, &here.tag_end, &tag);
        struct field deeper[FIELDS_MAX];
        size_t found = fields_of(in, deeper);
        if (found == 0)
            break;
        levels[depth++] = here;
        memcpy(fields, deeper, sizeof deeper);
        count = found;
        m = in;
    }
    put_message(&inner, &d, m, which);
    while (depth > 0) {
        const struct level *l = &levels[--depth];
        struct buf outer = {0};
        buf_put(&outer, slice_of(l->whole.data, l->tag_end));
        varint_put(&outer, inner.size);
        buf_put(&outer, buf_slice(&inner));
        buf_put(&outer,
                slice_of(l->whole.data + l->end, l->whole.size - l->end));
        buf_clear(&inner);
        inner = outer;
    }
    return copy_out(&inner, data, size, max);
}

size_t
mutate_behind(uint8_t *data, size_t size, size_t max, unsigned seed,
              size_t head)
{
    struct dice d = {seed};

    if (size < head || max <= head || below(&d, 8) == 0)
        return LLVMFuzzerMutate(data, size, max);
    return head +
           mutate_message(data + head, size - head, max - head, seed / 8);
}

/* ---- scripts ----------------------------------------------------------------
 */

static size_t
steps_of(struct slice script, struct step out[STEPS_MAX])
{
    struct cursor c = cursor_of(script);
    size_t count = 0;

    while (count < STEPS_MAX && script_next(&c, &out[count]))
        count++;
    return count;
}

/* Write a step with its bytes changed along the structure they have. */
static void
put_step_changed(struct buf *out, struct dice *d, const struct step *s)
{
    struct buf work = {0};

    buf_put(&work, s->bytes);
    buf_extend(&work, GROWTH_BYTES);
    size_t size = mutate_message(
        work.data, s->bytes.size,
        work.size < UINT16_MAX ? work.size : UINT16_MAX, (unsigned)next(d));
    script_put(out, s->what, s->how, slice_of(work.data, size));
    buf_clear(&work);
}

enum step_change {
    STEP_WHAT = 4, /* what is below changes the step's bytes */
    STEP_HOW,
    STEP_DROP,
    STEP_DOUBLE,
    STEP_NEW,
    STEP_MOVE,
    STEP_CHANGES
};

static void
put_step(struct buf *out, struct dice *d, const struct step *s,
         const struct step *other)
{
    struct step made = *s;

    switch (below(d, STEP_CHANGES)) {
    case STEP_DROP:
        return;
    case STEP_WHAT:
        made.what = (uint8_t)below(d, 16);
        break;
    case STEP_HOW:
        made.how = (uint8_t)next(d);
        break;
    case STEP_DOUBLE:
        script_put(out, s->what, s->how, s->bytes);
        break;
    case STEP_NEW:
        script_put(out, (uint8_t)below(d, 16), (uint8_t)next(d),
                   (struct slice){0});
        break;
    case STEP_MOVE:
        script_put(out, other->what, other->how, other->bytes);
        break;
    default:
        put_step_changed(out, d, s);
        return;
    }
    script_put(out, made.what, made.how, made.bytes);
}

size_t
mutate_script(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct dice d = {seed};
    struct step steps[STEPS_MAX];
    size_t count = steps_of(slice_of(data, size), steps);
    struct buf out = {0};

    if (count == 0 || below(&d, 16) == 0)
        return LLVMFuzzerMutate(data, size, max);
    size_t which = below(&d, count);
    for (size_t i = 0; i < count; i++)
        if (i == which)
            put_step(&out, &d, &steps[i], &steps[below(&d, count)]);
        else
            script_put(&out, steps[i].what, steps[i].how, steps[i].bytes);
    return copy_out(&out, data, size, max);
}
