#include "core/formats/misp_make.h"

#include "core/formats/ascii.h"
#include "core/formats/json_put.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/misp_kinds.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_id.h"
#include "core/formats/stix_marking.h"

#define UUID_AT 2 /* behind the empty type that stix_id_put writes */
#define DAY_TEXT 10

/* So many attributes of an event are looked at for repeats: 10 MiB. */
#define MADE_MAX 262144u

struct making {
    struct buf *out;
    struct misp_event *event;
    const struct message *m;
    const struct head *head;
    const struct format_task *task;
    const struct format_out *to;
    bool has_tlp, is_alone; /* one attribute says all of the message */
    size_t count;
};

static void
lose(const struct making *k, enum loss loss, const char *path, const char *why)
{
    loss_put(k->to, k->m, loss, path, why);
}

/* ---- ids ---------------------------------------------------------------- */

/* Make the UUID of named texts. */
static void
uuid_of(const char *const *names, const struct slice *texts, size_t count,
        uint8_t uuid[UUID_SIZE])
{
    struct buf raw[STIX_PARTS_MAX] = {{0}}, id = {0};
    struct stix_part parts[STIX_PARTS_MAX] = {{0}};

    for (size_t i = 0; i < count; i++) {
        json_put_text(&raw[i], texts[i]);
        parts[i] = (struct stix_part){names[i], buf_slice(&raw[i])};
    }
    stix_id_put(&id, "", parts, count);
    (void)!uuid_parse(slice_from(buf_slice(&id), UUID_AT), uuid);
    buf_clear(&id);
    for (size_t i = 0; i < count; i++)
        buf_clear(&raw[i]);
}

static void
put_uuid(struct buf *out, const uint8_t uuid[UUID_SIZE])
{
    struct buf id = {0};

    stix_id_put_uuid(&id, "", uuid);
    buf_put(out, slice_from(buf_slice(&id), UUID_AT));
    buf_clear(&id);
}

/* An indicator of STIX and its attribute have one UUID, as MISP itself has
 * it; what else is said follows from event, type, value and producer, and
 * stands once. False where it stands already. */
static bool
attribute_id(const struct making *k, const struct misp_kind *kind,
             struct slice value, uint8_t uuid[UUID_SIZE])
{
    static const char *const names[] = {"event", "misp_type", "misp_value",
                                        "producer"};
    struct table *seen = &k->event->seen;
    struct slice type;
    struct buf event = {0};

    if (k->is_alone && stix_id_parse(k->head->object_id, &type, uuid) &&
        slice_is(type, "indicator"))
        return true;
    put_uuid(&event, k->event->uuid);
    const struct slice texts[] = {buf_slice(&event), slice_str(kind->type),
                                  value, k->head->producer};
    uuid_of(names, texts, k->head->producer.size ? 4 : 3, uuid);
    buf_clear(&event);
    if (table_find(seen, uuid))
        return false;
    if (seen->count < MADE_MAX)
        table_put(seen, uuid, 1);
    return true;
}

/* ---- tags --------------------------------------------------------------- */

struct tags {
    struct buf list;
    const struct making *k;
};

static void
put_tag(struct tags *t, const char *before, struct slice text,
        const char *behind)
{
    struct buf name = {0};

    buf_put_str(&name, before);
    buf_put(&name, text);
    buf_put_str(&name, behind);
    buf_put_str(&t->list, t->list.size ? ",{\"name\":" : "{\"name\":");
    json_put_text(&t->list, buf_slice(&name));
    buf_put_u8(&t->list, '}');
    buf_clear(&name);
}

static void
put_said(struct tags *t, const char *path, const char *before,
         struct slice text)
{
    if (!text.size)
        return;
    lose(t->k, LOSS_CHANGED, path, "it stands in a tag");
    put_tag(t, before, text, "\"");
}

/* MISP's taxonomy has five steps; the number itself stands beside. */
static void
put_confidence(struct tags *t)
{
    static const char *const steps[] = {"unconfident", "rarely-confident",
                                        "fairly-confident", "usually-confident",
                                        "completely-confident"};
    const struct head *h = t->k->head;
    struct buf number = {0};

    if (!h->has_confidence || h->confidence > 100)
        return;
    put_tag(t, "misp:confidence-level=\"",
            slice_str(steps[(h->confidence + 12) / 25]), "\"");
    buf_put_decimal(&number, h->confidence);
    put_said(t, "confidence", "sealane:confidence=\"", buf_slice(&number));
    buf_clear(&number);
}

