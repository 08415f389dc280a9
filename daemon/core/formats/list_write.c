#include "core/formats/list_write.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/values_write.h"

#define PIECE_MIN KIB(64)

struct list_writer {
    struct format_out out;
    struct format_task task;
    struct buf piece;
};

/* Values of these types are not recognised without being told. */
static bool
must_be_told(unsigned observable)
{
    return observable == OBSERVABLE_IMPHASH ||
           observable == OBSERVABLE_SSDEEP || observable == OBSERVABLE_JA3 ||
           observable == OBSERVABLE_EMAIL_SUBJECT ||
           observable == OBSERVABLE_FILE_NAME ||
           observable == OBSERVABLE_MUTEX ||
           observable == OBSERVABLE_CERTIFICATE_HASH ||
           observable == OBSERVABLE_USER_AGENT ||
           observable == OBSERVABLE_WALLET;
}

static bool
is_one_line(struct slice value)
{
    return slice_find(value, '\n') == value.size &&
           slice_find(value, '\r') == value.size;
}

static void
put_line(struct list_writer *w, const struct message *m,
         const struct observed *v)
{
    bool is_tree = v->observable == OBSERVABLE_DOMAIN_TREE;

    if (!is_one_line(v->value)) {
        loss_put(&w->out, m, LOSS_DROPPED, "value",
                 "a value with a line end cannot stand in a list");
        return;
    }
    if (must_be_told(v->observable))
        loss_put(&w->out, m, LOSS_CHANGED, "type",
                 "a list does not say it: its reader must be told by --type");
    if (is_tree)
        buf_put_str(&w->piece, "||");
    buf_put(&w->piece, v->value);
    if (is_tree)
        buf_put_u8(&w->piece, '^');
    buf_put_u8(&w->piece, '\n');
}

/* Who reads a list acts by all of it: what nobody should act by has no place
 * in one. NULL: it has. */
static const char *
unfit(const struct head *h)
{
    if (h->revoked)
        return "it was revoked, which a list cannot say";
    if (h->use == USE_NONE || h->use > USE_BLOCK)
        return "nothing may be done by it, which a list cannot say";
    return NULL;
}

/* ---- what is lost ------------------------------------------------------- */

static bool
is_kept(const struct message *m, struct slice key, struct slice raw)
{
    return json_scan_is(key, "type") || values_are(m, key, raw);
}

/* What a head can say that a list has no place for. */
static const char *const fields[] = {
    "tlp",      "pap",        "recipients", "exercise",    "role",
    "use",      "confidence", "valid_from", "valid_until", "labels",
    "producer", "pattern",    "revoked",
};

static void
say_losses(struct list_writer *w, const struct message *m, bool has_tlp)
{
    static const char why[] = "a list has values alone";
    const struct head *h = &m->head;
    const bool is_said[ARRAY_SIZE(fields)] = {
        has_tlp,
        h->marking.pap != PAP_NONE,
        h->marking.recipient_count > 0,
        h->marking.exercise.size > 0,
        h->role.size > 0,
        h->use != USE_UNSTATED,
        h->has_confidence,
        h->has_valid_from,
        h->has_valid_until,
        h->label_count > 0,
        h->producer.size > 0,
        h->pattern.size > 0,
        h->revoked,
    };

    if (m->content.size) {
        losses_of_content(&w->out, m, is_kept);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (is_said[i])
            loss_put(&w->out, m, LOSS_DROPPED, fields[i], why);
}

/* ---- the writer --------------------------------------------------------- */

struct list_writer *
list_writer_new(const struct format_task *task, const struct format_out *out)
{
    struct list_writer *w = mem_new(sizeof *w);

    w->task = *task;
    w->out = *out;
    return w;
}

void
list_writer_free(struct list_writer *w)
{
    if (!w)
        return;
    buf_clear(&w->piece);
    mem_free(w);
}

static void
flush(struct list_writer *w, size_t at_least)
{
    if (w->piece.size <= at_least)
        return;
    w->out.bytes(w->out.context, buf_slice(&w->piece));
    buf_reset(&w->piece);
}

void
list_writer_put(struct list_writer *w, const struct format_item *item)
{
    const struct message *m = &item->message;
    const struct head *h = &m->head;
    size_t parts = w->task.is_mentioned ? h->mentioned_count : 0;

    if (!values_any(&w->out, m, &w->task))
        return;
    const char *why = unfit(h);
    if (why) {
        loss_put(&w->out, m, LOSS_DROPPED, "", why);
        return;
    }
    if (h->value.size)
        put_line(w, m, &(struct observed){h->observable, h->value});
    for (size_t i = 0; i < h->value_count; i++)
        put_line(w, m, &h->values[i]);
    for (size_t i = 0; i < parts; i++)
        put_line(w, m, &h->mentioned[i]);
    say_losses(w, m, item->has_tlp);
    flush(w, PIECE_MIN);
}

void
list_writer_finish(struct list_writer *w)
{
    flush(w, 0);
}
