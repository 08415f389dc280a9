/*
 * stix_check - is this JSON value a STIX 2.1 object?
 *
 * Holds:      what the standard says an object MUST have, as far as a
 *             receiver would stumble over it; types, properties and
 *             extensions that are not known are kept as they stand.
 * Trusts:     that the bytes are JSON (json.h).
 * Leaves out: objects that refer to each other; vocabularies.
 * Spec:       STIX 2.1, 3 to 7, 9 and 10
 */
#ifndef CORE_FORMATS_STIX_CHECK_H
#define CORE_FORMATS_STIX_CHECK_H

#include "core/formats/json_doc.h"

#define STIX20_TEXT "STIX 2.0 is a format not yet read"

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

/* Find what the standard forbids and everybody sends: an empty list. False
 * if there is none. */
MUST_USE bool stix_remark(const struct json_doc *doc, struct stix_fault *fault);

#endif
