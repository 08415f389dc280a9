/*
 * store - what the exchange asks of its journal.
 *
 * Holds:      reads see everything appended, synced or not. Append, sync and
 *             erase are called by the turn alone, never by the exchange.
 * Leaves out: how (edge/journal, on files and in memory).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef CORE_PORTS_STORE_H
#define CORE_PORTS_STORE_H

#include "core/ports/fact.h"

/* What an expunge reaches: salt and body of an entry, of one of ours with
 * the outbox's copy; or, in place of a lane, an outbox item. */
#define ERASE_ITEM UINT32_MAX
struct erasure {
    uint32_t lane;
    uint64_t index; /* of the entry; or the item */
};

struct store_ops {
    /* Append a turn of facts, made with fact_put one after another. */
    void (*append)(void *self, struct slice facts);

    /* Make everything appended durable. Does not return if the disk says
     * no. */
    void (*sync)(void *self);

    /* Give the number of the turn that the next append will have. */
    uint64_t (*turn)(void *self);

    /* Read the leaf record of (lane, index). ERR_NOT_FOUND, ERR_DAMAGED. */
    enum err (*record)(void *self, uint32_t lane, uint64_t index,
                       uint8_t out[LEAF_BYTES]);

    /* Append salt and body of (lane, index) to `out`. ERR_NOT_FOUND: no such
     * entry or nothing kept of it (declined); ERR_GONE: erased;
     * ERR_DAMAGED. */
    enum err (*body)(void *self, uint32_t lane, uint64_t index,
                     struct buf *out);

    /* Append the body of an outbox item to `out` (without its 32 random
     * bytes). ERR_NOT_FOUND, ERR_GONE, ERR_DAMAGED. */
    enum err (*item)(void *self, uint64_t item, struct buf *out);

    /* Find the kept checkpoint of a lane (CHECKPOINT of ours, BATCH of a
     * peer's) with the smallest size of at least `size`. ERR_NOT_FOUND. */
    enum err (*checkpoint)(void *self, uint32_t lane, uint64_t size,
                           struct checkpoint *out);

    /* Overwrite with zeros, in place and synced, whatever is kept of these,
     * which were appended and synced before. Called by the turn alone. Does
     * not return if the disk says no. */
    void (*erase)(void *self, const struct erasure *list, size_t count);
};

struct store {
    const struct store_ops *ops;
    void *self;
};

#endif
