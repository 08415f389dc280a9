#include "core/formats/stix_write.h"

#include "core/base/mem.h"
#include "core/base/table.h"
#include "core/formats/json_check.h"
#include "core/formats/json_put.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/stix.h"
#include "core/formats/stix_id.h"
#include "core/formats/stix_lift.h"
#include "core/formats/stix_make.h"
#include "core/formats/stix_mark.h"
#include "core/formats/stix_marking.h"

#include <assert.h>

/* What is written goes out in pieces of this size, or of one object. */
#define PIECE_MIN KIB(64)

/* Teams that sign their events in one export: some hundred. */
#define PRODUCERS_MAX 4096

/* Of an object that is made and that nobody marked. */
#define TLP_UNSAID TLP_AMBER

/* How the document holds its objects. */
enum shape {
    SHAPE_BUNDLE,
    SHAPE_LIST, /* with nothing around it */
    SHAPE_LONE, /* one object, and no list */
};

struct stix_writer {
    struct format_out out;
    struct format_task task;
    struct buf piece;      /* written, and not yet out */
    struct buf envelope;   /* of the document; empty until it comes */
    uint8_t id[UUID_SIZE]; /* of the bundle where nobody gave it one */
    enum shape shape;
    bool begun, has_id;
    bool is_lifted; /* the envelope is of STIX 2.0 */
    uint64_t objects;
    unsigned marked, defined; /* bits of TLP: used, and defined already */
    struct table producers;   /* that stand in the document */
    struct json_check *check; /* of contents that must be; NULL: none yet */
};

static void
flush(struct stix_writer *w, size_t at_least)
{
    if (w->piece.size <= at_least)
        return;
    w->out.bytes(w->out.context, buf_slice(&w->piece));
    buf_reset(&w->piece);
}

/* ---- around the objects ------------------------------------------------- */

/* The first message tells how the document began. */
static void
begin(struct stix_writer *w, const struct message *m)
{
    bool is_stix = slice_is(m->package.source, "stix") && !w->task.is_mixed;
    bool is_envelope = m->kind == MESSAGE_PACKAGE;

    w->begun = true;
    if (is_stix && m->package.id.size == 0 && !is_envelope && !w->task.marks)
        w->shape = m->package.count == 1 && stix_is_content(m) ? SHAPE_LONE
                                                               : SHAPE_LIST;
    if (w->shape == SHAPE_LONE)
        return;
    if (w->shape == SHAPE_LIST) {
        buf_put_u8(&w->piece, '[');
        return;
    }
    buf_put_str(&w->piece, "{\"type\":\"bundle\"");
    if (!is_stix || m->package.id.size == 0)
        return;
    w->has_id = true;
    json_put_member(&w->piece, "id", m->package.id);
}

static void
object_begin(struct stix_writer *w)
{
    if (w->objects++)
        buf_put_str(&w->piece, w->shape == SHAPE_LONE ? "\n" : ",");
    else if (w->shape == SHAPE_BUNDLE)
        buf_put_str(&w->piece, ",\"objects\":[");
}

static void
put_definitions(struct stix_writer *w)
{
    for (unsigned t = TLP_CLEAR; t <= TLP_RED; t++) {
        if (!((w->marked & ~w->defined) >> t & 1))
            continue;
        object_begin(w);
        stix_tlp_put(&w->piece, (enum tlp)t);
    }
}

/* A bundle that nobody named is named by the ids of its objects: the same one
 * shall not have two names. */
static void
name_add(struct stix_writer *w, struct slice object_id)
{
    if (!w->has_id)
        crypto_uuid5(w->id, object_id, w->id);
}

static void
put_bundle_id(struct stix_writer *w)
{
    if (!w->objects)
        name_add(w, (struct slice){0});
    buf_put_str(&w->piece, ",\"id\":\"");
    stix_id_put_uuid(&w->piece, "bundle", w->id);
    buf_put_u8(&w->piece, '"');
}

