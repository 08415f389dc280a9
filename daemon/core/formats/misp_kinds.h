/*
 * misp_kinds - which type and category of MISP a value or pattern has.
 *
 * Holds:      pairs that MISP's describeTypes allows; what is read back is the
 *             same value, where MISP has a type for it.
 * Leaves out: reading (misp_types.h, misp_value.h).
 * Spec:       MISP core format; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_MISP_KINDS_H
#define CORE_FORMATS_MISP_KINDS_H

#include "core/base/buf.h"
#include "core/model/message.h"

struct misp_kind {
    const char *type, *category;
    bool may_detect; /* to_ids means something */
};

/* Find the type of a value with its role, and append the value as MISP writes
 * it. False where MISP has none for such values: then it is plain text. */
MUST_USE bool misp_kind_of(const struct observed *value, struct slice role,
                           struct misp_kind *out, struct buf *text);

/* Find the type of a pattern; false where MISP has none. */
MUST_USE bool misp_kind_of_pattern(struct slice language,
                                   struct misp_kind *out);

#endif
