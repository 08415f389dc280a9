/*
 * stix_rules - the tables of stix_check: types and properties of STIX 2.1,
 *              and what STIX 2.0 does not have yet.
 *
 * Spec:       STIX 2.1, 3.2, 4 to 7; STIX 2.0, parts 1, 2 and 4
 */
#ifndef CORE_FORMATS_STIX_RULES_H
#define CORE_FORMATS_STIX_RULES_H

#include "core/base/slice.h"

/* Versions that are read, as bits. */
enum stix_version {
    STIX_20 = 1,
    STIX_21 = 2,
};

enum stix_class {
    STIX_CUSTOM, /* not of the standard */
    STIX_DOMAIN_OBJECT,
    STIX_RELATIONSHIP,
    STIX_OBSERVABLE,
    STIX_META,
    STIX_MARKING,
};

/* What the value of a property looks like. */
enum stix_shape {
    STIX_TEXT,
    STIX_FILLED, /* a text that is not empty */
    STIX_STAMP,
    STIX_BOOLEAN,
    STIX_INTEGER,
    STIX_PERCENT,
    STIX_NUMBER,
    STIX_ID,
    STIX_TEXTS,
    STIX_IDS,
    STIX_MAP,
    STIX_MAPS,
};

struct stix_property {
    const char *type; /* "" for those of every type */
    const char *name;
    enum stix_shape shape;
    unsigned required; /* in these versions */
};

/* At least one of two properties, or exactly one. */
struct stix_choice {
    const char *type, *one, *other;
    bool exactly;
    const char *text;
};

extern const struct stix_property stix_properties[];
extern const size_t stix_property_count;
extern const struct stix_choice stix_choices[];
extern const size_t stix_choice_count;

/* Give the class of a type; STIX_CUSTOM for one that is not known. */
enum stix_class stix_class_of(struct slice type);

#endif
