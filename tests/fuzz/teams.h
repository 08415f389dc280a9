/*
 * teams - two teams with their keys and cards, for targets that need peers.
 *
 * Holds:      keys are made of one repeated byte and guard nothing; the root
 *             certificate is 32 bytes of public key, as stub_crypto.c of the
 *             simulator reads it.
 */
#ifndef TESTS_FUZZ_TEAMS_H
#define TESTS_FUZZ_TEAMS_H

#include "core/crypto/crypto.h"
#include "core/lane/genesis.h"
#include "core/lane/texts.h"

enum { KRCERT, AUSCERT, TEAMS };

struct team {
    struct team_name name;
    struct secret_key seeds[3]; /* session, checkpoint, receipt */
    struct public_key keys[3];
    struct key_id ids[3];
    struct buf card_bytes;
    struct buf card; /* payload of its CARD frame */
    struct hash card_hash;
    struct hash root_spki;
};

/* Give a team, made at the first call and kept. */
const struct team *team_of(unsigned number);

/* Make a card of a team, version `version`, signed by all its keys. */
void team_card(const struct team *t, uint64_t version, struct buf *bytes,
               struct buf *frame_payload);

/* Give the genesis of epoch 0 from one team to the other. */
void team_genesis(unsigned origin, uint8_t out[GENESIS_BYTES],
                  struct lane_id *id);

/* Sign (size, root, time) of a lane as `t` in a role. */
struct checkpoint;
void team_sign(const struct team *t, enum key_role role,
               const struct team_name *origin, const struct lane_id *lane,
               struct checkpoint *c);

#endif
