#include "core/formats/csv_rows.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"

/* Of the longest byte order mark, and of that of UTF-8. */
#define MARK_BYTES 4

static const uint8_t separators[CSV_SEPARATORS] = {',', ';', '\t'};

/* ---- a row -------------------------------------------------------------- */

static void
row_begin(struct csv_rows *r)
{
    buf_reset(&r->text);
    r->row.count = 0;
    r->row.code = OK;
    r->row.text = NULL;
    r->state = CSV_FIELD_START;
}

/* The first fault of a row counts. */
static void
row_fault(struct csv_rows *r, enum err code, const char *text, uint64_t line,
          uint64_t column)
{
    if (r->row.code)
        return;
    r->row.code = code;
    r->row.text = text;
    r->row.line = line;
    r->row.column = column;
}

static void
field_begin(struct csv_rows *r)
{
    struct csv_row *row = &r->row;

    if (row->count == CSV_COLUMNS_MAX) {
        row_fault(r, ERR_LIMIT, "this row has more than 256 fields", r->line,
                  r->column);
        return;
    }
    r->starts[row->count] = r->text.size;
    row->fields[row->count].line = r->line;
    row->fields[row->count++].column = r->column;
}

/* A row with a fault is read on to its end, but not kept. */
static void
put(struct csv_rows *r, struct slice bytes)
{
    const struct csv_row *row = &r->row;

    if (row->code)
        return;
    const struct csv_field *f = &row->fields[row->count - 1];
    size_t of_row = CSV_ROW_MAX - r->text.size;
    size_t of_field =
        CSV_FIELD_MAX - (r->text.size - r->starts[row->count - 1]);
    /* Which bound is met first must not depend on the pieces. */
    if (bytes.size > of_row && of_row < of_field)
        row_fault(r, ERR_LIMIT, "this row is longer than 256 KiB", f->line,
                  f->column);
    else if (bytes.size > of_field)
        row_fault(r, ERR_LIMIT, "this field is longer than 64 KiB", f->line,
                  f->column);
    else
        buf_put(&r->text, bytes);
}

static void
fields_cut(struct csv_rows *r)
{
    struct csv_row *row = &r->row;
    struct slice all = buf_slice(&r->text);

    for (size_t i = 0; i < row->count; i++) {
        struct csv_field *f = &row->fields[i];
        size_t end = i + 1 < row->count ? r->starts[i + 1] : all.size;
        f->text = end > r->starts[i]
                      ? slice_of(all.data + r->starts[i], end - r->starts[i])
                      : (struct slice){0};
        if (utf8_bad_at(f->text) < f->text.size)
            row_fault(r, ERR_UTF8,
                      "this field is not UTF-8: save the file as UTF-8",
                      f->line, f->column);
    }
}

static void
row_end(struct csv_rows *r)
{
    if (r->row.code == OK) {
        fields_cut(r);
        if (r->row.code == OK) {
            r->row.line = r->row.fields[0].line;
            r->row.column = r->row.fields[0].column;
        }
    }
    r->on_row(r->context, &r->row);
    row_begin(r);
}

/* Say what ends the file for good. */
static void
last_row(struct csv_rows *r, enum err code, const char *text, uint64_t line,
         uint64_t column)
{
    r->row.code = OK;
    row_fault(r, code, text, line, column);
    r->row.is_last = r->ended = true;
    r->on_row(r->context, &r->row);
}

/* ---- bytes -------------------------------------------------------------- */

/* Count a byte that was taken; CR and LF together are one line end. */
static void
advance(struct csv_rows *r, uint8_t c)
{
    bool second = c == '\n' && r->after_cr;

    r->after_cr = c == '\r';
    if (second)
        return;
    if (c == '\n' || c == '\r') {
        r->line++;
        r->column = 1;
    } else {
        r->column++;
    }
}

static void
put_byte(struct csv_rows *r, uint8_t c)
{
    if (c == 0)
        row_fault(r, ERR_VALUE,
                  "a zero byte stands here: if this is UTF-16, save it as "
                  "UTF-8",
                  r->line, r->column);
    put(r, slice_of(&c, 1));
}

static void
quote_open(struct csv_rows *r)
{
    if (r->row.code == OK)
        r->text.size = r->starts[r->row.count - 1];
    r->quote_line = r->line;
    r->quote_column = r->column;
    r->state = CSV_QUOTED;
}

