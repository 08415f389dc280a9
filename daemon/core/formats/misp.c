#include "core/formats/misp.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/base/table.h"
#include "core/base/utf8.h"
#include "core/formats/json_nest.h"
#include "core/formats/misp_around.h"
#include "core/formats/misp_head.h"
#include "core/formats/misp_lead.h"
#include "core/formats/misp_learnt.h"
#include "core/formats/uuid.h"

/* Texts without their escapes and sorted keys of one part: both are less than
 * what the part itself takes. */
#define PART_BUDGET (4 * JSON_BYTES_MAX)

#define PATH_TEXT_MAX 200

/* A part of the document that is being read. */
struct part {
    enum misp_role role, child;
    const char *via;   /* the key that the part within it stands under */
    bool in_list;      /* that one stands in a list */
    bool wraps, holds; /* an event in itself; parts of an event */
    bool is_opened;    /* what stands in it has been handed over */
    bool is_around;    /* of an event that was handed over */
    uint64_t number;   /* among those of its role that were opened */
    uint64_t position; /* of its message */
};

struct misp_reader {
    struct format_sink sink;
    struct json_stream *json;
    struct arena arena;
    struct part parts[JSON_NEST_MAX];
    struct misp_kept event, object;     /* that are open */
    struct misp_learnt events, objects; /* what was said behind */
    struct misp_around around;
    uint64_t event_number, object_number, document_number;
    struct buf path, content;
    struct table uuids;
    bool learning, top_is_list;
    enum err stopped;
    uint64_t count, handed; /* messages of the event; those handed over */
};

/* ---- faults -------------------------------------------------------------- */

static void
path_put(struct misp_reader *r, unsigned level, const struct json_doc *doc,
         const struct misp_fault *fault)
{
    struct buf *path = &r->path;

    buf_reset(path);
    json_nest_path(r->json, level, path);
    if (path->size && doc && (fault->token || fault->property))
        buf_put_u8(path, '.');
    if (doc && fault->token)
        json_path(doc, fault->token, path);
    if (doc && fault->token && fault->property)
        buf_put_u8(path, '.');
    if (doc && fault->property)
        buf_put_str(path, fault->property);
    if (path->size > PATH_TEXT_MAX)
        path->size = PATH_TEXT_MAX;
    while (path->size && utf8_bad_at(buf_slice(path)) < path->size)
        path->size--;
}

static void
fault_put(struct misp_reader *r, const struct format_fault *fault)
{
    struct format_fault f = *fault;

    if (r->learning)
        return;
    f.path = buf_slice(&r->path);
    r->sink.fault(r->sink.context, &f);
}

static void
part_fault(struct misp_reader *r, unsigned level, const struct json_doc *doc,
           const struct misp_fault *fault, enum fault_weight weight)
{
    const struct json_token *t = &doc->tokens[fault->token];
    bool is_left_out = weight == FAULT_REMARK && fault->code == ERR_UNSUPPORTED;

    path_put(r, level, doc, fault);
    fault_put(r, &(struct format_fault){.weight = weight,
                                        .code = fault->code,
                                        .text = fault->text,
                                        .position = r->parts[level].position,
                                        .line = t->line,
                                        .column = t->column,
                                        .is_left_out = is_left_out});
}

static void
refuse(struct misp_reader *r, unsigned level, const struct json_doc *doc,
       const struct misp_fault *fault)
{
    part_fault(r, level, doc, fault, FAULT_REFUSED);
}

/* Nothing more is read. */
static void
stop(struct misp_reader *r, unsigned level, const struct format_fault *fault)
{
    r->stopped = fault->code;
    path_put(r, level, NULL, NULL);
    fault_put(r, fault);
}

