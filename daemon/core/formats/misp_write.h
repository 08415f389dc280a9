/*
 * misp_write - writes messages as a MISP event, one after another.
 *
 * Holds:      constant memory. What came from MISP comes out as it went in:
 *             attributes and objects with their bytes and order, and around
 *             them the event in its wrapping; several events of a list stand
 *             in one list.
 * Trusts:     contents that were read just now; others are checked.
 * Leaves out: attributes made of what came in another format (misp_make.h).
 * Spec:       MISP core format; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_MISP_WRITE_H
#define CORE_FORMATS_MISP_WRITE_H

#include "core/formats/writer.h"

struct misp_writer;

/* Make a writer; task and `out` are copied, `around` is lent. */
struct misp_writer *misp_writer_new(const struct format_task *task,
                                    const struct format_out *out);

/* Free it; NULL is nothing. */
void misp_writer_free(struct misp_writer *w);

/* Write one message, and at the end what stands behind all of them. */
void misp_writer_put(struct misp_writer *w, const struct format_item *item);
void misp_writer_finish(struct misp_writer *w);

#endif
