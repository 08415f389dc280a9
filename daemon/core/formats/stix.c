#include "core/formats/stix.h"

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/json.h"
#include "core/formats/stix_head.h"

/* Texts without their escapes and sorted keys of one object: both are less
 * than what the object itself takes. */
#define OBJECT_BUDGET (4 * JSON_BYTES_MAX)

#define PATH_TEXT_MAX 200

/* The key of every marking that is a statement. One that hides it by escapes
 * is not seen, and counts as red. */
#define STATEMENT "\"statement\""
#define STATEMENT_BYTES (sizeof STATEMENT - 1)

struct stix_reader {
    struct format_sink sink;
    struct json_stream *json;
    struct arena arena;
    struct stix_markings markings;
    struct buf bundle_id, path;
    struct buf empty; /* a bundle with its empty list */
    bool learning;
    bool seen; /* anything but an empty list */
    bool may_glance, glancing, must_learn;
    uint8_t tail[STATEMENT_BYTES]; /* of the piece before, when glancing */
    size_t tail_size;
    bool in_bundle;   /* the objects stand in a list with a key */
    bool in_list;     /* there is more than one place for objects */
    enum err stopped; /* nothing more is handed over */
    uint64_t objects;
    uint64_t handed; /* over, of those */
};

bool
stix_is_old(const struct message *m)
{
    return slice_is(m->content_type, STIX_20_CONTENT_TYPE);
}

bool
stix_is_content(const struct message *m)
{
    return slice_is(m->content_type, STIX_CONTENT_TYPE) || stix_is_old(m);
}

static void
fault_put(struct stix_reader *r, const struct format_fault *fault)
{
    struct format_fault f = *fault;

    if (r->learning)
        return;
    if (r->path.size > PATH_TEXT_MAX)
        r->path.size = PATH_TEXT_MAX;
    while (r->path.size && utf8_bad_at(buf_slice(&r->path)) < r->path.size)
        r->path.size--;
    f.path = buf_slice(&r->path);
    r->sink.fault(r->sink.context, &f);
}

static void
path_begin(struct stix_reader *r, bool in_object, uint64_t position)
{
    buf_reset(&r->path);
    if (!in_object)
        return;
    buf_put_str(&r->path, r->in_bundle ? "objects[" : "[");
    buf_put_decimal(&r->path, position);
    buf_put_u8(&r->path, ']');
}

/* Add the path inside the object, "objects[3]" and "pattern" with a point
 * between them. */
static void
path_add(struct stix_reader *r, const struct json_doc *doc,
         const struct stix_fault *fault)
{
    bool point = r->path.size > 0 && (fault->token || fault->property);

    if (point)
        buf_put_u8(&r->path, '.');
    if (fault->token)
        json_path(doc, fault->token, &r->path);
    if (fault->token && fault->property)
        buf_put_u8(&r->path, '.');
    if (fault->property)
        buf_put_str(&r->path, fault->property);
}

static void
object_fault(struct stix_reader *r, const struct json_doc *doc,
             const struct stix_fault *fault, enum fault_weight weight)
{
    const struct json_token *t = &doc->tokens[fault->token];

    path_begin(r, r->in_list, r->objects);
    path_add(r, doc, fault);
    fault_put(r, &(struct format_fault){.weight = weight,
                                        .code = fault->code,
                                        .text = fault->text,
                                        .position = r->objects,
                                        .line = t->line,
                                        .column = t->column + fault->into});
}

static void
item_put(struct stix_reader *r, const struct json_doc *doc,
         enum message_kind kind, const struct stix_derived *derived)
{
    struct format_item item = {.has_tlp = derived->has_tlp,
                               .line = doc->tokens[0].line,
                               .column = doc->tokens[0].column};
    struct message *m = &item.message;

    m->kind = kind;
    m->has_package = m->has_head = true;
    m->package.id = buf_slice(&r->bundle_id);
    m->package.source = slice_str("stix");
    m->package.position = r->objects;
    m->package.count = kind == MESSAGE_PACKAGE ? r->objects : !r->in_list;
    m->head = derived->head;
    m->content = json_raw(doc, 0);
    m->content_type = slice_str(
        derived->version == STIX_20 ? STIX_20_CONTENT_TYPE : STIX_CONTENT_TYPE);
    if (buf_slice(&r->empty).size)
        m->content = buf_slice(&r->empty);
    r->sink.item(r->sink.context, &item);
}

static bool
is_marking(const struct json_doc *doc)
{
    uint32_t type = json_member(doc, 0, "type");

    return type && json_is(doc, type, "marking-definition");
}

