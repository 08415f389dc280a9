#include "cli/vanished.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/formats/stix_id.h"

#include <stdlib.h>

void
vanished_begin(struct vanished *v)
{
    *v = (struct vanished){0};
    table_init(&v->known, sizeof(struct hash));
}

void
vanished_clear(struct vanished *v)
{
    mem_free(v->seen);
    buf_clear(&v->documents);
    buf_clear(&v->series);
    table_clear(&v->known);
    *v = (struct vanished){0};
}

/* ---- the series of a list ----------------------------------------------- */

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The name itself is nobody's business: a UUID of it says as much. */
void
vanished_series(struct vanished *v, const struct run *run,
                const struct place *place, struct message *m)
{
    static const uint8_t space[UUID_SIZE] = {0x5d, 0x1f, 0x0e, 0x5a, 0x9c, 0x41,
                                             0x4e, 0x2b, 0x8f, 0x63, 0x2a, 0x70,
                                             0xd4, 0x96, 0x37, 0xb8};
    const char *name = option_text(&run->options, "series");
    uint8_t uuid[UUID_SIZE];

    if (!m->has_package || m->package.id.size ||
        (place->format != FORMAT_LIST && place->format != FORMAT_CSV &&
         place->format != FORMAT_TEXT))
        return;
    if (!name && strcmp(place->name, "-") == 0)
        return;
    crypto_uuid5(space, slice_str(name ? name : base_name(place->name)), uuid);
    buf_reset(&v->series);
    stix_id_put_uuid(&v->series, "series", uuid);
    m->package.id = buf_slice(&v->series);
}

/* ---- what the file has -------------------------------------------------- */

static uint64_t
hash_of(struct slice source, struct slice document, unsigned type,
        struct slice name)
{
    uint8_t number[4];
    struct hash hash;

    put_be32(number, type);
    const struct slice parts[] = {
        source,          slice_of("", 1),     document,
        slice_of("", 1), SLICE_ARRAY(number), name};
    crypto_hash(&hash, parts, ARRAY_SIZE(parts));
    return get_be64(hash.b);
}

static void
document_note(struct vanished *v, const struct package *p)
{
    const struct slice parts[] = {p->source, slice_of("", 1), p->id};
    struct hash key;

    crypto_hash(&key, parts, ARRAY_SIZE(parts));
    if (table_find(&v->known, key.b))
        return;
    table_put(&v->known, key.b, 1);
    buf_put(&v->documents, p->source);
    buf_put_u8(&v->documents, 0);
    buf_put(&v->documents, p->id);
    buf_put_u8(&v->documents, 0);
}

void
vanished_note(struct vanished *v, const struct message *m)
{
    const struct head *h = &m->head;
    bool by_id = h->object_id.size > 0;

    if (!m->has_package || !m->package.id.size)
        return;
    document_note(v, &m->package);
    if (v->count == v->capacity) {
        v->capacity = v->capacity ? 2 * v->capacity : 1024;
        v->seen = mem_resize(v->seen, v->capacity, sizeof *v->seen);
    }
    v->seen[v->count++] =
        hash_of(m->package.source, m->package.id, by_id ? 0 : h->observable,
                by_id ? h->object_id : h->value);
    v->sorted = false;
}

static int
by_size(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

static bool
has(struct vanished *v, uint64_t hash)
{
    if (!v->sorted && v->count)
        qsort(v->seen, v->count, sizeof *v->seen, by_size);
    v->sorted = true;
    return bsearch(&hash, v->seen, v->count, sizeof *v->seen, by_size) != NULL;
}

/* ---- what a team has ---------------------------------------------------- */

static void
record_take(struct vanished *v, struct vanished_ask *ask, struct slice source,
            struct slice document, const struct control_record *r)
{
    struct slice object = control_text(r, "object");
    unsigned type = (unsigned)control_number(r, "observable", 0);

    if (!slice_is(control_text(r, "state"), "there") ||
        slice_is(control_text(r, "kind"), "withdrawal") ||
        (!object.size && !control_find(r, "value")))
        return;
    uint64_t hash = hash_of(source, document, object.size ? 0 : type,
                            object.size ? object : control_text(r, "value"));
    if (!has(v, hash))
        ask->each(ask->context, r, hash);
}

static bool
document_find(struct vanished *v, struct vanished_ask *ask, struct slice source,
              struct slice document)
{
    int64_t before = 0;
    bool good;

    do {
        struct control_answer a;
        struct ask page;
        ask_begin(&page, "ours");
        control_add_text(&page.b, "source", source);
        control_add_text(&page.b, "package", document);
        ask_text(&page, "to", ask->team);
        if (before)
            control_add_number(&page.b, "before", before);
        good = link_call(ask->index, &page, &a) && a.record_count > 0;
        ask_clear(&page);
        if (!good)
            return false;
        for (size_t i = 0; i + 1 < a.record_count; i++)
            record_take(v, ask, source, document, &a.records[i]);
        const struct control_record *last = &a.records[a.record_count - 1];
        ask->red_left_out |= control_truth(last, "red-left-out");
        before = control_number(last, "next", 0);
    } while (before);
    return true;
}

bool
vanished_find(struct vanished *v, struct vanished_ask *ask)
{
    bool good = true;

    for (size_t at = 0; good && at < v->documents.size;) {
        struct slice source = slice_str((const char *)v->documents.data + at);
        at += source.size + 1;
        struct slice id = slice_str((const char *)v->documents.data + at);
        at += id.size + 1;
        good = document_find(v, ask, source, id);
    }
    return good;
}