/* Tell whether a part has its bytes and no key twice; else refuse it. */
static bool
is_whole(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    struct misp_fault fault = {ERR_REPEATED, "this key stands twice", 0, NULL};

    if (doc->fault) {
        path_put(r, level, NULL, NULL);
        fault_put(r,
                  &(struct format_fault){.weight = FAULT_REFUSED,
                                         .code = ERR_LIMIT,
                                         .text = doc->fault,
                                         .position = r->parts[level].position,
                                         .line = doc->fault_line,
                                         .column = doc->fault_column});
        return false;
    }
    enum err e = json_repeated(doc, &r->arena, &fault.token);
    if (e)
        fault = (struct misp_fault){e, err_text(e), 0, NULL};
    if (e || fault.token)
        refuse(r, level, doc, &fault);
    return !e && !fault.token;
}

/* ---- what holders say ---------------------------------------------------- */

/* Find out what a holder says before what stands in it is handed over. */
static void
holder_open(struct misp_reader *r, unsigned level, const struct json_doc *open)
{
    struct part *p = &r->parts[level];
    bool is_object = p->role == MISP_OBJECT;
    struct misp_kept *kept = is_object ? &r->object : &r->event;
    struct misp_learnt *learnt = is_object ? &r->objects : &r->events;
    struct misp_said said;
    struct misp_fault fault;

    if (p->is_opened)
        return;
    p->is_opened = true;
    p->number = is_object ? r->object_number++ : r->event_number++;
    arena_reset(&r->arena);
    /* What cannot be read is red and held; it is reported at its end. */
    (void)!misp_said_read(open, 0, &r->arena, &said, &fault);
    misp_kept_set(kept, &said);
    if (!r->learning)
        (void)!misp_recall(learnt, p->number, kept);
}

/* What a holder said in the end must be what was known when it was opened. */
static void
holder_close(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    const struct part *p = &r->parts[level];
    bool is_object = p->role == MISP_OBJECT;
    struct misp_kept *kept = is_object ? &r->object : &r->event;
    struct misp_learnt *learnt = is_object ? &r->objects : &r->events;
    struct misp_said said = {
        .marking = {.tlp = TLP_RED}, .has_tlp = true, .hold = MISP_UNCLEAR};
    struct misp_fault fault;

    if (!p->is_opened)
        return;
    if (!doc->fault)
        (void)!misp_said_read(doc, 0, &r->arena, &said, &fault);
    if (r->learning)
        misp_learn(learnt, p->number, kept, &said);
    else if (kept->said.hold != MISP_UNCLEAR && !misp_kept_is(kept, &said))
        stop(r, level,
             &(struct format_fault){
                 .weight = FAULT_FATAL,
                 .code = ERR_NOT_NOW,
                 .text = "the document changed while it was read",
                 .position = p->position,
                 .line = doc->tokens[0].line,
                 .column = doc->tokens[0].column});
}

/* ---- handing over -------------------------------------------------------- */

static struct slice
content_type(enum misp_role role)
{
    static const char *const names[MISP_ROLE_COUNT] = {
        [MISP_DOCUMENT] = MISP_EVENT_CONTENT,
        [MISP_EVENT] = MISP_EVENT_CONTENT,
        [MISP_OBJECT] = MISP_OBJECT_CONTENT,
        [MISP_ATTRIBUTE] = MISP_ATTRIBUTE_CONTENT,
    };

    return slice_str(names[role]);
}

static bool
is_event(enum misp_role role)
{
    return role == MISP_EVENT || role == MISP_DOCUMENT;
}

static uint64_t
holder_of(const struct misp_reader *r, unsigned level)
{
    bool in_object = level && r->parts[level - 1].role == MISP_OBJECT;

    return in_object ? r->parts[level - 1].position + 1 : 0;
}

