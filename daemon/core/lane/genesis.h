/*
 * genesis - the 120 bytes that name a lane for good.
 *
 * Holds:      origin, audience, the origin's root key, epoch and what came
 *             before it.
 * Trusts:     nothing when decoding.
 * Spec:       docs/PROTOCOL.md#genesis
 */
#ifndef CORE_LANE_GENESIS_H
#define CORE_LANE_GENESIS_H

#include "core/base/err.h"
#include "core/model/ids.h"

#define GENESIS_BYTES 120

struct genesis {
    struct team_id origin;
    struct team_id audience;
    struct hash root_spki; /* H(SubjectPublicKeyInfo of the origin's root) */
    uint64_t epoch;
    uint64_t prev_size;    /* 0 in epoch 0 */
    struct hash prev_root; /* zeros in epoch 0 */
};

/* Compute H("sealane-team-v1\0" || name)[0:16]. */
void team_id_of(const struct team_name *name, struct team_id *out);

/* Write the 120 bytes. */
void genesis_encode(const struct genesis *g, uint8_t out[GENESIS_BYTES]);

/* Read them. ERR_FORMAT: not 120 bytes; ERR_VERSION: another version or
 * hash; ERR_VALUE: flags, reserved bytes or an epoch 0 with a past. */
MUST_USE enum err genesis_decode(struct slice bytes, struct genesis *out);

/* Compute H("lane-genesis-v1\0" || u32(120) || genesis). */
void lane_id_of(const uint8_t genesis[GENESIS_BYTES], struct lane_id *out);

#endif
