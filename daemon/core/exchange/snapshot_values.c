#include "core/exchange/snapshot.h"

#include "core/base/mem.h"
#include "core/ports/fields.h"

#include <assert.h>

#define FIRST_CAPACITY 16

/* ---- numbers ------------------------------------------------------------ */

static uint64_t
number_read(const void *from, size_t size)
{
    switch (size) {
    case sizeof(uint8_t):
        return *(const uint8_t *)from;
    case sizeof(uint32_t):
        return *(const uint32_t *)from;
    default:
        assert(size == sizeof(uint64_t));
        return *(const uint64_t *)from;
    }
}

static uint64_t
number_most(size_t size)
{
    return UINT64_MAX >> (64 - 8 * size);
}

static void
number_put(struct buf *out, const void *from, size_t size)
{
    buf_put_varint(out, (number_read(from, size) + 1) & number_most(size));
}

static void
number_get(struct cursor *in, void *to, size_t size)
{
    uint64_t value = cursor_varint(in);

    if (value > number_most(size))
        in->bad = true;
    value--;
    if (size == sizeof(uint8_t))
        *(uint8_t *)to = (uint8_t)value;
    else if (size == sizeof(uint32_t))
        *(uint32_t *)to = (uint32_t)value;
    else
        *(uint64_t *)to = value;
}

/* ---- other values ------------------------------------------------------- */

static void
text_put(struct buf *out, const char *text)
{
    buf_put_varint(out, strlen(text));
    buf_put_str(out, text);
}

static void
text_get(struct cursor *in, char *to, size_t size)
{
    uint64_t length = cursor_varint(in);
    struct slice text = {0};

    if (length >= size)
        in->bad = true;
    else
        text = cursor_bytes(in, (size_t)length);
    if (text.size && memchr(text.data, 0, text.size))
        in->bad = true;
    memset(to, 0, size);
    if (text.size)
        memcpy(to, text.data, text.size);
}

static void
choice_get(struct cursor *in, unsigned *to, unsigned most)
{
    uint64_t value = cursor_varint(in);

    if (value > most)
        in->bad = true;
    *to = in->bad ? 0 : (unsigned)value;
}

static void
frontier_put(struct buf *out, const struct frontier *f)
{
    buf_put_varint(out, f->size);
    for (size_t i = 0; i < frontier_peaks(f->size); i++)
        buf_put(out, SLICE_ARRAY(f->peaks[i].b));
}

static void
frontier_get(struct cursor *in, struct frontier *f)
{
    frontier_init(f);
    f->size = cursor_varint(in);
    for (size_t i = 0; i < frontier_peaks(f->size); i++)
        cursor_copy(in, f->peaks[i].b, sizeof f->peaks[i].b);
}

static void
receipt_put(struct buf *out, const struct receipt *r)
{
    field_put_checkpoint(out, &r->at);
    buf_put_u64(out, r->origin_time_s);
    buf_put(out, SLICE_ARRAY(r->origin_key.b));
    buf_put(out, SLICE_ARRAY(r->origin_signature.b));
}

static void
receipt_get(struct cursor *in, struct receipt *r)
{
    field_get_checkpoint(in, &r->at);
    r->origin_time_s = cursor_u64(in);
    cursor_copy(in, r->origin_key.b, sizeof r->origin_key.b);
    cursor_copy(in, r->origin_signature.b, sizeof r->origin_signature.b);
}

/* ---- one struct --------------------------------------------------------- */

static void
value_put(struct buf *out, const struct field *f, const void *from)
{
    switch (f->form) {
    case BY_HAND:
        break;
    case A_FLAG:
        buf_put_u8(out, *(const bool *)from);
        break;
    case A_NUMBER:
        number_put(out, from, f->size);
        break;
    case A_CHOICE:
        buf_put_varint(out, *(const unsigned *)from);
        break;
    case A_TEXT:
        text_put(out, from);
        break;
    case BYTES:
        buf_put(out, slice_of(from, f->size));
        break;
    case A_CHECKPOINT:
        field_put_checkpoint(out, from);
        break;
    case A_RECEIPT:
        receipt_put(out, from);
        break;
    case A_FRONTIER:
        frontier_put(out, from);
        break;
    }
}

static void
value_get(struct cursor *in, const struct field *f, void *to)
{
    switch (f->form) {
    case BY_HAND:
        break;
    case A_FLAG:
        *(bool *)to = field_get_bool(in, &in->bad);
        break;
    case A_NUMBER:
        number_get(in, to, f->size);
        break;
    case A_CHOICE:
        choice_get(in, to, f->most);
        break;
    case A_TEXT:
        text_get(in, to, f->size);
        break;
    case BYTES:
        cursor_copy(in, to, f->size);
        break;
    case A_CHECKPOINT:
        field_get_checkpoint(in, to);
        break;
    case A_RECEIPT:
        receipt_get(in, to);
        break;
    case A_FRONTIER:
        frontier_get(in, to);
        break;
    }
}

void
values_put(struct buf *out, const struct layout *l, const void *from)
{
    for (size_t i = 0; i < l->count; i++)
        value_put(out, &l->fields[i], (const uint8_t *)from + l->fields[i].at);
}

void
values_get(struct cursor *in, const struct layout *l, void *to)
{
    for (size_t i = 0; i < l->count; i++)
        value_get(in, &l->fields[i], (uint8_t *)to + l->fields[i].at);
}

/* ---- many --------------------------------------------------------------- */

void
list_put(struct buf *out, const struct layout *l, const void *items,
         size_t count)
{
    buf_put_varint(out, count);
    for (size_t i = 0; i < count; i++)
        values_put(out, l, (const uint8_t *)items + i * l->size);
}

/* Memory grows with what was read, never with what a number promises. */
void *
list_get(struct cursor *in, const struct layout *l, size_t *count,
         size_t *capacity)
{
    uint64_t all = cursor_varint(in);
    uint8_t *items = NULL;

    *count = *capacity = 0;
    while (!in->bad && *count < all) {
        if (*count == *capacity) {
            *capacity = *capacity ? 2 * *capacity : FIRST_CAPACITY;
            items = mem_resize(items, *capacity, l->size);
        }
        uint8_t *to = items + (*count)++ * l->size;
        memset(to, 0, l->size);
        values_get(in, l, to);
    }
    return items;
}

void
ring_put(struct buf *out, const struct layout *l, const struct ring *r)
{
    assert(r->item_size == l->size);
    buf_put_varint(out, r->count);
    for (size_t i = 0; i < r->count; i++)
        values_put(out, l, ring_at(r, i));
}

void
ring_get(struct cursor *in, const struct layout *l, struct ring *r)
{
    uint64_t all = cursor_varint(in);
    union {
        struct outbox_item item;
        struct batch_end end;
        struct mark mark;
        struct erasure erasure;
        uint64_t number;
    } one;

    assert(r->item_size == l->size && l->size <= sizeof one);
    for (uint64_t i = 0; !in->bad && i < all; i++) {
        memset(&one, 0, sizeof one);
        values_get(in, l, &one);
        if (!ring_push(r, &one))
            in->bad = true;
    }
}
