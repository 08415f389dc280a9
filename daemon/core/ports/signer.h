/*
 * signer - what the exchange asks of the process that holds the keys.
 *
 * Holds:      a request carries all operations of a turn; the signing journal
 *             is synced once for it, then the answer has one result for each
 *             operation, in order.
 * Trusts:     nothing when decoding, on either side.
 * Leaves out: the rules (core/lane/gate.h), the process (edge/signer).
 * Spec:       docs/PROTOCOL.md#signer
 */
#ifndef CORE_PORTS_SIGNER_H
#define CORE_PORTS_SIGNER_H

#include "core/base/arena.h"
#include "core/lane/gate.h"
#include "core/lane/texts.h"

enum sign_op {
    SIGN_OPEN = 1,    /* a lane in a role: gate_open */
    SIGN_EXTEND = 2,  /* checkpoint or receipt at a new size: gate_extend */
    SIGN_SESSION = 3, /* who we are, over a TLS session */
    SIGN_CARD = 4,    /* that we hold the keys of a card */
    SIGN_FIND = 5,    /* was this (size, root) ever signed? */
    SIGN_EPOCH = 6,   /* is this genesis known, and which is the latest? */
    SIGN_KEYS = 16,   /* the key ring: list it, make, use or destroy a key */
    SIGN_SWITCH = 17, /* a lane goes on with another checkpoint key */
};

/* What becomes of the private keys; never asked for but by KEYS. */
enum sign_key_action {
    SIGN_KEYS_LIST = 0,
    SIGN_KEYS_MAKE = 1,    /* the next key of a role, once */
    SIGN_KEYS_USE = 2,     /* the role signs with that key from now on */
    SIGN_KEYS_DESTROY = 3, /* that key, which is not in use, for ever */
};

enum sign_key_state {
    SIGN_KEY_MADE = 1,     /* waits for a card that lists it */
    SIGN_KEY_IN_USE = 2,   /* signs what the role signs */
    SIGN_KEY_RETIRING = 3, /* a checkpoint key that lanes still need */
    SIGN_KEY_DESTROYED = 4,
    SIGN_KEY_STATE_COUNT
};

/* A private key that the signer holds, without what is private. */
struct sign_key {
    enum key_role role;
    enum sign_key_state state;
    struct public_key key;
};

/* A key's signature over a card, and which key that is. */
struct sign_proof {
    struct key_id key;
    struct signature signature;
};

/* Two keys a role: of more than that none is made. */
#define SIGN_KEYS_MAX 6

/* OPEN     role, genesis, origin, audience, at
 * EXTEND   role, lane, from, leaves; of a receipt also origin_time_s,
 *          origin_key, origin_signature
 * SESSION  exporter, is_client, peer, hello
 * CARD     version, hello (the card's hash)
 * FIND     role, lane, from (the size), hello (the root)
 * EPOCH    role, genesis
 * KEYS     action; role but for LIST; key for USE and DESTROY
 * SWITCH   lane, from (the last size of the old key), key (the new one) */
struct sign_request_op {
    enum sign_op op;
    enum key_role role;
    struct lane_id lane;
    uint8_t genesis[GENESIS_BYTES];
    struct team_name origin, audience, peer;
    struct frontier at;
    uint64_t from;
    const struct hash *leaves;
    size_t leaf_count;
    uint64_t origin_time_s;
    struct key_id origin_key;
    struct signature origin_signature;
    uint8_t exporter[32];
    bool is_client;
    struct hash hello;
    uint64_t version;
    enum sign_key_action action;
    struct public_key key;
};

/* OPEN     size, root: the last signed of that role; turn: the highest that
 *          the signing journal names
 * EXTEND   checkpoint
 * SESSION  proofs[0]
 * CARD     proofs, count: one for every private key that is held
 * FIND     found
 * EPOCH    found; genesis: of the highest epoch of the same two teams
 * KEYS     keys, count: every private key that is held afterwards */
struct sign_result {
    enum err code;
    uint64_t size;
    struct hash root;
    uint64_t turn;
    struct checkpoint checkpoint;
    struct sign_proof proofs[SIGN_KEYS_MAX];
    struct sign_key keys[SIGN_KEYS_MAX];
    size_t count; /* of either */
    bool found;
    uint8_t genesis[GENESIS_BYTES];
};

#define SIGN_OPS_MAX 512
#define SIGN_FRAME_MAX MIB(16)

/* Build a request: begin, add operations, take the bytes. The turn may still
 * be set anew: the one that the operations rest on. */
void sign_request_begin(struct buf *out, uint64_t turn);
void sign_request_turn(struct buf *out, uint64_t turn);
void sign_request_add(struct buf *out, const struct sign_request_op *op);

struct sign_request {
    uint64_t turn;
    const struct sign_request_op *ops;
    size_t count;
};

/* Read a request; its leaves point into `bytes`, the rest lives in `arena`.
 * ERR_TRUNCATED, ERR_FORMAT, ERR_LIMIT, ERR_BUDGET. */
MUST_USE enum err sign_request_get(struct slice bytes, struct arena *arena,
                                   struct sign_request *out);

/* Write and read an answer: results in the order of the operations, each with
 * the operation that it answers. */
void sign_answer_add(struct buf *out, enum sign_op op,
                     const struct sign_result *r);
MUST_USE enum err sign_answer_get(struct slice *bytes, enum sign_op *op,
                                  struct sign_result *out);

#endif