static void
put_envelope(struct stix_writer *w)
{
    struct json_scan scan = json_scan_of(buf_slice(&w->envelope));
    struct slice key, value;

    while (json_scan_member(&scan, &key, &value)) {
        if (json_scan_is(key, "type") || json_scan_is(key, "objects") ||
            (json_scan_is(key, "id") && w->has_id) ||
            (json_scan_is(key, "spec_version") && w->is_lifted))
            continue;
        w->has_id = w->has_id || json_scan_is(key, "id");
        buf_put_str(&w->piece, ",\"");
        buf_put(&w->piece, key);
        buf_put_str(&w->piece, "\":");
        buf_put(&w->piece, value);
    }
    if (!w->has_id)
        put_bundle_id(w);
}

/* Check the content of a message and take the bytes of it that count; they
 * hold until the next check. */
static bool
check(struct stix_writer *w, struct message *m)
{
    if (!w->task.is_foreign || m->content.size == 0)
        return true;
    if (!w->check)
        w->check = json_check_new();
    return json_check(w->check, m->content, &m->content);
}

/* ---- objects ------------------------------------------------------------ */

static void
note_definition(struct stix_writer *w, const struct message *m)
{
    struct buf id = {0};

    for (unsigned t = TLP_CLEAR; t <= TLP_RED; t++) {
        buf_reset(&id);
        stix_tlp_put_id(&id, (enum tlp)t);
        if (slice_equal(m->head.object_id, buf_slice(&id)))
            w->defined |= 1u << t;
    }
    buf_clear(&id);
}

static void
lose_handling(struct stix_writer *w, const struct message *m)
{
    static const char why[] = "an object that came whole has no place for it";

    if (m->head.marking.recipient_count)
        loss_put(&w->out, m, LOSS_DROPPED, "recipients", why);
    if (m->head.marking.exercise.size)
        loss_put(&w->out, m, LOSS_DROPPED, "exercise", why);
}

static void
put_content(struct stix_writer *w, const struct message *m, bool has_tlp)
{
    bool is_definition = slice_is(m->head.object_type, "marking-definition");

    if (is_definition)
        note_definition(w, m);
    if (w->task.marks && has_tlp && !is_definition)
        w->marked |= (unsigned)stix_mark(&w->piece, m, &w->out)
                     << m->head.marking.tlp;
    else
        buf_put(&w->piece, m->content);
}

static void
put_object(struct stix_writer *w, const struct message *m, bool has_tlp)
{
    struct message now = *m;
    struct buf lifted = {0};

    object_begin(w);
    name_add(w, m->head.object_id);
    lose_handling(w, m);
    if (stix_is_old(m) && !w->task.is_exact) {
        stix_lift(&lifted, m, &w->out);
        now.content = buf_slice(&lifted);
    }
    put_content(w, &now, has_tlp);
    buf_clear(&lifted);
}

/* Of an attribute of MISP its typed fields say these. */
static bool
is_in_head(const struct message *m, struct slice key, struct slice raw)
{
    static const char *const keys[] = {"uuid",      "type",    "value",
                                       "to_ids",    "deleted", "Tag",
                                       "timestamp", "comment"};

    (void)m;
    (void)raw;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (json_scan_is(key, keys[i]))
            return true;
    return false;
}

/* Write who a message is from, once; of very many some come again. */
static void
put_producer(struct stix_writer *w, const struct message *m)
{
    struct buf made = {0}, id = {0};
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    if (stix_make_producer(&made, m, &w->task) && stix_producer_put(&id, m) &&
        stix_id_parse(buf_slice(&id), &type, uuid) &&
        !table_find(&w->producers, uuid)) {
        if (w->producers.count < PRODUCERS_MAX)
            table_put(&w->producers, uuid, 1);
        object_begin(w);
        w->marked |= 1u << m->head.marking.tlp;
        name_add(w, buf_slice(&id));
        buf_put(&w->piece, buf_slice(&made));
        loss_put(&w->out, m, LOSS_ADDED, "created_by_ref",
                 "its producer is an object of its own");
    }
    buf_clear(&made);
    buf_clear(&id);
}