static void
item_put(struct misp_reader *r, unsigned level, const struct json_doc *doc,
         const struct misp_derived *derived)
{
    const struct part *p = &r->parts[level];
    struct format_item item = {.has_tlp = derived->has_tlp,
                               .line = doc->tokens[0].line,
                               .column = doc->tokens[0].column,
                               .hold = derived->hold,
                               .advice = derived->advice,
                               .owner = derived->owner};
    struct message *m = &item.message;

    m->kind = derived->kind;
    m->has_package = m->has_head = true;
    m->package.id = is_event(p->role) ? derived->said.uuid : r->event.said.uuid;
    m->package.source = slice_str("misp");
    m->package.position = p->position;
    m->package.count = is_event(p->role) ? r->count : 0;
    m->package.holder = holder_of(r, level);
    m->head = derived->head;
    m->content = is_event(p->role) ? buf_slice(&r->content) : json_raw(doc, 0);
    m->content_type = content_type(p->role);
    for (unsigned i = 0; is_event(p->role) && i < level; i++)
        r->parts[i].is_around = true;
    r->handed++;
    r->sink.item(r->sink.context, &item);
}

/* Spread ids that were counted, not drawn: the table looks at the front. */
static void
uuid_spread(uint8_t uuid[UUID_BYTES])
{
    uint64_t behind = get_be64(uuid + 8);

    put_be64(uuid, get_be64(uuid) ^ behind * 0x9e3779b97f4a7c15u);
}

/* Say of an id that another part has had it. */
static void
uuid_remark(struct misp_reader *r, unsigned level, const struct json_doc *doc,
            struct slice text)
{
    const struct misp_fault fault = {ERR_REPEATED,
                                     "this UUID stood in the document before",
                                     json_member(doc, 0, "uuid"), NULL};
    uint8_t uuid[UUID_BYTES];

    if (!uuid_parse(text, uuid))
        return;
    uuid_spread(uuid);
    if (table_find(&r->uuids, uuid))
        part_fault(r, level, doc, &fault, FAULT_REMARK);
    else if (r->uuids.count < MISP_UUIDS_MAX)
        table_put(&r->uuids, uuid, 1);
}

static void
part_read(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    const struct part *p = &r->parts[level];
    bool in_object = level && r->parts[level - 1].role == MISP_OBJECT;
    struct misp_source from = {.doc = doc,
                               .object = in_object ? &r->object.said : NULL,
                               .event =
                                   is_event(p->role) ? NULL : &r->event.said,
                               .arena = &r->arena};
    struct misp_derived derived;
    struct misp_fault fault;

    if (!misp_derive(p->role, &from, &derived, &fault)) {
        refuse(r, level, doc, &fault);
        return;
    }
    if (derived.remark.text)
        part_fault(r, level, doc, &derived.remark, FAULT_REMARK);
    uuid_remark(r, level, doc, derived.said.uuid);
    item_put(r, level, doc, &derived);
}

/* Write the event as it stood in the document, alone. */
static void
content_write(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    struct slice before, behind;

    buf_reset(&r->content);
    for (unsigned i = 0; i < level; i++) {
        const struct part *p = &r->parts[i];
        if (p->via &&
            misp_around_find(&r->around, p->number, &before, &behind)) {
            buf_put(&r->content, before);
        } else if (p->via) {
            buf_put_str(&r->content, "{\"");
            buf_put_str(&r->content, p->via);
            buf_put_str(&r->content, "\":");
        }
        buf_put_str(&r->content, p->in_list ? "[" : "");
    }
    buf_put(&r->content, json_raw(doc, 0));
    for (unsigned i = level; i > 0; i--) {
        const struct part *p = &r->parts[i - 1];
        buf_put_str(&r->content, p->in_list ? "]" : "");
        if (p->via && misp_around_find(&r->around, p->number, &before, &behind))
            buf_put(&r->content, behind);
        else
            buf_put_str(&r->content, p->via ? "}" : "");
    }
}

static void
event_read(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    r->parts[level].position = r->count;
    /* An envelope of refused parts alone would tell the peer nothing. */
    if (r->learning || !is_whole(r, level, doc) || (r->count && !r->handed))
        return;
    content_write(r, level, doc);
    part_read(r, level, doc);
}

/* What stands beside events goes with each of them, where the pass before has
 * kept it; a second way to parts is refused. */
