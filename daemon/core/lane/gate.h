/*
 * gate - the rules of the signer: nothing is signed that does not extend what
 *        was signed before.
 *
 * Holds:      per (lane, role) every exact (size, root) that was signed, and
 *             the frontier at the last one (R12); one live epoch per audience;
 *             which checkpoint key a lane goes on with.
 * Trusts:     nothing of the node: lane ids, roots and texts are made here.
 * Leaves out: keys, files, the process (edge/signer).
 * Spec:       docs/PROTOCOL.md#gate
 */
#ifndef CORE_LANE_GATE_H
#define CORE_LANE_GATE_H

#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/merkle.h"

struct gate;

/* What the signing journal holds, one record for each signature or genesis. */
enum gate_record_kind {
    GATE_RECORD_GENESIS = 1,
    GATE_RECORD_SIGNED = 2,
    GATE_RECORD_KEY = 3,    /* of the key ring (edge/signer/keyring.h) */
    GATE_RECORD_SWITCH = 4, /* a lane goes on with another checkpoint key */
};

struct gate_record {
    enum gate_record_kind kind;
    uint64_t turn; /* the node's, highest so far */
    enum key_role role;
    uint8_t genesis[GENESIS_BYTES]; /* of GENESIS */
    struct lane_id lane;
    struct checkpoint at; /* of SIGNED: what was signed; of SWITCH: the last
                             size of the old key, and the new key's id */
    uint8_t key_state;    /* of KEY */
    struct public_key public_key;
    /* for a receipt also the checkpoint that it answers: */
    uint64_t origin_time_s;
    struct key_id origin_key;
    struct signature origin_signature;
};

/* Append the bytes of a record, as the journal keeps them. */
void gate_record_put(struct buf *out, const struct gate_record *r);

/* Read exactly those bytes; ERR_FORMAT on anything else. Whether it fits the
 * records before it, gate_restore says. */
MUST_USE enum err gate_record_get(struct slice bytes, struct gate_record *out);

/* Make the gate of team `own`, empty. */
struct gate *gate_new(const struct team_name *own);
void gate_free(struct gate *g);

/* Take a record of the journal at start, in its order. ERR_DAMAGED if it
 * contradicts an earlier one. */
MUST_USE enum err gate_restore(struct gate *g, const struct gate_record *r);

/* Highest turn number that any record names. */
uint64_t gate_turn(const struct gate *g);

struct gate_lane {
    uint64_t signed_size;    /* last (size, root) signed in that role; 0 */
    struct hash signed_root; /* of no signature: the empty root */
};

/* Open a lane in a role with the node's size and peaks after a restart of
 * either side. `origin` and `audience` name the teams, one of them our own,
 * and must match the genesis. At the last signed size the peaks must hash to
 * its root; at a smaller size they are taken unproven and nothing new is
 * signed before the leaves passed the signed size with exactly its root; at a
 * larger size: ERR_AHEAD (hand over the peaks at the signed size instead).
 * A genesis that is new sets *`add` for the journal and `record` to it; it
 * closes every lower epoch of the pair, and below a higher one it is closed
 * itself: in a closed epoch nothing new is signed.
 * ERR_GENESIS: not ours, or a second genesis of one epoch;
 * ERR_NOT_EXTENSION: other root; also the errors of genesis_decode. */
struct gate_open {
    const uint8_t *genesis; /* GENESIS_BYTES */
    const struct team_name *origin;
    const struct team_name *audience;
    enum key_role role; /* CHECKPOINT or RECEIPT */
    const struct frontier *at;
    uint64_t turn;
};
MUST_USE enum err gate_open(struct gate *g, const struct gate_open *request,
                            struct gate_lane *out, struct gate_record *record,
                            bool *add);

/* Tell whether a genesis was ever opened, and write the one of the highest
 * epoch that is known for the same two teams; where none is, `genesis`
 * itself. ERR_GENESIS and the errors of genesis_decode. */
MUST_USE enum err gate_epoch(const struct gate *g,
                             const uint8_t genesis[GENESIS_BYTES], bool *found,
                             uint8_t latest[GENESIS_BYTES]);

/* Extend an open lane by leaf hashes from index `from`, which must be its
 * size, and prepare what may be signed at the new size: fills the record but
 * for time, key, signature and the origin's (gate_origin gives its name). If
 * exactly that (size, root) was signed before, *`again` is set and `record`
 * is the old one, to be given out as it is. ERR_RANGE: other start;
 * ERR_NOT_EXTENSION: passing the last signed size with another root, or
 * ending below it at a (size, root) that was never signed; ERR_EPOCH_CLOSED:
 * never signed, in a closed epoch; ERR_UNKNOWN_LANE: not open. The lane is
 * unchanged on error. */
struct gate_extend {
    struct lane_id lane;
    enum key_role role;
    uint64_t from;
    const struct hash *leaves;
    size_t count;
    uint64_t turn;
};
MUST_USE enum err gate_extend(struct gate *g, const struct gate_extend *e,
                              struct gate_record *record, bool *again);

/* Have the checkpoint key `to` sign every size of an open lane of ours that
 * is above `size`, at which the old one signs last. Asking again for the same
 * is harmless and leaves *`add` false. ERR_UNKNOWN_LANE: not open;
 * ERR_NOT_EXTENSION: in a closed epoch, below what is signed, or another key
 * begins there or later. */
struct gate_switch {
    struct lane_id lane;
    uint64_t size;
    struct key_id to;
    uint64_t turn;
};
MUST_USE enum err gate_switch(struct gate *g, const struct gate_switch *request,
                              struct gate_record *record, bool *add);

/* Give the checkpoint key that a lane is bound to at `size`: the one that it
 * was switched to, else the one that signed it last. False: to none yet. */
bool gate_key(const struct gate *g, const struct lane_id *lane, uint64_t size,
              struct key_id *out);

/* Choose the time to sign: the clock, or the last signed time of that lane
 * and role if that is later. */
uint64_t gate_time(const struct gate *g, const struct lane_id *lane,
                   enum key_role role, uint64_t clock_s);

/* Give the origin's name of an open lane; NULL if it is not open. */
const struct team_name *gate_origin(const struct gate *g,
                                    const struct lane_id *lane);

/* Note that `record`, prepared by gate_extend, was signed and is in the
 * journal. */
void gate_signed(struct gate *g, const struct gate_record *record);

/* Find the signature made at exactly (size, root); NULL if there is none.
 * The pointer holds until the next gate_signed. */
const struct gate_record *gate_find(const struct gate *g,
                                    const struct lane_id *lane,
                                    enum key_role role, uint64_t size,
                                    const struct hash *root);

#endif
