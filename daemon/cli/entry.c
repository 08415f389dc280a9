#include "cli/entry.h"

#include "cli/newer.h"
#include "core/base/limits.h"
#include "core/formats/value.h"
#include "core/lane/leaf.h"

static const char *const states[] = {
    "queued",   "sent",     "receipted", "stored",
    "declined", "expunged", "gone",      "damaged",
};

const char *
entry_state_nth(size_t i)
{
    return i < ARRAY_SIZE(states) ? states[i] : NULL;
}

bool
entry_is_state(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (strcmp(states[i], word) == 0)
            return true;
    }
    return false;
}

void
entry_read(const struct control_record *record, struct arena *arena,
           struct entry *out)
{
    struct slice bytes = control_bytes(record, "message");

    *out = (struct entry){.record = record, .bytes = bytes};
    if (control_find(record, "message"))
        out->has_message = message_get(bytes, arena, &out->message) == OK;
}

/* ---- words -------------------------------------------------------------- */

void
marking_put(struct buf *out, const struct marking *m)
{
    buf_put_str(out, tlp_label(m->tlp));
    if (m->pap != PAP_NONE) {
        buf_put_u8(out, ' ');
        buf_put_str(out, pap_label(m->pap));
    }
}

static void
put_decline(struct buf *out, const struct decline *d)
{
    buf_put_str(out, "#");
    buf_put_decimal(out, d->entry.first);
    if (d->entry.count > 1) {
        buf_put_str(out, "-");
        buf_put_decimal(out, d->entry.first + d->entry.count - 1);
    }
    buf_put_str(out, ": ");
    text_put_clean(out, d->text.size
                            ? d->text
                            : slice_str(err_text(err_from_code(d->code))));
}

void
entry_put_value(struct buf *out, const struct message *m, bool defang)
{
    struct buf fanged = {0};

    if (m->kind == MESSAGE_DECLINE && m->has_decline) {
        put_decline(out, &m->decline);
    } else if (m->has_head && m->head.value.size) {
        if (defang)
            value_defang(m->head.observable, m->head.value, &fanged);
        else
            buf_put(&fanged, m->head.value);
        text_put_clean(out, buf_slice(&fanged));
    } else if (m->has_head && m->head.pattern.size) {
        text_put_clean(out, m->head.pattern);
    } else if (m->has_head) {
        text_put_clean(out, m->head.object_id);
    }
    buf_clear(&fanged);
}

static const char *
leaf_kind_name(int64_t kind)
{
    switch (kind) {
    case LEAF_CARD:
        return "card";
    case LEAF_EXPUNGE:
        return "expunge";
    case LEAF_PADDING:
        return "padding";
    case LEAF_EPOCH_CLOSE:
        return "epoch-close";
    default:
        return "message";
    }
}

void
entry_put_what(struct buf *out, const struct entry *e)
{
    const struct head *h = &e->message.head;
    int64_t leaf = control_number(e->record, "leaf-kind", 0);

    if (!e->has_message) {
        buf_put_str(out, leaf_kind_name(leaf));
    } else if (newer_put_what(out, &e->message)) {
        return;
    } else if (e->message.has_head && h->observable != OBSERVABLE_NONE) {
        buf_put_str(out, observable_name(h->observable));
    } else if (e->message.has_head && h->pattern_language.size) {
        text_put_clean(out, h->pattern_language);
        buf_put_str(out, "-pattern");
    } else if (e->message.has_head && h->object_type.size) {
        text_put_clean(out, h->object_type);
    } else {
        buf_put_str(out, message_kind_name(e->message.kind));
    }
}

static void
put_direction(struct buf *out, const struct control_record *r)
{
    struct slice team = control_text(r, "team");
    bool to = slice_is(control_text(r, "direction"), "to");

    buf_put_str(out, to ? "us > " : "");
    text_put_clean(out, team);
    buf_put_str(out, to ? "" : " > us");
}

static struct slice
label_of(const struct control_record *r)
{
    enum tlp tlp;

    if (tlp_parse(control_text(r, "tlp"), &tlp))
        return slice_str(tlp_label(tlp));
    return (struct slice){0};
}

/* ---- a row -------------------------------------------------------------- */

