/*
 * stix_sample - objects of STIX for tests, and a reader that keeps what it
 * was handed.
 */
#ifndef TESTS_STIX_SAMPLE_H
#define TESTS_STIX_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/formats/stix.h"

#define UUID "11111111-1111-4111-8111-111111111111"
#define UUID2 "22222222-2222-4222-8222-222222222222"
#define BUNDLE "bundle--" UUID
#define TIME "2026-01-02T03:04:05.000Z"
#define COMMON                                                                 \
    "\"spec_version\":\"2.1\",\"created\":\"" TIME "\",\"modified\":\"" TIME   \
    "\""
#define START(type)                                                            \
    "{\"type\":\"" type "\",\"id\":\"" type "--" UUID "\"," COMMON
#define INDICATOR_WITH(pattern)                                                \
    START("indicator")                                                         \
    ",\"pattern\":\"" pattern "\",\"pattern_type\":\"stix\",\"valid_from\":"   \
    "\"" TIME "\""
#define INDICATOR INDICATOR_WITH("[ipv4-addr:value = '198.51.100.7']")
#define STATEMENT(id, more)                                                    \
    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"        \
    "\"marking-definition--" id "\",\"created\":\"" TIME                       \
    "\",\"definition_type\":\"statement\",\"definition\":{\"statement\":"      \
    "\"(c) us\"}" more "}"
#define MARKED(id)                                                             \
    INDICATOR ",\"object_marking_refs\":[\"marking-definition--" id "\"]}"
#define TLP1_GREEN "34098fce-860f-48ae-8e50-ebd3cc5e41da"
#define TLP2_STRICT "939a9414-2ddd-4d32-a0cd-375ea402b003"

#define ITEMS_MAX 8
#define TEXT_MAX 400

/* The little that each test looks at, copied out of what was lent. */
struct copy {
    struct format_item item;
    bool is_old; /* it says that it is STIX 2.0 */
    char value[TEXT_MAX], content[TEXT_MAX], id[TEXT_MAX], label[TEXT_MAX];
    char package[TEXT_MAX], pattern[TEXT_MAX], producer[TEXT_MAX];
    char values[TEXT_MAX], mentioned[TEXT_MAX];
};

struct seen {
    struct copy items[ITEMS_MAX];
    size_t item_count, fault_count;
    struct format_fault fault; /* the last */
    char path[TEXT_MAX];
};

static inline void
keep(char out[TEXT_MAX], struct slice s)
{
    size_t n = s.size < TEXT_MAX - 1 ? s.size : TEXT_MAX - 1;

    if (n)
        memcpy(out, s.data, n);
    out[n] = 0;
}

/* "ipv4=192.0.2.1 domain=a.example" */
static inline void
keep_values(char out[TEXT_MAX], const struct observed *values, size_t count)
{
    struct buf b = {0};

    for (size_t i = 0; i < count; i++) {
        buf_put_str(&b, i ? " " : "");
        buf_put_str(&b, observable_name(values[i].observable));
        buf_put_u8(&b, '=');
        buf_put(&b, values[i].value);
    }
    keep(out, buf_slice(&b));
    buf_clear(&b);
}

static inline void
on_item(void *context, const struct format_item *item)
{
    struct seen *s = context;
    const struct message *m = &item->message;

    assert_true(s->item_count < ITEMS_MAX);
    struct copy *c = &s->items[s->item_count++];
    c->item = *item;
    keep(c->value, m->head.value);
    keep(c->content, m->content);
    keep(c->id, m->head.object_id);
    keep(c->package, m->package.id);
    keep(c->pattern, m->head.pattern);
    keep(c->producer, m->head.producer);
    keep_values(c->values, m->head.values, m->head.value_count);
    keep_values(c->mentioned, m->head.mentioned, m->head.mentioned_count);
    if (m->head.label_count)
        keep(c->label, m->head.labels[m->head.label_count - 1]);
    assert_true(slice_is(m->package.source, "stix"));
    c->is_old = slice_is(m->content_type, "stix-2.0");
    assert_true(c->is_old || slice_is(m->content_type, "stix-2.1"));
    assert_int_equal(m->head.rules, HEAD_RULES);
}

static inline void
on_fault(void *context, const struct format_fault *fault)
{
    struct seen *s = context;

    s->fault_count++;
    s->fault = *fault;
    keep(s->path, fault->path);
}

static inline enum err
pass(struct stix_reader *r, const char *text)
{
    struct slice all = slice_str(text);
    enum err e = OK;

    for (size_t at = 0; at < all.size && !e; at += 5) {
        size_t n = all.size - at < 5 ? all.size - at : 5;
        e = stix_reader_feed(r, slice_of(all.data + at, n));
    }
    return e ? e : stix_reader_finish(r);
}

/* Read with a learning pass before, or without. */
static inline enum err
read_text(const char *text, bool learn, struct seen *s)
{
    struct format_sink sink = {s, on_item, on_fault};
    struct stix_reader *r = stix_reader_new(&sink);
    enum err learnt = OK;

    memset(s, 0, sizeof *s);
    if (learn) {
        stix_reader_learn(r);
        learnt = pass(r, text);
        assert_int_equal(s->item_count + s->fault_count, 0);
        stix_reader_deliver(r);
    }
    enum err e = pass(r, text);
    if (learn)
        assert_int_equal(e, learnt);
    assert_int_equal(e != OK, s->fault_count && s->fault.weight == FAULT_FATAL);
    stix_reader_free(r);
    return e;
}

static inline void
assert_refused(const char *object, const char *path, enum err code)
{
    struct seen s;

    assert_int_equal(read_text(object, false, &s), OK);
    if (s.item_count || s.fault_count != 1 || s.fault.code != code ||
        strcmp(s.path, path) != 0)
        fail_msg("%s: %zu items, %zu faults, %s: %s (%s)", object, s.item_count,
                 s.fault_count, s.path, s.fault.text ? s.fault.text : "",
                 err_name(s.fault.code));
    assert_int_equal(s.fault.weight, FAULT_REFUSED);
    assert_true(s.fault.line == 1 && s.fault.column >= 1);
}

static inline void
assert_taken(const char *object, struct seen *s)
{
    assert_int_equal(read_text(object, false, s), OK);
    if (s->item_count != 1 || s->fault_count)
        fail_msg("%s: %s: %s", object, s->path,
                 s->fault.text ? s->fault.text : "");
}

#endif
