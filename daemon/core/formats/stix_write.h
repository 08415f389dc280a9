/*
 * stix_write - writes messages as a STIX 2.1 document, one after another.
 *
 * Holds:      constant memory. The objects of one document come out as they
 *             went in: their bytes, order and repeats, and around them the
 *             document's own keys. An object that gets a marking differs in
 *             that alone, and the definition of the marking is shipped. What
 *             came as STIX 2.0 is written as 2.1, unless asked otherwise.
 * Trusts:     contents that were read just now; others are checked.
 * Leaves out: objects of messages that hold none (stix_make.h).
 * Spec:       docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_STIX_WRITE_H
#define CORE_FORMATS_STIX_WRITE_H

#include "core/formats/writer.h"

struct stix_writer;

/* Make a writer; task and `out` are copied. */
struct stix_writer *stix_writer_new(const struct format_task *task,
                                    const struct format_out *out);

/* Free it; NULL is nothing. */
void stix_writer_free(struct stix_writer *w);

/* Write one message, and at the end what stands behind all of them. */
void stix_writer_put(struct stix_writer *w, const struct format_item *item);
void stix_writer_finish(struct stix_writer *w);

#endif
