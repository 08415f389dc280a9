/*
 * misp_types - the types and categories of MISP's attributes.
 *
 * Holds:      one row for each type of MISP's describeTypes, and what of its
 *             value a message can name.
 * Trusts:     nothing: types that are newer are told by their absence.
 * Leaves out: reading values (csv_value.h), heads (misp_head.h).
 * Spec:       MISP core format; docs/PROTOCOL.md#misp-events
 */
#ifndef CORE_FORMATS_MISP_TYPES_H
#define CORE_FORMATS_MISP_TYPES_H

#include "core/formats/csv_value.h"

enum misp_form {
    MISP_NOTHING, /* no value that a message has a kind for */
    MISP_VALUE,   /* a value */
    MISP_PORT,    /* an address or host, '|', its port: one value */
    MISP_PAIR,    /* a value, '|', one that is mentioned or has no kind */
    MISP_NAMED,   /* a file's name, which is mentioned, '|', its hash */
    MISP_MENTION, /* a value that is not meant by itself */
    MISP_PATTERN, /* a rule in the language that is named */
};

struct misp_type {
    const char *name;
    enum misp_form form;
    struct csv_type first, second; /* CSV_ANY: of no kind */
    const char *language;          /* of a rule */
};

/* Find a type by its name; NULL for one that is not known. */
const struct misp_type *misp_type_find(struct slice name);

bool misp_category_is_known(struct slice name);

#endif
