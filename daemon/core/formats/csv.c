#include "core/formats/csv.h"

#include "core/base/mem.h"
#include "core/formats/csv_row.h"

struct csv_reader {
    struct format_sink sink;
    struct csv_map map;
    struct csv_rows rows;
    struct csv_columns columns;
    struct csv_rowing rowing;
    bool has_columns;
    enum err failed;
};

static void
say(struct csv_reader *r, const struct csv_row *row, struct format_fault fault)
{
    fault.position = r->rowing.items;
    fault.line = row->line;
    fault.column = row->column;
    if (fault.weight == FAULT_FATAL)
        r->failed = fault.code;
    r->sink.fault(r->sink.context, &fault);
}

static void
row_is_bad(struct csv_reader *r, const struct csv_row *row)
{
    struct format_fault fault = {
        .weight = row->is_last || !r->has_columns ? FAULT_FATAL : FAULT_REFUSED,
        .code = row->code,
        .text = row->text};

    say(r, row, fault);
}

/* ---- the first row ------------------------------------------------------ */

static void
names_put(const struct csv_columns *c, struct buf *out)
{
    for (size_t i = 0; i < c->count; i++) {
        buf_put_str(out, i ? ", " : "");
        buf_put(out, csv_column_name(c, i));
    }
}

/* Name what was looked for and the columns that there are. */
static void
columns_are_bad(struct csv_reader *r, const struct csv_row *row, enum err e,
                struct slice missing)
{
    struct format_fault fault = {.weight = FAULT_FATAL, .code = e};
    struct buf path = {0};

    buf_put(&path, missing);
    buf_put_str(&path, missing.size ? " is none of " : "");
    names_put(&r->columns, &path);
    fault.path = buf_slice(&path);
    fault.text = e == ERR_NOT_FOUND
                     ? "--map names a column that is not there"
                     : "no column is known to hold values: --map "
                       "value=COLUMN says which one does";
    say(r, row, fault);
    buf_clear(&path);
}

/* Say what of a column is not sent; NULL: all of it is. */
static const char *
loss_text(enum csv_what what)
{
    if (what == CSV_UNKNOWN)
        return "this column is not sent: --map says what it holds";
    if (what == CSV_NO_PLACE)
        return "this column is not sent: a message has no place for it";
    if (what == CSV_DISTRIBUTION)
        return "this column is not sent: it refuses rows for our organisation "
               "only or for a sharing group";
    return NULL;
}

static void
losses_say(struct csv_reader *r, const struct csv_row *row)
{
    const struct csv_columns *c = &r->columns;

    if (c->is_guess)
        say(r, row,
            (struct format_fault){.weight = FAULT_REMARK,
                                  .code = ERR_FORMAT,
                                  .text = "this line is taken as names of "
                                          "columns: there is no value in it"});
    for (size_t i = 0; i < c->count; i++) {
        struct format_fault fault = {.weight = FAULT_REMARK,
                                     .code = ERR_UNSUPPORTED,
                                     .text = loss_text(c->uses[i].what),
                                     .path = csv_column_name(c, i),
                                     .is_left_out = true};
        if (fault.text)
            say(r, row, fault);
    }
}

static void
first_row(struct csv_reader *r, const struct csv_row *row)
{
    struct slice missing = {0};
    enum err e =
        csv_columns_find(row, &r->map, r->rowing.as, &r->columns, &missing);

    if (e) {
        columns_are_bad(r, row, e, missing);
        return;
    }
    r->has_columns = true;
    losses_say(r, row);
    if (!r->columns.has_header)
        csv_row_read(&r->rowing, row);
}

static void
on_row(void *context, const struct csv_row *row)
{
    struct csv_reader *r = context;

    if (r->failed)
        return;
    if (row->code)
        row_is_bad(r, row);
    else if (r->has_columns)
        csv_row_read(&r->rowing, row);
    else if (!csv_row_is_blank(row))
        first_row(r, row);
}

/* ---- the reader --------------------------------------------------------- */

struct csv_reader *
csv_reader_new(const struct format_sink *sink, enum observable as,
               const struct csv_map *map)
{
    struct csv_reader *r = mem_new(sizeof *r);

    r->sink = *sink;
    r->map = *map;
    r->rowing.sink = &r->sink;
    r->rowing.columns = &r->columns;
    r->rowing.as = as;
    csv_rowing_init(&r->rowing);
    csv_rows_init(&r->rows, r, on_row);
    return r;
}

void
csv_reader_free(struct csv_reader *r)
{
    if (!r)
        return;
    csv_rows_clear(&r->rows);
    csv_columns_clear(&r->columns);
    csv_rowing_clear(&r->rowing);
    mem_free(r);
}

enum err
csv_reader_feed(struct csv_reader *r, struct slice bytes)
{
    if (!r->failed)
        csv_rows_feed(&r->rows, bytes);
    return r->failed;
}

enum err
csv_reader_finish(struct csv_reader *r)
{
    if (!r->failed)
        csv_rows_finish(&r->rows);
    return r->failed;
}
