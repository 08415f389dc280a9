/*
 * list - reads a list with one value a line that comes in pieces.
 *
 * Holds:      a bad line is reported with its number and the next one is
 *             read. Also read: comments (#, ;, !, //), hosts files, values
 *             with a count beside them, rules of filter lists
 *             (||host/path^$all, |https://host/path|).
 * Trusts:     nothing.
 * Leaves out: columns (CSV), recognising a value (value.h).
 * Spec:       docs/PROTOCOL.md#lists
 */
#ifndef CORE_FORMATS_LIST_H
#define CORE_FORMATS_LIST_H

#include "core/formats/reader.h"

/* The longest line: a value of VALUE_BYTES_MAX fits. */
#define LIST_LINE_MAX 16384u

struct list_reader;

/* Make a reader that hands indicator messages (head only) and faults to
 * `sink`, which is copied. `as` is the type of every value, or
 * OBSERVABLE_NONE to recognise each. */
struct list_reader *list_reader_new(const struct format_sink *sink,
                                    enum observable as);

/* Free it; NULL is nothing. */
void list_reader_free(struct list_reader *r);

/* Read the next bytes. ERR_UTF8: the file is not UTF-8, and the rest is lost;
 * it was reported to the sink. */
MUST_USE enum err list_reader_feed(struct list_reader *r, struct slice bytes);

/* Say that the list ends here, maybe without a line end; errors as above. */
MUST_USE enum err list_reader_finish(struct list_reader *r);

#endif