static void
wrapping_read(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    const struct part *p = &r->parts[level];
    const char *text = p->is_around
                           ? "this stands beside an event and is not sent"
                           : "no event is sent that this could go with";
    struct misp_fault fault = {ERR_UNSUPPORTED, text, 0, NULL};
    bool has_other = false;
    struct slice before, behind;
    bool kept = misp_around_find(&r->around, p->number, &before, &behind);

    for (uint32_t i = 1; i < json_end(doc, 0); i = doc->tokens[i + 1].next) {
        bool is_lead = misp_lead_find(MISP_DOCUMENT, doc, i);
        fault.token = i;
        if (json_is(doc, i, p->via))
            continue;
        has_other = has_other || is_lead;
        if (is_lead || !kept || !p->is_around)
            part_fault(r, level, doc, &fault,
                       is_lead ? FAULT_REFUSED : FAULT_REMARK);
    }
    if (r->learning && !has_other)
        misp_around_keep(&r->around, p->number, doc, p->via);
}

static void
document_read(struct misp_reader *r, unsigned level, const struct json_doc *doc)
{
    struct misp_fault fault = {ERR_VALUE, "an object is expected", 0, NULL};

    if (!doc->fault && doc->tokens[0].kind == JSON_ARRAY && level == 0)
        return;
    if (doc->fault || r->parts[level].holds || json_member(doc, 0, "info")) {
        event_read(r, level, doc);
        return;
    }
    if (r->parts[level].wraps) {
        wrapping_read(r, level, doc);
        return;
    }
    if (!fault.token)
        fault.token = json_member(doc, 0, "Event");
    if (!fault.token)
        fault.token = json_member(doc, 0, "response");
    if (!fault.token && doc->tokens[0].kind == JSON_OBJECT)
        fault = (struct misp_fault){
            ERR_FORMAT,
            "this is no MISP event: there is neither Event nor info, "
            "Attribute or Object in it",
            0, NULL};
    refuse(r, level, doc, &fault);
}

/* ---- the parts of the document ------------------------------------------- */

/* Tell whether what the key leads to is taken out of the part; what is not
 * stays there, and is refused at its end. */
static bool
is_taken(const struct part *p, unsigned level, const struct misp_lead *lead,
         enum json_kind kind)
{
    bool is_wrapping = is_event(lead->to);

    if (lead->from != MISP_DOCUMENT)
        return kind == JSON_ARRAY;
    if (lead->to == MISP_DOCUMENT && level > 0)
        return false;
    if (lead->to == MISP_EVENT && kind != JSON_OBJECT)
        return false;
    return kind >= JSON_ARRAY && !p->wraps && !(is_wrapping && p->holds);
}

static enum json_way
on_way(void *context, unsigned level, const struct json_doc *open, uint32_t key,
       enum json_kind kind)
{
    struct misp_reader *r = context;
    struct part *p = &r->parts[level];

    if (!open) {
        r->top_is_list = kind == JSON_ARRAY;
        return r->top_is_list ? JSON_PARTS : JSON_KEEP;
    }
    const struct misp_lead *lead = misp_lead_find(p->role, open, key);
    if (r->stopped || !lead)
        return JSON_KEEP;
    if (json_member(open, 0, lead->key))
        return JSON_TWICE;
    if (!is_taken(p, level, lead, kind))
        return JSON_KEEP;
    if (!is_event(lead->to))
        holder_open(r, level, open);
    p->wraps = p->wraps || is_event(lead->to);
    p->holds = p->holds || !is_event(lead->to);
    p->child = lead->to;
    p->via = lead->key;
    p->in_list = kind == JSON_ARRAY;
    if (kind == JSON_OBJECT)
        return JSON_ALONE;
    return r->learning && lead->to == MISP_ATTRIBUTE ? JSON_PASS : JSON_PARTS;
}