static void
object_read(struct stix_reader *r, const struct json_doc *doc)
{
    struct stix_fault fault, remarks[STIX_REMARKS_MAX];
    struct stix_derived derived;

    arena_reset(&r->arena);
    if (r->learning && !is_marking(doc))
        return;
    if (!stix_check(doc, &r->arena, &fault)) {
        object_fault(r, doc, &fault, FAULT_REFUSED);
        return;
    }
    if (is_marking(doc))
        stix_marking_learn(&r->markings, doc, &r->arena);
    if (r->learning)
        return;
    if (!stix_derive(doc, &r->markings, &r->arena, &derived, &fault)) {
        object_fault(r, doc, &fault, FAULT_REFUSED);
        return;
    }
    size_t count = stix_remark(doc, &derived, remarks);
    for (size_t i = 0; i < count; i++)
        object_fault(r, doc, &remarks[i], FAULT_REMARK);
    r->handed++;
    item_put(r, doc,
             slice_is(derived.head.object_type, "indicator") ? MESSAGE_INDICATOR
                                                             : MESSAGE_OBJECT,
             &derived);
}

/* Take the bundle's id, if it is a good one. */
static void
bundle_id_take(struct stix_reader *r, const struct json_doc *doc)
{
    uint32_t id = json_member(doc, 0, "id");
    uint8_t uuid[UUID_BYTES];
    struct slice type, text;

    if (!id || json_text(doc, id, &r->arena, &text) ||
        !stix_id_parse(text, &type, uuid) || !slice_is(type, "bundle"))
        return;
    buf_reset(&r->bundle_id);
    buf_put(&r->bundle_id, text);
}

static void
stop(struct stix_reader *r, const struct format_fault *fault)
{
    r->stopped = fault->code;
    fault_put(r, fault);
}

static void
on_opened(void *context, const struct json_doc *around)
{
    struct stix_reader *r = context;

    r->in_bundle = r->in_list = true;
    arena_reset(&r->arena);
    bundle_id_take(r, around);
}

static void
on_element(void *context, const struct json_doc *element, uint64_t position)
{
    struct stix_reader *r = context;

    r->in_list = r->seen = true;
    r->objects = position;
    if (r->stopped)
        return;
    if (element->fault) {
        path_begin(r, true, position);
        fault_put(r, &(struct format_fault){.weight = FAULT_REFUSED,
                                            .code = ERR_LIMIT,
                                            .text = element->fault,
                                            .position = position,
                                            .line = element->fault_line,
                                            .column = element->fault_column});
    } else {
        object_read(r, element);
    }
    r->objects = position + 1;
}

/* Tell what is wrong with what stands around a bundle's objects. */
static bool
bundle_check(struct stix_reader *r, const struct json_doc *doc,
             struct stix_fault *fault)
{
    uint32_t type = json_member(doc, 0, "type"), token;
    uint32_t id = json_member(doc, 0, "id");
    uint32_t objects = json_member(doc, 0, "objects");

    *fault = (struct stix_fault){.code = ERR_VALUE};
    if (json_repeated(doc, &r->arena, &token))
        fault->text = err_text(ERR_BUDGET);
    else if (token)
        *fault = (struct stix_fault){ERR_REPEATED, "this key stands twice",
                                     token, NULL, 0};
    else if (!type || !id)
        *fault =
            (struct stix_fault){ERR_MISSING, "a required property is missing",
                                0, type ? "id" : "type", 0};
    else if (!json_is(doc, type, "bundle"))
        *fault = (struct stix_fault){ERR_VALUE, "a bundle is expected", type,
                                     NULL, 0};
    else if (objects)
        *fault = (struct stix_fault){ERR_VALUE, "a list is expected", objects,
                                     NULL, 0};
    else if (r->bundle_id.size == 0)
        *fault = (struct stix_fault){
            ERR_VALUE, "the id of a bundle is expected", id, NULL, 0};
    return fault->text == NULL;
}

/* A list that was empty stays with what stands around it: without an object
 * nothing else tells that it was there. */
static void
empty_put(struct stix_reader *r, struct slice around)
{
    buf_put(&r->empty, slice_first(around, around.size - 1));
    buf_put_str(&r->empty, ",\"objects\":[]}");
}

static void
bundle_read(struct stix_reader *r, const struct json_doc *doc, bool had_list)
{
    struct stix_derived derived = {.version = STIX_21};
    struct stix_fault fault;

    arena_reset(&r->arena);
    bundle_id_take(r, doc);
    r->in_list = false;
    if (!bundle_check(r, doc, &fault)) {
        object_fault(r, doc, &fault, FAULT_REFUSED);
        return;
    }
    /* An envelope of refused objects alone would tell the peer nothing. */
    if (r->learning || (r->objects && !r->handed))
        return;
    uint32_t version = json_member(doc, 0, "spec_version");
    if (version && json_is(doc, version, "2.0"))
        derived.version = STIX_20;
    struct head *h = &derived.head;
    h->rules = HEAD_RULES;
    h->object_id = buf_slice(&r->bundle_id);
    h->object_type = slice_str("bundle");
    if (had_list && r->objects == 0)
        empty_put(r, json_raw(doc, 0));
    item_put(r, doc, MESSAGE_PACKAGE, &derived);
}

