/*
 * text - reads the indicators that stand in running text.
 *
 * Holds:      constant memory, and the same whole or in pieces. A value is
 *             handed over once, at its first place, as long as the table of
 *             those that were seen has room.
 * Trusts:     nothing.
 * Leaves out: cutting a line (text_scan.h), what counts as an indicator
 *             (text_judge.h), one value a line (list.h).
 * Spec:       docs/PROTOCOL.md#texts; docs/decisions/0025
 */
#ifndef CORE_FORMATS_TEXT_H
#define CORE_FORMATS_TEXT_H

#include "core/formats/reader.h"

/* A longer line is read in parts that end between two words. */
#define TEXT_LINE_MAX 65536u
/* Values of one text that are remembered, and their bytes: behind either, a
 * value is handed over again where it stands again. */
#define TEXT_SEEN_MAX 16384u
#define TEXT_SEEN_BYTES_MAX (4u * 1024u * 1024u)

struct text_reader;

/* Make a reader that hands indicator messages (head only) and faults to
 * `sink`, which is copied. `as` is the only type that is taken, or
 * OBSERVABLE_NONE for all that can be recognised. */
struct text_reader *text_reader_new(const struct format_sink *sink,
                                    enum observable as);

/* Free it; NULL is nothing. */
void text_reader_free(struct text_reader *r);

/* Read the next bytes. ERR_UTF8: the text is not UTF-8, and the rest is lost;
 * it was reported to the sink. */
MUST_USE enum err text_reader_feed(struct text_reader *r, struct slice bytes);

/* Say that the text ends here; errors as above. */
MUST_USE enum err text_reader_finish(struct text_reader *r);

#endif
