#include "core/formats/misp_around.h"

#include "core/base/cursor.h"
#include "core/formats/ascii.h"
#include "core/formats/misp_said.h"

/* An object, the key that leads to its events, and their place. */
#define ALONE_TOKENS 3

/* Numbers that were counted, spread: the table looks at the front. */
static void
key_of(uint64_t number, uint8_t key[8])
{
    put_be64(key, number * 0x9e3779b97f4a7c15u);
}

/* A mark or a distribution there may be meant of the event, which it does not
 * reach: then it is not kept, and that is said. */
static bool
is_kept(const struct json_doc *doc, uint32_t via)
{
    static const char *const keys[] = {"Tag", "distribution", "published"};
    struct misp_said inside;

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (json_member(doc, 0, keys[i]))
            return false;
    misp_said_inside(doc, 0, &inside);
    return via && json_end(doc, 0) > ALONE_TOKENS && !inside.has_tlp &&
           !inside.hold;
}

void
misp_around_keep(struct misp_around *a, uint64_t number,
                 const struct json_doc *doc, const char *via)
{
    uint32_t token = json_member(doc, 0, via);
    struct slice all = json_raw(doc, 0);
    uint8_t key[8];

    if (!is_kept(doc, token) || all.size > MISP_AROUND_ONE_MAX ||
        a->bytes.size + all.size > MISP_AROUND_MAX)
        return;
    if (!a->places.key_size)
        table_init(&a->places, sizeof key);
    key_of(number, key);
    table_put(&a->places, key, a->bytes.size);
    struct slice place = json_raw(doc, token);
    size_t before = (size_t)(place.data - all.data);
    struct slice behind = slice_from(all, before + place.size);
    buf_put_u32(&a->bytes, (uint32_t)before);
    buf_put_u32(&a->bytes, (uint32_t)behind.size);
    buf_put(&a->bytes, slice_first(all, before));
    buf_put(&a->bytes, behind);
}

bool
misp_around_find(const struct misp_around *a, uint64_t number,
                 struct slice *before, struct slice *behind)
{
    uint8_t key[8];

    if (!a->places.key_size)
        return false;
    key_of(number, key);
    const uint64_t *at = table_find(&a->places, key);
    if (!at)
        return false;
    struct cursor c = cursor_of(slice_from(buf_slice(&a->bytes), (size_t)*at));
    uint32_t first = cursor_u32(&c), rest = cursor_u32(&c);
    *before = cursor_bytes(&c, first);
    *behind = cursor_bytes(&c, rest);
    return true;
}

void
misp_around_clear(struct misp_around *a)
{
    buf_clear(&a->bytes);
    if (a->places.key_size)
        table_clear(&a->places);
    a->places = (struct table){0};
}
