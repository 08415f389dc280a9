#include "core/formats/json_doc.h"

#include "core/base/mem.h"
#include "core/formats/ascii.h"

#include <assert.h>

#define FIRST_TOKENS 256u

static const char too_large[] = "it is larger than 16 MiB";
static const char too_many[] = "it has more than 1,048,576 parts";
static const char too_deep[] = "it is nested deeper than 64 levels";

void
json_doc_reset(struct json_doc *doc)
{
    buf_reset(&doc->text);
    doc->count = doc->open = doc->depth = 0;
    doc->fault = NULL;
    doc->is_indexed = false;
}

void
json_doc_clear(struct json_doc *doc)
{
    buf_clear(&doc->text);
    mem_free(doc->tokens);
    *doc = (struct json_doc){0};
}

static void
give_up(struct json_doc *doc, const char *why, uint32_t line, uint32_t column)
{
    doc->fault = why;
    doc->fault_line = line;
    doc->fault_column = column;
}

/* Places beyond 32 bits stay at the end: they only help a person. */
static uint32_t
place(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* What a value begins with that its bytes come behind; 0: nothing. */
static const char openings[] = {
    [JSON_STRING] = '"', [JSON_ARRAY] = '[', [JSON_OBJECT] = '{'};

static bool
is_container(enum json_kind kind)
{
    return kind >= JSON_ARRAY;
}

/* A comma is due before every part but the first. */
static bool
is_comma_due(const struct json_doc *doc)
{
    if (doc->text.size == 0)
        return false;
    uint8_t last = doc->text.data[doc->text.size - 1];
    return last != '{' && last != '[' && last != ':';
}

static struct json_token *
token_add(struct json_doc *doc)
{
    if (doc->count == doc->capacity) {
        doc->capacity = doc->capacity ? doc->capacity * 2 : FIRST_TOKENS;
        doc->tokens =
            mem_resize(doc->tokens, doc->capacity, sizeof *doc->tokens);
    }
    return &doc->tokens[doc->count++];
}

void
json_doc_begin(struct json_doc *doc, enum json_kind kind, uint64_t line,
               uint64_t column)
{
    if (doc->fault)
        return;
    if (doc->count == JSON_TOKENS_MAX) {
        give_up(doc, too_many, place(line), place(column));
        return;
    }
    if (is_container(kind) && doc->depth == JSON_DEPTH_MAX) {
        give_up(doc, too_deep, place(line), place(column));
        return;
    }
    if (is_comma_due(doc))
        buf_put_u8(&doc->text, ',');
    uint32_t offset = (uint32_t)doc->text.size;
    if (openings[kind])
        buf_put_u8(&doc->text, (uint8_t)openings[kind]);
    uint32_t at = doc->count;
    struct json_token *t = token_add(doc);
    *t = (struct json_token){.offset = offset,
                             .line = place(line),
                             .column = place(column),
                             .next = at + 1,
                             .kind = (uint8_t)kind};
    if (is_container(kind)) {
        t->next = doc->open;
        t->open = true;
        doc->open = at;
        doc->depth++;
    }
}

void
json_doc_put(struct json_doc *doc, struct slice bytes)
{
    if (doc->fault)
        return;
    /* What a separator or bracket ran over by is not room for more. */
    if (doc->text.size > JSON_BYTES_MAX ||
        bytes.size > JSON_BYTES_MAX - doc->text.size) {
        const struct json_token *t = &doc->tokens[doc->count - 1];
        give_up(doc, too_large, t->line, t->column);
        return;
    }
    buf_put(&doc->text, bytes);
}

static void
container_end(struct json_doc *doc)
{
    struct json_token *t = &doc->tokens[doc->open];

    assert(t->open);
    buf_put_u8(&doc->text, t->kind == JSON_ARRAY ? ']' : '}');
    doc->open = t->next;
    doc->depth--;
    t->open = false;
    t->next = doc->count;
    t->size = (uint32_t)doc->text.size - t->offset;
    if (doc->depth == 0)
        json_doc_index(doc);
}

/* Separators and brackets may run over by two bytes a level at most; what
 * matters is that the end is noticed. */
void
json_doc_end(struct json_doc *doc)
{
    if (doc->fault)
        return;
    struct json_token *last = &doc->tokens[doc->count - 1];
    if (!last->open && last->size == 0)
        last->size = (uint32_t)doc->text.size - last->offset;
    else
        container_end(doc);
    if (doc->text.size > JSON_BYTES_MAX)
        give_up(doc, too_large, last->line, last->column);
}

void
json_doc_cut(struct json_doc *doc, uint32_t token)
{
    if (doc->fault || token >= doc->count)
        return;
    size_t size = doc->tokens[token].offset;
    if (size && doc->text.data[size - 1] == ',')
        size--;
    doc->text.size = size;
    doc->count = token;
}

uint32_t
json_end(const struct json_doc *doc, uint32_t container)
{
    const struct json_token *t = &doc->tokens[container];

    return t->open ? doc->count : t->next;
}

struct slice
json_raw(const struct json_doc *doc, uint32_t token)
{
    const struct json_token *t = &doc->tokens[token];

    assert(token < doc->count && !t->open);
    return slice_of(doc->text.data + t->offset, t->size);
}

static unsigned
hex4(const uint8_t *p)
{
    return (unsigned)(ascii_hex(p[0]) << 12 | ascii_hex(p[1]) << 8 |
                      ascii_hex(p[2]) << 4 | ascii_hex(p[3]));
}

static size_t
utf8_put(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* Undo one escape at a backslash; gives the bytes written and read. */
static size_t
unescape(const uint8_t *p, uint8_t out[4], size_t *used)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    if (p[1] != 'u') {
        *used = 2;
        out[0] = (uint8_t)to[strchr(from, p[1]) - from];
        return 1;
    }
    uint32_t c = hex4(p + 2);
    *used = 6;
    if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 8) - 0xdc00);
        *used = 12;
    }
    return utf8_put(c, out);
}

