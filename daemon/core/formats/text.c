#include "core/formats/text.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/table.h"
#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/text_judge.h"
#include "core/formats/value.h"

/* Recognising a value copies it some ten times; a path is tried with its
 * host and without. */
#define SPAN_BUDGET (128 * VALUE_BYTES_MAX)

struct seen_key {
    uint64_t hash, type;
};

struct text_reader {
    struct format_sink sink;
    enum observable as;
    struct arena arena;
    struct buf line;   /* what came of a line that goes on */
    struct table seen; /* hash and type to place and size in `values` */
    struct buf values; /* the bytes of those that were seen */
    uint64_t number;   /* of the line, from 1 */
    uint64_t offset;   /* of `line` in the real line */
    size_t segment;    /* of what is judged, in `line` */
    uint64_t items;
    bool skipping; /* a word that does not end */
    bool in_signature;
    bool said_utf8;
    bool is_other;
};

/* ---- handing over ------------------------------------------------------- */

static void
say(struct text_reader *r, size_t at, enum fault_weight weight,
    const char *text)
{
    struct format_fault fault = {.weight = weight,
                                 .code = weight == FAULT_FATAL ? ERR_UTF8
                                                               : ERR_VALUE,
                                 .text = text,
                                 .position = r->items,
                                 .line = r->number,
                                 .column = r->offset + r->segment + at + 1};

    r->sink.fault(r->sink.context, &fault);
}

static void
on_said(void *context, size_t at, enum fault_weight weight, const char *text)
{
    say(context, at, weight, text);
}

/* FNV-1a, and a last step that spreads what it gives. */
static uint64_t
hash_of(struct slice value)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < value.size; i++)
        h = (h ^ value.data[i]) * UINT64_C(1099511628211);
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 33;
}

/* Tell whether the value stood in the text before; remember it otherwise.
 * Two values of one hash are told apart, the second is not remembered. */
static bool
was_seen(struct text_reader *r, enum observable type, struct slice value)
{
    struct seen_key key = {hash_of(value), type};
    const uint64_t *place = table_find(&r->seen, &key);

    if (place) {
        struct slice kept =
            slice_of(r->values.data + (*place >> 32), *place & UINT32_MAX);
        return slice_equal(kept, value);
    }
    if (r->seen.count < TEXT_SEEN_MAX &&
        r->values.size + value.size <= TEXT_SEEN_BYTES_MAX) {
        table_put(&r->seen, &key, (uint64_t)r->values.size << 32 | value.size);
        buf_put(&r->values, value);
    }
    return false;
}

static void
on_found(void *context, size_t at, enum observable type, struct slice value)
{
    struct text_reader *r = context;
    struct format_item item = {.line = r->number,
                               .column = r->offset + r->segment + at + 1};
    struct message *m = &item.message;

    if ((r->as && type != r->as) || was_seen(r, type, value))
        return;
    m->kind = MESSAGE_INDICATOR;
    m->has_package = m->has_head = true;
    m->package.source = slice_str("text");
    m->package.position = r->items++;
    m->head.rules = HEAD_RULES;
    m->head.observable = type;
    m->head.value = value;
    r->sink.item(r->sink.context, &item);
}

/* ---- lines -------------------------------------------------------------- */

static void
segment_read(struct text_reader *r, struct slice text)
{
    const struct text_sink sink = {r, on_found, on_said};
    struct text_judge judge = {.sink = &sink,
                               .arena = &r->arena,
                               .only_defanged = r->in_signature,
                               .line = text};
    struct text_scan scan = {.line = text};
    struct text_span span;

    while (text_scan_next(&scan, &span)) {
        text_judge(&judge, &span);
        scan.at = span.end;
    }
}

/* A line of "-- " begins the signature of a mail; the next message of a
 * mailbox ends it. */
static void
signature_look(struct text_reader *r, struct slice line)
{
    if (r->offset)
        return;
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    if (slice_is(line, "-- ")) {
        if (!r->in_signature)
            say(r, 0, FAULT_REMARK,
                "what follows is a mail's signature: it is left out, but for "
                "defanged values");
        r->in_signature = true;
    } else if (ascii_starts(line, "from ") || ascii_starts(line, "-----")) {
        r->in_signature = false;
    }
}

