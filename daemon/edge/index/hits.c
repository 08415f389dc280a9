#include "edge/index/hits.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "edge/index/search.h"
#include "edge/index/words.h"

#include <arpa/inet.h>
#include <stdio.h>
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

/* Add what `h->found` holds, of too many the newest, which come last. */
static void
found_add(struct hits *h, enum relation relation, struct slice text)
{
    size_t count = h->found.size / NUMBER_BYTES;
    size_t from = count > SEARCH_OF_VALUE_MAX ? count - SEARCH_OF_VALUE_MAX : 0;

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

#define ADDRESS_BYTES_MAX 16

struct address {
    int family;
    uint8_t b[ADDRESS_BYTES_MAX];
    unsigned bits;   /* of the family */
    unsigned prefix; /* how many of them count */
};

static bool
address_parse(struct slice text, struct address *out)
{
    char word[INET6_ADDRSTRLEN + 8];
    size_t slash = slice_find(text, '/');

    *out = (struct address){0};
    if (slash >= sizeof word)
        return false;
    memcpy(word, text.data, slash);
    word[slash] = 0;
    out->family = memchr(word, ':', slash) ? AF_INET6 : AF_INET;
    out->bits = out->family == AF_INET6 ? 128 : 32;
    if (inet_pton(out->family, word, out->b) != 1)
        return false;
    out->prefix = out->bits;
    if (slash < text.size) {
        out->prefix = 0;
        for (size_t i = slash + 1; i < text.size; i++)
            out->prefix = out->prefix * 10 + (text.data[i] - '0') % 10u;
    }
    return out->prefix <= out->bits;
}

/* Write the range of the first `prefix` bits in normal form. */
static struct slice
range_of(const struct address *a, unsigned prefix, struct arena *arena)
{
    struct address of = *a;
    char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
    enum observable type = OBSERVABLE_CIDR;
    struct slice out = {0};

    for (unsigned bit = prefix; bit < a->bits; bit++)
        of.b[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    if (!inet_ntop(of.family, of.b, host, sizeof host))
        return out;
    (void)snprintf(text, sizeof text, "%s/%u", host, prefix);
    if (value_check(type, slice_str(text), arena, &out) &&
        !arena_copy(arena, slice_str(text), &out))
        return (struct slice){0};
    return out;
}

static void
ranges_look(struct hits *h, struct rows *rows, struct slice value,
            struct arena *arena)
{
    struct address a;

    if (!address_parse(value, &a))
        return;
    bool is_range = slice_find(value, '/') < value.size;
    for (unsigned prefix = a.prefix + !is_range; prefix-- > 0;) {
        struct slice text = range_of(&a, prefix, arena);
        if (text.size)
            look_as(h, rows, text, HIT_CONTAINS);
    }
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

static struct slice
host_in(enum observable type, struct slice value)
{
    size_t from = 0, end = value.size;

    if (type == OBSERVABLE_URL) {
        const uint8_t *at = memmem(value.data, value.size, "://", 3);
        from = at ? (size_t)(at - value.data) + 3 : 0;
        for (end = from; end < value.size; end++)
            if (strchr("/?#", value.data[end]))
                break;
    }
    struct slice host = slice_of(value.data + from, end - from);
    size_t mailbox = slice_find(host, '@');
    if (mailbox < host.size)
        host = slice_from(host, mailbox + 1);
    if (host.size && host.data[0] == '[')
        return slice_of(host.data + 1, slice_find(host, ']') - 1);
    return slice_of(host.data, slice_find(host, ':'));
}

/* A host that a value has is looked for, with what is above it. */
static void
host_look(struct hits *h, struct rows *rows, struct slice host,
          struct arena *arena)
{
    struct address a;

    look_as(h, rows, host, HIT_ABOVE);
    if (address_parse(host, &a))
        ranges_look(h, rows, host, arena);
    else
        domain_look(h, rows, host, true);
}

static void
above_look(struct hits *h, struct rows *rows, enum observable type,
           const struct hit *same, struct arena *arena)
{
    switch ((unsigned)type) {
    case OBSERVABLE_IP_PORT:
    case OBSERVABLE_HOST_PORT:
    case OBSERVABLE_URL:
    case OBSERVABLE_EMAIL_ADDRESS:
        host_look(h, rows, host_in(type, same->text), arena);
        break;
    }
}

void
hits_value(struct hits *h, struct rows *rows, struct slice value, bool parents,
           struct arena *arena)
{
    enum observable type = OBSERVABLE_NONE;
    struct hit same = {0, HIT_SAME, value};

    if (value_detect(value, arena, &type, &same.text))
        same.text = value;
    const struct hit part = {0, HIT_PART, same.text};
    const struct hit mentioned = {0, HIT_MENTIONED, same.text};
    look(h, rows, KEY_VALUE, &same);
    look(h, rows, KEY_PART, &part);
    look(h, rows, KEY_MENTIONED, &mentioned);
    look(h, rows, KEY_OBJECT, &same);
    if (type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6 ||
        type == OBSERVABLE_CIDR)
        ranges_look(h, rows, same.text, arena);
    else if (type == OBSERVABLE_DOMAIN || type == OBSERVABLE_DOMAIN_TREE)
        domain_look(h, rows, same.text, parents);
    else if (parents)
        above_look(h, rows, type, &same, arena);
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