/* Take a byte that is neither a separator nor a line end, or is quoted. */
static void
text_take(struct csv_rows *r, uint8_t c)
{
    bool is_space = c == ' ' || c == '\t';

    switch (r->state) {
    case CSV_FIELD_START:
        if (c == '"') {
            quote_open(r);
            return;
        }
        if (!is_space)
            r->state = CSV_BARE;
        put_byte(r, c);
        return;
    case CSV_QUOTE_SEEN:
    case CSV_QUOTE_DONE:
        if (!is_space)
            row_fault(r, ERR_FORMAT,
                      "text goes on behind a closing quote: a quote in a "
                      "quoted field is written twice",
                      r->line, r->column);
        r->state = is_space ? CSV_QUOTE_DONE : CSV_BARE;
        return;
    case CSV_BARE:
    case CSV_QUOTED:
        put_byte(r, c);
        return;
    }
}

static void
byte_take(struct csv_rows *r, uint8_t c)
{
    bool quoted = r->state == CSV_QUOTED;

    if (c == '\n' && r->after_cr && !quoted) {
        advance(r, c);
        return;
    }
    if (r->row.count == 0)
        field_begin(r);
    if (quoted && c == '"') {
        r->state = CSV_QUOTE_SEEN;
    } else if (r->state == CSV_QUOTE_SEEN && c == '"') {
        r->state = CSV_QUOTED;
        put_byte(r, c);
    } else if (!quoted && (c == '\n' || c == '\r')) {
        row_end(r);
    } else if (!quoted && c == r->separator) {
        r->state = CSV_FIELD_START;
        advance(r, c);
        field_begin(r);
        return;
    } else {
        text_take(r, c);
    }
    advance(r, c);
}

/* Begin a field that its first byte is part of. */
static void
bare_begin(struct csv_rows *r, uint8_t c)
{
    if (r->is_special[c] || c == ' ' || c == '\t')
        return;
    if (r->row.count == 0)
        field_begin(r);
    r->state = CSV_BARE;
}

/* Count the bytes before the next one that means something. */
static size_t
plain_size(struct csv_rows *r, struct slice bytes)
{
    size_t n = 0;

    if (r->state == CSV_FIELD_START)
        bare_begin(r, bytes.data[0]);
    if (r->state != CSV_BARE && r->state != CSV_QUOTED)
        return 0;
    while (n < bytes.size && !r->is_special[bytes.data[n]])
        n++;
    return n;
}

static void
rows_read(struct csv_rows *r, struct slice bytes)
{
    while (bytes.size && !r->ended) {
        size_t n = plain_size(r, bytes);
        if (n) {
            put(r, slice_first(bytes, n));
            r->column += n;
            r->after_cr = false;
        } else {
            n = 1;
            byte_take(r, bytes.data[0]);
        }
        bytes = slice_from(bytes, n);
    }
}

/* ---- the first line ----------------------------------------------------- */

static void
separator_choose(struct csv_rows *r)
{
    size_t best = 0;

    for (size_t i = 1; i < CSV_SEPARATORS; i++)
        if (r->found[i] > r->found[best])
            best = i;
    r->separator = separators[best];
    r->is_special[0] = r->is_special['"'] = true;
    r->is_special['\r'] = r->is_special['\n'] = true;
    r->is_special[r->separator] = true;
    r->look = CSV_LOOK_DONE;
}

static bool
separator_count(struct csv_rows *r, uint8_t c)
{
    for (size_t i = 0; i < CSV_SEPARATORS; i++)
        if (c == separators[i]) {
            r->found[i]++;
            return true;
        }
    return false;
}

static void
look_text(struct csv_rows *r, uint8_t c)
{
    buf_put_u8(&r->first, c);
    if (c == '"')
        r->look_quoted = !r->look_quoted;
    else if (!r->look_quoted)
        (void)separator_count(r, c);
    if ((!r->look_quoted && (c == '\n' || c == '\r')) ||
        r->first.size == CSV_ROW_MAX)
        separator_choose(r);
}

static void
look_line(struct csv_rows *r, uint8_t c)
{
    if (c == '\n' || c == '\r') {
        advance(r, c);
    } else if (c == '#') {
        r->look = CSV_LOOK_HASH;
    } else {
        r->look = CSV_LOOK_TEXT;
        look_text(r, c);
    }
}

