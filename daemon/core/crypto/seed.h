/*
 * seed - random bytes for a core that may not ask for them.
 *
 * Holds:      SHA-256 in counter mode; the key is replaced after each
 *             request, so that what was given out cannot be computed later.
 * Trusts:     the caller for 32 bytes of true randomness.
 * Leaves out: where they come from (edge/turn), recording them (capture).
 */
#ifndef CORE_CRYPTO_SEED_H
#define CORE_CRYPTO_SEED_H

#include "core/model/ids.h"

struct seed {
    uint8_t key[32];
    bool ready;
};

/* Mix 32 new bytes in: a hash of the old key and them. */
void seed_add(struct seed *s, const uint8_t fresh[32]);

/* Fill `size` bytes. A seed that was never filled is our bug. */
void seed_take(struct seed *s, void *out, size_t size);

#endif
