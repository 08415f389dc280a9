#include "core/formats/misp_head.h"

#include "core/formats/ascii.h"
#include "core/formats/misp_value.h"
#include "core/formats/stamp.h"

struct derivation {
    const struct misp_source *from;
    struct misp_derived *out;
    struct misp_fault *fault;
    enum misp_role role;
    /* Holders of an attribute that stand in it, since it was found by a
     * search. */
    struct misp_said inner_object, inner_event;
    bool has_inner_object, has_inner_event;
};

static bool
fail(const struct derivation *d, enum err code, uint32_t token,
     const char *text)
{
    *d->fault = (struct misp_fault){code, text, token, NULL};
    return false;
}

static uint32_t
member(const struct derivation *d, const char *name)
{
    return misp_member(d->from->doc, d->from->part, name);
}

static bool
fail_missing(const struct derivation *d, const char *name)
{
    *d->fault = (struct misp_fault){
        ERR_MISSING, "a required property is missing", d->from->part, name};
    return false;
}

static bool
take_text(const struct derivation *d, uint32_t token, struct slice *out)
{
    return misp_text(d->from->doc, token, d->from->arena, out, d->fault);
}

static void
remark(const struct derivation *d, uint32_t token, const char *text)
{
    if (!d->out->remark.text)
        d->out->remark = (struct misp_fault){ERR_VALUE, text, token, NULL};
}

/* ---- why it is not to be sent -------------------------------------------- */

enum level { OWN, OF_OBJECT, OF_EVENT, LEVEL_COUNT };

static const char *const reasons[MISP_HOLD_COUNT][LEVEL_COUNT] = {
    [MISP_OWN_ORGANISATION] =
        {"MISP distribution 0, \"your organisation only\"",
         "its object has MISP distribution 0, \"your organisation only\"",
         "its event has MISP distribution 0, \"your organisation only\""},
    [MISP_SHARING_GROUP] =
        {"MISP distribution 4, a sharing group, which nobody knows here",
         "its object has MISP distribution 4, a sharing group, which nobody "
         "knows here",
         "its event has MISP distribution 4, a sharing group, which nobody "
         "knows here"},
    [MISP_UNPUBLISHED] = {"the MISP event is not published",
                          "the MISP event is not published",
                          "the MISP event is not published"},
    [MISP_INSIDE] = {"a part of it has MISP distribution 0 or 4", "", ""},
    [MISP_UNCLEAR] = {"what it says of its handling cannot be read",
                      "what its object says of its handling cannot be read",
                      "what its event says of its handling cannot be read"},
};

static const char *const advice[MISP_HOLD_COUNT] = {
    [MISP_OWN_ORGANISATION] = "change it in MISP",
    [MISP_SHARING_GROUP] = "change it in MISP",
    [MISP_UNPUBLISHED] = "publish it in MISP",
    [MISP_INSIDE] = "change it in MISP, or take it out",
    [MISP_UNCLEAR] = "mend what is reported of it",
};

static void
hold(const struct derivation *d, enum misp_hold why, enum level level)
{
    struct misp_derived *out = d->out;

    if (why == MISP_FREE || out->hold)
        return;
    out->hold = reasons[why][level];
    out->advice = advice[why];
}

/* ---- what the holders say ------------------------------------------------ */

/* Labels stand once, those of the innermost first. */
static bool
labels_add(const struct derivation *d, struct slice *labels,
           const struct misp_said *holder)
{
    struct head *h = &d->out->head;
    size_t before = h->label_count;

    for (size_t i = 0; i < holder->label_count; i++) {
        bool stands = false;
        for (size_t k = 0; k < before && !stands; k++)
            stands = slice_equal(labels[k], holder->labels[i]);
        if (stands)
            continue;
        if (h->label_count == LABELS_MAX)
            return fail(d, ERR_LIMIT, d->from->part,
                        "there are more than 1024 tags");
        labels[h->label_count++] = holder->labels[i];
    }
    return true;
}

static bool
inner_read(const struct derivation *d, const char *name, struct misp_said *out,
           bool *is_there)
{
    const struct misp_source *from = d->from;
    uint32_t token = member(d, name);

    *is_there = d->role == MISP_ATTRIBUTE && token &&
                from->doc->tokens[token].kind == JSON_OBJECT;
    return !*is_there ||
           misp_said_read(from->doc, token, from->arena, out, d->fault);
}

