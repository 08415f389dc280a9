/*
 * checkpoint - a signed (size, root): by the origin a checkpoint, by the
 *              holder a receipt.
 *
 * Holds:      what is signed is text rebuilt from numbers, never parsed.
 * Trusts:     nothing; the bytes may come from a liar.
 * Leaves out: whether it may be signed (gate.h), keeping it (core/ports).
 * Spec:       C2SP tlog-checkpoint and tlog-cosignature;
 *             docs/PROTOCOL.md#checkpoints, #receipts
 */
#ifndef CORE_LANE_CHECKPOINT_H
#define CORE_LANE_CHECKPOINT_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/card.h"
#include "core/model/ids.h"

/* One signature over one (size, root) of one lane. */
struct checkpoint {
    uint64_t size;
    struct hash root;
    uint64_t time_s; /* seconds since 1970, a claim of the signer */
    struct key_id key;
    struct signature signature;
};

/* A holder's cosignature, with the checkpoint that it answers. */
struct receipt {
    struct checkpoint at;   /* signed by the holder */
    uint64_t origin_time_s; /* of the checkpoint of the same root */
    struct key_id origin_key;
    struct signature origin_signature;
};

/* Write origin "/sealane/v1/" hex(lane) "\n" size "\n" base64(root) "\n". */
void checkpoint_text(const struct team_name *origin, const struct lane_id *lane,
                     uint64_t size, const struct hash *root, struct buf *out);

/* Write what is signed: "cosignature/v1\n" "time " t "\n" || text. */
void checkpoint_signed_text(const struct team_name *origin,
                            const struct lane_id *lane,
                            const struct checkpoint *c, struct buf *out);

/* Write the key's C2SP name: TEAM "/sealane/" role. */
void key_name(const struct team_name *team, enum key_role role,
              struct buf *out);

/* Compute the key id of a team's key in its role: type 0x04 for checkpoint
 * and receipt keys, 0x01 for session keys. */
void key_id_of(const struct team_name *team, enum key_role role,
               const struct public_key *key, struct key_id *out);

/* Who signs, in which role. */
struct signatory {
    const struct team_name *team;
    enum key_role role;
    const struct public_key *key;
};

/* Check that `by` signed `c` in the lane of `origin`.
 * ERR_KEY: made with another key; ERR_SIGNATURE: not good. */
MUST_USE enum err checkpoint_verify(const struct checkpoint *c,
                                    const struct team_name *origin,
                                    const struct lane_id *lane,
                                    const struct signatory *by);

#endif
