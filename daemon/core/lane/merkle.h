/*
 * merkle - the tree of RFC 9162, 2.1, over leaf hashes.
 *
 * Holds:      a frontier is the roots of the full subtrees, largest first:
 *             enough to append and to give the root.
 * Trusts:     nothing of a proof; but an inclusion proof does not prove the
 *             size: take that from signed text alone.
 * Spec:       RFC 9162, 2.1.1 and 2.1.3; docs/PROTOCOL.md#tree
 */
#ifndef CORE_LANE_MERKLE_H
#define CORE_LANE_MERKLE_H

#include "core/base/err.h"
#include "core/model/ids.h"

struct frontier {
    uint64_t size;
    struct hash peaks[64]; /* popcount(size) of them, largest first */
};

/* Give the number of peaks of a tree of `size` leaves. */
size_t frontier_peaks(uint64_t size);

/* Start empty. */
void frontier_init(struct frontier *f);

/* Append one leaf hash. */
void frontier_append(struct frontier *f, const struct hash *leaf);

/* Compute the root; of an empty tree H(""). */
void frontier_root(const struct frontier *f, struct hash *out);

struct proof {
    struct hash hashes[PROOF_HASHES_MAX];
    size_t count;
};

/* Reads leaf hash `index` into `out`; false if it cannot be had. */
typedef bool (*merkle_leaf_fn)(void *context, uint64_t index, struct hash *out);

/* Make the proof that leaf `index` is in the tree of the first `size`
 * leaves, which `leaf` gives in ascending order, each once. `index` < `size`.
 * ERR_IO if a leaf cannot be had. */
MUST_USE enum err merkle_prove(merkle_leaf_fn leaf, void *context,
                               uint64_t index, uint64_t size,
                               struct proof *out);

/* Check a proof (RFC 9162, 2.1.3.2); ERR_PROOF if it does not lead to
 * `root`. */
MUST_USE enum err merkle_verify(const struct hash *leaf, uint64_t index,
                                uint64_t size, const struct proof *proof,
                                const struct hash *root);

#endif
