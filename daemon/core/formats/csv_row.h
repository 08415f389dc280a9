/*
 * csv_row - makes messages out of a row: one for each value in it.
 *
 * Holds:      what says how a value may be handled (TLP, PAP, the end of its
 *             validity, the distribution) is read or refuses the row; it is
 *             never left out.
 * Trusts:     nothing.
 * Leaves out: which column holds what (csv_map.h).
 * Spec:       docs/PROTOCOL.md#tables
 */
#ifndef CORE_FORMATS_CSV_ROW_H
#define CORE_FORMATS_CSV_ROW_H

#include "core/formats/csv_map.h"
#include "core/formats/reader.h"

/* Where rows go. Zero it, then fill the first three. */
struct csv_rowing {
    const struct format_sink *sink;
    const struct csv_columns *columns;
    enum observable as; /* of values whose type no column says */
    struct arena arena; /* of one value */
    uint64_t items;
    struct slice labels[LABELS_MAX];
};

void csv_rowing_init(struct csv_rowing *r);
void csv_rowing_clear(struct csv_rowing *r);

/* Hand over what a row holds, or what is wrong with it; a row of nothing but
 * empty fields is nothing. */
void csv_row_read(struct csv_rowing *r, const struct csv_row *row);

/* Tell whether all fields are empty. */
bool csv_row_is_blank(const struct csv_row *row);

#endif
