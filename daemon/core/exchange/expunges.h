/*
 * expunges - what is known of a lane's entries whose bodies are taken away.
 *
 * Holds:      all of it follows from facts alone and changes only in
 *             fold_expunge.c.
 * Leaves out: what is still to be erased: state.h; doing it: expunge.c.
 * Spec:       docs/PROTOCOL.md#expunge
 */
#ifndef CORE_EXCHANGE_EXPUNGES_H
#define CORE_EXCHANGE_EXPUNGES_H

#include "core/base/table.h"

/* How far an expunge has come. */
enum expunge_state {
    EXPUNGE_QUEUED, /* it waits in the outbox */
    EXPUNGE_STANDS, /* its entry is in a lane: nobody reads the body */
    EXPUNGE_DONE,   /* salt and body are zeros on this disk */
};

/* An entry that is expunged, or will be. */
struct expunged {
    uint64_t index;
    uint32_t by_lane; /* where the expunge stands: this or a later epoch */
    uint64_t by_index;
    enum expunge_state state;
};

/* An entry whose body did not come: the origin has it no more. */
struct missing {
    uint64_t index;
    bool expunged; /* an expunge names it */
};

/* Neighbours whose bodies did not come, and that no expunge names. */
struct gap {
    uint64_t index, count;
};

struct expunges {
    struct table at; /* index -> position in the list */
    struct expunged *list;
    size_t count, capacity;
    struct missing *missing; /* theirs: ascending, above the receipt */
    size_t missing_count, missing_capacity;
    struct gap *gaps; /* theirs: ascending, apart */
    size_t gap_count, gap_capacity;
};

void expunges_init(struct expunges *e);
void expunges_clear(struct expunges *e);

/* Find what is known of the expunge of an entry; NULL for nothing. */
const struct expunged *expunged_find(const struct expunges *e, uint64_t index);

/* Count the entries that gaps have. */
uint64_t gaps_size(const struct expunges *e);

/* Tell whether the body of an entry may no longer be read. */
bool is_expunged(const struct expunges *e, uint64_t index);

#endif
