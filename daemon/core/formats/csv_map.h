/*
 * csv_map - which column of a table holds what.
 *
 * Holds:      a column is known by its whole name alone: "reference url" is
 *             no url, since nobody wants a vendor's report blocked.
 * Trusts:     nothing.
 * Leaves out: what becomes of a row (csv_row.h).
 * Spec:       docs/PROTOCOL.md#tables
 */
#ifndef CORE_FORMATS_CSV_MAP_H
#define CORE_FORMATS_CSV_MAP_H

#include "core/base/arena.h"
#include "core/formats/csv_rows.h"
#include "core/model/observable.h"

/* How a value is read. */
enum csv_form {
    CSV_ANY,     /* its type is said elsewhere, or recognised */
    CSV_ADDRESS, /* an address, alone, with a port or with a prefix */
    CSV_HASH,    /* the length tells which */
    CSV_ONE,     /* as the observable that is named */
    CSV_NUMBER,  /* the port behind an address or name; only in a pair */
};

struct csv_type {
    enum csv_form form;
    enum observable observable; /* of CSV_ONE */
};

enum csv_what {
    CSV_UNKNOWN,
    CSV_NO_PLACE, /* known, but a message has no place for it */
    CSV_VALUE,
    CSV_TYPE,
    CSV_PORT,
    CSV_TLP,
    CSV_PAP,
    CSV_LABELS,
    CSV_CONFIDENCE,
    CSV_VALID_FROM,
    CSV_VALID_UNTIL,
    CSV_ROLE,
    CSV_USE,
    CSV_MEANT, /* "part": of a pattern, and no indicator alone */
    CSV_REVOKED,
    CSV_EXERCISE,
    CSV_PRODUCER,
    CSV_TO_IDS,
    CSV_DISTRIBUTION,
};

struct csv_use {
    enum csv_what what;
    struct csv_type type; /* of CSV_VALUE */
};

/* What a person says of the columns; slices into the text that was parsed. */
#define CSV_MAP_MAX 64

struct csv_map {
    struct csv_entry {
        struct csv_use use;
        struct slice column; /* a name, or a number from 1 */
    } entries[CSV_MAP_MAX];
    size_t count;
};

struct csv_columns {
    struct csv_use uses[CSV_COLUMNS_MAX];
    size_t count;
    bool has_header;
    bool is_guess;    /* the header: no name in it is known */
    struct buf names; /* of all columns, one after another */
    size_t name_ends[CSV_COLUMNS_MAX];
};

/*
 * Read "value=COLUMN,type=COLUMN"; the text outlives the map.
 *
 * ERR_VALUE  `bad` is a part that is not of this form, or names no field
 * ERR_LIMIT  there are more than CSV_MAP_MAX parts
 */
MUST_USE enum err csv_map_parse(struct slice text, struct csv_map *out,
                                struct slice *bad);

/* Give the names of fields that --map takes, for a person; types stand for
 * values of that type. */
const char *csv_map_fields(void);

/* Read the name of a type, in any case: ours, STIX's, MISP's or one that is
 * common. `pair` gets one, or two for "domain|ip"; gives how many, or 0. */
size_t csv_type_parse(struct slice name, struct csv_type pair[2]);

/*
 * Find out from a table's first row what its columns are, and whether it is a
 * header. `as` is the type of values that was said, or OBSERVABLE_NONE. `out`
 * is zero before, and its `names` hold whatever comes out.
 *
 * ERR_NOT_FOUND  `missing` is a column of the map that is not there
 * ERR_MISSING    no column holds values
 */
MUST_USE enum err csv_columns_find(const struct csv_row *first,
                                   const struct csv_map *map,
                                   enum observable as, struct csv_columns *out,
                                   struct slice *missing);
void csv_columns_clear(struct csv_columns *c);

/* Tell whether the port of a row may belong to a column of such values. */
bool csv_takes_port(struct csv_type type);

/* See the name of a column; "column 3" where there is no header. */
struct slice csv_column_name(const struct csv_columns *c, size_t column);

#endif
