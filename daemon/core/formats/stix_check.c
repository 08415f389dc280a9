#include "core/formats/stix_check.h"

#include "core/base/limits.h"
#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_marking.h"
#include "core/formats/stix_pattern.h"

#define TYPE_TEXT_MAX 250
#define SIGHTING_COUNT_MAX 999999999u

/* Steps from part to part that the selectors of one object may take: real
 * ones take some hundred. */
#define SELECTOR_STEPS_MAX 1000000u

struct check {
    const struct json_doc *doc;
    struct arena *arena;
    struct stix_fault *fault;
    struct slice type;
    enum stix_class class;
    unsigned version;
};

static bool
wrong(const struct check *c, uint32_t token, enum err code, const char *text)
{
    *c->fault = (struct stix_fault){code, text, token, NULL, 0};
    return false;
}

static bool
missing(const struct check *c, uint32_t token, const char *property)
{
    *c->fault = (struct stix_fault){
        ERR_MISSING, "a required property is missing", token, property, 0};
    return false;
}

static enum json_kind
kind_of(const struct check *c, uint32_t token)
{
    return (enum json_kind)c->doc->tokens[token].kind;
}

/* See a string without escapes, empty for others: ids, types and stamps that
 * are good have none. */
static struct slice
plain(const struct check *c, uint32_t token)
{
    const struct json_token *t = &c->doc->tokens[token];

    if (!token || t->kind != JSON_STRING || t->escaped)
        return (struct slice){0};
    return slice_of(c->doc->text.data + t->offset + 1, t->size - 2);
}

static bool
check_stamp(const struct check *c, uint32_t token)
{
    struct stamp stamp;

    return stamp_parse(plain(c, token), &stamp) ||
           wrong(c, token, ERR_VALUE,
                 "this is no time as 2026-11-23T17:04:12.123Z is one");
}

static bool
check_id(const struct check *c, uint32_t token)
{
    uint8_t uuid[UUID_BYTES];
    struct slice type;

    if (!stix_id_parse(plain(c, token), &type, uuid))
        return wrong(c, token, ERR_VALUE,
                     "an id is a type, two hyphens and a UUID");
    return true;
}

static bool
check_map(const struct check *c, uint32_t token)
{
    return kind_of(c, token) == JSON_OBJECT ||
           wrong(c, token, ERR_VALUE, "an object is expected");
}

static bool
check_text(const struct check *c, uint32_t token)
{
    return kind_of(c, token) == JSON_STRING ||
           wrong(c, token, ERR_VALUE, "a text is expected");
}

static bool
check_filled(const struct check *c, uint32_t token)
{
    if (!check_text(c, token))
        return false;
    return c->doc->tokens[token].size > 2 ||
           wrong(c, token, ERR_VALUE, "this text may not be empty");
}

static bool
check_boolean(const struct check *c, uint32_t token)
{
    return kind_of(c, token) == JSON_TRUE || kind_of(c, token) == JSON_FALSE ||
           wrong(c, token, ERR_VALUE, "true or false is expected");
}

static bool
check_integer(const struct check *c, uint32_t token)
{
    uint64_t n;

    return json_number(c->doc, token, UINT32_MAX, &n) ||
           wrong(c, token, ERR_VALUE, "a whole number is expected");
}

static bool
check_percent(const struct check *c, uint32_t token)
{
    uint64_t n;

    return json_number(c->doc, token, 100, &n) ||
           wrong(c, token, ERR_VALUE,
                 "a whole number from 0 to 100 is expected");
}

static bool
check_number(const struct check *c, uint32_t token)
{
    return kind_of(c, token) == JSON_NUMBER ||
           wrong(c, token, ERR_VALUE, "a number is expected");
}

typedef bool checker(const struct check *c, uint32_t token);

static bool
check_list(const struct check *c, uint32_t list, checker *part)
{
    if (kind_of(c, list) != JSON_ARRAY)
        return wrong(c, list, ERR_VALUE, "a list is expected");
    for (uint32_t i = list + 1; i < json_end(c->doc, list);
         i = c->doc->tokens[i].next)
        if (!part(c, i))
            return false;
    return true;
}

static bool
check_texts(const struct check *c, uint32_t token)
{
    return check_list(c, token, check_text);
}

static bool
check_ids(const struct check *c, uint32_t token)
{
    return check_list(c, token, check_id);
}

