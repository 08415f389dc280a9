/*
 * misp_around - what stands beside events in the objects around them, kept
 *               from one pass to the next: it ends behind the event that it
 *               is to go with.
 *
 * Holds:      a bounded memory; what is beyond it is told as not kept.
 * Trusts:     that objects begin in the same order in each pass.
 */
#ifndef CORE_FORMATS_MISP_AROUND_H
#define CORE_FORMATS_MISP_AROUND_H

#include "core/base/table.h"
#include "core/formats/json_doc.h"

/* Searches give some hundred bytes beside a thousand events; so much is
 * enough for any of them. */
#define MISP_AROUND_MAX MIB(8)

/* It goes with each of its events, so that one of them stays a message. */
#define MISP_AROUND_ONE_MAX KIB(64)

/* Zero is empty. */
struct misp_around {
    struct buf bytes;
    struct table places;
};

/* Keep an object whose events stand under `via`, where it has anything else,
 * none of which says how things may be handled. `number` is its own. */
void misp_around_keep(struct misp_around *a, uint64_t number,
                      const struct json_doc *doc, const char *via);

/* Give what stood before its events and behind them; false where nothing is
 * known. */
MUST_USE bool misp_around_find(const struct misp_around *a, uint64_t number,
                               struct slice *before, struct slice *behind);

void misp_around_clear(struct misp_around *a);

#endif
