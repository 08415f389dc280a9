#include "core/formats/csv_write.h"

#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/stamp.h"
#include "core/formats/values_write.h"

#define PIECE_MIN KIB(64)

struct csv_writer {
    struct format_out out;
    struct format_task task;
    struct buf piece;
    struct buf before; /* all columns of a message behind its values' */
    struct buf cell;
};

/* ---- fields ------------------------------------------------------------- */

/* Quote what a reader would take apart, or trim. */
static bool
is_plain(struct slice text)
{
    static const bool is_quoted[256] = {
        [','] = true,  [';'] = true,  ['"'] = true,
        ['\t'] = true, ['\r'] = true, ['\n'] = true};

    if (text.size == 0)
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (is_quoted[text.data[i]])
            return false;
    return text.data[0] != ' ' && text.data[0] != '#' &&
           text.data[text.size - 1] != ' ';
}

static void
put_field(struct buf *out, struct slice text)
{
    if (is_plain(text)) {
        buf_put(out, text);
        return;
    }
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_put_u8(out, '"');
        buf_put_u8(out, text.data[i]);
    }
    buf_put_u8(out, '"');
}

/* Join texts by commas; those that hold one stand in quotes, as labels of
 * MISP do. */
static void
put_texts(struct csv_writer *w, struct buf *out, const struct slice *texts,
          size_t count)
{
    buf_reset(&w->cell);
    for (size_t i = 0; i < count; i++) {
        buf_put_str(&w->cell, i ? "," : "");
        buf_put(&w->cell, texts[i]);
    }
    put_field(out, buf_slice(&w->cell));
}

static void
put_time(struct buf *out, bool is_said, struct wall time)
{
    if (is_said)
        stamp_put(out, time);
}

/* ---- columns ------------------------------------------------------------ */

static const char header[] =
    "value,type,meant,tlp,pap,role,use,confidence,valid_from,valid_until,"
    "labels,producer,id,object_type,created,modified,revoked,recipients,"
    "exercise,source,package,position\n";

/* The columns behind those of a value are the same for all values of a
 * message. */
static void
row_begin(struct csv_writer *w, const struct format_item *item)
{
    const struct head *h = &item->message.head;
    struct buf *b = &w->before;

    buf_reset(b);
    buf_put_u8(b, ',');
    buf_put_str(b, item->has_tlp ? tlp_name(h->marking.tlp) : "");
    buf_put_u8(b, ',');
    buf_put_str(b, h->marking.pap ? pap_name(h->marking.pap) : "");
    buf_put_u8(b, ',');
    put_field(b, h->role);
    buf_put_u8(b, ',');
    buf_put_str(b, use_name(h->use));
    buf_put_u8(b, ',');
    if (h->has_confidence)
        buf_put_decimal(b, h->confidence);
    buf_put_u8(b, ',');
    put_time(b, h->has_valid_from, h->valid_from);
    buf_put_u8(b, ',');
    put_time(b, h->has_valid_until, h->valid_until);
    buf_put_u8(b, ',');
    put_texts(w, b, h->labels, h->label_count);
}

static void
row_end(struct csv_writer *w, const struct message *m)
{
    const struct head *h = &m->head;
    const struct slice texts[] = {h->producer, h->object_id, h->object_type,
                                  h->created, h->modified};
    struct buf *b = &w->before;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        buf_put_u8(b, ',');
        put_field(b, texts[i]);
    }
    buf_put_str(b, h->revoked ? ",true," : ",,");
    put_texts(w, b, h->marking.recipients, h->marking.recipient_count);
    buf_put_u8(b, ',');
    put_field(b, h->marking.exercise);
    buf_put_u8(b, ',');
    put_field(b, m->package.source);
    buf_put_u8(b, ',');
    put_field(b, m->package.id);
    buf_put_u8(b, ',');
    if (m->has_package)
        buf_put_decimal(b, m->package.position);
    buf_put_u8(b, '\n');
}

static void
put_row(struct csv_writer *w, const struct observed *v, bool is_meant)
{
    put_field(&w->piece, v->value);
    buf_put_u8(&w->piece, ',');
    buf_put_str(&w->piece, observable_name(v->observable));
    buf_put_str(&w->piece, is_meant ? ",yes" : ",part");
    buf_put(&w->piece, buf_slice(&w->before));
}

/* ---- what is lost ------------------------------------------------------- */

static bool
is_kept(const struct message *m, struct slice key, struct slice raw)
{
    static const char *const keys[] = {"type",
                                       "id",
                                       "created",
                                       "modified",
                                       "revoked",
                                       "created_by_ref",
                                       "labels",
                                       "confidence",
                                       "valid_from",
                                       "valid_until",
                                       "object_marking_refs"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (json_scan_is(key, keys[i]))
            return true;
    return values_are(m, key, raw);
}

static void
say_losses(struct csv_writer *w, const struct message *m)
{
    static const char why[] = "a table has no place for it";

    if (m->content.size)
        losses_of_content(&w->out, m, is_kept);
    else if (m->head.pattern.size)
        loss_put(&w->out, m, LOSS_DROPPED, "pattern", why);
    if (m->head.marking.relay_permitted)
        loss_put(&w->out, m, LOSS_DROPPED, "relay_permitted", why);
}

/* ---- the writer --------------------------------------------------------- */

struct csv_writer *
csv_writer_new(const struct format_task *task, const struct format_out *out)
{
    struct csv_writer *w = mem_new(sizeof *w);

    w->task = *task;
    w->out = *out;
    buf_put_str(&w->piece, header);
    return w;
}

void
csv_writer_free(struct csv_writer *w)
{
    if (!w)
        return;
    buf_clear(&w->piece);
    buf_clear(&w->before);
    buf_clear(&w->cell);
    mem_free(w);
}

static void
flush(struct csv_writer *w, size_t at_least)
{
    if (w->piece.size <= at_least)
        return;
    w->out.bytes(w->out.context, buf_slice(&w->piece));
    buf_reset(&w->piece);
}

void
csv_writer_put(struct csv_writer *w, const struct format_item *item)
{
    const struct message *m = &item->message;
    const struct head *h = &m->head;
    size_t parts = w->task.is_mentioned ? h->mentioned_count : 0;

    if (!values_any(&w->out, m, &w->task))
        return;
    row_begin(w, item);
    row_end(w, m);
    if (h->value.size)
        put_row(w, &(struct observed){h->observable, h->value}, true);
    for (size_t i = 0; i < h->value_count; i++)
        put_row(w, &h->values[i], true);
    for (size_t i = 0; i < parts; i++)
        put_row(w, &h->mentioned[i], false);
    say_losses(w, m);
    flush(w, PIECE_MIN);
}

void
csv_writer_finish(struct csv_writer *w)
{
    flush(w, 0);
}
