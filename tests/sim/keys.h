/*
 * keys - the keys of a team, its cards, and the person who replaces them.
 *
 * Holds:      every key that ever was is remembered, with the version of the
 *             card that ended it; key files outlive the signer's process.
 * Spec:       docs/PROTOCOL.md#rotation
 */
#ifndef TESTS_SIM_KEYS_H
#define TESTS_SIM_KEYS_H

#include "core/exchange/event.h"
#include "core/model/card.h"
#include "edge/signer/keyring.h"
#include "edge/signer/signer.h"
#include "sim/team.h"

#define KEYS_KNOWN_MAX 64
#define ERAS_MAX 16

struct known_key {
    enum key_role role;
    struct secret_key secret;
    struct public_key key;
    struct key_id id;
    bool carded;        /* it stands in a card, or did */
    uint64_t bad_since; /* version that calls it compromised, or 0 */
};

struct keys {
    struct secret_key places[KEYRING_ROLES][KEYRING_PLACES];
    struct known_key known[KEYS_KNOWN_MAX]; /* in the order of their making */
    size_t count;
    struct buf card; /* the newest, as the root signed it; or empty */
    uint64_t version;
    enum key_role role; /* that is replaced now */
    bool compromised;
};

/* Which key signs a lane above a size, as it was seen. */
struct era_seen {
    uint64_t above;
    struct key_id id;
};

struct world;
struct node;
struct lane_truth;
struct checkpoint;

void keys_init(struct node *n);
void keys_clear(struct node *n);

/* Give the signer what its files hold. */
struct signer *keys_signer(struct node *n);

const struct known_key *keys_find(const struct node *n, enum key_role role,
                                  const struct key_id *id);

/* Give a bit for each key that a card names as in use. */
uint64_t keys_named(const struct node *n, const struct card *c);

/* See the key with which a lane goes on, as whoever stole it would. */
const struct known_key *keys_of_lane(const struct node *origin,
                                     const struct lane_truth *l);

/* Replace the key of a role; or go on where that was cut. */
void keys_rotate(struct world *w, struct node *n, enum key_role role,
                 bool compromised);
void keys_answer(struct world *w, struct node *n, const struct effect *e);

/* Have the newest card taken. */
void keys_import(struct world *w, struct node *n);

/* ---- truth_keys.c: I16 ---- */
void key_said(struct world *w, struct lane_truth *l, uint64_t size,
              const struct key_id *id);
void key_kept(struct world *w, const struct node *holder,
              const struct lane_truth *l, const struct checkpoint *c);
void key_receipted(struct world *w, const struct node *holder,
                   struct lane_truth *l, const struct checkpoint *c);

#endif
