#include "core/wire/take.h"

#include "core/base/limits.h"

void
take_fail(struct take *t, enum err e)
{
    if (!t->err)
        t->err = e;
}

const void *
take_message(struct take *t, struct slice bytes,
             const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = NULL;
    enum err e = prescan_unpack(bytes, type, t->arena, &message);

    if (e)
        take_fail(t, e);
    return message;
}

void *
take_array(struct take *t, size_t count, size_t size)
{
    void *at =
        count <= SIZE_MAX / size ? arena_alloc(t->arena, count * size) : NULL;

    if (!at)
        take_fail(t, ERR_BUDGET);
    return at;
}

/* PROTOCOL frames: "a required field is missing" */
uint32_t
take_u32(struct take *t, protobuf_c_boolean has, uint32_t value)
{
    if (!has)
        take_fail(t, ERR_MISSING);
    return has ? value : 0;
}

uint64_t
take_u64(struct take *t, protobuf_c_boolean has, uint64_t value)
{
    if (!has)
        take_fail(t, ERR_MISSING);
    return has ? value : 0;
}

bool
take_bool(struct take *t, protobuf_c_boolean has, protobuf_c_boolean value)
{
    if (!has)
        take_fail(t, ERR_MISSING);
    return has && value;
}

struct slice
take_bytes(struct take *t, protobuf_c_boolean has,
           const ProtobufCBinaryData *value)
{
    if (!has) {
        take_fail(t, ERR_MISSING);
        return (struct slice){0};
    }
    return slice_of(value->data, value->len);
}

/* PROTOCOL frames: "a field of fixed size has another" */
struct slice
take_sized(struct take *t, protobuf_c_boolean has,
           const ProtobufCBinaryData *value, size_t size)
{
    struct slice bytes = take_bytes(t, has, value);

    if (bytes.size == size)
        return bytes;
    take_fail(t, ERR_VALUE);
    return (struct slice){0};
}

void
take_fixed(struct take *t, protobuf_c_boolean has,
           const ProtobufCBinaryData *value, void *out, size_t size)
{
    struct slice bytes = take_sized(t, has, value, size);

    if (bytes.size)
        memcpy(out, bytes.data, size);
}

/* PROTOCOL frames: "A signature field has 64 bytes in version 1; more than
 * 8,192 MUST be refused before anything is made of them." */
void
take_signature(struct take *t, protobuf_c_boolean has,
               const ProtobufCBinaryData *value, struct signature *out)
{
    if (has && value->len > SIGNATURE_FIELD_MAX)
        take_fail(t, ERR_LIMIT);
    take_fixed(t, has, value, out->b, sizeof out->b);
}

void
take_team(struct take *t, const char *text, struct team_name *out)
{
    if (!text)
        take_fail(t, ERR_MISSING);
    else if (!team_name_parse(slice_str(text), out))
        take_fail(t, ERR_VALUE);
}

/* PROTOCOL messages: "more than 64 recipients, more than 1,024 labels" */
const struct slice *
take_texts(struct take *t, char *const *texts, size_t count, size_t count_max)
{
    if (!count)
        return NULL;
    if (count > count_max) {
        take_fail(t, ERR_LIMIT);
        return NULL;
    }
    struct slice *out = take_array(t, count, sizeof *out);
    for (size_t i = 0; out && i < count; i++)
        out[i] = slice_str(texts[i]);
    return out;
}
