/*
 * misp_kit - reads MISP for tests and keeps what was handed over.
 */
#ifndef TESTS_MISP_KIT_H
#define TESTS_MISP_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/misp.h"
#include "misp_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message that was handed over; `text` is a line that says all of its head
 * that is not empty. */
struct kit_message {
    unsigned kind;
    uint64_t position, count, holder;
    struct buf content, text;
    bool is_held, is_attribute;
};

struct kit {
    struct kit_message *messages;
    size_t count, capacity, held;
    size_t remarks, left_out, refused, fatal;
    struct buf faults; /* one a line: "line:column path: text" */
};

static inline void
kit_item(void *context, const struct format_item *item)
{
    struct kit *k = context;
    const struct message *m = &item->message;

    if (k->count == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 16;
        k->messages = realloc(k->messages, k->capacity * sizeof *k->messages);
        assert_non_null(k->messages);
    }
    assert_true(m->has_package && m->has_head);
    assert_true(slice_is(m->package.source, "misp"));
    assert_int_equal(m->head.rules, HEAD_RULES);
    assert_true(slice_equal(m->head.created, m->head.modified));
    assert_true(slice_equal(m->content_type, m->head.object_type));
    assert_true(item->line >= 1 && item->column >= 1);
    assert_true(!item->hold == !item->advice);
    struct kit_message *to = &k->messages[k->count++];
    *to = (struct kit_message){.kind = m->kind,
                               .position = m->package.position,
                               .count = m->package.count,
                               .holder = m->package.holder,
                               .is_held = item->hold,
                               .is_attribute =
                                   slice_is(m->content_type, "misp-attribute")};
    k->held += to->is_held;
    buf_put(&to->content, m->content);
    kit_describe(item, &to->text);
}

static inline void
kit_fault(void *context, const struct format_fault *f)
{
    struct kit *k = context;

    assert_true(f->text && f->text[0] && f->code != OK);
    assert_true(f->line >= 1 && f->column >= 1);
    assert_true(!f->is_left_out || f->weight == FAULT_REMARK);
    k->left_out += f->is_left_out;
    k->remarks += f->weight == FAULT_REMARK;
    k->refused += f->weight == FAULT_REFUSED;
    k->fatal += f->weight == FAULT_FATAL;
    buf_put_decimal(&k->faults, f->line);
    buf_put_u8(&k->faults, ':');
    buf_put_decimal(&k->faults, f->column);
    buf_put_str(&k->faults, f->path.size ? " " : "");
    buf_put(&k->faults, f->path);
    buf_put_str(&k->faults, ": ");
    buf_put_str(&k->faults, f->text);
    buf_put_u8(&k->faults, '\n');
}

static inline enum err
kit_pass(struct misp_reader *r, struct slice all, size_t piece)
{
    enum err e = OK;

    for (size_t at = 0; at < all.size && !e; at += piece) {
        size_t n = all.size - at < piece ? all.size - at : piece;
        e = misp_reader_feed(r, slice_of(all.data + at, n));
    }
    return e ? e : misp_reader_finish(r);
}

/* Read in two passes into an empty kit. */
static inline enum err
kit_read(struct slice all, size_t piece, struct kit *k)
{
    struct format_sink sink = {k, kit_item, kit_fault};
    struct misp_reader *r = misp_reader_new(&sink);

    misp_reader_learn(r);
    enum err learnt = kit_pass(r, all, piece);
    assert_int_equal(k->count + k->remarks + k->refused + k->fatal, 0);
    misp_reader_deliver(r);
    enum err e = kit_pass(r, all, piece);
    assert_int_equal(e, learnt);
    assert_int_equal(k->fatal, e != OK);
    misp_reader_free(r);
    return e;
}

static inline void
kit_clear(struct kit *k)
{
    for (size_t i = 0; i < k->count; i++) {
        buf_clear(&k->messages[i].content);
        buf_clear(&k->messages[i].text);
    }
    free(k->messages);
    buf_clear(&k->faults);
    *k = (struct kit){0};
}

/* Say what was handed over: "kind position[<holder][/count] head" in each
 * line, then the faults. */
static inline void
kit_say(const struct kit *k, struct buf *out)
{
    for (size_t i = 0; i < k->count; i++) {
        const struct kit_message *m = &k->messages[i];
        buf_put_str(out, message_kind_name(m->kind));
        buf_put_u8(out, ' ');
        buf_put_decimal(out, m->position);
        buf_put_str(out, m->holder ? "<" : "");
        if (m->holder)
            buf_put_decimal(out, m->holder - 1);
        buf_put_str(out, m->count ? "/" : "");
        if (m->count)
            buf_put_decimal(out, m->count);
        buf_put_str(out, m->text.size ? " " : "");
        buf_put(out, buf_slice(&m->text));
        buf_put_u8(out, '\n');
    }
    buf_put(out, buf_slice(&k->faults));
    buf_put_u8(out, 0);
}

/* Check what a document gives, whole and in pieces. */
static inline void
assert_read(const char *text, enum err err, const char *want)
{
    static const size_t pieces[] = {1, 3, 1000000};

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        struct kit k = {0};
        struct buf said = {0};
        enum err e = kit_read(slice_str(text), pieces[i], &k);
        kit_say(&k, &said);
        assert_string_equal((const char *)said.data, want);
        assert_int_equal(e, err);
        buf_clear(&said);
        kit_clear(&k);
    }
}

#endif
