#include "core/wire/unknown.h"

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/wire/prescan.h"
#include "message.pb-c.h"

#include <assert.h>

#define FORM_LENGTH 2

/* A message that is being walked, inside the one before it. */
struct level {
    const ProtobufCMessage *message;
    unsigned field; /* the next one of its descriptor */
    size_t element; /* the next one of a repeated field */
    size_t path;    /* bytes of its path */
};

struct walk {
    struct level levels[DECODE_DEPTH_MAX];
    size_t depth;
    struct buf path;
    unknown_fn each;
    void *context;
};

/* protobuf-c keeps the length in front of bytes that it does not know. */
static struct slice
without_length(struct slice bytes)
{
    size_t n = 0;

    while (n < bytes.size && bytes.data[n] & 0x80)
        n++;
    n += n < bytes.size;
    return slice_of(bytes.data + n, bytes.size - n);
}

static void
enter(struct walk *w, const ProtobufCMessage *m)
{
    assert(w->depth < DECODE_DEPTH_MAX);
    w->levels[w->depth++] = (struct level){.message = m, .path = w->path.size};
    for (unsigned i = 0; i < m->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *f = &m->unknown_fields[i];
        struct slice bytes = slice_of(f->data, f->len);
        struct unknown u = {.path = buf_slice(&w->path),
                            .number = f->tag,
                            .form = (unsigned)f->wire_type,
                            .bytes = bytes};
        if (u.form == FORM_LENGTH)
            u.bytes = without_length(bytes);
        w->each(w->context, &u);
    }
}

/* Give the next message that stands in a field; NULL behind the last. */
static const ProtobufCMessage *
next_in_field(struct level *l, const ProtobufCFieldDescriptor *f)
{
    const uint8_t *base = (const uint8_t *)l->message;
    const ProtobufCMessage *one;
    const ProtobufCMessage *const *many;
    size_t count;

    if (f->type != PROTOBUF_C_TYPE_MESSAGE)
        return NULL;
    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        /* The pointer is meant.
         * NOLINTNEXTLINE(bugprone-sizeof-expression) */
        memcpy(&one, base + f->offset, sizeof one);
        return l->element++ ? NULL : one;
    }
    memcpy(&count, base + f->quantifier_offset, sizeof count);
    memcpy(&many, base + f->offset, sizeof many);
    return l->element < count ? many[l->element++] : NULL;
}

/* Go one step on in the innermost message. */
static void
step(struct walk *w)
{
    struct level *l = &w->levels[w->depth - 1];
    const ProtobufCMessageDescriptor *type = l->message->descriptor;

    w->path.size = l->path;
    if (l->field == type->n_fields) {
        w->depth--;
        return;
    }
    const ProtobufCFieldDescriptor *f = &type->fields[l->field];
    const ProtobufCMessage *inner = next_in_field(l, f);
    if (!inner) {
        l->field++;
        l->element = 0;
        return;
    }
    if (w->path.size)
        buf_put_u8(&w->path, '.');
    buf_put_str(&w->path, f->name);
    enter(w, inner);
}

enum err
unknown_each(struct slice message, struct arena *arena, unknown_fn each,
             void *context)
{
    struct walk w = {.each = each, .context = context};
    ProtobufCMessage *m = NULL;
    enum err e =
        prescan_unpack(message, &sealane__message__descriptor, arena, &m);

    if (e)
        return e;
    enter(&w, m);
    while (w.depth)
        step(&w);
    buf_clear(&w.path);
    return OK;
}
