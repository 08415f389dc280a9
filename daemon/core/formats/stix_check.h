/*
 * stix_check - is this JSON value an object of STIX 2.1, or of 2.0?
 *
 * Holds:      what the standard says an object MUST have, as far as a
 *             receiver would stumble over it; types, properties and
 *             extensions that are not known are kept as they stand.
 * Trusts:     that the bytes are JSON (json.h).
 * Leaves out: objects that refer to each other; vocabularies.
 * Spec:       STIX 2.1, 3 to 7, 9 and 10; STIX 2.0, parts 1, 2 and 4
 */
#ifndef CORE_FORMATS_STIX_CHECK_H
#define CORE_FORMATS_STIX_CHECK_H

#include "core/formats/json_doc.h"
#include "core/formats/stix_rules.h"

struct stix_fault {
    enum err code;
    const char *text;     /* a sentence for a person; constant */
    uint32_t token;       /* the part at fault */
    const char *property; /* of that part, where one is missing; or NULL */
    size_t into;          /* bytes from where it begins to where it is wrong */
};

/* Check an object; false and the first fault if it breaks a rule. */
MUST_USE bool stix_check(const struct json_doc *doc, struct arena *arena,
                         struct stix_fault *fault);

/* Give the version that an object of a type is of, 0 for one that is not read.
 * What says none is of 2.0, but for observables: they need to say none in 2.1,
 * and are no objects of their own in 2.0. */
unsigned stix_version_of(const struct json_doc *doc, struct slice type);

#endif