static bool
check_maps(const struct check *c, uint32_t token)
{
    return check_list(c, token, check_map);
}

static checker *const shapes[] = {
    [STIX_TEXT] = check_text,       [STIX_FILLED] = check_filled,
    [STIX_STAMP] = check_stamp,     [STIX_BOOLEAN] = check_boolean,
    [STIX_INTEGER] = check_integer, [STIX_PERCENT] = check_percent,
    [STIX_NUMBER] = check_number,   [STIX_ID] = check_id,
    [STIX_TEXTS] = check_texts,     [STIX_IDS] = check_ids,
    [STIX_MAP] = check_map,         [STIX_MAPS] = check_maps,
};

static uint32_t
member(const struct check *c, const char *name)
{
    return json_member(c->doc, 0, name);
}

static bool
check_properties(const struct check *c)
{
    for (size_t i = 0; i < stix_property_count; i++) {
        const struct stix_property *p = &stix_properties[i];
        if (p->type[0] && ((uint8_t)p->type[0] != c->type.data[0] ||
                           !slice_is(c->type, p->type)))
            continue;
        uint32_t token = member(c, p->name);
        if (!token && (p->required & c->version))
            return missing(c, 0, p->name);
        if (!token)
            continue;
        if (!shapes[p->shape](c, token))
            return false;
        if (p->required && json_end(c->doc, token) == token + 1 &&
            kind_of(c, token) == JSON_ARRAY)
            return wrong(c, token, ERR_MISSING, "this list may not be empty");
    }
    return true;
}

static bool
check_choices(const struct check *c)
{
    for (size_t i = 0; i < stix_choice_count; i++) {
        const struct stix_choice *p = &stix_choices[i];
        if (!slice_is(c->type, p->type))
            continue;
        bool one = member(c, p->one) > 0, other = member(c, p->other) > 0;
        if ((!one && !other) || (p->exactly && one && other))
            return wrong(c, 0, ERR_MISSING, p->text);
    }
    return true;
}

static bool
is_type_name(struct slice type)
{
    if (type.size < 3 || type.size > TYPE_TEXT_MAX)
        return false;
    for (size_t i = 0; i < type.size; i++) {
        uint8_t b = type.data[i];
        if (!(b >= 'a' && b <= 'z') && !ascii_is_digit(b) && b != '-')
            return false;
    }
    return true;
}

static bool
check_type_and_id(struct check *c)
{
    uint32_t type = member(c, "type"), id = member(c, "id");
    uint8_t uuid[UUID_BYTES];
    struct slice of;

    if (!type)
        return missing(c, 0, "type");
    c->type = plain(c, type);
    if (!is_type_name(c->type))
        return wrong(c, type, ERR_VALUE,
                     "a type is lower-case letters, digits and hyphens");
    if (slice_is(c->type, "bundle"))
        return wrong(c, type, ERR_VALUE,
                     "a bundle may not stand inside a document");
    c->class = stix_class_of(c->type);
    if (!id)
        return missing(c, 0, "id");
    if (!check_id(c, id))
        return false;
    if (!stix_id_parse(plain(c, id), &of, uuid) || !slice_equal(of, c->type))
        return wrong(c, id, ERR_VALUE, "the id is of another type");
    return true;
}

unsigned
stix_version_of(const struct json_doc *doc, struct slice type)
{
    uint32_t version = json_member(doc, 0, "spec_version");

    if (version)
        return json_is(doc, version, "2.1")   ? STIX_21
               : json_is(doc, version, "2.0") ? STIX_20
                                              : 0;
    enum stix_class class = stix_class_of(type);
    bool is_old = class == STIX_CUSTOM ? json_member(doc, 0, "created") > 0
                                       : class != STIX_OBSERVABLE;
    return is_old ? STIX_20 : STIX_21;
}

static bool
check_version(struct check *c)
{
    c->version = stix_version_of(c->doc, c->type);
    return c->version || wrong(c, member(c, "spec_version"), ERR_UNSUPPORTED,
                               "this version of STIX is a format not yet read");
}

