#include "core/formats/list.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value.h"

/* Recognising a value copies it some ten times. */
#define LINE_BUDGET (64 * LIST_LINE_MAX)

struct list_reader {
    struct format_sink sink;
    enum observable as;
    struct arena arena;
    struct buf line;
    struct format_item item; /* the same for all lines but for its value */
    bool too_long;           /* the line being read was given up */
    bool after_cr;           /* a line feed here belongs to it */
    bool is_other;           /* UTF-16 or UTF-32 */
    uint64_t number;         /* of the line, from 1 */
    uint64_t items;
};

static void
refuse(struct list_reader *r, enum err code, const char *text)
{
    struct format_fault fault = {.weight =
                                     r->is_other ? FAULT_FATAL : FAULT_REFUSED,
                                 .code = code,
                                 .text = text,
                                 .position = r->items,
                                 .line = r->number,
                                 .column = 1};

    r->sink.fault(r->sink.context, &fault);
}

static void
refuse_value(struct list_reader *r, enum err code)
{
    const char *text = "this is no value that can be recognised: a type may "
                       "have to be said";

    if (code != ERR_VALUE)
        text = err_text(code);
    else if (r->as)
        text = "this is no value of the type that was said";
    refuse(r, code, text);
}

static void
item_put(struct list_reader *r, enum observable type, struct slice value)
{
    struct message *m = &r->item.message;

    r->item.line = r->number;
    m->package.position = r->items++;
    m->head.observable = type;
    m->head.value = value;
    r->sink.item(r->sink.context, &r->item);
}

/* Read a value that has the kinds of bytes `look`. */
static void
value_seen(struct list_reader *r, struct slice text, unsigned look)
{
    enum observable type = r->as;
    struct slice value;

    if (text.data[0] == '/' && !r->as) {
        refuse(r, ERR_VALUE, "a path without a host is no indicator");
        return;
    }
    enum err e = r->as
                     ? value_check(r->as, text, &r->arena, &value)
                     : value_detect_seen(text, look, &r->arena, &type, &value);
    if (e)
        refuse_value(r, e);
    else
        item_put(r, type, value);
}

static void
value_read(struct list_reader *r, struct slice text)
{
    value_seen(r, text, look_at(text));
}

static void
rule_read(struct list_reader *r, struct slice line)
{
    enum observable type;
    struct slice value;

    if (value_from_rule(line, &r->arena, &type, &value))
        refuse(r, ERR_VALUE, "a filter rule of this form names no indicator");
    else
        item_put(r, type, value);
}

static size_t
word_size(struct slice text)
{
    size_t n = 0;

    while (n < text.size && !ascii_is_space(text.data[n]))
        n++;
    return n;
}

/* Where hosts files send what they block. */
static bool
is_sink(struct slice word)
{
    return slice_is(word, "0.0.0.0") || slice_is(word, "127.0.0.1") ||
           slice_is(word, "::") || slice_is(word, "::1");
}

/* Names that every hosts file has and nobody blocks. */
static bool
is_local_name(struct slice word)
{
    return slice_is(word, "localhost") || slice_is(word, "local") ||
           slice_is(word, "localhost.localdomain") ||
           slice_is(word, "broadcasthost") || slice_is(word, "0.0.0.0") ||
           ascii_starts(word, "ip6-");
}

/* Tell whether these are names that a hosts file gives its own machine. */
static bool
are_local_names(struct slice names)
{
    bool all = names.size > 0;

    while (names.size && all) {
        size_t n = word_size(names);
        all = is_local_name(slice_first(names, n));
        names = slice_trim(slice_from(names, n));
    }
    return all;
}

static void
hosts_read(struct list_reader *r, struct slice names)
{
    while (names.size) {
        size_t n = word_size(names);
        struct slice name = slice_first(names, n);
        if (!is_local_name(name))
            value_read(r, name);
        names = slice_trim(slice_from(names, n));
    }
}

/* Cut "value  # why" and "value ; why" down to the value. */
static struct slice
without_comment(struct slice line)
{
    for (size_t i = 1; i < line.size; i++)
        if ((line.data[i] == '#' || line.data[i] == ';') &&
            ascii_is_space(line.data[i - 1]))
            return slice_trim(slice_first(line, i));
    return line;
}

/* Proxies write a domain with all below it as ".evil.example". */
static void
tree_read(struct list_reader *r, struct slice name)
{
    struct slice value;
    enum err e = value_check(OBSERVABLE_DOMAIN_TREE, name, &r->arena, &value);

    if (e)
        refuse_value(r, e);
    else
        item_put(r, OBSERVABLE_DOMAIN_TREE, value);
}

/* Values of these types may have spaces and signs in them. */
static bool
is_whole_line(enum observable as)
{
    return as == OBSERVABLE_EMAIL_SUBJECT || as == OBSERVABLE_FILE_NAME ||
           as == OBSERVABLE_MUTEX || as == OBSERVABLE_REGISTRY_KEY ||
           as == OBSERVABLE_USER_AGENT;
}

static void
word_read(struct list_reader *r, struct slice word, unsigned look)
{
    if (word.size > 1 && word.data[0] == '.' && !r->as)
        tree_read(r, slice_from(word, 1));
    else
        value_seen(r, word, look);
}

