/*
 * leaves - a lane's leaf hashes, computed again from its records, and the
 *          roots and proofs that follow from them.
 *
 * Holds:      hashes of full chunks are kept, so that many proofs in one tree
 *             cost little each: a chunk is a subtree of the same tree.
 * Trusts:     nothing of the records.
 * Spec:       RFC 9162, 2.1
 */
#ifndef CLI_LEAVES_H
#define CLI_LEAVES_H

#include "cli/link.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"

#define LEAVES_CHUNK 1024u

struct leaves {
    struct hash *hashes;
    struct hash *chunks; /* roots of full chunks */
    uint64_t size;
    uint64_t capacity;
    uint64_t kinds[256]; /* entries of each kind */
};

/* Add one leaf hash. */
void leaves_add(struct leaves *l, const struct hash *leaf);
void leaves_clear(struct leaves *l);

/* Ask for the records of lane number `lane` until `size` are there; false
 * after saying what is wrong. */
MUST_USE bool leaves_fetch(struct daemon *d, uint32_t lane, uint64_t size,
                           struct leaves *l);

/* Compute the root of the first `size` leaves, which must be there. */
void leaves_root(const struct leaves *l, uint64_t size, struct hash *out);

/* Prove leaf `index` in the tree of the first `size`. */
void leaves_prove(const struct leaves *l, uint64_t index, uint64_t size,
                  struct proof *out);

#endif
