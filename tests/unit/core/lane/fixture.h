/*
 * fixture - two teams, their keys and a lane, as the tests of this room use
 *           them.
 *
 * Holds:      keys are made of one repeated byte and guard nothing.
 */
#ifndef TESTS_UNIT_CORE_LANE_FIXTURE_H
#define TESTS_UNIT_CORE_LANE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/hex.h"
#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"

static const struct team_name krcert = {"krcert.or.kr"};
static const struct team_name auscert = {"cert.gov.au"};

struct key_pair {
    struct secret_key secret;
    struct public_key key;
};

static inline struct key_pair
key_pair_of(uint8_t byte)
{
    struct key_pair k;

    memset(k.secret.b, byte, sizeof k.secret.b);
    crypto_public_key(&k.secret, &k.key);
    return k;
}

/* Give the genesis of an epoch from krcert.or.kr to cert.gov.au. */
static inline struct genesis
genesis_of_epoch(uint64_t epoch)
{
    struct genesis g = {.epoch = epoch};

    team_id_of(&krcert, &g.origin);
    team_id_of(&auscert, &g.audience);
    crypto_hash_one(&g.root_spki, slice_str("a root key"));
    if (epoch) {
        g.prev_size = 5;
        memset(g.prev_root.b, 0x77, sizeof g.prev_root.b);
    }
    return g;
}

static inline struct lane_id
lane_of_epoch(uint64_t epoch)
{
    struct genesis g = genesis_of_epoch(epoch);
    uint8_t bytes[GENESIS_BYTES];
    struct lane_id id;

    genesis_encode(&g, bytes);
    lane_id_of(bytes, &id);
    return id;
}

/* Sign (size, root, time) of a lane of krcert.or.kr. */
static inline struct checkpoint
checkpoint_signed(const struct lane_id *lane, const struct frontier *at,
                  const struct signatory *by, const struct secret_key *key)
{
    struct checkpoint c = {.size = at->size, .time_s = 1700000001};
    struct buf text = {0};

    frontier_root(at, &c.root);
    key_id_of(by->team, by->role, by->key, &c.key);
    checkpoint_signed_text(&krcert, lane, &c, &text);
    crypto_sign(key, buf_slice(&text), &c.signature);
    buf_clear(&text);
    return c;
}

/* Give the leaf hash of a made-up entry. */
static inline struct hash
leaf_number(uint64_t n)
{
    struct hash h;
    uint8_t text[8];

    put_be64(text, n);
    crypto_hash_one(&h, SLICE_ARRAY(text));
    return h;
}

#endif
