/*
 * warning_read - reads lists of what is hardly ever an indicator.
 *
 * Holds:      a list of MISP (name, type, list), or one value a line (list.h),
 *             of which a domain stands for all below it. A list that cannot
 *             be taken is said, and is no hindrance to the others.
 * Trusts:     nothing.
 * Leaves out: opening files, matching (warning.h).
 * Spec:       docs/PROTOCOL.md#sanity
 */
#ifndef CORE_FORMATS_WARNING_READ_H
#define CORE_FORMATS_WARNING_READ_H

#include "core/formats/reader.h"
#include "core/formats/warning.h"

struct warning_reader;

/* Make a reader of a list of MISP's, which adds it to `w`. Of `sink` the
 * faults are used. */
struct warning_reader *warning_reader_misp(struct warnings *w,
                                           const struct format_sink *sink);

/* Make a reader of a list of our own, called `name`. */
struct warning_reader *warning_reader_own(struct warnings *w, const char *name,
                                          const struct format_sink *sink);

/* Free it; NULL is nothing. */
void warning_reader_free(struct warning_reader *r);

/* Read the next bytes; errors were said to the sink, and the rest of the list
 * is lost. */
MUST_USE enum err warning_reader_feed(struct warning_reader *r,
                                      struct slice bytes);

/* Say that the list ends here; errors as above. */
MUST_USE enum err warning_reader_finish(struct warning_reader *r);

#endif
