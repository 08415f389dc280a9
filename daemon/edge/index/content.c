#include "edge/index/content.h"

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/crypto/crypto.h"
#include "core/formats/ascii.h"
#include "core/formats/json.h"
#include "core/formats/value.h"
#include "core/wire/message.h"
#include "edge/index/derive.h"
#include "edge/index/found.h"
#include "edge/index/range.h"
#include "edge/index/sent.h"
#include "edge/index/words.h"

#include <assert.h>
#include <stdio.h>

/* Words of one message: a report of a hundred pages has fewer. */
#define WORDS_MAX 65536u
#define NAME_BYTES_MAX 120

/* What decoding the largest body and its texts may take. */
#define CONTENT_BUDGET (2 * DECODE_BUDGET_FACTOR * (size_t)BODY_MAX)

struct content {
    struct rows *rows;
    const struct judge *judge;
    struct arena arena;
    struct json_stream *json;
    struct buf head, said;
    uint64_t mismatches;
    /* of the message at hand */
    const struct message *m;
    bool compares;
    bool was_read; /* its content is JSON */
    const char *mismatch;
    struct slice name;
    uint32_t number;
    size_t words;
};

/* ---- what leads to it --------------------------------------------------- */

static void
lead(struct content *c, enum key_class class, struct slice text)
{
    if (text.size)
        rows_lead(c->rows, class, text, c->number);
}

static void
on_word(void *context, struct slice word)
{
    struct content *c = context;

    if (c->words == WORDS_MAX)
        return;
    c->words++;
    rows_lead(c->rows, KEY_WORD, word, c->number);
}

static void
lead_words(struct content *c, struct slice text)
{
    words_of(text, on_word, c);
}

/* Values of a peer may stand in another form than ours; of a type that is
 * newer than we are they are taken as they stand. */
static struct observed
normal(struct content *c, const struct observed *o)
{
    struct observed out = *o;

    if (o->observable > OBSERVABLE_NONE && o->observable < OBSERVABLE_COUNT &&
        value_check((enum observable)o->observable, o->value, &c->arena,
                    &out.value))
        out.value = o->value;
    return out;
}

static void
on_address(void *content, struct slice key)
{
    lead(content, KEY_ADDRESS, key);
}

static void
on_block(void *content, struct slice key)
{
    lead(content, KEY_BLOCK, key);
}

/* Of a block that stands with an address in it the block itself leads to it as
 * well. */
static void
lead_range(struct content *c, const struct observed *o)
{
    struct range r;

    if (!range_of_value(o, &r))
        return;
    range_lead(&r, range_is_one(&r) ? on_address : on_block, c);
    if (o->observable != OBSERVABLE_CIDR)
        return;
    struct slice block = range_block(&r, false, range_prefix(&r), &c->arena);
    if (!slice_equal(block, o->value))
        lead(c, KEY_VALUE, block);
}

static void
lead_value(struct content *c, const struct observed *value)
{
    struct observed o = normal(c, value);

    lead(c, KEY_VALUE, o.value);
    lead(c, KEY_PART, range_host(&o));
    lead_range(c, &o);
    if (o.observable == OBSERVABLE_DOMAIN_TREE)
        lead(c, KEY_TREE, o.value);
}

static void
lead_head(struct content *c)
{
    const struct message *m = c->m;
    const struct head *h = &m->head;

    lead_value(c, &(struct observed){h->observable, h->value});
    for (size_t i = 0; i < h->value_count; i++)
        lead_value(c, &h->values[i]);
    for (size_t i = 0; i < h->mentioned_count; i++) {
        struct observed o = normal(c, &h->mentioned[i]);
        lead(c, KEY_MENTIONED, o.value);
        lead_range(c, &o);
    }
    lead(c, KEY_OBJECT, h->object_id);
    for (size_t i = 0; i < h->label_count; i++) {
        lead(c, KEY_LABEL, h->labels[i]);
        lead_words(c, h->labels[i]);
    }
    lead(c, KEY_CASE, m->submission.case_reference);
    lead_words(c, m->submission.title);
    lead_words(c, m->submission.note);
    lead_words(c, h->pattern);
    lead_words(c, h->value);
}

/* An object without versions has the same id whoever names it. */
static void
lead_version(struct content *c, const struct row *row)
{
    const struct head *h = &c->m->head;

    if (!h->object_id.size || !(h->modified.size || h->revoked))
        return;
    found_version_key(row, h, &c->said);
    lead(c, KEY_VERSION, buf_slice(&c->said));
    if (h->revoked)
        lead(c, KEY_REVOKED, buf_slice(&c->said));
}