static void
words_read(struct list_reader *r, struct slice line)
{
    line = without_comment(line);
    size_t n = word_size(line);
    struct slice word = slice_first(line, n);
    struct slice rest = slice_trim(slice_from(line, n));

    if (are_local_names(rest))
        return;
    if (rest.size && is_sink(word))
        hosts_read(r, rest);
    else if (ascii_is_digits(word) && rest.size &&
             word_size(rest) == rest.size && !ascii_is_digits(rest))
        value_read(r, rest);
    else if (rest.size == 0)
        word_read(r, word, look_at(word));
    else if (ascii_is_digits(rest) && !ascii_is_word(word, "as") &&
             !ascii_is_word(word, "asn"))
        value_read(r, word);
    else if (ascii_is_digits(rest) || ascii_starts(line, "hk"))
        value_read(r, line);
    else
        refuse(r, ERR_VALUE, "more than one value stands in this line");
}

static bool
has_cosmetic_rule(struct slice line)
{
    for (size_t i = 0; i + 1 < line.size; i++)
        if (line.data[i] == '#' &&
            (line.data[i + 1] == '#' || line.data[i + 1] == '@' ||
             line.data[i + 1] == '?'))
            return slice_find(line, '/') == line.size;
    return false;
}

static bool
is_comment(struct slice line)
{
    uint8_t c = line.data[0];

    return c == '#' || c == ';' || c == '!' || slice_is(line, "//") ||
           ascii_starts(line, "// ") || ascii_starts(line, "[adblock");
}

static void
line_read(struct list_reader *r, struct slice line)
{
    line = slice_trim(line);
    if (line.size == 0 || is_comment(line))
        return;
    unsigned look = look_at(line);
    arena_reset(&r->arena);
    if (look & LOOK_HIGH && utf8_bad_at(line) < line.size)
        refuse(r, ERR_UTF8, "this line is not UTF-8");
    else if (is_whole_line(r->as))
        value_read(r, line);
    else if (ascii_starts(line, "@@"))
        refuse(r, ERR_VALUE, "an exception rule names no indicator");
    else if (line.data[0] == '|')
        rule_read(r, line);
    else if (look & LOOK_HASH && has_cosmetic_rule(line))
        refuse(r, ERR_VALUE, "a cosmetic rule names no indicator");
    else if (look & LOOK_SPACE)
        words_read(r, line);
    else
        word_read(r, line, look);
}

static void
line_end(struct list_reader *r, struct slice line)
{
    const char *other = r->number++ ? NULL : utf8_other_mark(line);

    if (other) {
        r->is_other = true;
        refuse(r, ERR_UTF8, other);
        return;
    }
    if (r->number == 1 && utf8_has_mark(line))
        line = slice_from(line, UTF8_MARK_BYTES);
    if (r->too_long || line.size > LIST_LINE_MAX)
        refuse(r, ERR_LIMIT, "this line is longer than 16 KiB");
    else
        line_read(r, line);
    r->too_long = false;
}

/* Keep what a piece has of a line that goes on in the next one. */
static void
line_keep(struct list_reader *r, struct slice part)
{
    if (part.size > LIST_LINE_MAX + 1 - r->line.size) {
        part.size = LIST_LINE_MAX + 1 - r->line.size;
        r->too_long = true;
    }
    buf_put(&r->line, part);
}

/* End a line, `part` of it being in this piece. */
static void
part_end(struct list_reader *r, struct slice part)
{
    if (r->line.size) {
        line_keep(r, part);
        part = buf_slice(&r->line);
    }
    line_end(r, part);
    buf_reset(&r->line);
}

/* Read what stands before a line feed, or before the end of what there is. */
static void
piece_read(struct list_reader *r, struct slice piece, bool has_end)
{
    size_t n;

    while ((n = slice_find(piece, '\r')) < piece.size && !r->is_other) {
        part_end(r, slice_first(piece, n));
        piece = slice_from(piece, n + 1);
        r->after_cr = true;
    }
    if (r->is_other || (has_end && r->after_cr && piece.size == 0)) {
        r->after_cr = false;
        return;
    }
    if (has_end)
        part_end(r, piece);
    else
        line_keep(r, piece);
    r->after_cr = r->after_cr && piece.size == 0;
}

struct list_reader *
list_reader_new(const struct format_sink *sink, enum observable as)
{
    struct list_reader *r = mem_new(sizeof *r);

    struct message *m = &r->item.message;

    r->sink = *sink;
    r->as = as;
    r->item.column = 1;
    m->kind = MESSAGE_INDICATOR;
    m->has_package = m->has_head = true;
    m->package.source = slice_str("list");
    m->head.rules = HEAD_RULES;
    arena_init(&r->arena, LINE_BUDGET);
    return r;
}

void
list_reader_free(struct list_reader *r)
{
    if (!r)
        return;
    arena_clear(&r->arena);
    buf_clear(&r->line);
    mem_free(r);
}

enum err
list_reader_feed(struct list_reader *r, struct slice bytes)
{
    while (bytes.size && !r->is_other) {
        size_t n = slice_find(bytes, '\n');
        bool has_end = n < bytes.size;
        piece_read(r, slice_first(bytes, n), has_end);
        bytes = slice_from(bytes, has_end ? n + 1 : n);
    }
    return r->is_other ? ERR_UTF8 : OK;
}

enum err
list_reader_finish(struct list_reader *r)
{
    if (r->line.size && !r->is_other)
        line_end(r, buf_slice(&r->line));
    buf_reset(&r->line);
    return r->is_other ? ERR_UTF8 : OK;
}
