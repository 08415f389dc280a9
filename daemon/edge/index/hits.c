#include "edge/index/hits.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "edge/index/search.h"
#include "edge/index/words.h"

#include <stdlib.h>

#define NUMBER_BYTES 4

void
hits_clear(struct hits *h)
{
    mem_free(h->list);
    buf_clear(&h->found);
    *h = (struct hits){0};
}

static void
hit_add(struct hits *h, const struct hit *hit)
{
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 64;
        h->list = mem_resize(h->list, h->capacity, sizeof *h->list);
    }
    h->list[h->count++] = *hit;
}

/* Add what a key led to, which `h->found` holds, of too many the newest, which
 * come last. */
static void
found_add(struct hits *h, enum relation relation, struct slice text)
{
    size_t count = h->found.size / NUMBER_BYTES;
    size_t room = SEARCH_OF_VALUE_MAX - h->count;
    size_t most = room < SEARCH_OF_KEY_MAX ? room : SEARCH_OF_KEY_MAX;
    size_t from = count > most ? count - most : 0;

    h->keys++;
    h->cut |= from > 0;
    for (size_t i = from; i < count; i++)
        hit_add(h, &(struct hit){get_be32(h->found.data + NUMBER_BYTES * i),
                                 relation, text});
}

static void
look(struct hits *h, struct rows *rows, enum key_class class,
     const struct hit *as)
{
    buf_reset(&h->found);
    rows_find(rows, class, as->text, &h->found);
    found_add(h, as->relation, as->text);
}

static void
look_as(struct hits *h, struct rows *rows, struct slice text,
        enum relation relation)
{
    const struct hit as = {0, relation, text};

    look(h, rows, KEY_VALUE, &as);
}

/* ---- what contains an address ------------------------------------------- */

/* Look for the blocks that contain an address, or an end of a range. */
static void
around_look(struct hits *h, struct rows *rows, const struct range *r,
            struct arena *arena)
{
    bool is_one = range_is_one(r);

    for (unsigned end = 0; end < (is_one ? 1 : 2); end++)
        for (unsigned prefix = r->bits + 1; prefix-- > 0;) {
            struct slice text = range_block(r, end > 0, prefix, arena);
            if (text.size)
                look_as(h, rows, text, is_one ? HIT_CONTAINS : HIT_NEAR);
        }
}

struct looking {
    struct hits *h;
    struct rows *rows;
    enum key_class class;
    struct slice text; /* that was asked for; keys do not last */
};

static void
on_key(void *context, struct slice key)
{
    struct looking *l = context;

    buf_reset(&l->h->found);
    rows_find(l->rows, l->class, key, &l->h->found);
    found_add(l->h, HIT_NEAR, l->text);
}

/* Look for all that may lie in a range, or meet it. */
static void
range_take(struct hits *h, struct rows *rows, struct slice text,
           struct arena *arena)
{
    const struct range *r = &h->range;
    struct looking l = {h, rows, KEY_ADDRESS, text};

    around_look(h, rows, r, arena);
    range_look(r, false, on_key, &l);
    l.class = KEY_BLOCK;
    range_look(r, true, on_key, &l);
}

/* ---- what is above a name ----------------------------------------------- */

/* Look for the domains above a name, and trees that hold it. */
static void
domain_look(struct hits *h, struct rows *rows, struct slice domain,
            bool parents)
{
    for (struct slice at = domain; at.size;) {
        const struct hit tree = {0, HIT_CONTAINS, at};
        if (at.size < domain.size)
            look(h, rows, KEY_TREE, &tree);
        if (parents && at.size < domain.size)
            look_as(h, rows, at, HIT_ABOVE);
        size_t dot = slice_find(at, '.');
        at = slice_from(at, dot < at.size ? dot + 1 : at.size);
    }
}

/* A host that a value has is looked for, with what is above it. */
static void
host_look(struct hits *h, struct rows *rows, struct slice host,
          struct arena *arena)
{
    struct range r;

