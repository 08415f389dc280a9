/*
 * list_write - writes the values of messages, one a line.
 *
 * Holds:      a domain with all below it stands as the rule of a filter list
 *             that means it, "||example.com^". Constant memory.
 * Spec:       docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_LIST_WRITE_H
#define CORE_FORMATS_LIST_WRITE_H

#include "core/formats/writer.h"

struct list_writer;

/* Make a writer; task and `out` are copied. */
struct list_writer *list_writer_new(const struct format_task *task,
                                    const struct format_out *out);

/* Free it; NULL is nothing. */
void list_writer_free(struct list_writer *w);

/* Write one message, and at the end what is left. */
void list_writer_put(struct list_writer *w, const struct format_item *item);
void list_writer_finish(struct list_writer *w);

#endif