static void
on_closed(void *context, const struct json_doc *object, bool had_list)
{
    struct stix_reader *r = context;

    r->seen = true;
    if (r->stopped || object->fault)
        return;
    uint32_t type = json_member(object, 0, "type");
    if (had_list || (type && json_is(object, type, "bundle")))
        bundle_read(r, object, had_list);
    else
        object_read(r, object);
}

/* A fault of JSON is the last one: report it once. */
static enum err
json_result(struct stix_reader *r, enum err e)
{
    const struct json_fault *f = json_stream_fault(r->json);
    uint64_t position;

    if (r->stopped || !e)
        return r->stopped;
    bool in_element = json_stream_in_element(r->json, &position);
    path_begin(r, in_element, position);
    stop(r, &(struct format_fault){.weight = FAULT_FATAL,
                                   .code = f->code,
                                   .text = f->text,
                                   .position = position,
                                   .line = f->line,
                                   .column = f->column});
    return e;
}

struct stix_reader *
stix_reader_new(const struct format_sink *sink)
{
    struct stix_reader *r = mem_new(sizeof *r);
    struct json_handler handler = {r, on_opened, on_element, on_closed};

    r->sink = *sink;
    r->json = json_stream_new(&handler, "objects");
    arena_init(&r->arena, OBJECT_BUDGET);
    stix_markings_init(&r->markings);
    return r;
}

void
stix_reader_free(struct stix_reader *r)
{
    if (!r)
        return;
    json_stream_free(r->json);
    arena_clear(&r->arena);
    stix_markings_clear(&r->markings);
    buf_clear(&r->bundle_id);
    buf_clear(&r->path);
    buf_clear(&r->empty);
    mem_free(r);
}

static void
pass_begin(struct stix_reader *r, bool learning)
{
    json_stream_restart(r->json);
    r->learning = learning;
    buf_reset(&r->empty);
    r->in_bundle = r->in_list = r->seen = false;
    r->stopped = OK;
    r->objects = r->handed = 0;
}

void
stix_reader_learn(struct stix_reader *r)
{
    stix_markings_clear(&r->markings);
    buf_reset(&r->bundle_id);
    pass_begin(r, true);
    r->may_glance = r->glancing = false;
}

void
stix_reader_glance(struct stix_reader *r)
{
    stix_reader_learn(r);
    r->may_glance = true;
    r->must_learn = false;
    r->tail_size = 0;
}

bool
stix_reader_must_learn(const struct stix_reader *r)
{
    return r->must_learn;
}

static bool
has_statement(struct slice bytes)
{
    return memmem(bytes.data, bytes.size, STATEMENT, STATEMENT_BYTES) != NULL;
}

/* Seek a statement in a piece, and across its border with the one before. */
static void
glance(struct stix_reader *r, struct slice bytes)
{
    uint8_t border[2 * STATEMENT_BYTES];
    size_t n = bytes.size < STATEMENT_BYTES ? bytes.size : STATEMENT_BYTES;

    memcpy(border, r->tail, r->tail_size);
    memcpy(border + r->tail_size, bytes.data, n);
    r->must_learn = r->must_learn || has_statement(bytes) ||
                    has_statement(slice_of(border, r->tail_size + n));
    if (n == STATEMENT_BYTES) {
        memcpy(r->tail, bytes.data + bytes.size - n, n);
        r->tail_size = n;
        return;
    }
    size_t drop = r->tail_size + n > STATEMENT_BYTES
                      ? r->tail_size + n - STATEMENT_BYTES
                      : 0;
    r->tail_size += n - drop;
    memcpy(r->tail, border + drop, r->tail_size);
}

void
stix_reader_deliver(struct stix_reader *r)
{
    pass_begin(r, false);
    r->glancing = false;
}

enum err
stix_reader_feed(struct stix_reader *r, struct slice bytes)
{
    if (r->stopped)
        return r->stopped;
    enum err e = OK;
    if (!r->glancing)
        e = json_result(r, json_stream_feed(r->json, bytes));
    r->glancing = r->glancing || (r->learning && r->may_glance &&
                                  r->in_bundle && r->bundle_id.size);
    if (r->glancing)
        glance(r, bytes);
    return e;
}

enum err
stix_reader_finish(struct stix_reader *r)
{
    if (r->stopped || r->glancing)
        return r->stopped;
    enum err e = json_result(r, json_stream_finish(r->json));
    if (!e && !r->seen) {
        buf_reset(&r->path);
        fault_put(r, &format_empty_list);
    }
    return e;
}
