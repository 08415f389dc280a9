#include "core/formats/warning_read.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/json.h"
#include "core/formats/list.h"
#include "core/formats/misp_types.h"

#define TEXT_BUDGET KIB(64)

struct warning_reader {
    struct warnings *to;
    struct format_sink sink;
    struct json_stream *json; /* NULL: a list of our own */
    struct list_reader *list;
    struct arena arena;
    struct buf entries; /* of MISP's list: sizes and texts, until its type */
    bool closed;
    enum err fatal;
};

static void
say(struct warning_reader *r, enum fault_weight weight, enum err code,
    const char *text, uint64_t line)
{
    struct format_fault fault = {.weight = weight,
                                 .code = code,
                                 .text = text,
                                 .line = line,
                                 .column = 1};

    if (weight == FAULT_FATAL)
        r->fatal = code;
    r->sink.fault(r->sink.context, &fault);
}

static void
entry_add(struct warning_reader *r, enum warning_match match,
          struct slice entry, uint64_t line)
{
    enum err e = warnings_add(r->to, match, entry);

    if (e == ERR_LIMIT && !r->fatal)
        say(r, FAULT_FATAL, e, "there are too many entries in all the lists",
            line);
    else if (e && !r->fatal)
        say(r, FAULT_REMARK, e, "this entry is left out: it is no address",
            line);
}

/* ---- lists of MISP's ---------------------------------------------------- */

static void
on_opened(void *context, const struct json_doc *around)
{
    (void)context;
    (void)around;
}

/* The type may stand behind the list: keep the entries until then. */
static void
on_element(void *context, const struct json_doc *element, uint64_t position)
{
    struct warning_reader *r = context;
    struct slice text;

    (void)position;
    arena_reset(&r->arena);
    if (r->fatal)
        return;
    if (element->fault || json_text(element, 0, &r->arena, &text) ||
        text.size > UINT16_MAX)
        say(r, FAULT_REMARK, ERR_VALUE, "this entry is left out: it is no text",
            element->count ? element->tokens[0].line : 1);
    else if (r->entries.size + text.size > WARNING_BYTES_MAX)
        say(r, FAULT_FATAL, ERR_LIMIT,
            "there are too many entries in this list", element->tokens[0].line);
    else {
        buf_put_u16(&r->entries, (uint16_t)text.size);
        buf_put(&r->entries, text);
    }
}

/* MISP's word for how entries match; false: not one of those. */
static bool
match_of(const struct json_doc *object, uint32_t type, enum warning_match *out)
{
    static const char *const names[WARNING_MATCH_COUNT] = {
        [WARNING_STRING] = "string",
        [WARNING_HOSTNAME] = "hostname",
        [WARNING_CIDR] = "cidr",
        [WARNING_SUBSTRING] = "substring",
    };

    for (size_t i = 0; type && i < WARNING_MATCH_COUNT; i++)
        if (json_is(object, type, names[i])) {
            *out = (enum warning_match)i;
            return true;
        }
    return false;
}

static void
list_add(struct warning_reader *r, enum warning_match match)
{
    struct slice rest = buf_slice(&r->entries);

    while (rest.size && !r->fatal) {
        size_t n = (size_t)(rest.data[0] << 8 | rest.data[1]);
        struct slice entry = slice_of(rest.data + 2, n);
        entry_add(r, match, entry, 1);
        rest = slice_from(rest, 2 + n);
    }
}

/* A type of MISP's attributes, and those that this house has beside it. */
static void
type_add(struct warnings *w, struct csv_type type)
{
    if (type.form == CSV_ADDRESS) {
        warnings_of_type(w, OBSERVABLE_IPV4);
        warnings_of_type(w, OBSERVABLE_IPV6);
        warnings_of_type(w, OBSERVABLE_CIDR);
        warnings_of_type(w, OBSERVABLE_IP_PORT);
    } else if (type.form == CSV_ONE) {
        warnings_of_type(w, type.observable);
    }
    if (type.form == CSV_ONE && type.observable == OBSERVABLE_DOMAIN) {
        warnings_of_type(w, OBSERVABLE_DOMAIN_TREE);
        warnings_of_type(w, OBSERVABLE_HOST_PORT);
    }
}

/* A list of types that all have no value here counts for none. */
static void
types_add(struct warning_reader *r, const struct json_doc *object)
{
    uint32_t list = json_member(object, 0, "matching_attributes");
    struct slice name;

    if (!list || object->tokens[list].kind != JSON_ARRAY)
        return;
    for (uint32_t i = list + 1; i < json_end(object, list);
         i = object->tokens[i].next) {
        const struct misp_type *type = NULL;
        if (json_text(object, i, &r->arena, &name) == OK)
            type = misp_type_find(name);
        warnings_of_type(r->to, OBSERVABLE_NONE);
        if (type && type->form != MISP_NOTHING) {
            type_add(r->to, type->first);
            type_add(r->to, type->second);
        }
    }
}