static bool
check_order(const struct check *c, const char *first, const char *second,
            bool may_be_equal)
{
    uint32_t a = member(c, first), b = member(c, second);
    struct stamp x, y;

    if (!a || !b || !stamp_parse(plain(c, a), &x) ||
        !stamp_parse(plain(c, b), &y))
        return true;
    int d = stamp_compare(&x, &y);
    return d < 0 || (d == 0 && may_be_equal) ||
           wrong(c, b, ERR_VALUE, "this time lies before the one it follows");
}

static bool
check_times(const struct check *c)
{
    if (c->class != STIX_OBSERVABLE && c->class != STIX_CUSTOM) {
        if (!member(c, "created"))
            return missing(c, 0, "created");
        if (c->class != STIX_MARKING && !member(c, "modified"))
            return missing(c, 0, "modified");
    }
    return check_order(c, "created", "modified", true) &&
           check_order(c, "valid_from", "valid_until", false) &&
           check_order(c, "first_observed", "last_observed", true);
}

static struct slice
referred_type(const struct check *c, uint32_t token)
{
    uint8_t uuid[UUID_BYTES];
    struct slice type = {0};

    return stix_id_parse(plain(c, token), &type, uuid) ? type
                                                       : (struct slice){0};
}

static bool
check_end_of_relationship(const struct check *c, const char *name)
{
    uint32_t token = member(c, name);
    struct slice type = referred_type(c, token);

    if (slice_is(type, "bundle") || slice_is(type, "marking-definition") ||
        slice_is(type, "relationship") || slice_is(type, "sighting"))
        return wrong(c, token, ERR_VALUE,
                     "a relationship may not end at this type");
    return true;
}

static bool
check_references(const struct check *c)
{
    uint32_t author = member(c, "created_by_ref");

    if (author && !slice_is(referred_type(c, author), "identity"))
        return wrong(c, author, ERR_VALUE, "the id of an identity is expected");
    if (slice_is(c->type, "relationship"))
        return check_end_of_relationship(c, "source_ref") &&
               check_end_of_relationship(c, "target_ref");
    if (slice_is(c->type, "sighting")) {
        uint32_t of = member(c, "sighting_of_ref");
        uint32_t count = member(c, "count");
        uint64_t n;
        if (stix_class_of(referred_type(c, of)) == STIX_OBSERVABLE)
            return wrong(c, of, ERR_VALUE,
                         "a sighting is of a domain object: observables "
                         "stand in observed_data_refs");
        if (count && !json_number(c->doc, count, SIGHTING_COUNT_MAX, &n))
            return wrong(c, count, ERR_VALUE, "this count is too large");
    }
    return true;
}

/* Find the key or index of one part of a selector; 0 if it is not there. */
static uint32_t
selected(const struct check *c, uint32_t at, struct slice part, uint32_t *steps)
{
    bool in_list = kind_of(c, at) == JSON_ARRAY;
    uint64_t want = 0, n = 0;

    if (!in_list && kind_of(c, at) != JSON_OBJECT)
        return 0;
    if (in_list && (part.size < 3 || part.data[0] != '[' ||
                    part.data[part.size - 1] != ']' ||
                    !ascii_number(slice_of(part.data + 1, part.size - 2),
                                  JSON_TOKENS_MAX, &want)))
        return 0;
    uint32_t end = json_end(c->doc, at);
    for (uint32_t i = at + 1; i < end && ++*steps < SELECTOR_STEPS_MAX; n++) {
        if (in_list && n == want)
            return i;
        if (!in_list && slice_equal(plain(c, i), part))
            return i + 1;
        i = c->doc->tokens[in_list ? i : i + 1].next;
    }
    return 0;
}

static bool
check_selector(const struct check *c, uint32_t token, uint32_t *steps)
{
    struct slice rest = plain(c, token);
    uint32_t at = 0;

    do {
        size_t n = slice_find(rest, '.');
        at = selected(c, at, slice_first(rest, n), steps);
        rest = slice_from(rest, n < rest.size ? n + 1 : n);
    } while (at && rest.size);
    if (*steps >= SELECTOR_STEPS_MAX)
        return wrong(c, token, ERR_LIMIT, "there are too many selectors");
    return at || wrong(c, token, ERR_VALUE,
                       "this selector selects nothing in the object");
}

