#include "core/formats/warning.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/url.h"
#include "core/formats/value_parts.h"

#include <assert.h>

/* An address of 16 bytes; those of version 4 are mapped. */
#define ADDRESS_BITS 128u
#define MAPPED_BITS 96u
/* The bits, then the address. */
#define RANGE_SIZE (1 + IPV6_BYTES)
/* The longest entry: a URL of a common list. */
#define ENTRY_BYTES_MAX 4096u

struct entry {
    uint64_t prefix; /* the first bytes of the text, for a quick order */
    uint32_t offset; /* in the text of all */
    uint16_t size, list;
};

struct set {
    struct entry *list;
    size_t count, capacity;
};

struct origin {
    enum warning_kind kind;
    uint32_t types; /* of values: a bit for each; 0: all */
    char name[WARNING_NAME_MAX + 1];
};

struct warnings {
    struct set sets[WARNING_MATCH_COUNT];
    struct buf text;
    struct origin *lists;
    size_t list_count;
    size_t bits_first[ADDRESS_BITS + 2]; /* of the ranges, once sorted */
    bool ready;
};

/* ---- entries ------------------------------------------------------------ */

static uint64_t
prefix_of(struct slice text)
{
    uint64_t prefix = 0;

    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < text.size ? text.data[i] : 0u);
    return prefix;
}

static struct slice
entry_text(const struct warnings *w, const struct entry *e)
{
    return slice_of(w->text.data + e->offset, e->size);
}

static int
order(const struct warnings *w, const struct entry *e, uint64_t prefix,
      struct slice text)
{
    struct slice mine = entry_text(w, e);
    size_t n = mine.size < text.size ? mine.size : text.size;

    if (e->prefix != prefix)
        return e->prefix < prefix ? -1 : 1;
    int difference = n ? memcmp(mine.data, text.data, n) : 0;
    if (difference)
        return difference;
    return mine.size == text.size ? 0 : mine.size < text.size ? -1 : 1;
}

/* Merge two sorted runs of `from` into `to`. */
static void
merge(const struct warnings *w, const struct entry *from, const size_t run[3],
      struct entry *to)
{
    size_t a = run[0], b = run[1];

    for (size_t i = run[0]; i < run[2]; i++) {
        bool first = a < run[1];
        if (first && b < run[2])
            first = order(w, &from[a], from[b].prefix,
                          entry_text(w, &from[b])) <= 0;
        to[i] = from[first ? a++ : b++];
    }
}

static void
set_sort(const struct warnings *w, struct set *s)
{
    struct entry *from = s->list;
    struct entry *to = mem_new(s->count * sizeof *to);

    for (size_t width = 1; width < s->count; width *= 2) {
        for (size_t at = 0; at < s->count; at += 2 * width) {
            size_t middle = at + width < s->count ? at + width : s->count;
            size_t end = at + 2 * width < s->count ? at + 2 * width : s->count;
            merge(w, from, (const size_t[3]){at, middle, end}, to);
        }
        struct entry *swap = from;
        from = to;
        to = swap;
    }
    s->list = from;
    mem_free(to);
}

/* Find the first entry from `low` on, before `high`, that is not before
 * `text`. */