/* A first column may be called "#", any other text behind it is a comment. */
static void
look_hash(struct csv_rows *r, uint8_t c)
{
    if (c == ',' || c == ';' || c == '\t') {
        r->look = CSV_LOOK_TEXT;
        buf_put_u8(&r->first, '#');
        look_text(r, c);
        return;
    }
    advance(r, '#');
    advance(r, c);
    r->look = c == '\n' || c == '\r' ? CSV_LOOK_LINE : CSV_LOOK_COMMENT;
}

/* Take a byte that is looked at before rows are read. */
static void
look_take(struct csv_rows *r, uint8_t c)
{
    switch (r->look) {
    case CSV_LOOK_LINE:
        look_line(r, c);
        return;
    case CSV_LOOK_HASH:
        look_hash(r, c);
        return;
    case CSV_LOOK_COMMENT:
        advance(r, c);
        if (c == '\n' || c == '\r')
            r->look = CSV_LOOK_LINE;
        return;
    case CSV_LOOK_TEXT:
        look_text(r, c);
        return;
    case CSV_LOOK_MARK:
    case CSV_LOOK_DONE:
        return;
    }
}

/* Look at the first bytes, which were kept: is there a mark? */
static void
mark_take(struct csv_rows *r)
{
    uint8_t bytes[MARK_BYTES];
    size_t size = r->first.size;

    if (size)
        memcpy(bytes, r->first.data, size);
    buf_reset(&r->first);
    r->look = CSV_LOOK_LINE;
    const char *other = utf8_other_mark(slice_of(bytes, size));
    if (other) {
        last_row(r, ERR_UTF8, other, 1, 1);
        return;
    }
    bool has_mark = utf8_has_mark(slice_of(bytes, size));
    for (size_t i = has_mark ? UTF8_MARK_BYTES : 0; i < size; i++) {
        if (r->look == CSV_LOOK_DONE)
            buf_put_u8(&r->first, bytes[i]);
        else
            look_take(r, bytes[i]);
    }
}

/* Read what was kept of the first line once its separator is known. */
static void
first_read(struct csv_rows *r)
{
    struct buf first = r->first;

    r->first = (struct buf){0};
    r->look = CSV_LOOK_DONE;
    rows_read(r, buf_slice(&first));
    buf_clear(&first);
}

static struct slice
look(struct csv_rows *r, struct slice bytes)
{
    while (bytes.size && r->look != CSV_LOOK_DONE && !r->ended) {
        uint8_t c = bytes.data[0];
        bytes = slice_from(bytes, 1);
        if (r->look != CSV_LOOK_MARK) {
            look_take(r, c);
            continue;
        }
        buf_put_u8(&r->first, c);
        if (r->first.size == MARK_BYTES)
            mark_take(r);
    }
    return bytes;
}

/* ---- the reader --------------------------------------------------------- */

void
csv_rows_init(struct csv_rows *r, void *context,
              void (*on_row)(void *context, const struct csv_row *row))
{
    *r = (struct csv_rows){.context = context, .on_row = on_row};
    r->line = r->column = 1;
    row_begin(r);
}

void
csv_rows_clear(struct csv_rows *r)
{
    buf_clear(&r->first);
    buf_clear(&r->text);
}

void
csv_rows_feed(struct csv_rows *r, struct slice bytes)
{
    if (r->look != CSV_LOOK_DONE) {
        bytes = look(r, bytes);
        if (r->look != CSV_LOOK_DONE || r->ended)
            return;
        first_read(r);
    }
    rows_read(r, bytes);
}

void
csv_rows_finish(struct csv_rows *r)
{
    bool is_kept = r->look != CSV_LOOK_DONE;
    if (r->look == CSV_LOOK_MARK)
        mark_take(r);
    if (r->look != CSV_LOOK_DONE && !r->ended)
        separator_choose(r);
    if (is_kept && !r->ended)
        first_read(r);
    if (r->ended)
        return;
    if (r->state == CSV_QUOTED)
        last_row(r, ERR_TRUNCATED,
                 "the quote that opens here is never closed: all behind it "
                 "is lost",
                 r->quote_line, r->quote_column);
    else if (r->row.count)
        row_end(r);
    r->ended = true;
}
