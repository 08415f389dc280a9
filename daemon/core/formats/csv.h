/*
 * csv - reads a table of indicators that comes in pieces.
 *
 * Holds:      constant memory: one row at a time. A row that is not good is
 *             reported with its place and the next one is read; a quote that
 *             is never closed, UTF-16, and a first row that says of no column
 *             that it holds values end the table. What is not sent of the
 *             columns is said once.
 * Trusts:     nothing.
 * Leaves out: rows (csv_rows.h), columns (csv_map.h), messages (csv_row.h).
 * Spec:       RFC 4180; docs/PROTOCOL.md#tables
 */
#ifndef CORE_FORMATS_CSV_H
#define CORE_FORMATS_CSV_H

#include "core/formats/csv_map.h"
#include "core/formats/reader.h"

struct csv_reader;

/* Make a reader that hands indicator messages (head only) and faults to
 * `sink`, which is copied. `as` is the type of values whose type no column
 * says, or OBSERVABLE_NONE; `map`, which is copied and whose text is lent, is
 * what a person says of the columns. */
struct csv_reader *csv_reader_new(const struct format_sink *sink,
                                  enum observable as,
                                  const struct csv_map *map);

/* Free it; NULL is nothing. */
void csv_reader_free(struct csv_reader *r);

/*
 * Read the next bytes. Every error was reported to the sink, and the rest of
 * the table is lost:
 *
 * ERR_UTF8       it is UTF-16, or its first row is not UTF-8
 * ERR_NOT_FOUND  a column of the map is not there
 * ERR_MISSING    no column holds values
 * ERR_TRUNCATED  a quote is never closed
 * others         what is wrong with the first row
 */
MUST_USE enum err csv_reader_feed(struct csv_reader *r, struct slice bytes);

/* Say that the table ends here; errors as above. */
MUST_USE enum err csv_reader_finish(struct csv_reader *r);

#endif
