#include "core/wire/prescan.h"

#include "core/base/limits.h"
#include "core/base/utf8.h"

#include <assert.h>

/* Tags and lengths have 32 bits, numbers 64; each byte carries seven. */
#define SHORT_VARINT_BYTES 5
#define VARINT_BYTES 10

enum wire_form {
    FORM_VARINT = 0,
    FORM_EIGHT = 1,
    FORM_LENGTH = 2,
    FORM_FOUR = 5,
};

/* The form in which a single value of a type travels. */
static const enum wire_form form_of[] = {
    [PROTOBUF_C_TYPE_INT32] = FORM_VARINT,
    [PROTOBUF_C_TYPE_SINT32] = FORM_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = FORM_FOUR,
    [PROTOBUF_C_TYPE_INT64] = FORM_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = FORM_VARINT,
    [PROTOBUF_C_TYPE_SFIXED64] = FORM_EIGHT,
    [PROTOBUF_C_TYPE_UINT32] = FORM_VARINT,
    [PROTOBUF_C_TYPE_FIXED32] = FORM_FOUR,
    [PROTOBUF_C_TYPE_UINT64] = FORM_VARINT,
    [PROTOBUF_C_TYPE_FIXED64] = FORM_EIGHT,
    [PROTOBUF_C_TYPE_FLOAT] = FORM_FOUR,
    [PROTOBUF_C_TYPE_DOUBLE] = FORM_EIGHT,
    [PROTOBUF_C_TYPE_BOOL] = FORM_VARINT,
    [PROTOBUF_C_TYPE_ENUM] = FORM_VARINT,
    [PROTOBUF_C_TYPE_STRING] = FORM_LENGTH,
    [PROTOBUF_C_TYPE_BYTES] = FORM_LENGTH,
    [PROTOBUF_C_TYPE_MESSAGE] = FORM_LENGTH,
};

/* A message that is being walked, inside the one before it. */
struct level {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
    uint64_t seen; /* singular messages, by their place in the descriptor */
};

struct walk {
    const uint8_t *at;
    size_t fields_left;
    size_t depth;
    struct level levels[DECODE_DEPTH_MAX];
};

static enum err
read_varint(struct walk *w, const uint8_t *end, unsigned bytes_max,
            uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes_max; i++) {
        if (w->at == end)
            return ERR_TRUNCATED;
        uint8_t byte = *w->at++;
        if (i == VARINT_BYTES - 1 && byte > 1)
            return ERR_FORMAT;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            *out = value;
            return OK;
        }
    }
    return ERR_FORMAT;
}

static enum err
skip_varint(struct walk *w, const uint8_t *end)
{
    uint64_t ignored = 0;

    return read_varint(w, end, VARINT_BYTES, &ignored);
}

static enum err
skip_bytes(struct walk *w, const uint8_t *end, size_t count)
{
    if ((size_t)(end - w->at) < count)
        return ERR_TRUNCATED;
    w->at += count;
    return OK;
}

/* PROTOCOL frames: "more than 65,536 fields stand in one payload" */
static enum err
count_fields(struct walk *w, size_t count)
{
    if (count > w->fields_left)
        return ERR_LIMIT;
    w->fields_left -= count;
    return OK;
}

/* PROTOCOL frames: "a text is not UTF-8 or holds a zero byte" */
bool
prescan_text(struct slice text)
{
    if (text.size && memchr(text.data, 0, text.size))
        return false;
    return utf8_bad_at(text) == text.size;
}

static enum err
skip_text(struct walk *w, size_t size)
{
    if (!prescan_text(slice_of(w->at, size)))
        return ERR_UTF8;
    w->at += size;
    return OK;
}

/* Elements count as fields: each takes up to eight bytes of memory. */
static enum err
skip_packed(struct walk *w, size_t size, enum wire_form form)
{
    const uint8_t *end = w->at + size;
    size_t width = form == FORM_EIGHT ? 8 : 4;

    if (form != FORM_VARINT) {
        if (size % width)
            return ERR_FORMAT;
        w->at = end;
        return count_fields(w, size / width);
    }
    while (w->at < end) {
        enum err e = count_fields(w, 1);
        if (!e)
            e = skip_varint(w, end);
        if (e)
            return e;
    }
    return OK;
}

/* A singular message that stands twice would be merged, at a cost that grows
 * with the square of its number. */