/* Undo all escapes into `to`, which has room for as many bytes. */
static size_t
unescape_all(struct slice inner, uint8_t *to)
{
    size_t n = 0;

    while (inner.size) {
        size_t plain = slice_find(inner, '\\'), used;
        memcpy(to + n, inner.data, plain);
        n += plain;
        inner = slice_from(inner, plain);
        if (!inner.size)
            break;
        n += unescape(inner.data, to + n, &used);
        inner = slice_from(inner, used);
    }
    return n;
}

static struct slice
inner_of(const struct json_doc *doc, uint32_t token)
{
    struct slice raw = json_raw(doc, token);

    return slice_of(raw.data + 1, raw.size - 2);
}

enum err
json_text(const struct json_doc *doc, uint32_t token, struct arena *arena,
          struct slice *out)
{
    if (doc->tokens[token].kind != JSON_STRING)
        return ERR_VALUE;
    struct slice inner = inner_of(doc, token);
    if (!doc->tokens[token].escaped) {
        *out = inner;
        return OK;
    }
    uint8_t *to = arena_alloc(arena, inner.size);
    if (!to)
        return ERR_BUDGET;
    *out = slice_of(to, unescape_all(inner, to));
    return OK;
}

size_t
json_text_place(const struct json_doc *doc, uint32_t token, size_t at)
{
    struct slice raw = json_raw(doc, token);
    size_t place = 1;

    while (at && place + 1 < raw.size) {
        uint8_t bytes[4];
        size_t used = 1, n = 1;
        if (raw.data[place] == '\\')
            n = unescape(raw.data + place, bytes, &used);
        if (n > at)
            break;
        at -= n;
        place += used;
    }
    return place;
}

bool
json_is(const struct json_doc *doc, uint32_t token, const char *text)
{
    if (doc->tokens[token].kind != JSON_STRING)
        return false;
    struct slice inner = inner_of(doc, token);
    /* Most keys differ in their first letter from the one looked for. */
    if (!doc->tokens[token].escaped)
        return (!inner.size || inner.data[0] == (uint8_t)text[0]) &&
               slice_is(inner, text);
    struct slice want = slice_str(text);
    while (inner.size && want.size) {
        uint8_t bytes[4] = {inner.data[0]};
        size_t used = 1, n = 1;
        if (inner.data[0] == '\\')
            n = unescape(inner.data, bytes, &used);
        if (n > want.size || memcmp(bytes, want.data, n) != 0)
            return false;
        inner = slice_from(inner, used);
        want = slice_from(want, n);
    }
    return inner.size == want.size;
}

/* Tell whether a key is `key`; most differ in size. */
static bool
is_key(const struct json_doc *doc, uint32_t token, struct slice key)
{
    const struct json_token *t = &doc->tokens[token];

    if (t->escaped)
        return json_is(doc, token, (const char *)key.data);
    return t->size == key.size + 2 &&
           memcmp(doc->text.data + t->offset + 1, key.data, key.size) == 0;
}

uint32_t
json_member(const struct json_doc *doc, uint32_t object, const char *name)
{
    struct slice key = slice_str(name);

    if (doc->tokens[object].kind != JSON_OBJECT)
        return 0;
    if (object == 0 && doc->is_indexed) {
        uint32_t at = json_doc_key(doc, key);
        return at ? at + 1 : 0;
    }
    uint32_t end = json_end(doc, object);
    for (uint32_t i = object + 1; i + 1 < end; i = doc->tokens[i + 1].next) {
        if (is_key(doc, i, key))
            return i + 1;
        if (doc->tokens[i + 1].open)
            return 0;
    }
    return 0;
}

bool
json_number(const struct json_doc *doc, uint32_t token, uint64_t max,
            uint64_t *out)
{
    return doc->tokens[token].kind == JSON_NUMBER &&
           ascii_number(json_raw(doc, token), max, out);
}

/* Find the part of `container` that holds `token`, and its number. */
static uint32_t
part_with(const struct json_doc *doc, uint32_t container, uint32_t token,
          uint64_t *number)
{
    uint32_t i = container + 1;

    *number = 0;
    while (doc->tokens[i].next <= token) {
        i = doc->tokens[i].next;
        ++*number;
    }
    return i;
}

void
json_path(const struct json_doc *doc, uint32_t token, struct buf *out)
{
    uint32_t at = 0;
    uint64_t number;

    while (at != token) {
        bool in_object = doc->tokens[at].kind == JSON_OBJECT;
        uint32_t part = part_with(doc, at, token, &number);
        if (!in_object) {
            buf_put_u8(out, '[');
            buf_put_decimal(out, number);
            buf_put_u8(out, ']');
            at = part;
            continue;
        }
        bool is_key = number % 2 == 0;
        uint32_t key = is_key ? part : part - 1;
        if (at)
            buf_put_u8(out, '.');
        buf_put(out, inner_of(doc, key));
        if (is_key)
            return;
        at = part;
    }
}