static void
on_began(void *context, unsigned level)
{
    struct misp_reader *r = context;
    struct part *p = &r->parts[level];

    *p = (struct part){.role = level ? p[-1].child : MISP_DOCUMENT};
    if (level == 0) {
        p->child = MISP_DOCUMENT;
        p->in_list = r->top_is_list;
    }
    if (p->role == MISP_DOCUMENT)
        p->number = r->document_number++;
    if (is_event(p->role))
        r->count = r->handed = 0;
    else
        p->position = r->count++;
}

static void
on_ended(void *context, unsigned level, const struct json_doc *doc)
{
    struct misp_reader *r = context;

    if (r->stopped)
        return;
    arena_reset(&r->arena);
    holder_close(r, level, doc);
    if (r->stopped)
        return;
    switch (r->parts[level].role) {
    case MISP_DOCUMENT:
        document_read(r, level, doc);
        break;
    case MISP_EVENT:
        event_read(r, level, doc);
        break;
    case MISP_OBJECT:
    case MISP_ATTRIBUTE:
        if (!r->learning && is_whole(r, level, doc))
            part_read(r, level, doc);
        break;
    case MISP_ROLE_COUNT:
        break;
    }
}

/* ---- the reader ---------------------------------------------------------- */

/* A fault of JSON is the last one: report it once. */
static enum err
json_result(struct misp_reader *r, enum err e)
{
    const struct json_fault *f = json_stream_fault(r->json);
    unsigned level;

    if (r->stopped || !e)
        return r->stopped;
    bool in_part = json_nest_level(r->json, &level);
    stop(r, level,
         &(struct format_fault){.weight = FAULT_FATAL,
                                .code = f->code,
                                .text = f->text,
                                .position =
                                    in_part ? r->parts[level].position : 0,
                                .line = f->line,
                                .column = f->column});
    return e;
}

struct misp_reader *
misp_reader_new(const struct format_sink *sink)
{
    struct misp_reader *r = mem_new(sizeof *r);
    struct json_nest_handler handler = {r, on_way, on_began, on_ended};

    r->sink = *sink;
    r->json = json_nest_new(&handler);
    arena_init(&r->arena, PART_BUDGET);
    table_init(&r->uuids, UUID_BYTES);
    return r;
}

void
misp_reader_free(struct misp_reader *r)
{
    if (!r)
        return;
    json_stream_free(r->json);
    arena_clear(&r->arena);
    misp_kept_clear(&r->event);
    misp_kept_clear(&r->object);
    misp_learnt_clear(&r->events);
    misp_learnt_clear(&r->objects);
    misp_around_clear(&r->around);
    buf_clear(&r->path);
    buf_clear(&r->content);
    table_clear(&r->uuids);
    mem_free(r);
}

static void
pass_begin(struct misp_reader *r, bool learning)
{
    json_stream_restart(r->json);
    table_clear(&r->uuids);
    r->learning = learning;
    r->stopped = OK;
    r->event_number = r->object_number = r->document_number = 0;
    r->count = r->handed = 0;
    r->event.said = (struct misp_said){0};
}

void
misp_reader_learn(struct misp_reader *r)
{
    misp_learnt_clear(&r->events);
    misp_learnt_clear(&r->objects);
    misp_around_clear(&r->around);
    pass_begin(r, true);
}

void
misp_reader_deliver(struct misp_reader *r)
{
    misp_learnt_begin(&r->events);
    misp_learnt_begin(&r->objects);
    pass_begin(r, false);
}

enum err
misp_reader_feed(struct misp_reader *r, struct slice bytes)
{
    if (r->stopped)
        return r->stopped;
    return json_result(r, json_stream_feed(r->json, bytes));
}

enum err
misp_reader_finish(struct misp_reader *r)
{
    if (r->stopped)
        return r->stopped;
    enum err e = json_result(r, json_stream_finish(r->json));
    /* The list itself counts as the first. */
    if (!e && r->top_is_list && r->document_number == 1) {
        buf_reset(&r->path);
        fault_put(r, &format_empty_list);
    }
    return e;
}
