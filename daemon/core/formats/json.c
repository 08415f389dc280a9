#include "core/formats/json_state.h"

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/formats/ascii.h"

uint64_t
json_column(const struct json_stream *s, const uint8_t *p)
{
    return s->before + (uint64_t)(p - s->piece) - s->line_start + 1;
}

const uint8_t *
json_fail(struct json_stream *s, const uint8_t *p, enum err code,
          const char *text)
{
    s->fault = (struct json_fault){code, text, s->line, json_column(s, p)};
    return NULL;
}

static const uint8_t *
fail_unexpected(struct json_stream *s, const uint8_t *p)
{
    const char *text = "a comma or a closing bracket is expected here";

    if (s->can == 0)
        text = "something stands behind the end of the document";
    else if (s->can & CAN_COLON)
        text = "a colon is expected here";
    else if (s->can & CAN_KEY)
        text = "a key in double quotes is expected here";
    else if (s->can & CAN_VALUE)
        text = "a JSON value is expected here";
    return json_fail(s, p, ERR_FORMAT, text);
}

static bool
top_is_object(const struct json_stream *s)
{
    size_t i = s->depth - 1;

    return s->depth && (s->is_object[i / 8] >> i % 8 & 1);
}

void
json_keep(struct json_stream *s, const uint8_t *from, const uint8_t *to)
{
    if (s->doc && to > from)
        json_doc_put(s->doc, slice_of(from, (size_t)(to - from)));
}

static bool
is_at_list_key(const struct json_stream *s)
{
    return s->key && s->depth == 1 && s->doc == &s->around &&
           !s->around.fault && json_is(&s->around, s->mark, s->key);
}

/* The list under the key is not part of what is around it. */
static bool
list_begin(struct json_stream *s, enum json_kind kind)
{
    if (s->had_key)
        return false;
    s->had_key = true;
    if (kind != JSON_ARRAY)
        return true;
    json_doc_cut(&s->around, s->mark);
    s->had_list = true;
    s->list_depth = 2;
    s->doc = NULL;
    s->handler.opened(s->handler.context, &s->around);
    return true;
}

/* Decide where the bytes of a value go; false: its key stood before. */
static bool
split(struct json_stream *s, uint64_t column, enum json_kind kind)
{
    if (s->depth == 0 && kind == JSON_OBJECT) {
        s->doc = &s->around;
    } else if (s->depth == 0) {
        s->list_depth = 1;
    } else if (s->depth == s->list_depth && !s->in_element) {
        json_doc_reset(&s->element);
        s->doc = &s->element;
        s->in_element = true;
    } else if (is_at_list_key(s) && !list_begin(s, kind)) {
        return false;
    }
    if (s->doc)
        json_doc_begin(s->doc, kind, s->line, column);
    return true;
}

static bool
value_begin(struct json_stream *s, const uint8_t *p, enum json_kind kind)
{
    uint64_t column = json_column(s, p);

    if (s->depth == 0 && kind < JSON_ARRAY) {
        json_fail(s, p, ERR_FORMAT,
                  "an object or a list is expected at the top");
        return false;
    }
    if (s->nest ? json_nest_begin(s, column, kind) : split(s, column, kind))
        return true;
    json_fail(s, p, ERR_REPEATED, "this key stands twice");
    return false;
}

/* Hand a value that ended over, if it is one that somebody waits for. */
static void
split_end(struct json_stream *s)
{
    if (s->doc)
        json_doc_end(s->doc);
    if (s->depth && s->depth == s->list_depth && s->in_element) {
        s->handler.element(s->handler.context, &s->element, s->position++);
        s->in_element = false;
        s->doc = NULL;
    }
    if (s->depth == 0 && s->doc)
        s->handler.closed(s->handler.context, &s->around, s->had_list);
}

void
json_value_end(struct json_stream *s)
{
    if (s->nest)
        json_nest_end(s);
    else
        split_end(s);
    s->can = s->depth ? CAN_COMMA | CAN_END : 0;
    s->mode = IN_STRUCTURE;
}