/* PROTOCOL misp-events: "What an attribute does not say of its distribution
 * its object says, and what that does not say its event; the strictest of the
 * three counts." */
static bool
take_holders(struct derivation *d)
{
    const struct misp_source *from = d->from;
    struct head *h = &d->out->head;
    struct misp_said all = d->out->said, inside;

    misp_said_inside(from->doc, from->part, &inside);
    if (!inner_read(d, "Object", &d->inner_object, &d->has_inner_object) ||
        !inner_read(d, "Event", &d->inner_event, &d->has_inner_event))
        return false;
    const struct {
        const struct misp_said *said;
        enum level level;
    } holders[] = {
        {&d->out->said, OWN},
        {from->object, OF_OBJECT},
        {d->has_inner_object ? &d->inner_object : NULL, OF_OBJECT},
        {from->event, OF_EVENT},
        {d->has_inner_event ? &d->inner_event : NULL, OF_EVENT},
        {&inside, OWN},
    };
    size_t most = 0;
    for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
        most += holders[i].said ? holders[i].said->label_count : 0;
    struct slice *labels = arena_alloc(from->arena, most * sizeof *labels);
    if (most && !labels)
        return fail(d, ERR_BUDGET, from->part, err_text(ERR_BUDGET));
    for (size_t i = 0; i < ARRAY_SIZE(holders); i++) {
        if (!holders[i].said)
            continue;
        hold(d, holders[i].said->hold, holders[i].level);
        misp_said_inherit(&all, holders[i].said);
        if (!labels_add(d, labels, holders[i].said))
            return false;
    }
    h->labels = labels;
    h->marking = all.marking;
    h->producer = all.producer;
    d->out->owner = all.owner;
    h->revoked = all.deleted;
    d->out->has_tlp = all.has_tlp;
    return true;
}

/* ---- the object itself --------------------------------------------------- */

static bool
take_time(const struct derivation *d)
{
    struct head *h = &d->out->head;
    uint32_t token = member(d, "timestamp");
    char text[STAMP_TEXT];
    uint64_t seconds;

    if (!token)
        return true;
    if (!misp_number(d->from->doc, token, STAMP_SECONDS_MAX, &seconds))
        return fail(d, ERR_VALUE, token, "seconds since 1970 are expected");
    if (seconds == 0)
        return true;
    stamp_write(seconds, text);
    if (!arena_copy(d->from->arena, SLICE_ARRAY(text), &h->created))
        return fail(d, ERR_BUDGET, token, err_text(ERR_BUDGET));
    h->modified = h->created;
    return true;
}

static bool
take_use(const struct derivation *d)
{
    uint32_t token = member(d, "to_ids");

    switch (misp_truth(d->from->doc, token)) {
    case MISP_UNSAID:
        break;
    case MISP_NO:
        d->out->head.use = USE_NOTIFY;
        break;
    case MISP_YES:
        d->out->head.use = USE_DETECT;
        break;
    case MISP_NO_TRUTH:
        return fail(d, ERR_VALUE, token, "true or false is expected");
    }
    return true;
}

/* A value may be written as a number or a truth, too. */
static bool
take_value_text(const struct derivation *d, struct slice *out)
{
    const struct json_doc *doc = d->from->doc;
    uint32_t token = json_member(doc, d->from->part, "value");

    if (!token)
        return fail_missing(d, "value");
    enum json_kind kind = (enum json_kind)doc->tokens[token].kind;
    if (kind == JSON_NUMBER || kind == JSON_TRUE || kind == JSON_FALSE) {
        *out = json_raw(doc, token);
        return true;
    }
    if (kind != JSON_STRING)
        return fail(d, ERR_VALUE, token, "a text is expected");
    if (json_is(doc, token, ""))
        return fail(d, ERR_VALUE, token, "the value is empty");
    return take_text(d, token, out);
}

