#include "core/formats/misp_said.h"

#include "core/formats/ascii.h"
#include "core/formats/uuid.h"

#define DISTRIBUTION_MAX 5 /* which inherits */

static bool
fail(struct misp_fault *fault, enum err code, uint32_t token, const char *text)
{
    *fault = (struct misp_fault){code, text, token, NULL};
    return false;
}

/* ---- values as MISP writes them ------------------------------------------ */

uint32_t
misp_member(const struct json_doc *doc, uint32_t object, const char *name)
{
    uint32_t token = json_member(doc, object, name);

    if (!token || doc->tokens[token].kind == JSON_NULL ||
        json_is(doc, token, ""))
        return 0;
    return token;
}

/* See a number's digits, or what a text says. */
static struct slice
plain(const struct json_doc *doc, uint32_t token)
{
    const struct json_token *t = &doc->tokens[token];
    struct slice raw = {0};

    if (t->kind == JSON_NUMBER || (t->kind == JSON_STRING && !t->escaped))
        raw = json_raw(doc, token);
    return t->kind == JSON_STRING && raw.size
               ? slice_of(raw.data + 1, raw.size - 2)
               : raw;
}

enum misp_truth
misp_truth(const struct json_doc *doc, uint32_t token)
{
    enum json_kind kind =
        token ? (enum json_kind)doc->tokens[token].kind : JSON_NULL;

    if (kind == JSON_NULL)
        return MISP_UNSAID;
    if (kind == JSON_TRUE || kind == JSON_FALSE)
        return kind == JSON_TRUE ? MISP_YES : MISP_NO;
    struct slice text = plain(doc, token);
    if (slice_is(text, "1") || ascii_is_word(text, "true"))
        return MISP_YES;
    if (slice_is(text, "0") || ascii_is_word(text, "false"))
        return MISP_NO;
    return MISP_NO_TRUTH;
}

bool
misp_number(const struct json_doc *doc, uint32_t token, uint64_t max,
            uint64_t *out)
{
    return ascii_number(plain(doc, token), max, out);
}

bool
misp_text(const struct json_doc *doc, uint32_t token, struct arena *arena,
          struct slice *out, struct misp_fault *fault)
{
    struct slice text = {0};
    enum err e = token ? json_text(doc, token, arena, &text) : OK;

    if (e)
        return fail(fault, e, token,
                    e == ERR_VALUE ? "a text is expected" : err_text(e));
    if (slice_find(text, 0) < text.size)
        return fail(fault, ERR_VALUE, token,
                    "this text may not hold a zero character");
    *out = text;
    return true;
}

/* ---- tags ---------------------------------------------------------------- */

/* PROTOCOL markings: "Where the markings of an object, its package and the
 * submission differ, the strictest MUST count." */
static void
tlp_add(struct misp_said *said, enum tlp tlp)
{
    said->marking.tlp =
        said->has_tlp ? tlp_strictest(said->marking.tlp, tlp) : tlp;
    said->has_tlp = true;
}

static void
pap_add(struct misp_said *said, enum pap pap)
{
    if (pap > said->marking.pap)
        said->marking.pap = pap;
}

/* PROTOCOL markings: "A TLP that is unknown, and the TLP of a head that does
 * not say it, MUST count as red; a PAP that is unknown as red, too." */
static void
label_mark(struct misp_said *said, struct slice label)
{
    enum tlp tlp = TLP_RED;
    enum pap pap = PAP_RED;

    if (ascii_starts(label, "tlp:"))
        tlp_add(said, tlp_parse(label, &tlp) ? tlp : TLP_RED);
    if (ascii_starts(label, "pap:"))
        pap_add(said, pap_parse(label, &pap) ? pap : PAP_RED);
}

/* Give the token of a tag's name; 0 if it has none. */
static uint32_t
tag_name(const struct json_doc *doc, uint32_t tag)
{
    uint32_t name = doc->tokens[tag].kind == JSON_STRING
                        ? tag
                        : misp_member(doc, tag, "name");

    return name && doc->tokens[name].kind == JSON_STRING &&
                   !json_is(doc, name, "")
               ? name
               : 0;
}

static bool
tags_take(const struct json_doc *doc, uint32_t list, struct arena *arena,
          struct misp_said *out, struct misp_fault *fault)
{
    uint32_t end = json_end(doc, list);
    size_t count = 0;

    for (uint32_t i = list + 1; i < end; i = doc->tokens[i].next)
        count++;
    if (count > LABELS_MAX)
        return fail(fault, ERR_LIMIT, list, "there are more than 1024 tags");
    struct slice *labels = arena_alloc(arena, count * sizeof *labels);
    if (count && !labels)
        return fail(fault, ERR_BUDGET, list, err_text(ERR_BUDGET));
    out->labels = labels;
    for (uint32_t i = list + 1; i < end; i = doc->tokens[i].next) {
        uint32_t name = tag_name(doc, i);
        struct slice *label = &labels[out->label_count];
        if (!name)
            return fail(fault, ERR_MISSING, i, "a tag has no name");
        if (!misp_text(doc, name, arena, label, fault))
            return false;
        label_mark(out, *label);
        out->label_count++;
    }
    return true;
}

static bool
take_tags(const struct json_doc *doc, uint32_t part, struct arena *arena,
          struct misp_said *out, struct misp_fault *fault)
{
    uint32_t list = misp_member(doc, part, "Tag");

    if (!list)
        return true;
    if (doc->tokens[list].kind != JSON_ARRAY)
        return fail(fault, ERR_VALUE, list, "a list of tags is expected");
    return tags_take(doc, list, arena, out, fault);
}