    if (!host.size)
        return;
    look_as(h, rows, host, HIT_ABOVE);
    if (range_parse(host, &r))
        around_look(h, rows, &r, arena);
    else
        domain_look(h, rows, host, true);
}

void
hits_value(struct hits *h, struct rows *rows, struct slice value, bool parents,
           struct arena *arena)
{
    enum observable type = OBSERVABLE_NONE;
    struct hit same = {0, HIT_SAME, value};

    if (value_detect(value, arena, &type, &same.text))
        same.text = value;
    const struct observed o = {type, same.text};
    const struct hit part = {0, HIT_PART, same.text};
    const struct hit mentioned = {0, HIT_MENTIONED, same.text};
    look(h, rows, KEY_VALUE, &same);
    look(h, rows, KEY_PART, &part);
    look(h, rows, KEY_MENTIONED, &mentioned);
    look(h, rows, KEY_OBJECT, &same);
    if (type == OBSERVABLE_DOMAIN || type == OBSERVABLE_DOMAIN_TREE)
        domain_look(h, rows, same.text, parents);
    else if (!range_asked(value, arena, &h->range))
        host_look(h, rows, parents ? range_host(&o) : (struct slice){0}, arena);
    else if (range_is_one(&h->range))
        around_look(h, rows, &h->range, arena);
    else
        range_take(h, rows, value, arena);
}

void
hits_key(struct hits *h, struct rows *rows, enum key_class class,
         struct slice text)
{
    const struct hit as = {0, HIT_SAME, text};

    look(h, rows, class, &as);
}

/* ---- words -------------------------------------------------------------- */

struct wanted {
    struct hits *h;
    struct rows *rows;
    size_t words;
};

static int
by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

static bool
is_in(const uint32_t *list, size_t count, uint32_t number)
{
    return bsearch(&number, list, count, sizeof *list, by_number) != NULL;
}

/* Keep those of the messages so far that have this word too. */
static void
on_word(void *context, struct slice word)
{
    struct wanted *w = context;
    struct hits *h = w->h;
    size_t to = 0;

    buf_reset(&h->found);
    rows_find(w->rows, KEY_WORD, word, &h->found);
    size_t count = h->found.size / NUMBER_BYTES;
    uint32_t *list = (uint32_t *)(void *)h->found.data;
    for (size_t i = 0; i < count; i++)
        list[i] = get_be32(h->found.data + NUMBER_BYTES * i);
    if (count)
        qsort(list, count, sizeof *list, by_number);
    if (w->words++ == 0) {
        for (size_t i = 0; i < count; i++)
            hit_add(h, &(struct hit){.message = list[i]});
        return;
    }
    for (size_t i = 0; i < h->count; i++)
        if (count && is_in(list, count, h->list[i].message))
            h->list[to++] = h->list[i];
    h->count = to;
}

bool
hits_words(struct hits *h, struct rows *rows, struct slice text)
{
    struct wanted w = {.h = h, .rows = rows};

    words_of(text, on_word, &w);
    return w.words > 0;
}

/* ---- all of them -------------------------------------------------------- */

static int
by_age(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;

    if (left->message != right->message)
        return left->message > right->message ? -1 : 1;
    return (int)left->relation - (int)right->relation;
}

void
hits_settle(struct hits *h)
{
    size_t to = 0;

    if (h->count)
        qsort(h->list, h->count, sizeof *h->list, by_age);
    for (size_t i = 0; i < h->count; i++)
        if (!to || h->list[to - 1].message != h->list[i].message)
            h->list[to++] = h->list[i];
    h->count = to;
}

bool
hits_have(const struct hits *h, uint32_t message)
{
    size_t low = 0, high = h->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (h->list[mid].message > message)
            low = mid + 1;
        else
            high = mid;
    }
    return low < h->count && h->list[low].message == message;
}
