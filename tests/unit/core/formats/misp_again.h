/*
 * misp_again - puts a document of MISP together again from its messages alone.
 */
#ifndef TESTS_MISP_AGAIN_H
#define TESTS_MISP_AGAIN_H

#include "misp_kit.h"

#include "core/formats/json_nest.h"
#include "core/formats/misp_head.h"

/* Looks into a whole document. */
struct kit_look {
    const char *key; /* whose place is looked for; NULL: the minified text */
    size_t offset, size; /* of the place; size 0: there is none */
    struct buf text;
};

static inline enum json_way
kit_way(void *context, unsigned level, const struct json_doc *open,
        uint32_t key, enum json_kind kind)
{
    (void)context, (void)level, (void)open, (void)key, (void)kind;
    return JSON_KEEP;
}

static inline void
kit_began(void *context, unsigned level)
{
    (void)context, (void)level;
}

static inline void
kit_ended(void *context, unsigned level, const struct json_doc *doc)
{
    struct kit_look *l = context;

    assert_true(level == 0 && !doc->fault);
    if (!l->key) {
        buf_put(&l->text, json_raw(doc, 0));
        return;
    }
    uint32_t place = json_member(doc, misp_event_in(doc), l->key);
    if (!place)
        return;
    l->offset = doc->tokens[place].offset;
    l->size = doc->tokens[place].size;
}

static inline void
kit_look(struct slice text, struct kit_look *l)
{
    struct json_nest_handler handler = {l, kit_way, kit_began, kit_ended};
    struct json_stream *s = json_nest_new(&handler);

    assert_int_equal(json_stream_feed(s, text), OK);
    assert_int_equal(json_stream_finish(s), OK);
    json_stream_free(s);
}

/* Put parts, which have commas between them, into their place. */
static inline void
kit_fill(struct buf *content, const char *key, const struct buf *parts)
{
    struct kit_look l = {.key = key};
    struct buf out = {0};

    if (parts->size == 0)
        return;
    kit_look(buf_slice(content), &l);
    assert_int_equal(l.size, 2);
    bool is_list = content->data[l.offset] == '[';
    buf_put(&out, slice_of(content->data, l.offset + is_list));
    buf_put(&out, buf_slice(parts));
    size_t behind = l.offset + (is_list ? 1 : 2);
    buf_put(&out, slice_of(content->data + behind, content->size - behind));
    buf_clear(content);
    *content = out;
}

static inline void
kit_join(struct buf *parts, struct slice part)
{
    buf_put_str(parts, parts->size ? "," : "");
    buf_put(parts, part);
}

/* Join the attributes of messages `from` to `to` that stand in one holder. */
static inline void
kit_attributes(const struct kit *k, size_t from, size_t to, uint64_t holder,
               struct buf *out)
{
    for (size_t i = from; i < to; i++)
        if (k->messages[i].is_attribute && k->messages[i].holder == holder)
            kit_join(out, buf_slice(&k->messages[i].content));
}

static inline void
kit_objects(const struct kit *k, size_t from, size_t to, struct buf *out)
{
    struct buf attributes = {0}, whole = {0};

    for (size_t i = from; i < to; i++) {
        const struct kit_message *m = &k->messages[i];
        if (m->is_attribute)
            continue;
        assert_int_equal(m->holder, 0);
        buf_reset(&attributes);
        buf_reset(&whole);
        buf_put(&whole, buf_slice(&m->content));
        kit_attributes(k, from, to, m->position + 1, &attributes);
        kit_fill(&whole, "Attribute", &attributes);
        kit_join(out, buf_slice(&whole));
    }
    buf_clear(&attributes);
    buf_clear(&whole);
}

/* Put the event that message `at` ends together. */
static inline void
kit_event(const struct kit *k, size_t from, size_t at, struct buf *out)
{
    struct buf attributes = {0}, objects = {0};

    buf_reset(out);
    buf_put(out, buf_slice(&k->messages[at].content));
    kit_attributes(k, from, at, 0, &attributes);
    kit_objects(k, from, at, &objects);
    kit_fill(out, "Attribute", &attributes);
    kit_fill(out, "Object", &objects);
    buf_clear(&attributes);
    buf_clear(&objects);
}

/* Events that stood in one list come one behind the other. */
static inline void
kit_append(struct buf *document, const struct buf *event)
{
    static const struct {
        const char *before, *behind;
    } wraps[] = {{"[", "]"}, {"{\"response\":[", "]}"}};

    for (size_t i = 0; i < ARRAY_SIZE(wraps); i++) {
        size_t n = strlen(wraps[i].before);
        if (document->size <= n ||
            memcmp(document->data, wraps[i].before, n) != 0 ||
            memcmp(event->data, wraps[i].before, n) != 0)
            continue;
        document->size -= strlen(wraps[i].behind);
        buf_put_u8(document, ',');
        buf_put(document, slice_of(event->data + n, event->size - n));
        return;
    }
    buf_put(document, buf_slice(event));
}

/* Put the document together from its messages. */
static inline void
kit_document(const struct kit *k, struct buf *out)
{
    struct buf event = {0};
    size_t from = 0;

    for (size_t i = 0; i < k->count; i++) {
        if (k->messages[i].kind != MESSAGE_PACKAGE)
            continue;
        kit_event(k, from, i, &event);
        kit_append(out, &event);
        from = i + 1;
    }
    assert_int_equal(from, k->count);
    buf_clear(&event);
}

#endif