static const uint8_t *
open_bracket(struct json_stream *s, const uint8_t *p)
{
    bool object = *p == '{';

    if (s->depth == JSON_BRACKETS_MAX)
        return json_fail(s, p, ERR_DEPTH, "brackets are nested too deep");
    if (!value_begin(s, p, object ? JSON_OBJECT : JSON_ARRAY))
        return NULL;
    size_t i = s->depth++;
    s->is_object[i / 8] &= (uint8_t) ~(1u << i % 8);
    s->is_object[i / 8] |= (uint8_t)((unsigned)object << i % 8);
    s->can = (object ? CAN_KEY : CAN_VALUE) | CAN_END;
    return p + 1;
}

static const uint8_t *
close_bracket(struct json_stream *s, const uint8_t *p)
{
    if (!(s->can & CAN_END) || (*p == '}') != top_is_object(s))
        return fail_unexpected(s, p);
    if (s->nest) {
        json_nest_close(s);
    } else if (s->depth == s->list_depth && !s->in_element) {
        s->list_depth = 0;
        s->depth--;
        s->can = s->depth ? CAN_COMMA | CAN_END : 0;
        if (s->depth)
            s->doc = &s->around;
        return p + 1;
    }
    s->depth--;
    json_value_end(s);
    return p + 1;
}

static const uint8_t *
open_string(struct json_stream *s, const uint8_t *p)
{
    s->in_key = s->can & CAN_KEY;
    if (s->in_key && s->doc) {
        s->mark = s->doc->count;
        json_doc_begin(s->doc, JSON_STRING, s->line, json_column(s, p));
    } else if (!s->in_key && !value_begin(s, p, JSON_STRING)) {
        return NULL;
    }
    s->mode = IN_STRING;
    return p + 1;
}

static const uint8_t *
open_word(struct json_stream *s, const uint8_t *p)
{
    enum json_kind kind = *p == 'n'   ? JSON_NULL
                          : *p == 't' ? JSON_TRUE
                                      : JSON_FALSE;
    static const char *const words[] = {"null", "false", "true"};

    if (!value_begin(s, p, kind))
        return NULL;
    s->word = words[kind];
    s->mode = IN_LITERAL;
    return p;
}

static const uint8_t *
open_number(struct json_stream *s, const uint8_t *p)
{
    if (!value_begin(s, p, JSON_NUMBER))
        return NULL;
    s->number = *p == '-'   ? NUMBER_MINUS
                : *p == '0' ? NUMBER_ZERO
                            : NUMBER_INTEGER;
    json_keep(s, p, p + 1);
    s->mode = IN_NUMBER;
    return p + 1;
}

static const uint8_t *
open_value(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    if (*p == '"' && s->can & (CAN_VALUE | CAN_KEY)) {
        p = open_string(s, p);
        return p ? json_step_string(s, p, end) : NULL;
    }
    if (!(s->can & CAN_VALUE))
        return fail_unexpected(s, p);
    if (*p == '{' || *p == '[')
        return open_bracket(s, p);
    if (*p == '-' || ascii_is_digit(*p))
        return open_number(s, p);
    if (*p == 't' || *p == 'f' || *p == 'n')
        return open_word(s, p);
    if (*p == 'N' || *p == 'I')
        return json_fail(s, p, ERR_FORMAT, "NaN and Infinity are not JSON");
    return fail_unexpected(s, p);
}

/* Tell whether a comma or colon may stand here. */
static bool
separator(struct json_stream *s, uint8_t c)
{
    if (!(s->can & (c == ',' ? CAN_COMMA : CAN_COLON)))
        return false;
    s->can = c == ',' && top_is_object(s) ? CAN_KEY : CAN_VALUE;
    return true;
}

/* Pass over white space, a comma or colon, and white space again. */
static const uint8_t *
step_structure(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    for (; p < end; p++) {
        if (*p == ',' || *p == ':') {
            if (!separator(s, *p))
                return fail_unexpected(s, p);
        } else if (*p == '\n') {
            s->line++;
            s->line_start = s->before + (uint64_t)(p - s->piece) + 1;
        } else if (*p != ' ' && *p != '\t' && *p != '\r') {
            break;
        }
    }
    if (p == end)
        return p;
    if (*p == '}' || *p == ']')
        return close_bracket(s, p);
    return open_value(s, p, end);
}