/* ---- its content -------------------------------------------------------- */

/* Texts that only programs read; what a head has is taken from there. */
static bool
is_for_programs(struct slice key)
{
    static const char *const names[] = {
        "id",      "type",         "created",    "modified",
        "pattern", "spec_version", "valid_from", "valid_until",
        "uuid",    "pattern_type", "labels",     "timestamp",
    };
    static const char *const endings[] = {"_ref", "_refs", "_id", "_uuid"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (slice_is(key, names[i]))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t n = strlen(endings[i]);
        if (key.size >= n &&
            memcmp(key.data + key.size - n, endings[i], n) == 0)
            return true;
    }
    return false;
}

static void
text_take(struct content *c, const struct json_doc *doc, uint32_t token)
{
    struct slice text;

    if (json_text(doc, token, &c->arena, &text) == OK)
        lead_words(c, text);
}

/* Step through all of a document: of an object's parts every other is a key,
 * and what a key for programs leads to is left out whole. */
static void
texts_take(struct content *c, const struct json_doc *doc)
{
    struct {
        uint32_t end;
        bool object;
    } open[JSON_DEPTH_MAX + 1];
    size_t depth = 0;
    bool key = false;

    for (uint32_t i = 0; i < doc->count;) {
        while (depth && i == open[depth - 1].end)
            depth--;
        const struct json_token *t = &doc->tokens[i];
        struct slice raw = json_raw(doc, i);
        bool in_object = depth && open[depth - 1].object;
        if (in_object && !key) {
            bool skip = is_for_programs(slice_of(raw.data + 1, raw.size - 2));
            key = !skip;
            i = skip ? doc->tokens[i + 1].next : i + 1;
            continue;
        }
        key = false;
        if (t->kind == JSON_STRING)
            text_take(c, doc, i);
        if (t->kind == JSON_OBJECT || t->kind == JSON_ARRAY) {
            assert(depth <= JSON_DEPTH_MAX);
            open[depth].end = json_end(doc, i);
            open[depth++].object = t->kind == JSON_OBJECT;
        }
        i++;
    }
}

static struct slice
cut(struct slice text, size_t size)
{
    if (text.size <= size)
        return text;
    while (size && (text.data[size] & 0xc0) == 0x80)
        size--;
    return slice_of(text.data, size);
}

static void
name_take(struct content *c, const struct json_doc *doc)
{
    uint32_t token =
        doc->tokens[0].kind == JSON_OBJECT ? json_member(doc, 0, "name") : 0;
    struct slice text, copy;

    if (!token || json_text(doc, token, &c->arena, &text))
        return;
    lead_words(c, text);
    if (arena_copy(&c->arena, cut(text, NAME_BYTES_MAX), &copy))
        c->name = copy;
}

static void
document_take(struct content *c, const struct json_doc *doc)
{
    if (doc->fault || !doc->count)
        return;
    c->was_read = true;
    if (c->compares && !c->mismatch)
        c->mismatch = derive_mismatch(c->m, doc, &c->arena);
    name_take(c, doc);
    texts_take(c, doc);
}

static void
on_opened(void *context, const struct json_doc *around)
{
    (void)context;
    (void)around;
}

static void
on_element(void *context, const struct json_doc *element, uint64_t position)
{
    (void)position;
    document_take(context, element);
}

static void
on_closed(void *context, const struct json_doc *object, bool had_list)
{
    (void)had_list;
    document_take(context, object);
}

static void
content_take(struct content *c)
{
    struct slice content = c->m->content;

    if (!content.size) {
        if (c->compares)
            c->mismatch = derive_head_mismatch(&c->m->head, &c->arena);
        return;
    }
    json_stream_restart(c->json);
    if (json_stream_feed(c->json, content) == OK &&
        json_stream_finish(c->json) == OK && c->was_read)
        return;
    if (c->compares && derive_knows(c->m))
        c->mismatch = "content";
    lead_words(c, content);
}

/* ---- the row ------------------------------------------------------------ */

struct content *
content_new(struct rows *rows, const struct judge *judge)
{
    struct content *c = mem_new(sizeof *c);
    const struct json_handler handler = {c, on_opened, on_element, on_closed};

    c->rows = rows;
    c->judge = judge;
    arena_init(&c->arena, CONTENT_BUDGET);
    c->json = json_stream_new(&handler, NULL);
    return c;
}

