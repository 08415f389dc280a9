/*
 * kit_keys - cards that replace a checkpoint key, ours or the peer's.
 *
 * Holds:      what fails in here fails the test.
 * Leaves out: the cards that a team has from the start (sim/team.h).
 */
#ifndef TESTS_UNIT_CORE_EXCHANGE_KIT_KEYS_H
#define TESTS_UNIT_CORE_EXCHANGE_KIT_KEYS_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/crypto/crypto.h"

struct kit;
struct team;

/* The seed of the first key that the signer makes here; of each further one it
 * is one more. */
#define KIT_NEW_SEED 0x77

struct kit_card_wish {
    uint8_t number;   /* of the team, as sim/team.c counts */
    uint64_t version; /* 0: the second */
    struct secret_key checkpoint;
    bool compromised; /* the key before it */
    bool whole;       /* its keys sign it too */
};

/* Make the next card of a team, with another checkpoint key. */
void kit_next_card(const struct team *t, const struct kit_card_wish *w,
                   struct buf *out);

/* Ask the node to put a card in force. */
enum err kit_import(struct kit *k, struct slice card);

/* Put the next card of a team in force here. */
void kit_import_card(struct kit *k, const struct team *t,
                     const struct kit_card_wish *w);

/* Have the signer make another checkpoint key for us. */
void kit_make_key(struct kit *k);

/* Put a card with a new checkpoint key of ours in force. */
void kit_rotate(struct kit *k, bool compromised);

/* Count the keys that the signer has, of all roles. */
size_t kit_key_count(struct kit *k);

#endif