static void
on_closed(void *context, const struct json_doc *object, bool had_list)
{
    struct warning_reader *r = context;
    uint32_t type = json_member(object, 0, "type");
    uint32_t name = json_member(object, 0, "name");
    enum warning_match match = WARNING_STRING;
    struct slice text = {0};

    r->closed = true;
    arena_reset(&r->arena);
    if (r->fatal)
        return;
    if (!had_list || !name || json_text(object, name, &r->arena, &text))
        say(r, FAULT_FATAL, ERR_MISSING,
            "this is no warninglist of MISP: it has no name or no list", 1);
    else if (type && json_is(object, type, "regex"))
        say(r, FAULT_REFUSED, ERR_UNSUPPORTED,
            "a list of regular expressions is not taken: write the names or "
            "addresses that are meant",
            1);
    else if (!match_of(object, type, &match))
        say(r, FAULT_REFUSED, ERR_UNSUPPORTED,
            "this list is of none of the types string, hostname, cidr and "
            "substring",
            1);
    else if (warnings_begin(r->to, WARNING_LIST, text))
        say(r, FAULT_FATAL, ERR_LIMIT, "there are too many lists", 1);
    else {
        types_add(r, object);
        list_add(r, match);
    }
}

/* ---- our own ------------------------------------------------------------ */

static void
on_item(void *context, const struct format_item *item)
{
    struct warning_reader *r = context;
    const struct head *h = &item->message.head;
    enum warning_match match = WARNING_STRING;

    if (h->observable == OBSERVABLE_DOMAIN ||
        h->observable == OBSERVABLE_DOMAIN_TREE)
        match = WARNING_HOSTNAME;
    else if (h->observable == OBSERVABLE_CIDR ||
             h->observable == OBSERVABLE_IPV4 ||
             h->observable == OBSERVABLE_IPV6)
        match = WARNING_CIDR;
    if (!r->fatal)
        entry_add(r, match, h->value, item->line);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct warning_reader *r = context;

    r->sink.fault(r->sink.context, fault);
}

/* ---- the reader --------------------------------------------------------- */

static struct warning_reader *
reader_new(struct warnings *w, const struct format_sink *sink)
{
    struct warning_reader *r = mem_new(sizeof *r);

    r->to = w;
    r->sink = *sink;
    arena_init(&r->arena, TEXT_BUDGET);
    return r;
}

struct warning_reader *
warning_reader_misp(struct warnings *w, const struct format_sink *sink)
{
    struct warning_reader *r = reader_new(w, sink);
    struct json_handler handler = {r, on_opened, on_element, on_closed};

    r->json = json_stream_new(&handler, "list");
    return r;
}

struct warning_reader *
warning_reader_own(struct warnings *w, const char *name,
                   const struct format_sink *sink)
{
    struct warning_reader *r = reader_new(w, sink);
    const struct format_sink lines = {r, on_item, on_fault};

    r->list = list_reader_new(&lines, OBSERVABLE_NONE);
    if (warnings_begin(w, WARNING_NEVER, slice_str(name)))
        say(r, FAULT_FATAL, ERR_LIMIT, "there are too many lists", 1);
    return r;
}

void
warning_reader_free(struct warning_reader *r)
{
    if (!r)
        return;
    json_stream_free(r->json);
    list_reader_free(r->list);
    arena_clear(&r->arena);
    buf_clear(&r->entries);
    mem_free(r);
}

static enum err
json_result(struct warning_reader *r, enum err e)
{
    const struct json_fault *f;

    if (!e || r->fatal)
        return r->fatal;
    f = json_stream_fault(r->json);
    say(r, FAULT_FATAL, e, f->text, f->line);
    return e;
}

enum err
warning_reader_feed(struct warning_reader *r, struct slice bytes)
{
    if (r->fatal)
        return r->fatal;
    if (r->json)
        return json_result(r, json_stream_feed(r->json, bytes));
    enum err e = list_reader_feed(r->list, bytes);
    return r->fatal ? r->fatal : e;
}

enum err
warning_reader_finish(struct warning_reader *r)
{
    if (r->fatal)
        return r->fatal;
    if (!r->json) {
        enum err e = list_reader_finish(r->list);
        return r->fatal ? r->fatal : e;
    }
    enum err e = json_result(r, json_stream_finish(r->json));
    if (!e && !r->closed)
        say(r, FAULT_FATAL, ERR_MISSING,
            "this is no warninglist of MISP: it is no object", 1);
    return e ? e : r->fatal;
}
