/*
 * csv_kit - reads a table whole and in pieces, and compares what comes out.
 */
#ifndef TESTS_UNIT_CSV_KIT_H
#define TESTS_UNIT_CSV_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/formats/csv.h"

struct seen {
    struct buf items;  /* "line:column type value ..." a line */
    struct buf faults; /* "line:column weight error path" a line */
    uint64_t count;
    enum err fatal;
};

static inline void
seen_head(struct buf *b, const struct format_item *item)
{
    const struct head *h = &item->message.head;

    if (item->has_tlp) {
        buf_put_u8(b, ' ');
        buf_put_str(b, tlp_label(h->marking.tlp));
    }
    if (h->marking.pap) {
        buf_put_u8(b, ' ');
        buf_put_str(b, pap_label(h->marking.pap));
    }
    if (h->use) {
        buf_put_str(b, " use ");
        buf_put_str(b, use_name(h->use));
    }
    for (size_t i = 0; i < h->label_count; i++) {
        buf_put_str(b, " [");
        buf_put(b, h->labels[i]);
        buf_put_u8(b, ']');
    }
    if (h->has_confidence) {
        buf_put_str(b, " confidence ");
        buf_put_decimal(b, h->confidence);
    }
    if (h->has_valid_from) {
        buf_put_str(b, " from ");
        buf_put_decimal(b, h->valid_from.ms);
    }
    if (h->has_valid_until) {
        buf_put_str(b, " until ");
        buf_put_decimal(b, h->valid_until.ms);
    }
    if (h->role.size) {
        buf_put_str(b, " role ");
        buf_put(b, h->role);
    }
}

static inline void
seen_item(void *context, const struct format_item *item)
{
    const struct message *m = &item->message;
    struct seen *s = context;

    assert_int_equal(m->kind, MESSAGE_INDICATOR);
    assert_true(m->has_package && m->has_head);
    assert_true(slice_is(m->package.source, "csv"));
    assert_int_equal(m->package.position, s->count++);
    assert_int_equal(m->head.rules, HEAD_RULES);
    assert_int_equal(m->content.size, 0);
    buf_put_decimal(&s->items, item->line);
    buf_put_u8(&s->items, ':');
    buf_put_decimal(&s->items, item->column);
    buf_put_u8(&s->items, ' ');
    buf_put_str(&s->items, observable_name(m->head.observable));
    buf_put_u8(&s->items, ' ');
    buf_put(&s->items, m->head.value);
    seen_head(&s->items, item);
    buf_put_u8(&s->items, '\n');
}

static inline void
seen_fault(void *context, const struct format_fault *fault)
{
    static const char *const weights[] = {"remark", "refused", "fatal"};
    struct seen *s = context;

    assert_true(fault->text && fault->text[0]);
    /* Of a table, columns alone are not kept without a row being refused. */
    assert_int_equal(fault->is_left_out, fault->weight == FAULT_REMARK &&
                                             fault->code == ERR_UNSUPPORTED);
    assert_int_equal(fault->position, s->count);
    buf_put_decimal(&s->faults, fault->line);
    buf_put_u8(&s->faults, ':');
    buf_put_decimal(&s->faults, fault->column);
    buf_put_u8(&s->faults, ' ');
    buf_put_str(&s->faults, weights[fault->weight]);
    buf_put_u8(&s->faults, ' ');
    buf_put_str(&s->faults, err_name(fault->code));
    if (fault->path.size) {
        buf_put_u8(&s->faults, ' ');
        buf_put(&s->faults, fault->path);
    }
    buf_put_u8(&s->faults, '\n');
    if (fault->weight == FAULT_FATAL)
        s->fatal = fault->code;
}

static inline void
assert_pieces(struct slice text, size_t piece, struct csv_reader *r,
              const struct seen *s)
{
    enum err e = OK;

    for (size_t at = 0; at < text.size && !e; at += piece) {
        size_t n = text.size - at < piece ? text.size - at : piece;
        e = csv_reader_feed(r, slice_of(text.data + at, n));
    }
    if (!e)
        e = csv_reader_finish(r);
    assert_int_equal(e, s->fatal);
    /* What was said once is not said again. */
    assert_int_equal(csv_reader_finish(r), s->fatal);
}

static inline void
assert_table_as(enum observable as, const char *columns, struct slice text,
                const char *items, const char *faults)
{
    struct csv_map map = {.count = 0};
    struct slice bad;

    if (columns)
        assert_int_equal(csv_map_parse(slice_str(columns), &map, &bad), OK);
    for (size_t piece = 1; piece < 2000; piece = piece * 2 + 1) {
        struct seen s = {0};
        struct format_sink sink = {&s, seen_item, seen_fault};
        struct csv_reader *r = csv_reader_new(&sink, as, &map);
        assert_pieces(text, piece, r, &s);
        buf_put_u8(&s.items, 0);
        buf_put_u8(&s.faults, 0);
        assert_string_equal((char *)s.items.data, items);
        assert_string_equal((char *)s.faults.data, faults);
        csv_reader_free(r);
        buf_clear(&s.items);
        buf_clear(&s.faults);
    }
}

static inline void
assert_table(const char *text, const char *items, const char *faults)
{
    assert_table_as(OBSERVABLE_NONE, NULL, slice_str(text), items, faults);
}

static inline void
assert_mapped(const char *columns, const char *text, const char *items,
              const char *faults)
{
    assert_table_as(OBSERVABLE_NONE, columns, slice_str(text), items, faults);
}

#endif
