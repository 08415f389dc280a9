#include "core/formats/stix_head.h"

#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_pattern.h"

struct derivation {
    const struct json_doc *doc;
    struct arena *arena;
    struct head *head;
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

/* A value that is not good leaves the pattern as it is: a pattern. */
static bool
keep_value(const struct derivation *d, enum err e, enum observable type,
           struct slice value)
{
    if (e == ERR_BUDGET)
        return fail(d, 0, e);
    if (e == OK) {
        d->head->observable = type;
        d->head->value = value;
    }
    return true;
}

static bool
take_indicator(const struct derivation *d)
{
    struct head *h = d->head;
    enum observable type = OBSERVABLE_NONE;
    struct slice value = {0};

    if (!take(d, "pattern", &h->pattern) ||
        !take(d, "pattern_type", &h->pattern_language))
        return false;
    h->has_valid_from = take_time(d, "valid_from", &h->valid_from);
    h->has_valid_until = take_time(d, "valid_until", &h->valid_until);
    if (!slice_is(h->pattern_language, "stix"))
        return true;
    enum err e = stix_pattern_equality(h->pattern, d->arena, &type, &value);
    return keep_value(d, e, type, value);
}

/* Where the value of an observable object stands: of hashes the strongest
 * that is there, of a file its hashes before its name. */
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
    {"vulnerability", NULL, "name", "vulnerability:name"},
};

static bool
take_source(const struct derivation *d, const struct source *from)
{
    uint32_t map = from->map ? json_member(d->doc, 0, from->map) : 0;
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
    return keep_value(d, e, type, value);
}

static bool
take_observable(const struct derivation *d)
{
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        if (!slice_is(d->head->object_type, sources[i].type))
            continue;
        if (!take_source(d, &sources[i]))
            return false;
        if (d->head->observable)
            return true;
    }
    return true;
}

bool
stix_derive(const struct json_doc *doc, const struct stix_markings *markings,
            struct arena *arena, struct stix_derived *out,
            struct stix_fault *fault)
{
    struct head *h = &out->head;
    struct derivation d = {doc, arena, h, fault};
    uint32_t confidence = json_member(doc, 0, "confidence");
    uint32_t revoked = json_member(doc, 0, "revoked");
    uint64_t percent;

    *h = (struct head){.rules = HEAD_RULES};
    if (!take(&d, "id", &h->object_id) || !take(&d, "type", &h->object_type) ||
        !take(&d, "created", &h->created) ||
        !take(&d, "modified", &h->modified) ||
        !take(&d, "created_by_ref", &h->producer) || !take_labels(&d))
        return false;
    h->revoked = revoked && doc->tokens[revoked].kind == JSON_TRUE;
    if (confidence && json_number(doc, confidence, 100, &percent)) {
        h->has_confidence = true;
        h->confidence = (uint32_t)percent;
    }
    stix_marking_of(markings, doc, &h->marking, &out->has_tlp);
    if (slice_is(h->object_type, "indicator"))
        return take_indicator(&d);
    return take_observable(&d);
}