/* Read a line, or a part of one: what is not UTF-8 separates words. */
static void
line_read(struct text_reader *r, struct slice line)
{
    bool is_first = r->number == 1 && r->offset == 0;
    struct slice rest = is_first && utf8_has_mark(line)
                            ? slice_from(line, UTF8_MARK_BYTES)
                            : line;

    if (is_first && utf8_other_mark(line)) {
        r->is_other = true;
        say(r, 0, FAULT_FATAL, utf8_other_mark(line));
        return;
    }
    signature_look(r, rest);
    while (rest.size) {
        size_t n = utf8_bad_at(rest);
        r->segment = (size_t)(rest.data - line.data);
        segment_read(r, slice_first(rest, n));
        if (n == rest.size)
            break;
        if (!r->said_utf8)
            say(r, n, FAULT_REMARK,
                "here is a byte that is not UTF-8: no value goes over such");
        r->said_utf8 = true;
        rest = slice_from(rest, n + 1);
    }
    r->segment = 0;
}

/* No value goes over one of these. */
static bool
is_between_words(uint8_t c)
{
    return c <= ' ' || strchr("\"<>|`", c);
}

/* Read the words of a line that is too long to be kept whole, but for the last
 * one, which may go on; one that fills all of it is passed over. */
static void
part_read(struct text_reader *r)
{
    struct slice part = buf_slice(&r->line);
    size_t n = part.size;

    while (n && !is_between_words(part.data[n - 1]))
        n--;
    r->skipping = n == 0;
    if (n)
        line_read(r, slice_first(part, n));
    else
        n = part.size;
    r->offset += n;
    r->line.size -= n;
    memmove(r->line.data, r->line.data + n, r->line.size);
}

static struct slice
word_skip(struct text_reader *r, struct slice part)
{
    size_t n = 0;

    while (n < part.size && !is_between_words(part.data[n]))
        n++;
    r->skipping = n == part.size;
    r->offset += n;
    return slice_from(part, n);
}

/* Keep what a piece has of a line that goes on in the next one. */
static void
line_keep(struct text_reader *r, struct slice part)
{
    while (part.size && !r->is_other) {
        size_t room = TEXT_LINE_MAX - r->line.size;
        if (r->skipping) {
            part = word_skip(r, part);
        } else if (room == 0) {
            part_read(r);
        } else {
            size_t n = part.size < room ? part.size : room;
            buf_put(&r->line, slice_first(part, n));
            part = slice_from(part, n);
        }
    }
}

static void
line_end(struct text_reader *r)
{
    line_read(r, buf_slice(&r->line));
    buf_reset(&r->line);
    r->skipping = false;
    r->offset = 0;
    r->number++;
}

/* ---- the reader --------------------------------------------------------- */

struct text_reader *
text_reader_new(const struct format_sink *sink, enum observable as)
{
    struct text_reader *r = mem_new(sizeof *r);

    r->sink = *sink;
    r->as = as;
    r->number = 1;
    arena_init(&r->arena, SPAN_BUDGET);
    table_init(&r->seen, sizeof(struct seen_key));
    return r;
}

void
text_reader_free(struct text_reader *r)
{
    if (!r)
        return;
    arena_clear(&r->arena);
    buf_clear(&r->line);
    buf_clear(&r->values);
    table_clear(&r->seen);
    mem_free(r);
}

enum err
text_reader_feed(struct text_reader *r, struct slice bytes)
{
    while (bytes.size && !r->is_other) {
        size_t n = slice_find(bytes, '\n');
        line_keep(r, slice_first(bytes, n));
        if (n == bytes.size || r->is_other)
            break;
        line_end(r);
        bytes = slice_from(bytes, n + 1);
    }
    return r->is_other ? ERR_UTF8 : OK;
}

enum err
text_reader_finish(struct text_reader *r)
{
    if (r->line.size && !r->is_other)
        line_end(r);
    return r->is_other ? ERR_UTF8 : OK;
}