void
content_free(struct content *c)
{
    if (!c)
        return;
    json_stream_free(c->json);
    arena_clear(&c->arena);
    buf_clear(&c->head);
    buf_clear(&c->said);
    mem_free(c);
}

uint64_t
content_mismatches(const struct content *c)
{
    return c->mismatches;
}

static unsigned
flags_of(const struct content *c, unsigned flags)
{
    const struct marking *m = &c->m->head.marking;

    if (c->m->has_head && m->tlp == TLP_RED)
        flags |= ROW_RED;
    if (m->exercise.size)
        flags |= ROW_EXERCISE;
    return flags;
}

/* ---- of ours ------------------------------------------------------------ */

static void
lead_ours(struct content *c)
{
    const struct message *m = c->m;
    char number[24];

    lead(c, KEY_PACKAGE, m->package.id);
    lead(c, KEY_SENT, sent_way(&m->head));
    if (m->submission.number) {
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)m->submission.number);
        lead(c, KEY_SUBMISSION, slice_str(number));
    }
}

static struct slice
mark_of(struct content *c, uint8_t mark[SENT_MARK_BYTES])
{
    struct slice content = c->m->content;
    struct hash hash;

    if (content.size) {
        crypto_hash_one(&hash, content);
        content = SLICE_ARRAY(hash.b);
    }
    return sent_mark(c->m, content, &c->said, mark)
               ? slice_of(mark, SENT_MARK_BYTES)
               : (struct slice){0};
}

/* Its entry may come later, over another lane of the same teams. */
static void
withdraw(struct content *c, const struct row *row)
{
    const struct withdrawal *w = &c->m->withdrawal;

    if (c->m->kind == MESSAGE_WITHDRAWAL && w->has_entry && w->entry.count == 1)
        rows_withdraw(c->rows, &w->entry, row, c->number);
}

static struct slice
head_of(struct content *c, const struct message *m)
{
    struct message head = *m;

    head.content = (struct slice){0};
    buf_reset(&c->head);
    if (message_check(&head) == OK)
        message_put(&c->head, &head);
    return buf_slice(&c->head);
}

/* The words need the number that the row gets, and the row what the content
 * says: the number is known before. */
static void
message_add(struct content *c, const struct row *row, struct message *m)
{
    c->m = m;
    c->compares = !(row->flags & ROW_OURS) && m->has_head && m->head.rules;
    c->was_read = false;
    c->mismatch = NULL;
    c->name = cut(m->submission.title, NAME_BYTES_MAX);
    c->words = 0;
    c->number = c->rows->last + 1;
    /* Where there are too many words, those of the head are among the ones
     * that count. */
    lead_head(c);
    content_take(c);
    c->mismatches += c->mismatch != NULL;
    struct row whole = *row;
    uint8_t mark[SENT_MARK_BYTES];
    if (row->flags & ROW_OURS) {
        lead_ours(c);
        whole.mark = mark_of(c, mark);
    }
    whole.flags = flags_of(c, row->flags);
    lead_version(c, &whole);
    whole.head = head_of(c, m);
    whole.name = c->name;
    struct review why;
    bool marked = !(row->flags & ROW_OURS) &&
                  judge_message(c->judge, m, slice_str(c->mismatch), &why);
    if (marked)
        whole.flags |= ROW_REVIEW;
    whole.message = rows_add(c->rows, &whole);
    assert(whole.message == c->number);
    if (marked)
        rows_review(c->rows, &whole, &why);
    withdraw(c, &whole);
}

struct slice
content_head(struct content *c, struct slice body)
{
    struct submission_id id;
    struct slice bytes;
    struct message m;

    arena_reset(&c->arena);
    if (body_split(body, &id, &bytes) != OK ||
        message_get(bytes, &c->arena, &m) != OK)
        return (struct slice){0};
    return head_of(c, &m);
}

uint32_t
content_add(struct content *c, const struct row *row, struct slice body)
{
    struct submission_id id;
    struct slice bytes;
    struct message m;

    arena_reset(&c->arena);
    if (body_split(body, &id, &bytes) != OK ||
        message_get(bytes, &c->arena, &m) != OK)
        return rows_add(c->rows, row);
    if (m.kind == MESSAGE_DECLINE || m.kind == MESSAGE_EXPUNGE_NOTE)
        return 0;
    message_add(c, row, &m);
    return c->number;
}
