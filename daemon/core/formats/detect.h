/*
 * detect - which format is this file?
 *
 * Trusts:     nothing; a wrong guess ends in a fault of the reader, with its
 *             place.
 * Leaves out: the table of formats and their readers (formats.h).
 */
#ifndef CORE_FORMATS_DETECT_H
#define CORE_FORMATS_DETECT_H

#include "core/formats/formats.h"

/*
 * Guess from the first bytes (some KiB are enough) and the file's name, which
 * may be empty. JSON with the keys of a MISP event is MISP, all other JSON is
 * STIX. CSV is a name that ends in .csv, or a first line (comments aside)
 * that has a comma or semicolon and is no URL. Running text is a name of
 * AsciiDoc, Markdown, reStructuredText or mail, or lines of which most have
 * three words or more and not all the same number of columns. A list is any
 * other text; bytes that are none are unknown.
 */
enum format formats_detect(struct slice first, struct slice name);

#endif