/* ---- what it says of its handling ---------------------------------------- */

static bool
take_distribution(const struct json_doc *doc, uint32_t part,
                  struct misp_said *out, struct misp_fault *fault)
{
    uint32_t token = misp_member(doc, part, "distribution");
    uint32_t published = misp_member(doc, part, "published");
    uint64_t number = DISTRIBUTION_MAX;

    if (token && !misp_number(doc, token, DISTRIBUTION_MAX, &number))
        return fail(fault, ERR_VALUE, token,
                    "a distribution is a number from 0 to 5");
    switch (misp_truth(doc, published)) {
    case MISP_NO_TRUTH:
        return fail(fault, ERR_VALUE, published, "true or false is expected");
    case MISP_NO:
        out->hold = MISP_UNPUBLISHED;
        break;
    case MISP_UNSAID:
    case MISP_YES:
        break;
    }
    if (number == 0)
        out->hold = MISP_OWN_ORGANISATION;
    if (number == 4)
        out->hold = MISP_SHARING_GROUP;
    return true;
}

static bool
take_owner(const struct json_doc *doc, uint32_t part, struct arena *arena,
           struct misp_said *out, struct misp_fault *fault)
{
    uint32_t owner = misp_member(doc, part, "Orgc");
    uint32_t deleted = misp_member(doc, part, "deleted");
    enum misp_truth is_deleted = misp_truth(doc, deleted);

    if (owner && doc->tokens[owner].kind != JSON_OBJECT)
        return fail(fault, ERR_VALUE, owner, "an object is expected");
    if (owner && !misp_text(doc, misp_member(doc, owner, "name"), arena,
                            &out->producer, fault))
        return false;
    if (owner && !misp_text(doc, misp_member(doc, owner, "uuid"), arena,
                            &out->owner, fault))
        return false;
    if (is_deleted == MISP_NO_TRUTH)
        return fail(fault, ERR_VALUE, deleted, "true or false is expected");
    out->deleted = is_deleted == MISP_YES;
    return true;
}

static bool
take_uuid(const struct json_doc *doc, uint32_t part, struct arena *arena,
          struct misp_said *out, struct misp_fault *fault)
{
    uint32_t token = misp_member(doc, part, "uuid");
    uint8_t uuid[UUID_BYTES];
    struct slice text;

    if (!misp_text(doc, token, arena, &text, fault))
        return false;
    if (token && !uuid_parse(text, uuid))
        return fail(fault, ERR_VALUE, token, "a UUID is expected");
    out->uuid = text;
    return true;
}

bool
misp_said_read(const struct json_doc *doc, uint32_t part, struct arena *arena,
               struct misp_said *out, struct misp_fault *fault)
{
    *out = (struct misp_said){0};
    if (take_distribution(doc, part, out, fault) &&
        take_owner(doc, part, arena, out, fault) &&
        take_tags(doc, part, arena, out, fault))
        return take_uuid(doc, part, arena, out, fault);
    *out = (struct misp_said){
        .marking = {.tlp = TLP_RED}, .has_tlp = true, .hold = MISP_UNCLEAR};
    return false;
}

/* Tags mark by names without escapes; others are not known, so red. */
static void
tags_mark(const struct json_doc *doc, uint32_t list, struct misp_said *out)
{
    if (doc->tokens[list].kind != JSON_ARRAY)
        return;
    for (uint32_t i = list + 1; i < json_end(doc, list);
         i = doc->tokens[i].next) {
        uint32_t name = tag_name(doc, i);
        if (name && !doc->tokens[name].escaped)
            label_mark(out, plain(doc, name));
        else
            tlp_add(out, TLP_RED);
    }
}

/* Tell whether a part is a key that may be one of the two looked for; a text
 * is none where no colon stands behind it. */
static bool
may_be_key(const struct json_doc *doc, uint32_t token)
{
    const struct json_token *t = &doc->tokens[token];
    const uint8_t *raw = doc->text.data + t->offset;

    return t->kind == JSON_STRING &&
           (raw[1] == 'T' || raw[1] == 'd' || raw[1] == '\\') &&
           (size_t)t->offset + t->size < doc->text.size && raw[t->size] == ':';
}

void
misp_said_inside(const struct json_doc *doc, uint32_t part,
                 struct misp_said *out)
{
    uint32_t distribution = json_member(doc, part, "distribution");
    uint32_t tags = json_member(doc, part, "Tag");
    uint32_t end = json_end(doc, part);
    uint64_t number;

    *out = (struct misp_said){0};
    for (uint32_t i = part + 1; i + 1 < end; i++) {
        uint32_t value = i + 1;
        if (!may_be_key(doc, i))
            continue;
        if (value != tags && json_is(doc, i, "Tag"))
            tags_mark(doc, value, out);
        else if (value != distribution && json_is(doc, i, "distribution") &&
                 misp_number(doc, value, DISTRIBUTION_MAX, &number) &&
                 (number == 0 || number == 4))
            out->hold = MISP_INSIDE;
    }
}

void
misp_said_inherit(struct misp_said *said, const struct misp_said *holder)
{
    if (holder->has_tlp)
        tlp_add(said, holder->marking.tlp);
    pap_add(said, holder->marking.pap);
    said->deleted = said->deleted || holder->deleted;
    if (said->producer.size == 0 && said->owner.size == 0) {
        said->producer = holder->producer;
        said->owner = holder->owner;
    }
}
