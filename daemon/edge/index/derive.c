#include "edge/index/derive.h"

#include "core/formats/misp.h"
#include "core/formats/misp_head.h"
#include "core/formats/stix.h"
#include "core/formats/stix_head.h"
#include "core/formats/value.h"

/* What a person may say instead by hand (role, confidence, how long it holds)
 * is no mismatch; what else the object says must stand in the head. */
static bool
says(struct slice derived, struct slice head)
{
    return !derived.size || slice_equal(derived, head);
}

static bool
same_values(const struct observed *a, size_t count, const struct observed *b,
            size_t other)
{
    if (count != other)
        return false;
    for (size_t i = 0; i < count; i++)
        if (a[i].observable != b[i].observable ||
            !slice_equal(a[i].value, b[i].value))
            return false;
    return true;
}

static bool
has_label(const struct head *h, struct slice label)
{
    for (size_t i = 0; i < h->label_count; i++)
        if (slice_equal(h->labels[i], label))
            return true;
    return false;
}

static bool
has_labels(const struct head *h, const struct head *derived)
{
    for (size_t i = 0; i < derived->label_count; i++)
        if (!has_label(h, derived->labels[i]))
            return false;
    return true;
}

static const char *
difference(const struct head *h, const struct head *d)
{
    if (h->observable != d->observable || !slice_equal(h->value, d->value))
        return "value";
    if (!same_values(h->values, h->value_count, d->values, d->value_count))
        return "values";
    if (!same_values(h->mentioned, h->mentioned_count, d->mentioned,
                     d->mentioned_count))
        return "mentioned";
    if (!slice_equal(h->pattern, d->pattern) ||
        !slice_equal(h->pattern_language, d->pattern_language))
        return "pattern";
    if (!slice_equal(h->object_type, d->object_type))
        return "type";
    if (!says(d->producer, h->producer))
        return "producer";
    if (!slice_equal(h->created, d->created) ||
        !slice_equal(h->modified, d->modified))
        return "modified";
    return has_labels(h, d) ? NULL : "labels";
}

/* ---- STIX ---------------------------------------------------------------- */

/* The envelope of a document was derived with its objects at hand: its id is
 * what can be told from it alone. */
static const char *
package_mismatch(const struct message *m, const struct json_doc *doc)
{
    uint32_t id = json_member(doc, 0, "id");
    struct slice raw = json_raw(doc, id);

    return id && raw.size > 2 &&
                   slice_equal(slice_of(raw.data + 1, raw.size - 2),
                               m->head.object_id)
               ? NULL
               : "id";
}

/* A mark that reads as one under no rules of ours counts as red under all. */
static bool
is_loosened(const struct message *m, const struct json_doc *doc,
            const struct stix_markings *markings)
{
    struct head said = {0};
    bool has_tlp;

    stix_marking_of(markings, doc, &said, &has_tlp);
    return has_tlp && m->head.marking.tlp < said.marking.tlp;
}

static const char *
stix_mismatch(const struct message *m, const struct json_doc *doc,
              struct arena *arena)
{
    const struct head *h = &m->head;
    struct stix_markings markings;
    struct stix_derived d;
    struct stix_fault fault;

    if (doc->tokens[0].kind != JSON_OBJECT)
        return "content";
    if (m->kind == MESSAGE_PACKAGE)
        return package_mismatch(m, doc);
    stix_markings_init(&markings);
    markings.is_apart = true;
    if (is_loosened(m, doc, &markings))
        return "marking";
    if (!stix_check(doc, arena, &fault) ||
        !stix_derive(doc, &markings, arena, &d, &fault))
        return h->rules > HEAD_RULES ? NULL : "content";
    if (stix_is_old(m) != (d.version == STIX_20))
        return h->rules > HEAD_RULES ? NULL : "content";
    if (!slice_equal(h->object_id, d.head.object_id))
        return "id";
    if (h->revoked != d.head.revoked)
        return "revoked";
    if (d.has_tlp && h->marking.tlp < d.head.marking.tlp)
        return "marking";
    return h->rules == HEAD_RULES ? difference(h, &d.head) : NULL;
}

/* ---- MISP ---------------------------------------------------------------- */

/* PROTOCOL misp-events: "Who derives the head of an attribute or object from
 * its content alone misses what its holders say: then labels may be more, the
 * marking stricter, `revoked` true and `producer` set; all else is equal." */
static const char *
misp_mismatch(const struct message *m, enum misp_role role,
              const struct json_doc *doc, struct arena *arena)
{
    const struct head *h = &m->head;
    struct misp_source from = {.doc = doc, .arena = arena};
    struct misp_derived d;
    struct misp_fault fault;

    if (role == MISP_EVENT)
        from.part = misp_event_in(doc);
    if (!misp_derive(role, &from, &d, &fault))
        return h->rules > HEAD_RULES ? NULL : "content";
    if (!slice_equal(h->object_id, d.head.object_id))
        return "id";
    if (d.head.revoked && !h->revoked)
        return "revoked";
    if (d.has_tlp && h->marking.tlp < d.head.marking.tlp)
        return "marking";
    return h->rules == HEAD_RULES ? difference(h, &d.head) : NULL;
}

/* ---- all of them --------------------------------------------------------- */

static const struct {
    const char *type;
    enum misp_role role;
} misp_types[] = {
    {MISP_EVENT_CONTENT, MISP_EVENT},
    {MISP_OBJECT_CONTENT, MISP_OBJECT},
    {MISP_ATTRIBUTE_CONTENT, MISP_ATTRIBUTE},
};

bool
derive_knows(const struct message *m)
{
    for (size_t i = 0; i < ARRAY_SIZE(misp_types); i++)
        if (slice_is(m->content_type, misp_types[i].type))
            return true;
    return stix_is_content(m);
}

const char *
derive_mismatch(const struct message *m, const struct json_doc *doc,
                struct arena *arena)
{
    for (size_t i = 0; i < ARRAY_SIZE(misp_types); i++)
        if (slice_is(m->content_type, misp_types[i].type))
            return misp_mismatch(m, misp_types[i].role, doc, arena);
    return stix_is_content(m) ? stix_mismatch(m, doc, arena) : NULL;
}

/* A type that is newer than we are has a form that we do not know. */
static bool
is_normal(const struct observed *o, struct arena *arena)
{
    struct slice normal;

    return o->observable == OBSERVABLE_NONE ||
           o->observable >= OBSERVABLE_COUNT ||
           (value_check((enum observable)o->observable, o->value, arena,
                        &normal) == OK &&
            slice_equal(normal, o->value));
}

const char *
derive_head_mismatch(const struct head *h, struct arena *arena)
{
    if (h->rules != HEAD_RULES)
        return NULL;
    if (!is_normal(&(struct observed){h->observable, h->value}, arena))
        return "value";
    for (size_t i = 0; i < h->value_count; i++)
        if (!is_normal(&h->values[i], arena))
            return "values";
    return NULL;
}
