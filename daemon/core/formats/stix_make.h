/*
 * stix_make - STIX objects of messages that hold none: a value typed in, a
 *             line of a list, what came in another format.
 *
 * Holds:      what a message says twice has the same id both times.
 * Leaves out: messages that hold an object (stix_write.h).
 * Spec:       STIX 2.1, 4.7; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_STIX_MAKE_H
#define CORE_FORMATS_STIX_MAKE_H

#include "core/base/buf.h"
#include "core/formats/writer.h"

/*
 * Write the objects of a head, with commas between them, and say what of it
 * has no place. Gives how many: an indicator; where the head says that
 * nothing may be done by its values, each as an observable object; a
 * vulnerability; 0 for a head that names nothing that STIX knows.
 */
size_t stix_make(struct buf *out, const struct message *m,
                 const struct format_task *task, const struct format_out *to);

/* Write the id of the identity that objects of a message are made by: the
 * one that its producer is, or is named by. False where nobody is. */
MUST_USE bool stix_producer_put(struct buf *out, const struct message *m);

/* Write that identity as an object; false where its producer is no name. */
MUST_USE bool stix_make_producer(struct buf *out, const struct message *m,
                                 const struct format_task *task);

#endif
