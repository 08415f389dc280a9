#include "edge/index/hits.h"

#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "edge/index/search.h"
#include "edge/index/words.h"

#include <stdlib.h>

/* What an address of version 4 begins with in version 6, in normal form. */
#define MAPPED "::ffff:"

void
hits_clear(struct hits *h)
{
    mem_free(h->list);
    numbers_clear(&h->found);
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

static void
on_message(void *numbers, uint32_t message)
{
    numbers_add(numbers, message);
}

/* Of what a key leads to that is too much the newest counts. */
static void
look(struct hits *h, struct rows *rows, enum key_class class, struct slice key,
     const struct hit *as)
{
    size_t room = SEARCH_OF_VALUE_MAX - h->count;

    h->keys++;
    if (!room) {
        h->cut = true;
        return;
    }
    numbers_begin(&h->found,
                  room < SEARCH_OF_KEY_MAX ? room : SEARCH_OF_KEY_MAX);
    rows_each(rows, class, key, on_message, &h->found);
    numbers_settle(&h->found);
    h->cut |= h->found.cut;
    for (size_t i = 0; i < h->found.count; i++)
        hit_add(h, &(struct hit){h->found.list[i], as->relation, as->text});
}

static void
look_as(struct hits *h, struct rows *rows, struct slice text,
        enum relation relation)
{
    const struct hit as = {0, relation, text};

    look(h, rows, KEY_VALUE, text, &as);
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
    const struct hit as = {0, HIT_NEAR, l->text};

    look(l->h, l->rows, l->class, key, &as);
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
            look(h, rows, KEY_TREE, at, &tree);
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

/* Look for a value as it stands. */
static void
same_look(struct hits *h, struct rows *rows, struct slice text)
{
    const struct hit same = {0, HIT_SAME, text};
    const struct hit part = {0, HIT_PART, text};
    const struct hit mentioned = {0, HIT_MENTIONED, text};

    look(h, rows, KEY_VALUE, text, &same);
    look(h, rows, KEY_PART, text, &part);
    look(h, rows, KEY_MENTIONED, text, &mentioned);
    look(h, rows, KEY_OBJECT, text, &same);
}

/* An address of version 4 is the same host where it is mapped into version 6
 * (RFC 4291, section 2.5.5.2): look for the other of the two, too. */
static void
mapped_look(struct hits *h, struct rows *rows, const struct observed *o,
            struct arena *arena)
{
    struct buf text = {0};
    struct slice other;
    struct range r;

    if (o->observable == OBSERVABLE_IPV6 && ascii_starts(o->value, MAPPED)) {
        other = slice_from(o->value, strlen(MAPPED));
        same_look(h, rows, other);
        if (range_parse(other, &r))
            around_look(h, rows, &r, arena);
    } else if (o->observable == OBSERVABLE_IPV4) {
        buf_put_str(&text, MAPPED);
        buf_put(&text, o->value);
        if (arena_copy(arena, buf_slice(&text), &other))
            same_look(h, rows, other);
        buf_clear(&text);
    }
}

void
hits_value(struct hits *h, struct rows *rows, struct slice value, bool parents,
           struct arena *arena)
{
    enum observable type = OBSERVABLE_NONE;
    struct slice normal;

    if (value_detect(value, arena, &type, &normal))
        normal = value;
    const struct observed o = {type, normal};
    same_look(h, rows, normal);
    mapped_look(h, rows, &o, arena);
    if (type == OBSERVABLE_DOMAIN || type == OBSERVABLE_DOMAIN_TREE)
        domain_look(h, rows, normal, parents);
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

    look(h, rows, class, text, &as);
}

/* ---- words -------------------------------------------------------------- */

struct wanted {
    struct rows *rows;
    struct slice words[SEARCH_WORDS_MAX];
    size_t count;
    bool many;           /* there are more */
    struct numbers have; /* all words so far */
    struct numbers next; /* those of them that have this word too */
};

static void
on_word(void *context, struct slice word)
{
    struct wanted *w = context;

    for (size_t i = 0; i < w->count; i++)
        if (ascii_is_same(w->words[i], word))
            return;
    if (w->count == SEARCH_WORDS_MAX)
        w->many = true;
    else
        w->words[w->count++] = word;
}

static void
on_wanted(void *context, uint32_t message)
{
    struct wanted *w = context;

    if (numbers_have(&w->have, message))
        numbers_add(&w->next, message);
}

/* Begin with the word that leads to fewest, so that none but a search for
 * common words alone is cut. */
static void
rarest_take(struct wanted *w)
{
    size_t best = 0;

    for (size_t i = 0; i < w->count; i++) {
        numbers_begin(&w->next, SEARCH_OF_VALUE_MAX);
        rows_each(w->rows, KEY_WORD, w->words[i], on_message, &w->next);
        numbers_settle(&w->next);
        if (i && w->next.count >= w->have.count)
            continue;
        struct numbers fewer = w->next;
        w->next = w->have;
        w->have = fewer;
        best = i;
    }
    w->words[best] = w->words[--w->count];
}

static void
others_take(struct wanted *w)
{
    for (size_t i = 0; i < w->count && w->have.count; i++) {
        bool cut = w->have.cut;
        numbers_begin(&w->next, w->have.count);
        rows_each(w->rows, KEY_WORD, w->words[i], on_wanted, w);
        numbers_settle(&w->next);
        struct numbers both = w->next;
        w->next = w->have;
        w->have = both;
        w->have.cut = cut;
    }
}

const char *
hits_words(struct hits *h, struct rows *rows, struct slice text)
{
    struct wanted w = {.rows = rows};

    words_of(text, on_word, &w);
    if (!w.count)
        return "there is no word in this text";
    if (w.many)
        return "there are too many words in this text: fewer find as much";
    rarest_take(&w);
    others_take(&w);
    h->cut |= w.have.cut;
    for (size_t i = w.have.count; i-- > 0;)
        hit_add(h, &(struct hit){.message = w.have.list[i]});
    numbers_clear(&w.have);
    numbers_clear(&w.next);
    return NULL;
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