static bool
check_granular(const struct check *c)
{
    uint32_t list = member(c, "granular_markings"), steps = 0;

    if (!list)
        return true;
    for (uint32_t i = list + 1; i < json_end(c->doc, list);
         i = c->doc->tokens[i].next) {
        uint32_t selectors = json_member(c->doc, i, "selectors");
        uint32_t id = json_member(c->doc, i, "marking_ref");
        if (!id && !json_member(c->doc, i, "lang"))
            return missing(c, i, "marking_ref");
        if (id && !check_id(c, id))
            return false;
        if (!selectors || json_end(c->doc, selectors) == selectors + 1)
            return missing(c, i, "selectors");
        if (!check_texts(c, selectors))
            return false;
        for (uint32_t k = selectors + 1; k < json_end(c->doc, selectors);
             k = c->doc->tokens[k].next)
            if (!check_selector(c, k, &steps))
                return false;
    }
    return true;
}

static bool
check_marking(const struct check *c)
{
    uint32_t list = member(c, "object_marking_refs");
    struct slice self = plain(c, member(c, "id"));

    for (uint32_t i = list + 1; list && i < json_end(c->doc, list); i++) {
        if (!slice_is(referred_type(c, i), "marking-definition"))
            return wrong(c, i, ERR_VALUE,
                         "the id of a marking definition is expected");
        if (slice_equal(plain(c, i), self))
            return wrong(c, i, ERR_VALUE, "it marks itself");
    }
    if (c->class != STIX_MARKING)
        return true;
    const char *text = stix_marking_fault(c->doc);
    return !text || wrong(c, 0, ERR_VALUE, text);
}

static bool
check_labels(const struct check *c)
{
    uint32_t list = member(c, "labels");

    if (list && json_end(c->doc, list) - list - 1 > LABELS_MAX)
        return wrong(c, list, ERR_LIMIT, "there are more than 1,024 labels");
    return true;
}

static bool
check_indicator(const struct check *c)
{
    uint32_t token = member(c, "pattern");
    uint32_t language = member(c, "pattern_type");
    struct pattern_fault fault;
    struct slice pattern;

    if (!slice_is(c->type, "indicator") ||
        (language && !json_is(c->doc, language, "stix")))
        return true;
    if (json_text(c->doc, token, c->arena, &pattern))
        return wrong(c, token, ERR_BUDGET, err_text(ERR_BUDGET));
    if (stix_pattern_check(pattern, c->arena, &fault))
        return true;
    (void)wrong(c, token, fault.code, fault.text);
    c->fault->into = json_text_place(c->doc, token, fault.at);
    return false;
}

static bool
check_opinion(const struct check *c)
{
    static const char *const opinions[] = {
        "strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"};
    uint32_t token = member(c, "opinion");

    if (!slice_is(c->type, "opinion"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(opinions); i++)
        if (json_is(c->doc, token, opinions[i]))
            return true;
    return wrong(c, token, ERR_VALUE, "this is none of the five opinions");
}

static bool
check_location(const struct check *c)
{
    bool has_latitude = member(c, "latitude") > 0;

    if (!slice_is(c->type, "location"))
        return true;
    if (has_latitude != (member(c, "longitude") > 0))
        return missing(c, 0, has_latitude ? "longitude" : "latitude");
    return has_latitude || member(c, "region") || member(c, "country") ||
           wrong(c, 0, ERR_MISSING,
                 "one of region, country and latitude is required");
}

/* Keys that stand twice, and null, which STIX does not have. */
static bool
check_parts(const struct check *c)
{
    uint32_t token;

    if (json_repeated(c->doc, c->arena, &token))
        return wrong(c, 0, ERR_BUDGET, err_text(ERR_BUDGET));
    if (token)
        return wrong(c, token, ERR_REPEATED, "this key stands twice");
    for (uint32_t i = 0; i < c->doc->count; i++)
        if (c->doc->tokens[i].kind == JSON_NULL)
            return wrong(c, i, ERR_VALUE, "null is no value in STIX");
    return true;
}

bool
stix_check(const struct json_doc *doc, struct arena *arena,
           struct stix_fault *fault)
{
    struct check c = {.doc = doc, .arena = arena, .fault = fault};

    return check_map(&c, 0) && check_parts(&c) && check_type_and_id(&c) &&
           check_version(&c) && check_properties(&c) && check_times(&c) &&
           check_choices(&c) && check_labels(&c) && check_references(&c) &&
           check_marking(&c) && check_granular(&c) && check_opinion(&c) &&
           check_location(&c) && check_indicator(&c);
}