static json_step *const steps[MODE_COUNT] = {
    [IN_STRUCTURE] = step_structure, [IN_STRING] = json_step_string,
    [IN_UTF8] = json_step_utf8,      [IN_ESCAPE] = json_step_escape,
    [IN_HEX] = json_step_hex,        [IN_LITERAL] = json_step_literal,
    [IN_NUMBER] = json_step_number,
};

/* What is around the list cannot be given up and the list still be found. */
static bool
is_around_lost(struct json_stream *s)
{
    const struct json_doc *doc = &s->around;

    if (s->doc != doc || !doc->fault)
        return false;
    s->fault = (struct json_fault){ERR_LIMIT, doc->fault, doc->fault_line,
                                   doc->fault_column};
    return true;
}

static enum err
piece_read(struct json_stream *s, struct slice piece)
{
    const uint8_t *p = piece.data, *end = p + piece.size;

    s->piece = p;
    while (p && p < end && !is_around_lost(s))
        p = steps[s->mode](s, p, end);
    if (s->fault.text || is_around_lost(s))
        return s->fault.code;
    s->before += piece.size;
    return OK;
}

/* Take a byte order mark off; UTF-16 and UTF-32 show by their zeros. */
static enum err
start(struct json_stream *s)
{
    struct slice first = slice_of(s->first, s->first_size);
    const uint8_t *b = s->first;

    s->started = true;
    s->piece = b;
    const char *other = utf8_other_mark(first);
    if (!other && first.size >= 2 && !b[0] != !b[1])
        other = "this is UTF-16: save it as UTF-8";
    if (other) {
        json_fail(s, b, ERR_UTF8, other);
        return s->fault.code;
    }
    if (utf8_has_mark(first))
        first = slice_from(first, UTF8_MARK_BYTES);
    return piece_read(s, first);
}

struct json_stream *
json_stream_new(const struct json_handler *handler, const char *key)
{
    struct json_stream *s = mem_new(sizeof *s);

    s->handler = *handler;
    s->key = key;
    json_stream_restart(s);
    return s;
}

void
json_stream_free(struct json_stream *s)
{
    if (!s)
        return;
    json_doc_clear(&s->around);
    json_doc_clear(&s->element);
    json_nest_free(s->nest);
    mem_free(s);
}

void
json_stream_restart(struct json_stream *s)
{
    json_doc_reset(&s->around);
    json_doc_reset(&s->element);
    json_nest_restart(s->nest);
    s->fault = (struct json_fault){0};
    s->mode = IN_STRUCTURE;
    s->can = CAN_VALUE;
    s->depth = s->list_depth = s->first_size = 0;
    s->in_element = s->had_list = s->had_key = s->started = false;
    s->position = s->before = s->line_start = 0;
    s->line = 1;
    s->doc = NULL;
}

enum err
json_stream_feed(struct json_stream *s, struct slice bytes)
{
    if (s->fault.text)
        return s->fault.code;
    while (!s->started && bytes.size) {
        s->first[s->first_size++] = bytes.data[0];
        bytes = slice_from(bytes, 1);
        if (s->first_size == sizeof s->first) {
            enum err e = start(s);
            if (e)
                return e;
        }
    }
    return bytes.size ? piece_read(s, bytes) : OK;
}

enum err
json_stream_finish(struct json_stream *s)
{
    static const uint8_t nothing[1];

    if (!s->fault.text && !s->started)
        start(s);
    if (s->fault.text)
        return s->fault.code;
    s->piece = nothing;
    if (s->depth == 0 && s->can & CAN_VALUE)
        json_fail(s, nothing, ERR_TRUNCATED, "the document is empty");
    else if (s->depth || s->mode != IN_STRUCTURE)
        json_fail(s, nothing, ERR_TRUNCATED, "the document ends too early");
    return s->fault.code;
}

const struct json_fault *
json_stream_fault(const struct json_stream *s)
{
    return &s->fault;
}

bool
json_stream_in_element(const struct json_stream *s, uint64_t *position)
{
    *position = s->position;
    return s->in_element;
}
