/*
 * formats - the one table of formats: names, the reader and the writer of each.
 *
 * Holds:      a reader takes a file in pieces: once, or where its format has
 *             parts that refer ahead, once to learn and then, as often as
 *             wanted, to hand over.
 * Trusts:     nothing.
 * Leaves out: guessing which one a file is (detect.h), the readers and
 *             writers themselves (stix.h, stix_write.h, ...).
 */
#ifndef CORE_FORMATS_FORMATS_H
#define CORE_FORMATS_FORMATS_H

#include "core/formats/csv_map.h"
#include "core/formats/writer.h"

enum format {
    FORMAT_UNKNOWN,
    FORMAT_STIX,
    FORMAT_MISP,
    FORMAT_CSV,
    FORMAT_LIST,
    FORMAT_TEXT,
    FORMAT_COUNT
};

/* Give the name that people type and read: "stix", "misp", "csv", "list",
 * "text", "unknown". */
const char *format_name(enum format format);

/* Find a format by its name; false for "unknown" and others. */
MUST_USE bool format_parse(struct slice name, enum format *out);

/* Tell whether there is a reader for it. The refusal of one without reads
 * "<name> is a format not yet read". */
bool format_is_read(enum format format);

/* Tell whether there is a writer for it. */
bool format_is_written(enum format format);

/* What a person says of a file beside its bytes. */
struct format_wish {
    enum observable as;        /* of values; OBSERVABLE_NONE: look */
    const struct csv_map *map; /* of a table's columns; empty: look */
};

struct format_reader;

/* Make a reader of a format that is read, which hands messages and faults to
 * `sink`. The sink is copied; the map and its text are lent. */
struct format_reader *format_reader_new(enum format format,
                                        const struct format_sink *sink,
                                        const struct format_wish *wish);

/* Free it; NULL is nothing. */
void format_reader_free(struct format_reader *r);

/* Begin a pass over the whole file that hands over nothing; false: there is
 * nothing more to learn. Where there never was anything, the reader takes the
 * file once. */
MUST_USE bool format_reader_learn(struct format_reader *r);

/* Begin a pass that hands over, knowing what was learnt. */
void format_reader_deliver(struct format_reader *r);

/* Read the next bytes. An error means that the rest of the file is lost; it
 * was reported to the sink, and further calls give it again. */
MUST_USE enum err format_reader_feed(struct format_reader *r,
                                     struct slice bytes);

/* Say that the file ends here; errors as above. */
MUST_USE enum err format_reader_finish(struct format_reader *r);

struct format_writer;

/* Make a writer of a format that is written; task and `out` are copied. */
struct format_writer *format_writer_new(enum format format,
                                        const struct format_task *task,
                                        const struct format_out *out);

/* Free it; NULL is nothing. */
void format_writer_free(struct format_writer *w);

/* Write one message, and at the end what stands behind all of them. */
void format_writer_put(struct format_writer *w, const struct format_item *item);
void format_writer_finish(struct format_writer *w);

#endif
