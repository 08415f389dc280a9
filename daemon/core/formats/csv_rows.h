/*
 * csv_rows - cuts bytes that come in pieces into rows of fields.
 *
 * Holds:      constant memory: one row at a time. The separator is that of
 *             the first line that is neither empty nor a comment; quotes,
 *             line ends and bounds are those of docs/PROTOCOL.md#tables.
 * Trusts:     nothing: a row that is not good is handed over with its fault.
 * Leaves out: what the columns mean (csv_map.h).
 * Spec:       RFC 4180
 */
#ifndef CORE_FORMATS_CSV_ROWS_H
#define CORE_FORMATS_CSV_ROWS_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"

/* A value takes at most 16 KiB; a report that somebody pasted behind it is
 * seldom longer than this. */
#define CSV_FIELD_MAX KIB(64)
#define CSV_ROW_MAX KIB(256)
/* Exports of MISP with all context have some thirty. */
#define CSV_COLUMNS_MAX 256u

struct csv_field {
    struct slice text;     /* quotes undone, spaces around it left */
    uint64_t line, column; /* where it begins, from 1; columns are bytes */
};

struct csv_row {
    struct csv_field fields[CSV_COLUMNS_MAX];
    size_t count;
    uint64_t line, column; /* of the fault; of the first field without one */
    enum err code;         /* what is wrong with its bytes, or OK */
    const char *text;      /* a sentence about it, constant */
    bool is_last;          /* with a fault: all behind it is lost */
};

enum csv_state {
    CSV_FIELD_START,
    CSV_BARE,
    CSV_QUOTED,
    CSV_QUOTE_SEEN, /* one more, or the end of the quoted text */
    CSV_QUOTE_DONE,
};

enum csv_look {
    CSV_LOOK_MARK, /* for a byte order mark */
    CSV_LOOK_LINE,
    CSV_LOOK_HASH,
    CSV_LOOK_COMMENT,
    CSV_LOOK_TEXT,
    CSV_LOOK_DONE,
};

#define CSV_SEPARATORS 3

/* Fields are its own business. */
struct csv_rows {
    void *context;
    void (*on_row)(void *context, const struct csv_row *row);
    struct buf first; /* bytes of the first line, as long as it is looked at */
    enum csv_look look;
    bool look_quoted;
    size_t found[CSV_SEPARATORS];
    bool is_special[256]; /* ends a run of plain bytes */
    uint8_t separator;
    enum csv_state state;
    bool after_cr, ended;
    uint64_t line, column; /* of the next byte */
    uint64_t quote_line, quote_column;
    struct buf text; /* of all fields of the row */
    size_t starts[CSV_COLUMNS_MAX];
    struct csv_row row;
};

/* Start; rows are handed to `on_row` with `context`, lent for the call. */
void csv_rows_init(struct csv_rows *r, void *context,
                   void (*on_row)(void *context, const struct csv_row *row));
void csv_rows_clear(struct csv_rows *r);

/* Read the next bytes; what is behind a row that is the last is passed over. */
void csv_rows_feed(struct csv_rows *r, struct slice bytes);

/* Say that the file ends here, maybe without a line end. */
void csv_rows_finish(struct csv_rows *r);

#endif
