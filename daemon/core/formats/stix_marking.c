#include "core/formats/stix_marking.h"

#include "core/formats/ascii.h"
#include "core/formats/stamp.h"

#define PREFIX "marking-definition--"
#define TLP1_CREATED "2017-01-20T00:00:00.000Z"
#define TLP2_CREATED "2022-10-01T00:00:00.000Z"
#define TLP2_EXTENSION                                                         \
    "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

static const struct definition {
    const char *id; /* behind "marking-definition--" */
    unsigned version;
    const char *level;
    enum tlp tlp;
} definitions[] = {
    {"613f2e26-407d-48c7-9eca-b8e91df99dc9", 1, "white", TLP_CLEAR},
    {"34098fce-860f-48ae-8e50-ebd3cc5e41da", 1, "green", TLP_GREEN},
    {"f88d31f6-486f-44da-b317-01333bde0b82", 1, "amber", TLP_AMBER},
    {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", 1, "red", TLP_RED},
    {"94868c89-83c2-464b-929b-a1a8aa3c8487", 2, "clear", TLP_CLEAR},
    {"bab4a63c-aed9-4cf5-a766-dfca5abac2bb", 2, "green", TLP_GREEN},
    {"55d920b0-5e8b-4f79-9ee9-91f868d9b421", 2, "amber", TLP_AMBER},
    {"939a9414-2ddd-4d32-a0cd-375ea402b003", 2, "amber+strict",
     TLP_AMBER_STRICT},
    {"e828b379-4e03-4974-9ac4-e53a884c97c1", 2, "red", TLP_RED},
};

void
stix_markings_init(struct stix_markings *m)
{
    table_init(&m->statements, UUID_BYTES);
    m->is_apart = false;
}

void
stix_markings_clear(struct stix_markings *m)
{
    table_clear(&m->statements);
    stix_markings_init(m);
}

bool
stix_id_parse(struct slice id, struct slice *type, uint8_t uuid[UUID_BYTES])
{
    if (id.size < UUID_TEXT + 3)
        return false;
    size_t n = id.size - UUID_TEXT - 2;
    if (id.data[n] != '-' || id.data[n + 1] != '-')
        return false;
    *type = slice_first(id, n);
    return uuid_parse(slice_from(id, n + 2), uuid) && uuid_is_known(uuid);
}

static const struct definition *
definition_find(struct slice id)
{
    if (!ascii_starts(id, PREFIX))
        return NULL;
    id = slice_from(id, strlen(PREFIX));
    for (size_t i = 0; i < ARRAY_SIZE(definitions); i++)
        if (slice_is(id, definitions[i].id))
            return &definitions[i];
    return NULL;
}

bool
stix_tlp_of(struct slice id, enum tlp *out)
{
    const struct definition *d = definition_find(id);

    if (d)
        *out = d->tlp;
    return d != NULL;
}

static const struct definition *
tlp2_definition(enum tlp tlp)
{
    size_t i = 0;

    while (definitions[i].version != 2 || definitions[i].tlp != tlp)
        i++;
    return &definitions[i];
}

void
stix_tlp_put_id(struct buf *out, enum tlp tlp)
{
    buf_put_str(out, PREFIX);
    buf_put_str(out, tlp2_definition(tlp)->id);
}

void
stix_tlp_put(struct buf *out, enum tlp tlp)
{
    buf_put_str(out, "{\"type\":\"marking-definition\",\"spec_version\":"
                     "\"2.1\",\"id\":\"");
    stix_tlp_put_id(out, tlp);
    buf_put_str(out, "\",\"created\":\"" TLP2_CREATED "\",\"name\":\"");
    buf_put_str(out, tlp_label(tlp));
    buf_put_str(out, "\",\"extensions\":{\"" TLP2_EXTENSION
                     "\":{\"extension_type\":\"property-extension\","
                     "\"tlp_2_0\":\"");
    buf_put_str(out, tlp2_definition(tlp)->level);
    buf_put_str(out, "\"}}}");
}

/* See a string without escapes; empty for anything else: no id or level that
 * counts has one. */
static struct slice
plain(const struct json_doc *doc, uint32_t token)
{
    const struct json_token *t = &doc->tokens[token];
    struct slice raw = json_raw(doc, token);

    if (!token || t->kind != JSON_STRING || t->escaped)
        return (struct slice){0};
    return slice_of(raw.data + 1, raw.size - 2);
}

static bool
is_created(const struct json_doc *doc, const char *want)
{
    struct slice text = plain(doc, json_member(doc, 0, "created"));
    struct stamp a, b;

    return stamp_parse(text, &a) && stamp_parse(slice_str(want), &b) &&
           stamp_compare(&a, &b) == 0;
}

const char *
stix_marking_fault(const struct json_doc *doc)
{
    const struct definition *d =
        definition_find(plain(doc, json_member(doc, 0, "id")));
    uint32_t kind = json_member(doc, 0, "definition_type");
    uint32_t extensions = json_member(doc, 0, "extensions");
    uint32_t extension =
        extensions ? json_member(doc, extensions, TLP2_EXTENSION) : 0;
    unsigned version = kind && json_is(doc, kind, "tlp") ? 1
                       : extension                       ? 2
                                                         : 0;

    if (!d)
        return version ? "it says that it is TLP, but its id is not that of "
                         "a TLP marking"
                       : NULL;
    uint32_t inside =
        version == 2 ? extension : json_member(doc, 0, "definition");
    uint32_t level =
        inside ? json_member(doc, inside, version == 2 ? "tlp_2_0" : "tlp") : 0;
    if (version != d->version || !level || !json_is(doc, level, d->level) ||
        !is_created(doc, version == 1 ? TLP1_CREATED : TLP2_CREATED))
        return "it uses the id of a TLP marking, but is not that marking";
    return NULL;
}

/* Seek it in what a string says, its escapes undone; what cannot be read may
 * speak of it. */
static bool
speaks_of_tlp(const struct json_doc *doc, uint32_t token, struct arena *arena)
{
    struct slice text;

    if (!token)
        return false;
    if (json_text(doc, token, arena, &text))
        return true;
    for (size_t i = 0; i + 3 <= text.size; i++)
        if (ascii_starts(slice_from(text, i), "tlp"))
            return true;
    return false;
}

void
stix_marking_learn(struct stix_markings *m, const struct json_doc *doc,
                   struct arena *arena)
{
    uint32_t kind = json_member(doc, 0, "definition_type");
    uint32_t definition = json_member(doc, 0, "definition");
    uint32_t name = json_member(doc, 0, "name");
    uint32_t text = definition ? json_member(doc, definition, "statement") : 0;
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    if (!kind || !json_is(doc, kind, "statement") || !text ||
        speaks_of_tlp(doc, name, arena) || speaks_of_tlp(doc, text, arena) ||
        m->statements.count == STIX_STATEMENTS_MAX)
        return;
    if (stix_id_parse(plain(doc, json_member(doc, 0, "id")), &type, uuid))
        table_put(&m->statements, uuid, 1);
}

struct gathered {
    const struct stix_markings *known;
    struct marking *out;
    bool *has_tlp;
};

/* PROTOCOL markings: "Where the markings of an object, its package and the
 * submission differ, the strictest MUST count." */
static void
tlp_add(struct gathered *g, enum tlp tlp)
{
    g->out->tlp = *g->has_tlp ? tlp_strictest(g->out->tlp, tlp) : tlp;
    *g->has_tlp = true;
}

static void
reference_add(struct gathered *g, struct slice id)
{
    const struct definition *d = definition_find(id);
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    if (d)
        tlp_add(g, d->tlp);
    else if (!stix_id_parse(id, &type, uuid) ||
             !slice_is(type, "marking-definition") ||
             (!g->known->is_apart && !table_find(&g->known->statements, uuid)))
        tlp_add(g, TLP_RED);
}

static void
label_add(struct gathered *g, struct slice label)
{
    enum tlp tlp = TLP_RED;
    enum pap pap = PAP_RED;

    if (ascii_starts(label, "tlp:"))
        tlp_add(g, tlp_parse(label, &tlp) ? tlp : TLP_RED);
    if (ascii_starts(label, "pap:")) {
        pap = pap_parse(label, &pap) ? pap : PAP_RED;
        if (pap > g->out->pap)
            g->out->pap = pap;
    }
}

static void
references_add(struct gathered *g, const struct json_doc *doc, uint32_t list)
{
    if (!list || doc->tokens[list].kind != JSON_ARRAY)
        return;
    for (uint32_t i = list + 1; i < json_end(doc, list);
         i = doc->tokens[i].next)
        reference_add(g, plain(doc, i));
}

void
stix_marking_of(const struct stix_markings *m, const struct json_doc *doc,
                struct head *head, bool *has_tlp)
{
    struct gathered g = {m, &head->marking, has_tlp};
    uint32_t parts = json_member(doc, 0, "granular_markings");

    head->marking = (struct marking){0};
    *has_tlp = false;
    references_add(&g, doc, json_member(doc, 0, "object_marking_refs"));
    for (size_t i = 0; i < head->label_count; i++)
        label_add(&g, head->labels[i]);
    if (!parts || doc->tokens[parts].kind != JSON_ARRAY)
        return;
    for (uint32_t i = parts + 1; i < json_end(doc, parts);
         i = doc->tokens[i].next) {
        uint32_t id = json_member(doc, i, "marking_ref");
        if (id)
            reference_add(&g, plain(doc, id));
    }
}