static void
put_made(struct stix_writer *w, const struct message *m, bool has_tlp)
{
    struct message marked = *m;
    struct buf made = {0};

    if (!has_tlp)
        marked.head.marking.tlp = TLP_UNSAID;
    m = &marked;
    size_t count = stix_make(&made, m, &w->task, &w->out);
    if (count)
        put_producer(w, m);
    if (count && !has_tlp)
        loss_put(&w->out, m, LOSS_DEFAULTED, "object_marking_refs",
                 "nobody said a TLP");
    if (count) {
        object_begin(w);
        w->objects += count - 1;
        w->marked |= 1u << m->head.marking.tlp;
        name_add(w, json_scan_find(buf_slice(&made), "id"));
        buf_put(&w->piece, buf_slice(&made));
        if (m->content.size)
            losses_of_content(&w->out, m, is_in_head);
    } else {
        loss_put(&w->out, m, LOSS_DROPPED, "",
                 "STIX has no place for a message of this kind");
    }
    buf_clear(&made);
}

/* Each object of 2.1 says its version, and a bundle none. */
static void
lose_version(struct stix_writer *w, const struct message *m)
{
    if (json_scan_find(m->content, "spec_version").size)
        loss_put(&w->out, m, LOSS_DROPPED, "spec_version",
                 "a bundle of STIX 2.1 has no version");
    w->is_lifted = true;
}

static void
put_package(struct stix_writer *w, const struct message *m)
{
    if (w->task.is_mixed)
        loss_put(&w->out, m, LOSS_DROPPED, "",
                 "objects of several documents stand in one bundle");
    else if (!stix_is_content(m))
        loss_put(&w->out, m, LOSS_DROPPED, "",
                 "what stood around the objects was of another format");
    else if (w->envelope.size == 0) {
        if (stix_is_old(m) && !w->task.is_exact)
            lose_version(w, m);
        buf_put(&w->envelope, m->content);
    }
}

/* ---- the writer --------------------------------------------------------- */

struct stix_writer *
stix_writer_new(const struct format_task *task, const struct format_out *out)
{
    struct stix_writer *w = mem_new(sizeof *w);

    w->task = *task;
    w->out = *out;
    table_init(&w->producers, UUID_BYTES);
    return w;
}

void
stix_writer_free(struct stix_writer *w)
{
    if (!w)
        return;
    json_check_free(w->check);
    table_clear(&w->producers);
    buf_clear(&w->piece);
    buf_clear(&w->envelope);
    mem_free(w);
}

void
stix_writer_put(struct stix_writer *w, const struct format_item *item)
{
    const struct message *m = &item->message;
    struct message checked = *m;

    if (!check(w, &checked)) {
        loss_put(&w->out, m, LOSS_DROPPED, "", "its content is no good JSON");
        return;
    }
    if (!w->begun)
        begin(w, m);
    if (m->kind == MESSAGE_PACKAGE)
        put_package(w, &checked);
    else if (stix_is_content(m))
        put_object(w, &checked, item->has_tlp);
    else
        put_made(w, &checked, item->has_tlp);
    flush(w, PIECE_MIN);
}

void
stix_writer_finish(struct stix_writer *w)
{
    bool is_empty = !w->begun || (w->shape == SHAPE_LONE && w->objects == 0);

    if (is_empty) {
        w->shape = SHAPE_BUNDLE;
        buf_put_str(&w->piece, "{\"type\":\"bundle\"");
    }
    put_definitions(w);
    if (w->shape == SHAPE_LIST || (w->shape == SHAPE_BUNDLE && w->objects))
        buf_put_u8(&w->piece, ']');
    if (w->shape == SHAPE_BUNDLE) {
        if (!w->objects &&
            json_scan_find(buf_slice(&w->envelope), "objects").size)
            buf_put_str(&w->piece, ",\"objects\":[]");
        put_envelope(w);
        buf_put_u8(&w->piece, '}');
    }
    buf_put_u8(&w->piece, '\n');
    flush(w, 0);
}