static bool
take_value(const struct derivation *d, uint32_t type_token, struct slice name)
{
    const struct misp_type *type = misp_type_find(name);
    struct head *h = &d->out->head;
    struct slice text;

    if (!take_value_text(d, &text))
        return false;
    if (!type) {
        remark(d, type_token, "this type is not known: kept as it stands");
        return true;
    }
    enum err e = misp_value_take(type, text, d->from->arena, h);
    uint32_t value = member(d, "value");
    if (e == ERR_BUDGET)
        return fail(d, e, value, err_text(e));
    if (e)
        remark(d, value,
               "this is no good value of its type: kept as it "
               "stands");
    if (h->value.size || h->pattern.size)
        d->out->kind = MESSAGE_INDICATOR;
    return true;
}

static bool
take_attribute(const struct derivation *d)
{
    uint32_t type = member(d, "type"), category = member(d, "category");
    struct slice name, kind;

    if (!type)
        return fail_missing(d, "type");
    if (!take_text(d, type, &name) || !take_text(d, category, &kind) ||
        !take_use(d) || !take_value(d, type, name))
        return false;
    if (category && !misp_category_is_known(kind))
        remark(d, category, "this category is not known: kept as it stands");
    return true;
}

/* A list of parts is empty by now; markings of parts that stayed would count
 * for nothing. */
static bool
check_place(const struct derivation *d, const char *name)
{
    const struct json_doc *doc = d->from->doc;
    uint32_t token = member(d, name);

    if (!token)
        return true;
    enum json_kind kind = (enum json_kind)doc->tokens[token].kind;
    if (kind < JSON_ARRAY || json_end(doc, token) > token + 1)
        return fail(d, ERR_VALUE, token, "a list is expected");
    return true;
}

static bool
take_object(const struct derivation *d)
{
    uint32_t name = member(d, "name");
    struct slice text;

    d->out->kind = MESSAGE_OBJECT;
    if (!name)
        return fail_missing(d, "name");
    return take_text(d, name, &text) && check_place(d, "Attribute");
}

static bool
take_event(const struct derivation *d)
{
    static const char *const foreign[] = {"Event", "response"};
    uint32_t info = member(d, "info"), token;
    struct slice text;

    d->out->kind = MESSAGE_PACKAGE;
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
        if ((token = member(d, foreign[i])) != 0)
            return fail(d, ERR_UNEXPECTED, token,
                        "this does not belong into an event");
    if (!info && !member(d, "Attribute") && !member(d, "Object"))
        return fail_missing(d, "info");
    return take_text(d, info, &text) && check_place(d, "Attribute") &&
           check_place(d, "Object");
}

static const struct {
    const char *type;
    bool (*take)(const struct derivation *d);
} roles[MISP_ROLE_COUNT] = {
    [MISP_DOCUMENT] = {"misp-event", take_event},
    [MISP_EVENT] = {"misp-event", take_event},
    [MISP_OBJECT] = {"misp-object", take_object},
    [MISP_ATTRIBUTE] = {"misp-attribute", take_attribute},
};

bool
misp_derive(enum misp_role role, const struct misp_source *from,
            struct misp_derived *out, struct misp_fault *fault)
{
    struct derivation d = {
        .from = from, .out = out, .fault = fault, .role = role};

    *out = (struct misp_derived){.kind = MESSAGE_OBJECT};
    out->head.rules = HEAD_RULES;
    out->head.object_type = slice_str(roles[role].type);
    if (from->doc->tokens[from->part].kind != JSON_OBJECT)
        return fail(&d, ERR_VALUE, from->part, "an object is expected");
    if (!misp_said_read(from->doc, from->part, from->arena, &out->said, fault))
        return false;
    out->head.object_id = out->said.uuid;
    return take_time(&d) && roles[role].take(&d) && take_holders(&d);
}

uint32_t
misp_event_in(const struct json_doc *content)
{
    static const char *const wraps[] = {"response", "Event"};
    uint32_t at = 0;

    for (size_t i = 0; i < ARRAY_SIZE(wraps); i++) {
        uint32_t inner = json_member(content, at, wraps[i]);
        if (inner)
            at = inner;
        if (content->tokens[at].kind == JSON_ARRAY &&
            json_end(content, at) > at + 1)
            at++;
    }
    return at;
}
