/*
 * stix_head - derive a message's head from a STIX object.
 *
 * Holds:      the derivation rules of version HEAD_RULES; both ends derive,
 *             and a mismatch shows a mistake or a lie.
 * Trusts:     that stix_check found nothing wrong with the object.
 * Leaves out: what the submitter adds: --tlp, recipients, exercise.
 * Spec:       docs/PROTOCOL.md#heads
 */
#ifndef CORE_FORMATS_STIX_HEAD_H
#define CORE_FORMATS_STIX_HEAD_H

#include "core/formats/stix_check.h"
#include "core/formats/stix_marking.h"
#include "core/model/message.h"

struct stix_derived {
    struct head head;
    unsigned version; /* STIX_20 or STIX_21 */
    bool mixes_types; /* its pattern does, and so matches nothing */
    bool has_tlp;     /* false: no mark says how it may be handled, and the TLP
                       * of the head means nothing */
};

/* Derive the head, which points into the document and the arena; false and
 * the fault where a text cannot be taken. */
MUST_USE bool stix_derive(const struct json_doc *doc,
                          const struct stix_markings *markings,
                          struct arena *arena, struct stix_derived *out,
                          struct stix_fault *fault);

/* What is said of one object at most. */
#define STIX_REMARKS_MAX 3

/* Find what the standard has otherwise and everybody sends, of an object that
 * a head was derived from; gives how many. */
size_t stix_remark(const struct json_doc *doc,
                   const struct stix_derived *derived,
                   struct stix_fault remarks[STIX_REMARKS_MAX]);

/* Take what a head's pattern, which stix_pattern_check passed, is about into
 * its values, or into those that are mentioned; ERR_BUDGET. */
MUST_USE enum err stix_derive_pattern(struct head *h, struct arena *arena);

#endif
