#include "core/formats/json_doc.h"

#include "core/formats/ascii.h"

/* A key and where it stands. */
struct key {
    struct slice text;
    uint32_t token;
};

/* Keys differ most in their size and their ends. */
static unsigned
slot_of(struct slice key)
{
    if (key.size == 0)
        return 0;
    return (unsigned)(key.size + 3u * key.data[0] +
                      5u * key.data[key.size / 2] +
                      7u * key.data[key.size - 1]) %
           JSON_SLOTS;
}

static struct slice
key_at(const struct json_doc *doc, uint32_t token)
{
    const struct json_token *t = &doc->tokens[token];

    return slice_of(doc->text.data + t->offset + 1, t->size - 2);
}

/* Find the slot of a key, or the free one where it would stand. */
static unsigned
slot_find(const struct json_doc *doc, struct slice key)
{
    unsigned at = slot_of(key);

    while (doc->slots[at] && !slice_equal(key_at(doc, doc->slots[at]), key))
        at = (at + 1) % JSON_SLOTS;
    return at;
}

void
json_doc_index(struct json_doc *doc)
{
    unsigned keys = 0;

    if (doc->tokens[0].kind != JSON_OBJECT || doc->count > UINT16_MAX)
        return;
    memset(doc->slots, 0, sizeof doc->slots);
    doc->repeated = 0;
    for (uint32_t i = 1; i < doc->count; i = doc->tokens[i + 1].next) {
        if (doc->tokens[i].escaped || ++keys > JSON_SLOTS / 2)
            return;
        unsigned at = slot_find(doc, key_at(doc, i));
        if (doc->slots[at] == 0)
            doc->slots[at] = (uint16_t)i;
        else if (doc->repeated == 0)
            doc->repeated = i;
    }
    doc->is_indexed = true;
}

uint32_t
json_doc_key(const struct json_doc *doc, struct slice key)
{
    return doc->slots[slot_find(doc, key)];
}

/* Below this pairs are compared one by one, which is quicker. */
#define KEYS_FEW 12

static int
key_compare(const struct key *a, const struct key *b)
{
    int d = slice_compare(a->text, b->text);

    return d ? d : (a->token > b->token) - (a->token < b->token);
}

static void
sift_down(struct key *keys, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count &&
            key_compare(&keys[child], &keys[child + 1]) < 0)
            child++;
        if (key_compare(&keys[at], &keys[child]) >= 0)
            return;
        struct key k = keys[at];
        keys[at] = keys[child];
        keys[child] = k;
        at = child;
    }
}

/* Heap sort: no recursion, no order of keys makes it slow. */
static void
keys_sort(struct key *keys, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(keys, i - 1, count);
    for (size_t i = count; i > 1; i--) {
        struct key k = keys[0];
        keys[0] = keys[i - 1];
        keys[i - 1] = k;
        sift_down(keys, 0, i - 1);
    }
}

static uint32_t
repeated_among_few(const struct key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (slice_equal(keys[i].text, keys[k].text))
                return keys[i].token;
    return 0;
}

static uint32_t
repeated_among(struct key *keys, size_t count)
{
    uint32_t first = 0;

    if (count <= KEYS_FEW)
        return repeated_among_few(keys, count);
    keys_sort(keys, count);
    for (size_t i = 1; i < count; i++)
        if (slice_equal(keys[i].text, keys[i - 1].text) &&
            (!first || keys[i].token < first))
            first = keys[i].token;
    return first;
}

static enum err
keys_of(const struct json_doc *doc, uint32_t object, struct arena *arena,
        struct key *keys)
{
    uint32_t end = json_end(doc, object);
    size_t n = 0;

    for (uint32_t i = object + 1; i < end; i = doc->tokens[i + 1].next) {
        enum err e = json_text(doc, i, arena, &keys[n].text);
        if (e)
            return e;
        keys[n++].token = i;
    }
    return OK;
}

static size_t
keys_count(const struct json_doc *doc, uint32_t object)
{
    uint32_t end = json_end(doc, object);
    size_t n = 0;

    for (uint32_t i = object + 1; i < end; i = doc->tokens[i + 1].next)
        n++;
    return n;
}

static enum err
repeated_in(const struct json_doc *doc, uint32_t object, struct arena *arena,
            uint32_t *token)
{
    struct key few[KEYS_FEW], *keys = few;
    size_t count = keys_count(doc, object);

    if (count > KEYS_FEW)
        keys = arena_alloc(arena, count * sizeof *keys);
    if (!keys)
        return ERR_BUDGET;
    enum err e = keys_of(doc, object, arena, keys);
    if (e)
        return e;
    *token = repeated_among(keys, count);
    return OK;
}

enum err
json_repeated(const struct json_doc *doc, struct arena *arena, uint32_t *token)
{
    uint32_t found = doc->is_indexed ? doc->repeated : 0;

    for (uint32_t i = doc->is_indexed; i < doc->count && !found; i++) {
        if (doc->tokens[i].kind != JSON_OBJECT)
            continue;
        enum err e = repeated_in(doc, i, arena, &found);
        if (e)
            return e;
    }
    *token = found;
    return OK;
}
