#include "core/formats/stix_head.h"

#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_pattern.h"
#include "core/model/role.h"

struct derivation {
    const struct json_doc *doc;
    struct arena *arena;
    struct head *head;
    struct stix_derived *out;
    struct stix_fault *fault;
};

static bool
fail(const struct derivation *d, uint32_t token, enum err e)
{
    const char *text = e == ERR_VALUE
                           ? "this text may not hold a zero character"
                           : err_text(e);

    *d->fault = (struct stix_fault){e, text, token, NULL, 0};
    return false;
}

/* Take a text; a zero in it would cut it short for whoever reads C strings. */
static bool
take_text(const struct derivation *d, uint32_t token, struct slice *out)
{
    struct slice text = {0};
    enum err e = token ? json_text(d->doc, token, d->arena, &text) : OK;

    if (e == ERR_BUDGET)
        return fail(d, token, e);
    if (slice_find(text, 0) < text.size)
        return fail(d, token, ERR_VALUE);
    *out = text;
    return true;
}

static bool
take(const struct derivation *d, const char *name, struct slice *out)
{
    return take_text(d, json_member(d->doc, 0, name), out);
}

static bool
take_labels(const struct derivation *d)
{
    uint32_t list = json_member(d->doc, 0, "labels");
    size_t n = 0;

    if (!list)
        return true;
    uint32_t end = json_end(d->doc, list);
    struct slice *labels = arena_alloc(d->arena, (end - list) * sizeof *labels);
    if (!labels)
        return fail(d, list, ERR_BUDGET);
    for (uint32_t i = list + 1; i < end; i = d->doc->tokens[i].next)
        if (!take_text(d, i, &labels[n++]))
            return false;
    d->head->labels = labels;
    d->head->label_count = n;
    return true;
}

static bool
take_time(const struct derivation *d, const char *name, struct wall *out)
{
    struct slice text;
    struct stamp stamp;

    if (!take(d, name, &text) || !stamp_parse(text, &stamp))
        return false;
    *out = stamp_wall(&stamp);
    return true;
}

/* ---- values --------------------------------------------------------------
 */

struct collection {
    struct arena *arena;
    struct observed *list;
    size_t count, capacity;
    bool spent; /* the arena is */
};

static void
collect(void *context, enum observable type, struct slice value)
{
    struct collection *c = context;

    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 4;
        struct observed *list = arena_alloc(c->arena, capacity * sizeof *list);
        c->spent = !list;
        if (c->spent)
            return;
        if (c->count)
            memcpy(list, c->list, c->count * sizeof *list);
        c->list = list;
        c->capacity = capacity;
    }
    c->list[c->count++] = (struct observed){type, value};
}

/* The first one is what the object is about, the others stand beside it. */
static void
mean(struct head *h, const struct collection *c)
{
    if (!c->count)
        return;
    h->observable = c->list[0].observable;
    h->value = c->list[0].value;
    h->values = c->list + 1;
    h->value_count = c->count - 1;
}

static void
mention(struct head *h, const struct collection *c)
{
    h->mentioned = c->list;
    h->mentioned_count = c->count;
}

static enum err
derive_pattern(struct head *h, struct arena *arena, bool *mixes_types)
{
    struct collection found = {.arena = arena};
    const struct pattern_values sink = {&found, collect};
    struct pattern_summary summary;
    enum err e = stix_pattern_values(h->pattern, arena, &sink, &summary);

    if (e == ERR_BUDGET || found.spent)
        return ERR_BUDGET;
    if (e == OK && summary.is_list)
        mean(h, &found);
    else
        mention(h, &found);
    *mixes_types = summary.mixes_types;
    return OK;
}

enum err
stix_derive_pattern(struct head *h, struct arena *arena)
{
    bool mixes_types;

    return derive_pattern(h, arena, &mixes_types);
}

/* What the words of STIX say that are no roles of ours. */
static const struct {
    const char *type, *role;
    enum use most;
} types[] = {
    {"anonymization", "proxy", USE_DETECT},
    {"anomalous-activity", "", USE_DETECT},
    {"attribution", "", USE_DETECT},
    {"malicious-activity", "", USE_BLOCK},
};

