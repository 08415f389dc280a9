#include "core/formats/stix_id.h"

#include <assert.h>

/* The name space that STIX 2.1 has for the ids of its observables. */
static const uint8_t space[UUID_SIZE] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42,
                                         0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2,
                                         0x33, 0x15, 0xa9, 0xb7};

void
stix_id_put_uuid(struct buf *out, const char *type,
                 const uint8_t uuid[UUID_SIZE])
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    size_t at = 0;

    buf_put_str(out, type);
    buf_put_u8(out, '-');
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        buf_put_u8(out, '-');
        buf_put_hex(out, slice_of(uuid + at, groups[i]));
        at += groups[i];
    }
}

/* Find the part that comes first behind `last`; ASCII sorts as UTF-16. */
static const struct stix_part *
next_part(const struct stix_part *parts, size_t count, const char *last)
{
    const struct stix_part *next = NULL;

    for (size_t i = 0; i < count; i++)
        if ((!last || strcmp(parts[i].name, last) > 0) &&
            (!next || strcmp(parts[i].name, next->name) < 0))
            next = &parts[i];
    return next;
}

void
stix_id_put(struct buf *out, const char *type, const struct stix_part *parts,
            size_t count)
{
    const struct stix_part *p = NULL;
    uint8_t uuid[UUID_SIZE];
    struct buf text = {0};

    assert(count <= STIX_PARTS_MAX);
    while ((p = next_part(parts, count, p ? p->name : NULL))) {
        buf_put_str(&text, text.size ? ",\"" : "{\"");
        buf_put_str(&text, p->name);
        buf_put_str(&text, "\":");
        buf_put(&text, p->raw);
    }
    buf_put_u8(&text, '}');
    crypto_uuid5(space, buf_slice(&text), uuid);
    stix_id_put_uuid(out, type, uuid);
    buf_clear(&text);
}