/* A label that says a marking stands once, as the strictest of all says it. */
static bool
is_marking(struct slice label)
{
    return ascii_starts(label, "tlp:") || ascii_starts(label, "pap:");
}

static void
put_tags(const struct making *k)
{
    const struct head *h = k->head;
    struct tags t = {.k = k};

    if (k->has_tlp)
        put_tag(&t, "tlp:", slice_str(tlp_name(h->marking.tlp)), "");
    if (h->marking.pap)
        put_tag(&t, "", slice_str(pap_label(h->marking.pap)), "");
    for (size_t i = 0; i < h->label_count; i++)
        if (!is_marking(h->labels[i]))
            put_tag(&t, "", h->labels[i], "");
    put_said(&t, "role", "sealane:role=\"", h->role);
    if (h->use)
        put_said(&t, "use", "sealane:use=\"", slice_str(use_name(h->use)));
    put_said(&t, "exercise", "sealane:exercise=\"", h->marking.exercise);
    put_confidence(&t);
    if (!slice_equal(h->producer, buf_slice(&k->event->producer)))
        put_said(&t, "producer", "sealane:producer=\"", h->producer);
    if (t.list.size) {
        buf_put_str(k->out, ",\"Tag\":[");
        buf_put(k->out, buf_slice(&t.list));
        buf_put_u8(k->out, ']');
    }
    buf_clear(&t.list);
}

/* ---- what all attributes have ------------------------------------------- */

static void
put_seconds(struct buf *out, const char *key, struct wall time)
{
    buf_put_str(out, ",\"");
    buf_put_str(out, key);
    buf_put_str(out, "\":\"");
    buf_put_decimal(out, time.ms / 1000);
    buf_put_u8(out, '"');
}

static struct wall
changed_at(const struct making *k)
{
    struct stamp stamp;

    if (stamp_parse(k->head->modified, &stamp) ||
        stamp_parse(k->head->created, &stamp))
        return stamp_wall(&stamp);
    return k->task->now;
}

static void
put_stamp(struct buf *out, const char *key, struct wall time)
{
    buf_put_str(out, ",\"");
    buf_put_str(out, key);
    buf_put_str(out, "\":\"");
    stamp_put(out, time);
    buf_put_u8(out, '"');
}

/* Name and description of an object of STIX, as one text: its escapes stay. */
static void
put_comment(const struct making *k)
{
    struct slice name, words;

    if (!ascii_starts(k->m->content_type, "stix-"))
        return;
    name = json_scan_string(json_scan_find(k->m->content, "name"));
    words = json_scan_string(json_scan_find(k->m->content, "description"));
    if (name.size + words.size == 0)
        return;
    buf_put_str(k->out, ",\"comment\":\"");
    buf_put(k->out, name);
    buf_put_str(k->out, name.size && words.size ? ": " : "");
    buf_put(k->out, words);
    buf_put_u8(k->out, '"');
}

/* What is to be detected or blocked, or where nobody says more of an
 * indicator. */
static bool
is_for_ids(const struct making *k, const struct misp_kind *kind, bool is_meant)
{
    const struct head *h = k->head;

    return is_meant && kind->may_detect && !h->revoked &&
           (h->use == USE_DETECT || h->use == USE_BLOCK ||
            (h->use == USE_UNSTATED && k->m->kind == MESSAGE_INDICATOR));
}

static void
put_attribute(struct making *k, const struct misp_kind *kind,
              struct slice value, bool is_meant)
{
    const struct head *h = k->head;
    uint8_t uuid[UUID_SIZE];

    if (!attribute_id(k, kind, value, uuid)) {
        lose(k, LOSS_DROPPED, "value", "it stands in the event already");
        return;
    }
    buf_put_str(k->out, k->count++ ? ",{\"uuid\":\"" : "{\"uuid\":\"");
    put_uuid(k->out, uuid);
    buf_put_str(k->out, "\",\"type\":\"");
    buf_put_str(k->out, kind->type);
    buf_put_str(k->out, "\",\"category\":\"");
    buf_put_str(k->out, kind->category);
    buf_put_str(k->out, is_for_ids(k, kind, is_meant) ? "\",\"to_ids\":true"
                                                      : "\",\"to_ids\":false");
    json_put_member(k->out, "value", value);
    put_seconds(k->out, "timestamp", changed_at(k));
    buf_put_str(k->out, ",\"distribution\":\"5\"");
    if (h->has_valid_from)
        put_stamp(k->out, "first_seen", h->valid_from);
    if (h->has_valid_until)
        put_stamp(k->out, "last_seen", h->valid_until);
    if (h->revoked)
        buf_put_str(k->out, ",\"deleted\":true");
    put_comment(k);
    put_tags(k);
    buf_put_u8(k->out, '}');
}