/* Of several the one that allows least gives the role. */
static void
take_type(struct head *h, struct slice word)
{
    struct slice role = {0};
    unsigned most = USE_UNSTATED;

    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (slice_is(word, types[i].type)) {
            role = slice_str(types[i].role);
            most = types[i].most;
        }
    if (role_parse(word, &role) || role.size)
        most = role_most(role);
    if (role.size && (h->role.size == 0 || most < role_most(h->role)))
        h->role = role;
    if (most != USE_BLOCK)
        h->use = use_strictest(h->use, most);
}

/* Until 2.1 the labels of an indicator were its types. */
static bool
take_types(const struct derivation *d)
{
    bool is_old = d->out->version == STIX_20;
    uint32_t list =
        json_member(d->doc, 0, is_old ? "labels" : "indicator_types");
    uint32_t end = list ? json_end(d->doc, list) : 0;

    for (uint32_t i = list + 1; i < end; i = d->doc->tokens[i].next) {
        struct slice word;
        if (!take_text(d, i, &word))
            return false;
        take_type(d->head, word);
    }
    return true;
}

static bool
take_indicator(const struct derivation *d)
{
    struct head *h = d->head;

    if (!take(d, "pattern", &h->pattern) ||
        !take(d, "pattern_type", &h->pattern_language) || !take_types(d))
        return false;
    h->has_valid_from = take_time(d, "valid_from", &h->valid_from);
    h->has_valid_until = take_time(d, "valid_until", &h->valid_until);
    if (d->out->version == STIX_20 && h->pattern_language.size == 0)
        h->pattern_language = slice_str("stix");
    if (!slice_is(h->pattern_language, "stix"))
        return true;
    enum err e = derive_pattern(h, d->arena, &d->out->mixes_types);
    return e ? fail(d, 0, e) : true;
}

/* Where the values of an observable object stand: the strongest hash first, of
 * a file its hashes before its name. */
static const struct source {
    const char *type, *map, *name, *property;
} sources[] = {
    {"ipv4-addr", NULL, "value", "ipv4-addr:value"},
    {"ipv6-addr", NULL, "value", "ipv6-addr:value"},
    {"domain-name", NULL, "value", "domain-name:value"},
    {"url", NULL, "value", "url:value"},
    {"email-addr", NULL, "value", "email-addr:value"},
    {"email-message", NULL, "subject", "email-message:subject"},
    {"file", "hashes", "SHA-256", "file:hashes.SHA-256"},
    {"file", "hashes", "SHA-512", "file:hashes.SHA-512"},
    {"file", "hashes", "SHA-1", "file:hashes.SHA-1"},
    {"file", "hashes", "MD5", "file:hashes.MD5"},
    {"file", "hashes", "SSDEEP", "file:hashes.SSDEEP"},
    {"file", "hashes", "TLSH", "file:hashes.TLSH"},
    {"file", "hashes", "IMPHASH", "file:hashes.IMPHASH"},
    {"file", NULL, "name", "file:name"},
    {"mutex", NULL, "name", "mutex:name"},
    {"windows-registry-key", NULL, "key", "windows-registry-key:key"},
    {"autonomous-system", NULL, "number", "autonomous-system:number"},
    {"mac-addr", NULL, "value", "mac-addr:value"},
    {"x509-certificate", "hashes", "SHA-256",
     "x509-certificate:hashes.SHA-256"},
    {"x509-certificate", "hashes", "SHA-1", "x509-certificate:hashes.SHA-1"},
    {"x509-certificate", "hashes", "MD5", "x509-certificate:hashes.MD5"},
    {"x509-certificate", "hashes", "SHA-512",
     "x509-certificate:hashes.SHA-512"},
    {"vulnerability", NULL, "name", "vulnerability:name"},
};

/* `object` is the whole one, or a part of it that nobody checked. */
static bool
take_source(const struct derivation *d, uint32_t object,
            const struct source *from, struct collection *to)
{
    uint32_t map = from->map ? json_member(d->doc, object, from->map) : object;
    uint32_t token =
        from->map && !map ? 0 : json_member(d->doc, map, from->name);
    enum observable type = OBSERVABLE_NONE;
    struct slice text, value = {0};

    if (!token)
        return true;
    if (d->doc->tokens[token].kind == JSON_NUMBER)
        text = json_raw(d->doc, token);
    else if (!take_text(d, token, &text))
        return false;
    enum err e = stix_property_value(slice_str(from->property), text, d->arena,
                                     &type, &value);
    if (e == OK)
        collect(to, type, value);
    return e == ERR_BUDGET || to->spent ? fail(d, 0, ERR_BUDGET) : true;
}