static size_t
lower_bound(const struct warnings *w, const struct set *s, size_t low,
            size_t high, struct slice text)
{
    uint64_t prefix = prefix_of(text);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(w, &s->list[middle], prefix, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- adding ------------------------------------------------------------- */

static enum err
entry_put(struct warnings *w, enum warning_match match, struct slice text)
{
    struct set *s = &w->sets[match];

    if (warnings_count(w) >= WARNING_ENTRIES_MAX ||
        w->text.size + text.size > WARNING_BYTES_MAX ||
        (match == WARNING_SUBSTRING && s->count >= WARNING_SUBSTRINGS_MAX))
        return ERR_LIMIT;
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->list = mem_resize(s->list, s->capacity, sizeof *s->list);
    }
    s->list[s->count++] =
        (struct entry){prefix_of(text), (uint32_t)w->text.size,
                       (uint16_t)text.size, (uint16_t)(w->list_count - 1)};
    buf_put(&w->text, text);
    return OK;
}

/* Read an address of either version. */
static bool
address_read(struct slice text, uint8_t out[IPV6_BYTES], unsigned *bits)
{
    uint8_t v4[IPV4_BYTES];

    if (text.size > 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
        text = slice_of(text.data + 1, text.size - 2);
    *bits = ADDRESS_BITS;
    if (!ipv4_parse(text, v4))
        return ipv6_parse(text, out);
    memset(out, 0, IPV6_BYTES);
    out[10] = out[11] = 0xff;
    memcpy(out + 12, v4, IPV4_BYTES);
    *bits = 32;
    return true;
}

/* Read an address or a block; `bits` counts from the mapped address. */
static bool
block_read(struct slice text, uint8_t out[IPV6_BYTES], unsigned *bits)
{
    size_t slash = slice_find(text, '/');
    uint64_t number;
    unsigned most;

    if (!address_read(slice_first(text, slash), out, &most))
        return false;
    number = most;
    if (slash < text.size &&
        !ascii_number(slice_from(text, slash + 1), most, &number))
        return false;
    *bits = (unsigned)number + (most == 32 ? MAPPED_BITS : 0);
    return true;
}

/* Write the key of a range: its bits, and the address without the others. */
static struct slice
range_key(const uint8_t address[IPV6_BYTES], unsigned bits,
          uint8_t out[RANGE_SIZE])
{
    out[0] = (uint8_t)bits;
    for (unsigned i = 0; i < IPV6_BYTES; i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
        out[1 + i] =
            (uint8_t)(kept >= 8 ? address[i] : address[i] & (0xff00u >> kept));
    }
    return slice_of(out, RANGE_SIZE);
}

static enum err
range_put(struct warnings *w, struct slice text)
{
    uint8_t address[IPV6_BYTES], key[RANGE_SIZE];
    unsigned bits;

    if (!block_read(text, address, &bits))
        return ERR_VALUE;
    return entry_put(w, WARNING_CIDR, range_key(address, bits, key));
}

/* In lower case; addresses of version 6 in their one form. */
static enum err
text_put(struct warnings *w, enum warning_match match, struct slice text)
{
    uint8_t lower[ENTRY_BYTES_MAX], v6[IPV6_BYTES];
    char normal[IPV6_TEXT_MAX];

    if (match == WARNING_HOSTNAME && text.size && text.data[0] == '.')
        text = slice_from(text, 1);
    while (match == WARNING_HOSTNAME && text.size &&
           text.data[text.size - 1] == '.')
        text.size--;
    if (text.size == 0 || text.size > sizeof lower)
        return ERR_VALUE;
    if (ipv6_parse(text, v6))
        return entry_put(w, match, slice_of(normal, ipv6_print(v6, normal)));
    for (size_t i = 0; i < text.size; i++)
        lower[i] = ascii_lower(text.data[i]);
    return entry_put(w, match, slice_of(lower, text.size));
}

enum err
warnings_begin(struct warnings *w, enum warning_kind kind, struct slice name)
{
    assert(!w->ready);
    if (w->list_count == WARNING_LISTS_MAX)
        return ERR_LIMIT;
    w->lists = mem_resize(w->lists, w->list_count + 1, sizeof *w->lists);
    struct origin *list = &w->lists[w->list_count++];
    size_t n = name.size < WARNING_NAME_MAX ? name.size : WARNING_NAME_MAX;
    *list = (struct origin){.kind = kind};
    if (n)
        memcpy(list->name, name.data, n);
    return OK;
}

_Static_assert(OBSERVABLE_COUNT <= 32, "a bit for each type");

void
warnings_of_type(struct warnings *w, enum observable type)
{
    assert(!w->ready && w->list_count && type < OBSERVABLE_COUNT);
    w->lists[w->list_count - 1].types |= UINT32_C(1) << type;
}

enum err
warnings_add(struct warnings *w, enum warning_match match, struct slice entry)
{
    assert(!w->ready && w->list_count && match < WARNING_MATCH_COUNT);
    entry = slice_trim(entry);
    if (match == WARNING_CIDR)
        return range_put(w, entry);
    return text_put(w, match, entry);
}

/* ---- what is built in --------------------------------------------------- */

static const struct {
    const char *name, *block;
} built_in[] = {
    {"private addresses", "10.0.0.0/8"},
    {"private addresses", "172.16.0.0/12"},
    {"private addresses", "192.168.0.0/16"},
    {"private addresses", "fc00::/7"},
    {"addresses behind carriers", "100.64.0.0/10"},
    {"loopback", "127.0.0.0/8"},
    {"loopback", "::1"},
    {"link-local addresses", "169.254.0.0/16"},
    {"link-local addresses", "fe80::/10"},
    {"multicast", "224.0.0.0/4"},
    {"multicast", "ff00::/8"},
    {"addresses of no host", "0.0.0.0/8"},
    {"addresses of no host", "240.0.0.0/4"},
    {"addresses of no host", "::"},
};

/* RFC 5737, RFC 3849, RFC 2544. */
static const struct {
    const char *name, *block;
} in_documents[] = {
    {"addresses for documents", "192.0.2.0/24"},
    {"addresses for documents", "198.51.100.0/24"},
    {"addresses for documents", "203.0.113.0/24"},
    {"addresses for documents", "2001:db8::/32"},
    {"addresses for measurements", "198.18.0.0/15"},
};

static void
built_in_add(struct warnings *w, const char *name, const char *block)
{
    enum err e = warnings_begin(w, WARNING_RANGE, slice_str(name));

    if (!e)
        e = warnings_add(w, WARNING_CIDR, slice_str(block));
    assert(e == OK);
}

struct warnings *
warnings_new(bool documentation)
{
    struct warnings *w = mem_new(sizeof *w);

    for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
        built_in_add(w, built_in[i].name, built_in[i].block);
    for (size_t i = 0; documentation && i < ARRAY_SIZE(in_documents); i++)
        built_in_add(w, in_documents[i].name, in_documents[i].block);
    return w;
}

void
warnings_free(struct warnings *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < WARNING_MATCH_COUNT; i++)
        mem_free(w->sets[i].list);
    buf_clear(&w->text);
    mem_free(w->lists);
    mem_free(w);
}

void
warnings_ready(struct warnings *w)
{
    const struct set *ranges = &w->sets[WARNING_CIDR];
    size_t at = 0;

    assert(!w->ready);
    for (size_t i = 0; i < WARNING_MATCH_COUNT; i++)
        set_sort(w, &w->sets[i]);
    for (unsigned bits = 0; bits <= ADDRESS_BITS + 1; bits++) {
        while (at < ranges->count &&
               w->text.data[ranges->list[at].offset] < bits)
            at++;
        w->bits_first[bits] = at;
    }
    w->ready = true;
}

size_t
warnings_count(const struct warnings *w)
{
    size_t count = 0;

    for (size_t i = 0; i < WARNING_MATCH_COUNT; i++)
        count += w->sets[i].count;
    return count;
}

/* ---- looking up --------------------------------------------------------- */

/* What is found; a list of our own replaces those of others. */
struct search {
    const struct warnings *w;
    uint32_t type; /* its bit */
    struct warning *out;
    bool found;
};

static void
found(struct search *s, const struct entry *e)
{
    const struct origin *list = &s->w->lists[e->list];

    if (list->types && !(list->types & s->type))
        return;
    if (!s->found ||
        (list->kind == WARNING_NEVER && s->out->kind != WARNING_NEVER))
        *s->out = (struct warning){list->kind, list->name};
    s->found = true;
}

static void
text_find(struct search *s, enum warning_match match, struct slice text)
{
    const struct set *set = &s->w->sets[match];
    size_t at = lower_bound(s->w, set, 0, set->count, text);

    for (;
         at < set->count && slice_equal(entry_text(s->w, &set->list[at]), text);
         at++)
        found(s, &set->list[at]);
}

/* Look for the host and all above it. */
static void
host_find(struct search *s, struct slice host)
{
    while (host.size) {
        size_t dot = slice_find(host, '.');
        text_find(s, WARNING_HOSTNAME, host);
        host = slice_from(host, dot < host.size ? dot + 1 : dot);
    }
}

/* Look for blocks that hold this one, then for those that it holds. */
static void
block_find(struct search *s, const uint8_t address[IPV6_BYTES], unsigned size)
{
    const struct set *set = &s->w->sets[WARNING_CIDR];
    uint8_t key[RANGE_SIZE], inside[RANGE_SIZE], theirs[RANGE_SIZE];

    (void)range_key(address, size, inside);
    for (unsigned bits = 0; bits <= ADDRESS_BITS; bits++) {
        size_t end = s->w->bits_first[bits + 1];
        size_t at = s->w->bits_first[bits];
        if (at == end)
            continue;
        struct slice wanted = range_key(inside + 1, bits, key);
        at = lower_bound(s->w, set, at, end, wanted);
        for (; at < end; at++) {
            struct slice text = entry_text(s->w, &set->list[at]);
            (void)range_key(text.data + 1, bits < size ? bits : size, theirs);
            theirs[0] = key[0];
            if (memcmp(theirs, key, RANGE_SIZE) != 0)
                break;
            found(s, &set->list[at]);
        }
    }
}

static void
substring_find(struct search *s, struct slice value)
{
    const struct set *set = &s->w->sets[WARNING_SUBSTRING];

    for (size_t i = 0; i < set->count; i++) {
        struct slice part = entry_text(s->w, &set->list[i]);
        for (size_t at = 0; at + part.size <= value.size; at++)
            if (memcmp(value.data + at, part.data, part.size) == 0) {
                found(s, &set->list[i]);
                break;
            }
    }
}

/* Give the host of a value, and whether nothing of weight stands beside it. */
static struct slice
host_of(enum observable type, struct slice value, bool *alone)
{
    *alone = true;
    if (type == OBSERVABLE_URL) {
        const struct url url = url_split(value);
        *alone = url.rest.size <= 1;
        return url.host;
    }
    if (type == OBSERVABLE_IP_PORT || type == OBSERVABLE_HOST_PORT)
        return slice_first(value, slice_find_last(value, ':'));
    return value;
}

static void
net_find(struct search *s, enum observable type, struct slice value)
{
    uint8_t address[IPV6_BYTES];
    unsigned bits;
    bool alone;
    struct slice host = host_of(type, value, &alone);

    if (block_read(host, address, &bits))
        block_find(s, address, bits);
    else
        host_find(s, host);
    if (alone && host.size < value.size)
        text_find(s, WARNING_STRING, host);
}

static bool
has_host(enum observable type)
{
    return type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6 ||
           type == OBSERVABLE_CIDR || type == OBSERVABLE_IP_PORT ||
           type == OBSERVABLE_HOST_PORT || type == OBSERVABLE_DOMAIN ||
           type == OBSERVABLE_DOMAIN_TREE || type == OBSERVABLE_URL;
}

bool
warnings_find(const struct warnings *w, enum observable type,
              struct slice value, struct warning *out)
{
    struct search s = {.w = w, .type = UINT32_C(1) << type, .out = out};
    uint8_t bytes[ENTRY_BYTES_MAX];

    assert(w->ready);
    size_t size = value.size < sizeof bytes ? value.size : sizeof bytes;
    for (size_t i = 0; i < size; i++)
        bytes[i] = ascii_lower(value.data[i]);
    struct slice lower = slice_of(bytes, size);
    if (has_host(type))
        net_find(&s, type, lower);
    text_find(&s, WARNING_STRING, lower);
    substring_find(&s, lower);
    return s.found;
}
