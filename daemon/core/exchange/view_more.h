/*
 * view_more - the rest of what an exchange shows: pairing, entries, outboxes.
 *
 * Holds:      nothing; every function looks and changes nothing.
 * Leaves out: nodes, peers, lanes, alarms, submissions (view.h, which brings
 *             this).
 */
#ifndef CORE_EXCHANGE_VIEW_MORE_H
#define CORE_EXCHANGE_VIEW_MORE_H

#include "core/exchange/exchange.h"
#include "core/model/ids.h"

/* Compute the code that both sides read out to confirm a pairing. */
struct pairing_code;
MUST_USE enum err view_pairing(const struct exchange *x, uint32_t peer,
                               struct pairing_code *out);

/* How far bodies need not be kept any more: entries of a lane below an index,
 * items of a peer's outbox below a number. */
uint64_t view_entries_free(const struct exchange *x, uint32_t lane);
uint64_t view_items_free(const struct exchange *x, uint32_t peer);

/* What became of the body of an entry received: enum body_state, and the
 * reason of a Decline. ERR_NOT_FOUND */
MUST_USE enum err view_declined(const struct exchange *x, uint32_t lane,
                                uint64_t index, enum err *why);

/* How far the expunge of an entry has come. */
struct view_expunged {
    bool stands; /* its entry is in a lane; else it waits in the outbox */
    bool done;   /* salt and body are erased here */
    uint32_t by_lane;
    uint64_t by_index; /* where it stands */
};

/* See what is known of an entry's expunge. ERR_NOT_FOUND for none. */
MUST_USE enum err view_expunged(const struct exchange *x, uint32_t lane,
                                uint64_t index, struct view_expunged *out);

/* Give the kept waiting items of a peer's outbox, oldest first, by position;
 * ERR_NOT_FOUND beyond the end. */
struct view_item {
    uint64_t item;
    uint64_t number;
    uint64_t ref;
    bool urgent;
    uint8_t kind, tlp; /* of the leaf record to be */
    struct wall time;
};
MUST_USE enum err view_outbox(const struct exchange *x, uint32_t peer,
                              size_t position, struct view_item *out);

#endif
