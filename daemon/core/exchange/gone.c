#include "core/exchange/inside.h"

/* Give the largest size that misses no body above what our receipts cover:
 * what the signing journal covers was verified once, and a holder that was
 * restored takes GONE below it. */
static uint64_t
whole_size(struct lane *l)
{
    const struct expunges *e = &l->expunges;
    uint64_t covered = l->gate_size;
    size_t count = e->missing_count;

    if (l->has_receipt && l->receipt.at.size > covered)
        covered = l->receipt.at.size;
    while (count && e->missing[count - 1].expunged)
        count--;
    if (!count || e->missing[count - 1].index < covered)
        l->whole = l->at.size;
    return l->whole;
}

/* PROTOCOL expunge: "Above it the holder MUST take GONE too, and MUST NOT sign
 * a receipt of a size s > i before an expunge of i stands below s." */
uint64_t
receipt_clamp(struct lane *l, uint64_t size)
{
    uint64_t whole = whole_size(l);

    if (size <= whole)
        return size;
    return whole > l->asked && whole > l->tried ? whole : 0;
}

/* What the batch itself expunges is not asked for: it never comes to a
 * disk. */
void
gone_in_batch(struct incoming *b)
{
    struct leaf leaf;

    for (size_t i = 0; i < b->count; i++) {
        const uint8_t *record = b->records + i * LEAF_BYTES;
        if (leaf_decode(slice_of(record, LEAF_BYTES), b->start + i, &leaf) !=
                OK ||
            leaf.kind != LEAF_EXPUNGE || leaf.ref < b->start ||
            leaf.ref >= leaf.index)
            continue;
        uint8_t *state = &b->states[leaf.ref - b->start];
        if (*state == BODY_HELD)
            *state = BODY_GONE;
    }
}
