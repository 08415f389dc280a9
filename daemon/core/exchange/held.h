/*
 * held - a card that is held, and the keys that cards have named.
 *
 * Holds:      a history keeps each key once, in the order of the cards.
 * Leaves out: taking cards over (cards.c), keys by position (lanes.h).
 */
#ifndef CORE_EXCHANGE_HELD_H
#define CORE_EXCHANGE_HELD_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/model/card.h"

/* What of a card may end before the rest. */
enum card_end {
    END_CARD,        /* the card or its revocation list */
    END_CERTIFICATE, /* what TLS rests on: its certificates, the root's */
    END_COUNT
};

struct card_ending {
    uint64_t at_s;
    const char *what; /* NULL: it does not say */
};

/* A card that is held, with its own memory. */
struct held_card {
    struct buf proof; /* payload of a CARD frame */
    struct arena arena;
    struct card card;
    struct hash hash; /* H(card bytes) */
    struct public_key root;
    struct hash root_spki;
    struct card_ending ends[END_COUNT]; /* of each what ends first */
    bool present;
};

/* A key that a team's cards have named as in use, in the order in which they
 * did. Positions tell which of them a signature may be of. */
struct key_era {
    enum key_role role;
    struct public_key key;
    struct key_id id;
    uint64_t since; /* version of the first card that we held with it */
    uint64_t until; /* of the first without it; 0: in use */
    bool compromised;
};

struct key_history {
    struct key_era *list;
    size_t count, capacity;
};

#endif
