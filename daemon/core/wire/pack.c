#include "core/wire/pack.h"

#include "core/wire/frames.h"

#include <assert.h>

void
pack_init(struct pack *p)
{
    p->used = 0;
    arena_init(&p->more, SIZE_MAX);
}

void
pack_clear(struct pack *p)
{
    arena_clear(&p->more);
}

void *
pack_array(struct pack *p, size_t count, size_t size)
{
    assert(size && count <= SIZE_MAX / 4 / size);
    size_t want = (count * size + 15) & ~(size_t)15;
    if (want > PACK_FIRST_BYTES - p->used) {
        void *at = arena_alloc(&p->more, want);
        assert(at);
        return at;
    }
    void *at = p->first + p->used;
    p->used += want;
    return at;
}

static char *
text_copy(struct pack *p, struct slice text)
{
    char *at = pack_array(p, text.size + 1, 1);

    if (text.size) {
        assert(!memchr(text.data, 0, text.size));
        memcpy(at, text.data, text.size);
    }
    at[text.size] = 0;
    return at;
}

char *
pack_text(struct pack *p, struct slice text)
{
    return text.size ? text_copy(p, text) : NULL;
}

char **
pack_texts(struct pack *p, const struct slice *texts, size_t count)
{
    if (!count)
        return NULL;
    char **array = pack_array(p, count, sizeof *array);
    for (size_t i = 0; i < count; i++)
        array[i] = text_copy(p, texts[i]);
    return array;
}

ProtobufCBinaryData
pack_bytes(struct slice bytes)
{
    return (ProtobufCBinaryData){bytes.size, (uint8_t *)bytes.data};
}

void
pack_message(struct buf *out, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (!size)
        return;
    size_t packed = protobuf_c_message_pack(message, buf_extend(out, size));
    assert(packed == size);
}

void
pack_frame(struct buf *out, uint8_t type, const ProtobufCMessage *message)
{
    size_t start = out->size;
    uint8_t *header = buf_extend(out, FRAME_HEADER_BYTES);

    memset(header, 0, FRAME_HEADER_BYTES);
    header[4] = type;
    pack_message(out, message);
    size_t size = out->size - start - FRAME_HEADER_BYTES;
    assert(size <= frame_payload_max(type));
    buf_set_u32(out, start, (uint32_t)size);
}