/* A name says little of a file whose hash is known. */
static bool
take_observable(const struct derivation *d)
{
    struct collection meant = {.arena = d->arena};
    struct collection said = {.arena = d->arena};

    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        const struct source *from = &sources[i];
        if (!slice_is(d->head->object_type, from->type))
            continue;
        bool is_hash = from->map;
        if (!take_source(d, 0, from, is_hash || !meant.count ? &meant : &said))
            return false;
    }
    mean(d->head, &meant);
    mention(d->head, &said);
    return true;
}

/* Observables of STIX 2.0 are no objects of their own: they are found by what
 * was observed. */
static bool
take_observed(const struct derivation *d)
{
    uint32_t map = json_member(d->doc, 0, "objects");
    uint32_t end = map ? json_end(d->doc, map) : 0;
    struct collection said = {.arena = d->arena};

    for (uint32_t i = map + 1; i < end; i = d->doc->tokens[i + 1].next) {
        uint32_t type = json_member(d->doc, i + 1, "type");
        for (size_t k = 0; type && k < ARRAY_SIZE(sources); k++)
            if (json_is(d->doc, type, sources[k].type) &&
                said.count < HEAD_VALUES_MAX &&
                !take_source(d, i + 1, &sources[k], &said))
                return false;
    }
    mention(d->head, &said);
    return true;
}

bool
stix_derive(const struct json_doc *doc, const struct stix_markings *markings,
            struct arena *arena, struct stix_derived *out,
            struct stix_fault *fault)
{
    struct head *h = &out->head;
    struct derivation d = {doc, arena, h, out, fault};
    uint32_t confidence = json_member(doc, 0, "confidence");
    uint32_t revoked = json_member(doc, 0, "revoked");
    uint64_t percent;

    *h = (struct head){.rules = HEAD_RULES};
    if (!take(&d, "id", &h->object_id) || !take(&d, "type", &h->object_type) ||
        !take(&d, "created", &h->created) ||
        !take(&d, "modified", &h->modified) ||
        !take(&d, "created_by_ref", &h->producer) || !take_labels(&d))
        return false;
    out->version = stix_version_of(doc, h->object_type);
    out->mixes_types = false;
    h->revoked = revoked && doc->tokens[revoked].kind == JSON_TRUE;
    if (confidence && json_number(doc, confidence, 100, &percent)) {
        h->has_confidence = true;
        h->confidence = (uint32_t)percent;
    }
    stix_marking_of(markings, doc, h, &out->has_tlp);
    if (slice_is(h->object_type, "indicator"))
        return take_indicator(&d);
    if (out->version == STIX_20 && slice_is(h->object_type, "observed-data"))
        return take_observed(&d);
    return take_observable(&d);
}

static uint32_t
empty_list(const struct json_doc *doc)
{
    for (uint32_t i = 0; i < doc->count; i++)
        if (doc->tokens[i].kind == JSON_ARRAY && doc->tokens[i].size == 2)
            return i;
    return 0;
}

static bool
is_random(struct slice id)
{
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    return stix_id_parse(id, &type, uuid) && uuid[6] >> 4 == 4;
}

size_t
stix_remark(const struct json_doc *doc, const struct stix_derived *derived,
            struct stix_fault remarks[STIX_REMARKS_MAX])
{
    uint32_t list = empty_list(doc);
    size_t n = 0;

    if (list)
        remarks[n++] = (struct stix_fault){
            ERR_VALUE, "a list may not be empty in STIX; kept as it is", list,
            NULL, 0};
    if (derived->mixes_types)
        remarks[n++] = (struct stix_fault){
            ERR_VALUE,
            "AND joins two types of object here, so that nothing matches; "
            "kept as it is",
            json_member(doc, 0, "pattern"), NULL, 0};
    if (derived->version == STIX_20 && !is_random(derived->head.object_id))
        remarks[n++] = (struct stix_fault){
            ERR_VALUE,
            "STIX 2.0 has UUIDs of version 4 alone in ids; kept as it is",
            json_member(doc, 0, "id"), NULL, 0};
    return n;
}
