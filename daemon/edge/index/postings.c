#include "edge/index/postings.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

#define DIGITS 12 /* bytes of message and key */
#define FEW 48    /* sorted one by one */

void
postings_clear(struct postings *p)
{
    mem_free(p->list);
    mem_free(p->spare);
    *p = (struct postings){0};
}

void
postings_add(struct postings *p, uint64_t key, uint32_t message)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 1024;
        p->list = mem_resize(p->list, p->capacity, sizeof *p->list);
    }
    p->list[p->count++] = (struct posting){key, message};
}

static bool
is_less(const struct posting *a, const struct posting *b)
{
    return a->key != b->key ? a->key < b->key : a->message < b->message;
}

static void
sort_few(struct posting *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct posting p = list[i];
        size_t k = i;
        for (; k && is_less(&p, &list[k - 1]); k--)
            list[k] = list[k - 1];
        list[k] = p;
    }
}

static unsigned
digit_of(const struct posting *p, unsigned digit)
{
    return digit < 4 ? p->message >> 8 * digit & 0xff
                     : (unsigned)(p->key >> 8 * (digit - 4)) & 0xff;
}

/* Bring the list into the order of one byte, keeping that of the ones before;
 * a byte that is the same in all costs nothing more than looking. */
static void
sort_digit(struct postings *p, unsigned digit)
{
    size_t places[256] = {0};
    size_t at = 0;

    for (size_t i = 0; i < p->count; i++)
        places[digit_of(&p->list[i], digit)]++;
    if (places[digit_of(&p->list[0], digit)] == p->count)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        size_t n = places[i];
        places[i] = at;
        at += n;
    }
    for (size_t i = 0; i < p->count; i++)
        p->spare[places[digit_of(&p->list[i], digit)]++] = p->list[i];
    struct posting *list = p->list;
    size_t capacity = p->capacity;
    p->list = p->spare;
    p->capacity = p->spare_capacity;
    p->spare = list;
    p->spare_capacity = capacity;
}

void
postings_sort(struct postings *p)
{
    size_t to = 0;

    if (p->count <= FEW) {
        sort_few(p->list, p->count);
    } else {
        if (p->spare_capacity < p->count) {
            p->spare = mem_resize(p->spare, p->capacity, sizeof *p->spare);
            p->spare_capacity = p->capacity;
        }
        for (unsigned digit = 0; digit < DIGITS; digit++)
            sort_digit(p, digit);
    }
    for (size_t i = 0; i < p->count; i++)
        if (!to || is_less(&p->list[to - 1], &p->list[i]))
            p->list[to++] = p->list[i];
    p->count = to;
}

void
postings_pick(const struct postings *p, uint64_t key, message_fn each,
              void *context)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->list[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < p->count && p->list[low].key == key; low++)
        each(context, p->list[low].message);
}

void
postings_put(struct buf *out, const struct posting *list, size_t count)
{
    uint64_t key = 0;

    for (size_t i = 0; i < count;) {
        size_t n = 1;
        while (i + n < count && list[i + n].key == list[i].key)
            n++;
        buf_put_varint(out, list[i].key - key);
        buf_put_varint(out, n);
        key = list[i].key;
        uint32_t message = 0;
        for (; n; n--, i++) {
            buf_put_varint(out, list[i].message - message);
            message = list[i].message;
        }
    }
}

/* One group of the bytes: a key and how many messages follow. */
static bool
group_next(struct cursor *c, uint64_t *key, uint64_t *count)
{
    *key += cursor_varint(c);
    *count = cursor_varint(c);
    return !c->bad && *count && *count <= c->left;
}

bool
postings_get(struct slice bytes, struct postings *out)
{
    struct cursor c = cursor_of(bytes);
    uint64_t key = 0, count;

    while (c.left) {
        uint64_t message = 0;
        if (!group_next(&c, &key, &count))
            return false;
        for (; count; count--) {
            message += cursor_varint(&c);
            if (c.bad || message > UINT32_MAX)
                return false;
            postings_add(out, key, (uint32_t)message);
        }
    }
    return true;
}

/* Step over numbers without reading them. */
static bool
numbers_skip(struct cursor *c, uint64_t count)
{
    const uint8_t *at = c->at, *end = at + c->left;

    for (; count && at < end; at++)
        count -= !(*at & 0x80);
    c->left = (size_t)(end - at);
    c->at = at;
    return !count;
}

bool
postings_find(struct slice bytes, uint64_t key, message_fn each, void *context)
{
    struct cursor c = cursor_of(bytes);
    uint64_t at = 0, count;

    while (c.left) {
        uint64_t message = 0;
        if (!group_next(&c, &at, &count))
            return false;
        if (at > key)
            return true;
        if (at < key) {
            if (!numbers_skip(&c, count))
                return false;
            continue;
        }
        for (; count; count--) {
            message += cursor_varint(&c);
            if (c.bad || message > UINT32_MAX)
                return false;
            each(context, (uint32_t)message);
        }
        return true;
    }
    return true;
}
