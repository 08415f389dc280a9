/*
 * detect - which format is this file?
 *
 * Holds:      one table of formats: name, and whether it is read yet.
 * Trusts:     nothing; a wrong guess ends in a fault of the reader, with its
 *             place.
 * Leaves out: the readers (stix.h, list.h).
 */
#ifndef CORE_FORMATS_DETECT_H
#define CORE_FORMATS_DETECT_H

#include "core/base/slice.h"

enum format {
    FORMAT_UNKNOWN,
    FORMAT_STIX,
    FORMAT_MISP,
    FORMAT_CSV,
    FORMAT_LIST,
    FORMAT_COUNT
};

/* Give the name that people type and read: "stix", "misp", "csv", "list",
 * "unknown". */
const char *format_name(enum format format);

/* Find a format by its name; false for "unknown" and others. */
MUST_USE bool format_parse(struct slice name, enum format *out);

/* Tell whether there is a reader for it. The refusal of one without reads
 * "<name> is a format not yet read". */
bool format_is_read(enum format format);

/*
 * Guess from the first bytes (some KiB are enough) and the file's name, which
 * may be empty. JSON with the keys of a MISP event is MISP, all other JSON is
 * STIX. CSV is a name that ends in .csv, or a first line (comments aside)
 * that has a comma or semicolon and is no URL. A list is any other text;
 * bytes that are none are unknown.
 */
enum format formats_detect(struct slice first, struct slice name);

#endif