static enum err
enter_message(struct walk *w, struct level *l,
              const ProtobufCFieldDescriptor *field, size_t size)
{
    size_t place = (size_t)(field - l->type->fields);

    assert(place < 64);
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        /* PROTOCOL frames: "a singular message field stands twice" */
        if (l->seen & (uint64_t)1 << place)
            return ERR_REPEATED;
        l->seen |= (uint64_t)1 << place;
    }
    /* PROTOCOL frames: "messages are nested more than 8 deep" */
    if (w->depth == DECODE_DEPTH_MAX)
        return ERR_DEPTH;
    w->levels[w->depth++] = (struct level){
        .type = field->descriptor,
        .end = w->at + size,
    };
    return OK;
}

static enum err
walk_delimited(struct walk *w, struct level *l,
               const ProtobufCFieldDescriptor *field)
{
    uint64_t size = 0;
    enum err e = read_varint(w, l->end, SHORT_VARINT_BYTES, &size);

    if (e)
        return e;
    if (size > (size_t)(l->end - w->at))
        return ERR_TRUNCATED;
    if (!field || field->type == PROTOBUF_C_TYPE_BYTES)
        return skip_bytes(w, l->end, (size_t)size);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return skip_text(w, (size_t)size);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter_message(w, l, field, (size_t)size);
    return skip_packed(w, (size_t)size, form_of[field->type]);
}

static bool
form_fits(const ProtobufCFieldDescriptor *field, unsigned form)
{
    assert(field->type < ARRAY_SIZE(form_of));
    if (form == form_of[field->type])
        return true;
    return form == FORM_LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED;
}

static enum err
walk_field(struct walk *w, struct level *l)
{
    uint64_t tag = 0;
    enum err e = count_fields(w, 1);

    if (!e)
        e = read_varint(w, l->end, SHORT_VARINT_BYTES, &tag);
    if (e)
        return e;
    unsigned form = (unsigned)(tag & 7);
    if (tag > UINT32_MAX || tag >> 3 == 0)
        return ERR_FORMAT;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(l->type, (unsigned)(tag >> 3));
    /* PROTOCOL frames: "A field of a message that the reader does not know MUST
     * be skipped and is no error." */
    if (field && !form_fits(field, form))
        return ERR_FORMAT;
    switch (form) {
    case FORM_VARINT:
        return skip_varint(w, l->end);
    case FORM_EIGHT:
        return skip_bytes(w, l->end, 8);
    case FORM_LENGTH:
        return walk_delimited(w, l, field);
    case FORM_FOUR:
        return skip_bytes(w, l->end, 4);
    }
    return ERR_FORMAT;
}

static enum err
walk_all(struct slice bytes, const ProtobufCMessageDescriptor *type,
         size_t fields_max)
{
    if (bytes.size == 0)
        return OK;
    struct walk w = {
        .at = bytes.data,
        .fields_left = fields_max,
        .depth = 1,
        .levels = {{.type = type, .end = bytes.data + bytes.size}},
    };
    while (w.depth) {
        struct level *l = &w.levels[w.depth - 1];
        if (w.at == l->end) {
            w.depth--;
            continue;
        }
        enum err e = walk_field(&w, l);
        if (e)
            return e;
    }
    return OK;
}

enum err
prescan(struct slice bytes, const ProtobufCMessageDescriptor *type)
{
    return walk_all(bytes, type, DECODE_FIELDS_MAX);
}

static void *
take_from_arena(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void
leave_to_arena(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

enum err
prescan_unpack_within(struct slice bytes,
                      const ProtobufCMessageDescriptor *type, size_t fields_max,
                      struct arena *arena, ProtobufCMessage **out)
{
    /* PROTOCOL frames: "Decoding a payload MUST take at most 8 times as much
     * memory as its frame may hold." */
    ProtobufCAllocator allocator = {
        .alloc = take_from_arena,
        .free = leave_to_arena,
        .allocator_data = arena,
    };
    enum err e = walk_all(bytes, type, fields_max);

    if (e)
        return e;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator, bytes.size, bytes.data);
    if (!message)
        return arena->spent ? ERR_BUDGET : ERR_FORMAT;
    *out = message;
    return OK;
}

enum err
prescan_unpack(struct slice bytes, const ProtobufCMessageDescriptor *type,
               struct arena *arena, ProtobufCMessage **out)
{
    return prescan_unpack_within(bytes, type, DECODE_FIELDS_MAX, arena, out);
}
