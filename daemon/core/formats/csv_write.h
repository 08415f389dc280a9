/*
 * csv_write - writes messages as a table, a row for each value.
 *
 * Holds:      the columns are always the same, and the reader of tables takes
 *             each that a message has a place for. Constant memory.
 * Trusts:     contents that were read just now; of others only the keys count.
 * Spec:       RFC 4180; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_CSV_WRITE_H
#define CORE_FORMATS_CSV_WRITE_H

#include "core/formats/writer.h"

struct csv_writer;

/* Make a writer; task and `out` are copied. */
struct csv_writer *csv_writer_new(const struct format_task *task,
                                  const struct format_out *out);

/* Free it; NULL is nothing. */
void csv_writer_free(struct csv_writer *w);

/* Write one message, and at the end what is left. */
void csv_writer_put(struct csv_writer *w, const struct format_item *item);
void csv_writer_finish(struct csv_writer *w);

#endif
