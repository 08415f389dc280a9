/*
 * csv_names - the names by which columns and types are known.
 *
 * Leaves out: which columns a table has (csv_map.h).
 * Spec:       docs/PROTOCOL.md#tables
 */
#ifndef CORE_FORMATS_CSV_NAMES_H
#define CORE_FORMATS_CSV_NAMES_H

#include "core/formats/csv_map.h"

/* Tell what a column of this name holds, in any case, with spaces,
 * underscores or hyphens; CSV_UNKNOWN where it is not known. */
struct csv_use csv_name_use(struct slice name);

#endif
