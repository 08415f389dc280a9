/*
 * team - keys and cards of a team without X.509, and a generator of numbers.
 *
 * Holds:      everything follows from the team's number and from the seed.
 */
#ifndef TESTS_SIM_TEAM_H
#define TESTS_SIM_TEAM_H

#include "core/crypto/crypto.h"
#include "core/model/card.h"

/* ---- team.c: keys and cards of a team ---- */
struct team {
    struct team_name name;
    struct secret_key seeds[3];
    struct buf card;    /* payload of its CARD frame */
    struct buf renewed; /* the same with a higher version */
    struct hash root_spki;
};

void team_make(struct team *t, const char *name, const char *short_name,
               uint8_t number);

/* The same with another address in its card, or none (NULL). */
void team_make_at(struct team *t, const char *name, const char *short_name,
                  uint8_t number, const char *address);

/* The same with a TLS certificate that ends then. */
void team_make_until(struct team *t, const char *name, const char *short_name,
                     uint8_t number, uint64_t end_s);

/* ---- a pseudo-random generator: SplitMix64 (Steele, Lea, Flood 2014) ---- */
struct dice {
    uint64_t state;
};

uint64_t dice_next(struct dice *d);

/* A number below `n`, which is not 0. */
uint64_t dice_below(struct dice *d, uint64_t n);

/* True in `percent` of cases. */
bool dice_chance(struct dice *d, unsigned percent);
void team_clear(struct team *t);

#endif
