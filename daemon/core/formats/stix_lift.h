/*
 * stix_lift - writes an object of STIX 2.0 as one of STIX 2.1.
 *
 * Holds:      nothing that the object says is taken away: what 2.1 must have
 *             is added, and each addition is said. What is lifted derives the
 *             same head, but for the values of observed data.
 * Trusts:     that the content is minified JSON that was checked.
 * Leaves out: observables inside of observed data, which 2.1 still knows.
 * Spec:       STIX 2.1, 3.2 and 4; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_STIX_LIFT_H
#define CORE_FORMATS_STIX_LIFT_H

#include "core/base/buf.h"
#include "core/formats/writer.h"

/* Write the content of a message that stix_is_old, and say what changed. */
void stix_lift(struct buf *out, const struct message *m,
               const struct format_out *to);

#endif
