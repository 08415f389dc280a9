/*
 * reading - what a reader of a format handed over, as bytes that compare.
 *
 * Holds:      every message that may be written is written and read again.
 */
#ifndef TESTS_FUZZ_READING_H
#define TESTS_FUZZ_READING_H

#include "../unit/core/formats/pieces.h"

#include "core/base/buf.h"
#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "core/wire/message.h"

#include <assert.h>

struct reading {
    struct buf out;
    struct arena arena; /* of one item */
};

static inline void
reading_init(struct reading *r)
{
    *r = (struct reading){0};
    arena_init(&r->arena, MIB(8));
}

static inline void
reading_clear(struct reading *r)
{
    buf_clear(&r->out);
    arena_clear(&r->arena);
}

static inline void
reading_item(void *context, const struct format_item *item)
{
    struct reading *r = context;
    struct buf *out = &r->out;
    struct buf bytes = {0};
    enum err may = message_check(&item->message);

    buf_put_u8(out, (uint8_t)may);
    buf_put_u8(out, item->has_tlp);
    buf_put_u64(out, item->line);
    buf_put_u64(out, item->column);
    if (may == OK) {
        struct message read;
        message_put(&bytes, &item->message);
        arena_reset(&r->arena);
        enum err e = message_get(buf_slice(&bytes), &r->arena, &read);
        assert(e == OK);
    }
    buf_put(out, buf_slice(&bytes));
    buf_clear(&bytes);
}

/* The same for a reader of values: what it hands over is in normal form. */
static inline void
reading_value(void *context, const struct format_item *item)
{
    const struct head *h = &item->message.head;
    struct reading *r = context;
    struct slice normal;

    arena_reset(&r->arena);
    enum err e = value_check((enum observable)h->observable, h->value,
                             &r->arena, &normal);
    assert(e == OK && slice_equal(normal, h->value));
    reading_item(context, item);
}

static inline void
reading_fault(void *context, const struct format_fault *fault)
{
    struct buf *out = &((struct reading *)context)->out;

    assert(fault->text && fault->code != OK);
    buf_put_u8(out, (uint8_t)fault->weight);
    buf_put_u8(out, (uint8_t)fault->code);
    buf_put_u64(out, fault->position);
    buf_put_u64(out, fault->line);
    buf_put_u64(out, fault->column);
    buf_put(out, fault->path);
}

/* What is read, and what is done with a message of it. */
struct reading_task {
    enum format format;
    struct format_wish wish;
    void (*item)(void *reading, const struct format_item *item);
};

/* Read an input by pieces of at most so many bytes, in as many passes as its
 * format wants. */
static inline void
reading_do(const struct reading_task *task, struct slice text, size_t piece,
           struct reading *out)
{
    const struct format_sink sink = {out, task->item, reading_fault};
    struct format_reader *r =
        format_reader_new(task->format, &sink, &task->wish);

    /* What is learnt by a glance meets no faults, or meets them, by where the
     * pieces end; what follows must not. */
    while (format_reader_learn(r))
        (void)feed_pieces(r, text, piece);
    format_reader_deliver(r);
    buf_put_u8(&out->out, (uint8_t)feed_pieces(r, text, piece));
    format_reader_free(r);
}

/* Whole or in pieces, it reads the same. */
static inline void
reading_twice(const struct reading_task *task, struct slice text, size_t piece)
{
    struct reading whole, pieces;

    reading_init(&whole);
    reading_init(&pieces);
    reading_do(task, text, SIZE_MAX, &whole);
    reading_do(task, text, piece, &pieces);
    assert(slice_equal(buf_slice(&whole.out), buf_slice(&pieces.out)));
    reading_clear(&whole);
    reading_clear(&pieces);
}

/* The same for values that stand behind a byte that says their type and one
 * that says the pieces. */
static inline void
reading_values(enum format format, struct slice input)
{
    if (input.size < 2)
        return;
    const struct reading_task task = {
        format,
        {.as = (enum observable)(input.data[0] % OBSERVABLE_COUNT)},
        reading_value};
    reading_twice(&task, slice_from(input, 2), (size_t)input.data[1] % 64 + 1);
}

#endif