void
entry_heading(struct grid *g)
{
    static const char *const names[] = {"STATE",      "WHAT", "VALUE",
                                        "ROLE",       "TLP",  "DIRECTION",
                                        "TIME (UTC)", "ID"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        grid_add(g, slice_str(names[i]));
    grid_end_row(g);
}

/* The entry that an expunge names. */
static void
put_ref(struct buf *out, const struct control_record *r)
{
    buf_put_str(out, "of #");
    buf_put_decimal(out, (uint64_t)control_number(r, "ref", 0));
}

static void
add_value(struct grid *g, const struct entry *e, bool defang)
{
    struct buf cell = {0};

    if (e->has_message)
        entry_put_value(&cell, &e->message, defang);
    else if (control_truth(e->record, "hidden"))
        buf_put_str(&cell, "(only for readers of TLP:RED)");
    else if (control_find(e->record, "ref"))
        put_ref(&cell, e->record);
    else if (control_find(e->record, "reason-text"))
        text_put_clean(&cell, control_text(e->record, "reason-text"));
    else
        buf_put_str(&cell, "-");
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

/* The id, or what stands in its place while there is none. */
static void
put_id(struct buf *out, const struct control_record *r)
{
    text_put_clean(out, control_text(r, "id"));
    if (out->size == 0 && control_find(r, "number")) {
        buf_put_str(out, "in S-");
        buf_put_decimal(out, (uint64_t)control_number(r, "number", 0));
    }
}

void
entry_row(struct grid *g, const struct entry *e, bool defang)
{
    const struct control_record *r = e->record;
    struct buf cell = {0};

    text_put_clean(&cell, control_text(r, "state"));
    grid_add(g, buf_slice(&cell));
    buf_reset(&cell);
    entry_put_what(&cell, e);
    grid_add(g, buf_slice(&cell));
    add_value(g, e, defang);
    buf_reset(&cell);
    if (e->has_message && e->message.has_head)
        text_put_clean(&cell, e->message.head.role);
    grid_add(g, cell.size ? buf_slice(&cell) : slice_str("-"));
    grid_add(g, label_of(r));
    buf_reset(&cell);
    put_direction(&cell, r);
    grid_add(g, buf_slice(&cell));
    buf_reset(&cell);
    text_put_time_short(&cell, (uint64_t)control_number(r, "time-ms", 0));
    grid_add(g, buf_slice(&cell));
    buf_reset(&cell);
    put_id(&cell, r);
    grid_add(g, buf_slice(&cell));
    grid_end_row(g);
    buf_clear(&cell);
}

/* ---- JSON --------------------------------------------------------------- */

static void
list_json(struct json_out *j, const char *key, const struct slice *texts,
          size_t count)
{
    if (count == 0)
        return;
    json_out_open_list(j, key);
    for (size_t i = 0; i < count; i++)
        json_out_text(j, NULL, texts[i]);
    json_out_close_list(j);
}

static void
marking_json(struct json_out *j, const struct marking *m)
{
    json_out_str(j, "tlp", tlp_name(m->tlp));
    if (m->pap != PAP_NONE)
        json_out_str(j, "pap", pap_name(m->pap));
    json_out_text(j, "exercise", m->exercise);
    if (m->relay_permitted)
        json_out_truth(j, "relay_permitted", true);
    list_json(j, "recipients", m->recipients, m->recipient_count);
}

static void
values_json(struct json_out *j, const char *key, const struct observed *values,
            size_t count)
{
    if (count == 0)
        return;
    json_out_open_list(j, key);
    for (size_t i = 0; i < count; i++) {
        json_out_open(j, NULL);
        json_out_str(j, "observable", observable_name(values[i].observable));
        if (values[i].observable >= OBSERVABLE_COUNT)
            json_out_number(j, "observable_number", values[i].observable);
        json_out_text(j, "value", values[i].value);
        json_out_close(j);
    }
    json_out_close_list(j);
}

static void
head_json(struct json_out *j, const struct head *h)
{
    marking_json(j, &h->marking);
    json_out_text(j, "object_id", h->object_id);
    json_out_text(j, "object_type", h->object_type);
    if (h->observable != OBSERVABLE_NONE)
        json_out_str(j, "observable", observable_name(h->observable));
    json_out_text(j, "value", h->value);
    values_json(j, "values", h->values, h->value_count);
    values_json(j, "mentioned", h->mentioned, h->mentioned_count);
    json_out_str(j, "use", use_name(h->use));
    json_out_text(j, "pattern", h->pattern);
    json_out_text(j, "pattern_language", h->pattern_language);
    json_out_text(j, "role", h->role);
    if (h->has_valid_from)
        json_out_time(j, "valid_from", h->valid_from.ms);
    if (h->has_valid_until)
        json_out_time(j, "valid_until", h->valid_until.ms);
    if (h->has_confidence)
        json_out_number(j, "confidence", h->confidence);
    list_json(j, "labels", h->labels, h->label_count);
    json_out_text(j, "producer", h->producer);
    if (h->revoked)
        json_out_truth(j, "revoked", true);
    json_out_text(j, "created", h->created);
    json_out_text(j, "modified", h->modified);
}

static void
origin_json(struct json_out *j, const struct message *m)
{
    struct buf number = {0};

    if (m->has_submission) {
        buf_put_str(&number, "S-");
        buf_put_decimal(&number, m->submission.number);
        json_out_text(j, "submission", buf_slice(&number));
        json_out_text(j, "case", m->submission.case_reference);
        json_out_text(j, "title", m->submission.title);
        json_out_text(j, "note", m->submission.note);
        buf_clear(&number);
    }
    if (m->has_package) {
        json_out_open(j, "package");
        json_out_text(j, "id", m->package.id);
        json_out_text(j, "source", m->package.source);
        json_out_number(j, "position", m->package.position);
        if (m->package.count)
            json_out_number(j, "count", m->package.count);
        if (m->package.holder)
            json_out_number(j, "holder", m->package.holder - 1);
        json_out_close(j);
    }
}

static void
decline_json(struct json_out *j, const struct decline *d)
{
    json_out_open(j, "decline");
    json_out_hex(j, "lane", SLICE_ARRAY(d->entry.lane.b));
    json_out_number(j, "first", d->entry.first);
    json_out_number(j, "count", d->entry.count);
    json_out_str(j, "reason", err_name(err_from_code(d->code)));
    json_out_text(j, "text", d->text);
    json_out_close(j);
}

static void
withdrawal_json(struct json_out *j, const struct withdrawal *w)
{
    json_out_open(j, "withdrawal");
    if (w->has_entry) {
        json_out_hex(j, "lane", SLICE_ARRAY(w->entry.lane.b));
        json_out_number(j, "first", w->entry.first);
        json_out_number(j, "count", w->entry.count);
    }
    json_out_text(j, "object", w->object_id);
    json_out_text(j, "reason", w->reason);
    json_out_close(j);
}

static void
message_json(struct json_out *j, const struct entry *e)
{
    const struct message *m = &e->message;

    json_out_str(j, "kind", message_kind_name(m->kind));
    newer_json(j, m, e->bytes);
    if (m->has_head)
        head_json(j, &m->head);
    origin_json(j, m);
    if (m->has_decline)
        decline_json(j, &m->decline);
    if (m->has_withdrawal)
        withdrawal_json(j, &m->withdrawal);
    json_out_text(j, "content_type", m->content_type);
    json_out_text(j, "content", m->content);
}

static void
expunge_json(struct json_out *j, const struct control_record *r)
{
    json_out_text(j, "expunge", control_text(r, "expunge"));
    json_out_text(j, "expunged_by", control_text(r, "expunged-by"));
    if (control_find(r, "expunged-ms"))
        json_out_time(j, "expunged_at",
                      (uint64_t)control_number(r, "expunged-ms", 0));
    if (control_find(r, "expunge-receipted"))
        json_out_truth(j, "expunge_receipted",
                       control_truth(r, "expunge-receipted"));
}

void
entry_json(struct json_out *j, const struct entry *e)
{
    const struct control_record *r = e->record;
    const char *const texts[][2] = {
        {"id", "id"},     {"lane", "lane-name"}, {"direction", "direction"},
        {"team", "team"}, {"state", "state"},    {"reason", "reason"}};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        json_out_text(j, texts[i][0], control_text(r, texts[i][1]));
    if (control_find(r, "index"))
        json_out_number(j, "index", (uint64_t)control_number(r, "index", 0));
    json_out_time(j, "time", (uint64_t)control_number(r, "time-ms", 0));
    json_out_str(j, "entry",
                 leaf_kind_name(control_number(r, "leaf-kind", LEAF_MESSAGE)));
    if (control_find(r, "ref"))
        json_out_number(j, "ref", (uint64_t)control_number(r, "ref", 0));
    expunge_json(j, r);
    if (control_truth(r, "urgent"))
        json_out_truth(j, "urgent", true);
    if (control_truth(r, "hidden"))
        json_out_truth(j, "hidden", true);
    if (!e->has_message || !e->message.has_head)
        json_out_text(j, "tlp", control_text(r, "tlp"));
    if (e->has_message)
        message_json(j, e);
}
