/*
 * csv_value - a value in a table, and the port that may stand beside it.
 *
 * Trusts:     nothing.
 * Leaves out: what a value of each kind looks like (value.h).
 */
#ifndef CORE_FORMATS_CSV_VALUE_H
#define CORE_FORMATS_CSV_VALUE_H

#include "core/formats/csv_map.h"

/* Read a value as its column or row says; gives its type and normal form,
 * which lives in `arena`. Errors as value_check. */
MUST_USE enum err csv_value_read(struct csv_type how, struct slice text,
                                 struct arena *arena, enum observable *type,
                                 struct slice *value);

/* Put a port behind the address or name that was read; ERR_FORMAT where it
 * is none, or the value takes none. */
MUST_USE enum err csv_port_join(struct slice port, struct arena *arena,
                                enum observable *type, struct slice *value);

#endif
