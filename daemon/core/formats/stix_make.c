#include "core/formats/stix_make.h"

#include "core/formats/json_put.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_id.h"
#include "core/formats/stix_marking.h"
#include "core/formats/stix_pattern_put.h"

struct making {
    struct buf *out;
    const struct message *m;
    const struct head *head;
    const struct format_task *task;
    const struct format_out *to;
};

static void
lose(const struct making *k, enum loss loss, const char *path, const char *why)
{
    loss_put(k->to, k->m, loss, path, why);
}

static struct observed
value_at(const struct head *h, size_t i)
{
    return i ? h->values[i - 1] : (struct observed){h->observable, h->value};
}

static size_t
value_count(const struct head *h)
{
    return h->value.size ? 1 + h->value_count : 0;
}

/* ---- what all objects have ---------------------------------------------- */

static void
put_type(const struct making *k, const char *type)
{
    buf_put_str(k->out, "{\"type\":\"");
    buf_put_str(k->out, type);
    buf_put_str(k->out, "\",\"spec_version\":\"2.1\",\"id\":\"");
}

static void
put_marks(const struct making *k, struct buf *out)
{
    buf_put_str(out, ",\"object_marking_refs\":[\"");
    stix_tlp_put_id(out, k->head->marking.tlp);
    buf_put_str(out, "\"]");
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

/* What STIX wants at least of `created` and `modified`: milliseconds. */
#define EXACT_STAMP_SIZE (sizeof "2026-11-23T17:04:12.123Z" - 1)

/* Write a time as it stood where it is a good one and exact enough. */
static struct wall
put_time(const struct making *k, const char *key, struct slice text,
         struct wall otherwise)
{
    struct stamp stamp;

    if (!stamp_parse(text, &stamp)) {
        lose(k, LOSS_DEFAULTED, key, "STIX must have this time");
        put_stamp(k->out, key, otherwise);
        return otherwise;
    }
    struct wall time = stamp_wall(&stamp);
    bool is_old = time.ms == 0; /* what lies before 1970 has no other form */
    if (text.size < EXACT_STAMP_SIZE && !is_old)
        put_stamp(k->out, key, time);
    else
        json_put_member(k->out, key, text);
    return time;
}

static bool
is_identity(struct slice id)
{
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    return stix_id_parse(id, &type, uuid) && slice_is(type, "identity");
}

bool
stix_producer_put(struct buf *out, const struct message *m)
{
    struct slice producer = m->head.producer;
    struct buf name = {0};

    if (is_identity(producer)) {
        buf_put(out, producer);
        return true;
    }
    if (producer.size) {
        json_put_text(&name, producer);
        const struct stix_part part = {"name", buf_slice(&name)};
        stix_id_put(out, "identity", &part, 1);
        buf_clear(&name);
    }
    return producer.size > 0;
}

bool
stix_make_producer(struct buf *out, const struct message *m,
                   const struct format_task *task)
{
    const struct making k = {.out = out, .head = &m->head, .task = task};

    if (m->head.producer.size == 0 || is_identity(m->head.producer))
        return false;
    put_type(&k, "identity");
    (void)!stix_producer_put(out, m);
    buf_put_u8(out, '"');
    put_stamp(out, "created", task->now);
    put_stamp(out, "modified", task->now);
    json_put_member(out, "name", m->head.producer);
    json_put_member(out, "identity_class", slice_str("organization"));
    put_marks(&k, out);
    buf_put_u8(out, '}');
    return true;
}

static void
put_label(struct buf *labels, const char *before, struct slice text,
          const char *behind)
{
    struct buf whole = {0};

    buf_put_str(&whole, before);
    buf_put(&whole, text);
    buf_put_str(&whole, behind);
    buf_put_str(labels, labels->size ? "," : "");
    json_put_text(labels, buf_slice(&whole));
    buf_clear(&whole);
}

/* What STIX has no property for stands in a label that says it. */
static void
put_labels(const struct making *k)
{
    const struct head *h = k->head;
    struct buf labels = {0};

    for (size_t i = 0; i < h->label_count; i++)
        put_label(&labels, "", h->labels[i], "");
    if (h->marking.pap) {
        lose(k, LOSS_CHANGED, "pap", "it stands in a label");
        put_label(&labels, "", slice_str(pap_label(h->marking.pap)), "");
    }
    if (h->role.size) {
        lose(k, LOSS_CHANGED, "role", "it stands in a label");
        put_label(&labels, "sealane:role=\"", h->role, "\"");
    }
    if (h->use) {
        lose(k, LOSS_CHANGED, "use", "it stands in a label");
        put_label(&labels, "sealane:use=\"", slice_str(use_name(h->use)), "\"");
    }
    if (h->marking.exercise.size) {
        lose(k, LOSS_CHANGED, "exercise", "it stands in a label");
        put_label(&labels, "sealane:exercise=\"", h->marking.exercise, "\"");
    }
    if (labels.size) {
        buf_put_str(k->out, ",\"labels\":[");
        buf_put(k->out, buf_slice(&labels));
        buf_put_u8(k->out, ']');
    }
    buf_clear(&labels);
}

/* What an attribute of MISP says in words; its content was checked. */
static void
put_comment(const struct making *k)
{
    struct slice comment = json_scan_find(k->m->content, "comment");

    if (json_scan_string(comment).size == 0)
        return;
    buf_put_str(k->out, ",\"description\":");
    buf_put(k->out, comment);
}

/* Write all between the id and what the type itself has; gives when the
 * object began to be. */
static struct wall
put_common(const struct making *k)
{
    const struct head *h = k->head;

    if (h->producer.size) {
        buf_put_str(k->out, ",\"created_by_ref\":\"");
        (void)!stix_producer_put(k->out, k->m);
        buf_put_u8(k->out, '"');
    }
    struct wall created = put_time(k, "created", h->created, k->task->now);
    (void)put_time(k, "modified", h->modified, created);
    if (h->revoked)
        buf_put_str(k->out, ",\"revoked\":true");
    put_labels(k);
    put_comment(k);
    if (h->has_confidence) {
        buf_put_str(k->out, ",\"confidence\":");
        buf_put_decimal(k->out, h->confidence);
    }
    put_marks(k, k->out);
    return created;
}

/* ---- indicators --------------------------------------------------------- */

/* Join the values by OR; false if there is none that a pattern has. */
static bool
join_values(const struct making *k, struct buf *pattern)
{
    size_t count = value_count(k->head);

    for (size_t i = 0; i < count; i++) {
        const struct observed v = value_at(k->head, i);
        size_t before = pattern->size;
        bool is_changed;
        if (before)
            buf_put_str(pattern, " OR ");
        if (!stix_pattern_put(pattern, &v, &is_changed)) {
            pattern->size = before;
            lose(k, LOSS_DROPPED, "value",
                 "STIX has no pattern for values of "
                 "this type");
        } else if (is_changed) {
            lose(k, LOSS_CHANGED, "value",
                 "STIX says it in a pattern that no longer is this one value");
        }
    }
    return pattern->size > 0;
}

static bool
has_own_id(const struct making *k, const char *type)
{
    uint8_t uuid[UUID_BYTES];
    struct slice own;

    return stix_id_parse(k->head->object_id, &own, uuid) && slice_is(own, type);
}

/* Two producers that say the same speak of two indicators: only the one that
 * made an object may change it. */
static void
put_indicator_id(const struct making *k, struct slice pattern,
                 struct slice language)
{
    struct buf raw[3] = {{0}, {0}, {0}};
    struct stix_part parts[3] = {
        {"pattern", {0}}, {"pattern_type", {0}}, {"producer", {0}}};
    const struct slice texts[3] = {pattern, language, k->head->producer};
    size_t count = k->head->producer.size ? 3 : 2;

    if (has_own_id(k, "indicator")) {
        buf_put(k->out, k->head->object_id);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        json_put_text(&raw[i], texts[i]);
        parts[i].raw = buf_slice(&raw[i]);
    }
    stix_id_put(k->out, "indicator", parts, count);
    for (size_t i = 0; i < count; i++)
        buf_clear(&raw[i]);
}

static void
put_validity(const struct making *k, struct wall created)
{
    const struct head *h = k->head;
    struct wall from = h->has_valid_from ? h->valid_from : created;

    if (!h->has_valid_from)
        lose(k, LOSS_DEFAULTED, "valid_from", "STIX must have this time");
    put_stamp(k->out, "valid_from", from);
    if (h->has_valid_until && h->valid_until.ms > from.ms)
        put_stamp(k->out, "valid_until", h->valid_until);
    else if (h->has_valid_until)
        lose(k, LOSS_DROPPED, "valid_until",
             "STIX must have it later than valid_from");
}

static void
put_indicator(const struct making *k, struct slice pattern,
              struct slice language)
{
    put_type(k, "indicator");
    put_indicator_id(k, pattern, language);
    buf_put_u8(k->out, '"');
    struct wall created = put_common(k);
    json_put_member(k->out, "pattern", pattern);
    json_put_member(k->out, "pattern_type", language);
    put_validity(k, created);
    buf_put_u8(k->out, '}');
}

static size_t
make_indicator(const struct making *k)
{
    struct buf pattern = {0};
    bool good = true;

    if (k->head->pattern.size)
        put_indicator(k, k->head->pattern, k->head->pattern_language);
    else if ((good = join_values(k, &pattern)))
        put_indicator(k, buf_slice(&pattern), slice_str("stix"));
    buf_clear(&pattern);
    return good;
}

/* ---- other objects ------------------------------------------------------ */

static size_t
make_vulnerability(const struct making *k)
{
    struct buf name = {0};

    json_put_text(&name, k->head->value);
    const struct stix_part part = {"name", buf_slice(&name)};
    put_type(k, "vulnerability");
    if (has_own_id(k, "vulnerability"))
        buf_put(k->out, k->head->object_id);
    else
        stix_id_put(k->out, "vulnerability", &part, 1);
    buf_put_u8(k->out, '"');
    (void)put_common(k);
    buf_put_str(k->out, ",\"name\":");
    buf_put(k->out, part.raw);
    buf_put_str(k->out, ",\"external_references\":[{\"source_name\":\"cve\","
                        "\"external_id\":");
    buf_put(k->out, part.raw);
    buf_put_str(k->out, "}]}");
    buf_clear(&name);
    if (k->head->value_count)
        lose(k, LOSS_DROPPED, "values", "a vulnerability has one name");
    return 1;
}

/* An observable object says nothing but the value. */
static void
lose_context(const struct making *k)
{
    static const char why[] = "an observable object has no place for it";
    const struct head *h = k->head;

    if (h->role.size)
        lose(k, LOSS_DROPPED, "role", why);
    if (h->label_count)
        lose(k, LOSS_DROPPED, "labels", why);
    if (h->has_confidence)
        lose(k, LOSS_DROPPED, "confidence", why);
    if (h->has_valid_from)
        lose(k, LOSS_DROPPED, "valid_from", why);
    if (h->has_valid_until)
        lose(k, LOSS_DROPPED, "valid_until", why);
    if (h->producer.size)
        lose(k, LOSS_DROPPED, "producer", why);
    if (h->marking.pap)
        lose(k, LOSS_DROPPED, "pap", why);
    if (h->marking.exercise.size)
        lose(k, LOSS_DROPPED, "exercise", why);
}

static size_t
make_observables(const struct making *k)
{
    size_t made = 0, count = value_count(k->head);
    struct buf marks = {0};

    put_marks(k, &marks);
    for (size_t i = 0; i < count; i++) {
        const struct observed v = value_at(k->head, i);
        size_t before = k->out->size;
        buf_put_str(k->out, made ? "," : "");
        if (stix_observable_put(k->out, &v, buf_slice(&marks))) {
            made++;
            continue;
        }
        k->out->size = before;
        lose(k, LOSS_DROPPED, "value",
             "STIX has no object for values of this type");
    }
    buf_clear(&marks);
    if (made)
        lose_context(k);
    return made;
}

size_t
stix_make(struct buf *out, const struct message *m,
          const struct format_task *task, const struct format_out *to)
{
    const struct making k = {out, m, &m->head, task, to};
    const struct head *h = &m->head;

    if (h->marking.recipient_count)
        lose(&k, LOSS_DROPPED, "recipients", "STIX has no place for it");
    if (h->observable == OBSERVABLE_VULNERABILITY && h->value.size)
        return make_vulnerability(&k);
    if (h->use == USE_NONE && h->value.size)
        return make_observables(&k);
    return h->value.size || h->pattern.size ? make_indicator(&k) : 0;
}