/* ---- values and patterns ------------------------------------------------ */

static void
put_value(struct making *k, const struct observed *v, bool is_meant)
{
    struct misp_kind kind;
    struct buf text = {0};

    if (!misp_kind_of(v, k->head->role, &kind, &text))
        lose(k, LOSS_CHANGED, "value",
             "MISP has no type for such values: it stands as text");
    else if (v->observable == OBSERVABLE_DOMAIN_TREE)
        lose(k, LOSS_CHANGED, "value", "MISP means the domain alone by it");
    put_attribute(k, &kind, buf_slice(&text), is_meant);
    buf_clear(&text);
}

static void
put_pattern(struct making *k)
{
    struct misp_kind kind;

    if (misp_kind_of_pattern(k->head->pattern_language, &kind))
        put_attribute(k, &kind, k->head->pattern, true);
    else
        lose(k, LOSS_DROPPED, "pattern",
             "MISP has no type for patterns in this language");
}

/* Members of an object of STIX that the attribute says. */
static bool
is_said(const struct message *m, struct slice key, struct slice raw)
{
    static const char *const keys[] = {"type",
                                       "spec_version",
                                       "id",
                                       "created_by_ref",
                                       "modified",
                                       "revoked",
                                       "labels",
                                       "confidence",
                                       "object_marking_refs",
                                       "name",
                                       "description",
                                       "pattern",
                                       "pattern_type",
                                       "valid_from",
                                       "valid_until",
                                       "indicator_types",
                                       "value",
                                       "hashes",
                                       "number",
                                       "key",
                                       "subject"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (json_scan_is(key, keys[i]))
            return true;
    /* It is lost where the object changed since. */
    return json_scan_is(key, "created") &&
           slice_equal(json_scan_find(m->content, "modified"), raw);
}

static void
lose_rest(const struct making *k)
{
    static const char why[] = "MISP has no place for it";
    struct stamp stamp;

    if (k->head->marking.recipient_count)
        lose(k, LOSS_DROPPED, "recipients", why);
    if (!k->has_tlp)
        lose(k, LOSS_DEFAULTED, "Tag", "nobody said a TLP");
    if (!stamp_parse(k->head->modified, &stamp) &&
        !stamp_parse(k->head->created, &stamp))
        lose(k, LOSS_DEFAULTED, "timestamp", "MISP must have this time");
    if (k->head->mentioned_count && !k->task->is_mentioned &&
        k->head->pattern.size == 0)
        lose(k, LOSS_DROPPED, "mentioned",
             "values that are only a part of it are no indicators alone");
    if (ascii_starts(k->m->content_type, "stix-"))
        losses_of_content(k->to, k->m, is_said);
}

/* ---- events ------------------------------------------------------------- */

/* A document has its own id; what came without one is known by what stands
 * first in it. */
void
misp_event_begin(struct misp_event *e, const struct message *first)
{
    static const char *const names[] = {"misp_event", "producer"};
    const struct slice seeds[] = {first->package.id, first->head.object_id,
                                  first->head.value, first->head.pattern};
    struct slice texts[] = {{0}, first->head.producer}, type;
    size_t i = 0;

    misp_event_clear(e);
    table_init(&e->seen, UUID_SIZE);
    buf_put(&e->producer, first->head.producer);
    buf_put(&e->package, first->package.id);
    if (stix_id_parse(first->package.id, &type, e->uuid))
        return;
    while (i + 1 < ARRAY_SIZE(seeds) && seeds[i].size == 0)
        i++;
    texts[0] = seeds[i];
    uuid_of(names, texts, 2, e->uuid);
}

bool
misp_makes(const struct message *m, const struct format_task *task)
{
    const struct head *h = &m->head;
    struct misp_kind kind;

    return h->value.size > 0 ||
           (task->is_mentioned && h->mentioned_count > 0) ||
           (h->pattern.size > 0 &&
            misp_kind_of_pattern(h->pattern_language, &kind));
}

size_t
misp_make(struct buf *out, struct misp_event *e, const struct format_item *item,
          const struct format_task *task, const struct format_out *to)
{
    const struct head *h = &item->message.head;
    bool is_pattern = h->pattern.size > 0 && h->value.size == 0;
    size_t parts = task->is_mentioned ? h->mentioned_count : 0;
    struct making k = {.out = out,
                       .event = e,
                       .m = &item->message,
                       .head = h,
                       .task = task,
                       .to = to,
                       .has_tlp = item->has_tlp};

    k.is_alone = is_pattern || (h->value.size && !h->value_count && !parts);
    if (is_pattern)
        put_pattern(&k);
    else if (h->value.size)
        put_value(&k, &(struct observed){h->observable, h->value}, true);
    for (size_t i = 0; i < h->value_count; i++)
        put_value(&k, &h->values[i], true);
    for (size_t i = 0; i < parts; i++)
        put_value(&k, &h->mentioned[i], false);
    if (k.count == 0)
        return 0;
    lose_rest(&k);
    if (item->has_tlp) {
        e->tlp =
            e->has_tlp ? tlp_strictest(e->tlp, h->marking.tlp) : h->marking.tlp;
        e->has_tlp = true;
    }
    struct wall time = changed_at(&k);
    if (time.ms > e->last.ms)
        e->last = time;
    return k.count;
}

/* The organisation that all of it is from; MISP takes its own where none is
 * named. An identity of STIX has its UUID already. */
static void
put_orgc(struct buf *out, const struct misp_event *e,
         const struct format_task *task)
{
    static const char *const names[] = {"name"};
    struct slice producer = buf_slice(&e->producer), type;
    uint8_t uuid[UUID_SIZE];

    if (producer.size == 0 && !task->is_feed)
        return;
    if (producer.size == 0)
        producer = slice_str("unknown"); /* feeds name somebody */
    buf_put_str(out, ",\"Orgc\":{\"uuid\":\"");
    if (!stix_id_parse(producer, &type, uuid))
        uuid_of(names, &producer, 1, uuid);
    put_uuid(out, uuid);
    buf_put_u8(out, '"');
    json_put_member(out, "name", producer);
    buf_put_u8(out, '}');
}

/* Who may see it is said by those who take it in: MISP shows it to their own
 * organisation until then. */
void
misp_event_put(struct buf *out, const struct misp_event *e,
               const struct format_task *task, const struct format_out *to)
{
    static const char *const defaults[] = {"info", "distribution",
                                           "threat_level_id", "analysis"};
    struct message m = {.head.object_id = buf_slice(&e->package)};
    struct wall last = e->last.ms ? e->last : task->now;
    struct buf text = {0}, info = {0};

    buf_put_str(out, "\"uuid\":\"");
    put_uuid(out, e->uuid);
    buf_put_u8(out, '"');
    stamp_put(&text, last);
    buf_put_str(&info, e->package.size ? "Indicators of " : "Indicators, ");
    buf_put(&info, e->package.size ? buf_slice(&e->package)
                                   : slice_first(buf_slice(&text), DAY_TEXT));
    json_put_member(out, "info", buf_slice(&info));
    json_put_member(out, "date", slice_first(buf_slice(&text), DAY_TEXT));
    put_seconds(out, "timestamp", last);
    buf_put_str(out, ",\"threat_level_id\":\"4\",\"analysis\":\"0\","
                     "\"distribution\":\"0\",\"published\":");
    buf_put_str(out, task->is_feed ? "true" : "false");
    put_orgc(out, e, task);
    if (e->has_tlp) {
        buf_put_str(out, ",\"Tag\":[{\"name\":\"tlp:");
        buf_put_str(out, tlp_name(e->tlp));
        buf_put_str(out, "\"}]");
    }
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
        loss_put(to, &m, LOSS_DEFAULTED, defaults[i],
                 "MISP must have it in an event");
    buf_clear(&text);
    buf_clear(&info);
}

void
misp_event_clear(struct misp_event *e)
{
    buf_clear(&e->producer);
    buf_clear(&e->package);
    if (e->seen.key_size)
        table_clear(&e->seen);
    *e = (struct misp_event){0};
}
