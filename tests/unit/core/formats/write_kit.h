/*
 * write_kit - converts a text in one format into another, for tests.
 */
#ifndef TEST_WRITE_KIT_H
#define TEST_WRITE_KIT_H

#include "pieces.h"

#include "core/base/buf.h"

#include <stdio.h>

struct kit {
    struct format_writer *writer;
    struct buf text, losses; /* each loss: "dropped path;" */
    size_t faults;
    bool has_tlp; /* of all messages, whatever they say themselves */
    enum tlp tlp;
    size_t piece; /* of what is read at once; 0: all */
};

static inline void
kit_bytes(void *context, struct slice bytes)
{
    struct kit *k = context;

    buf_put(&k->text, bytes);
}

static inline void
kit_loss(void *context, const struct format_loss *loss)
{
    struct kit *k = context;

    buf_put_str(&k->losses, loss_name(loss->loss));
    buf_put_u8(&k->losses, ' ');
    buf_put(&k->losses, loss->path);
    buf_put_u8(&k->losses, ';');
}

static inline void
kit_item(void *context, const struct format_item *item)
{
    struct kit *k = context;
    struct format_item marked = *item;

    if (k->has_tlp) {
        marked.has_tlp = true;
        marked.message.head.marking.tlp = k->tlp;
    }
    format_writer_put(k->writer, &marked);
}

static inline void
kit_fault(void *context, const struct format_fault *fault)
{
    struct kit *k = context;

    k->faults += fault->weight != FAULT_REMARK;
}

/* Convert; text and losses end with a NUL. */
static inline void
kit_convert(struct kit *k, enum format from, enum format to, const char *text,
            struct format_task task)
{
    struct csv_map map = {.count = 0};
    const struct format_sink sink = {k, kit_item, kit_fault};
    const struct format_wish wish = {OBSERVABLE_NONE, &map};
    const struct format_out out = {k, kit_bytes, kit_loss};
    struct format_reader *r = format_reader_new(from, &sink, &wish);
    size_t piece = k->piece ? k->piece : SIZE_MAX;

    task.now = (struct wall){1795453200000}; /* 2026-11-23T17:00:00.000Z */
    k->writer = format_writer_new(to, &task, &out);
    while (format_reader_learn(r))
        (void)!feed_pieces(r, slice_str(text), piece);
    format_reader_deliver(r);
    (void)!feed_pieces(r, slice_str(text), piece);
    format_writer_finish(k->writer);
    format_writer_free(k->writer);
    format_reader_free(r);
    buf_put_u8(&k->text, 0);
    buf_put_u8(&k->losses, 0);
}

static inline const char *
kit_text(const struct kit *k)
{
    return (const char *)k->text.data;
}

static inline const char *
kit_losses(const struct kit *k)
{
    return (const char *)k->losses.data;
}

static inline void
kit_clear(struct kit *k)
{
    buf_clear(&k->text);
    buf_clear(&k->losses);
    *k = (struct kit){0};
}

#endif
