/*
 * values_write - what writers of values alone, tables and lists, share.
 */
#ifndef CORE_FORMATS_VALUES_WRITE_H
#define CORE_FORMATS_VALUES_WRITE_H

#include "core/formats/writer.h"

/* Tell whether a message gives any row or line; if not, or if values of it
 * are left out since they are only parts of a pattern, say so. */
MUST_USE bool values_any(const struct format_out *out, const struct message *m,
                         const struct format_task *task);

/* Tell whether a member of STIX content is said by the values of the head. */
MUST_USE bool values_are(const struct message *m, struct slice key,
                         struct slice raw);

#endif
