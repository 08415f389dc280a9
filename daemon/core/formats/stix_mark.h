/*
 * stix_mark - an object under the marking that its message came with.
 *
 * Holds:      what an object says of its own handling is never taken away:
 *             a stricter marking stands beside it.
 * Trusts:     that the content is minified JSON that was checked.
 * Leaves out: reading markings into a head (stix_marking.h).
 * Spec:       docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_STIX_MARK_H
#define CORE_FORMATS_STIX_MARK_H

#include "core/base/buf.h"
#include "core/formats/writer.h"

/* Write a message's content, and say what was added. True if its TLP was: then
 * the definition of that must be shipped. */
MUST_USE bool stix_mark(struct buf *out, const struct message *m,
                        const struct format_out *to);

#endif
