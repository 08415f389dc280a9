/*
 * marking - how a message may be handled: TLP 2.0, PAP, who is named.
 *
 * Holds:      TLP and PAP are ordered, the stricter the larger.
 * Trusts:     nothing: a TLP that is not known counts as red.
 * Leaves out: who may be sent what (core/policy).
 * Spec:       FIRST TLP 2.0; docs/PROTOCOL.md#markings
 */
#ifndef CORE_MODEL_MARKING_H
#define CORE_MODEL_MARKING_H

#include "core/base/limits.h"
#include "core/base/slice.h"

enum tlp {
    TLP_CLEAR,
    TLP_GREEN,
    TLP_AMBER,
    TLP_AMBER_STRICT,
    TLP_RED,
};

/* What may be done with it; PAP_NONE where nobody said. */
enum pap {
    PAP_NONE,
    PAP_CLEAR,
    PAP_GREEN,
    PAP_AMBER,
    PAP_RED,
};

/* Flags of a leaf record. */
#define LEAF_FLAG_RELAY 1u
#define LEAF_FLAG_EXERCISE 2u

struct marking {
    enum tlp tlp;
    enum pap pap;
    bool relay_permitted;
    struct slice exercise; /* its name; empty outside of one */
    const struct slice *recipients;
    size_t recipient_count;
};

/* Read "amber+strict", "TLP:AMBER+STRICT" or "white" (TLP 1), in any case. */
MUST_USE bool tlp_parse(struct slice text, enum tlp *out);
MUST_USE bool pap_parse(struct slice text, enum pap *out);

/* Give the lower-case name: "amber+strict". */
const char *tlp_name(enum tlp tlp);
const char *pap_name(enum pap pap);

/* Give the label as FIRST writes it: "TLP:AMBER+STRICT". */
const char *tlp_label(enum tlp tlp);
const char *pap_label(enum pap pap);

/* Give the TLP of a leaf record's byte; one that is not known is red. */
enum tlp tlp_from_byte(uint8_t byte);

/* Give the stricter of two. */
static inline enum tlp
tlp_strictest(enum tlp a, enum tlp b)
{
    return a > b ? a : b;
}

/* Give the flags that a leaf record has under this marking. */
uint8_t marking_flags(const struct marking *m);

#endif
