/*
 * own - cards that are held, keys that they have named, our own card and keys.
 *
 * Holds:      which key was in force when follows from cards and positions
 *             that the journal keeps, never from a clock.
 * Leaves out: cards of peers (peers.c), the private keys (edge/signer).
 * Spec:       docs/PROTOCOL.md#rotation
 */
#ifndef CORE_EXCHANGE_OWN_H
#define CORE_EXCHANGE_OWN_H

#include "core/exchange/state.h"

/* ---- cards.c ---- */
MUST_USE enum err held_card_set(struct held_card *h, struct slice proof,
                                const struct hash *pinned_root);
void held_card_clear(struct held_card *h);

/* Take apart a card whose keys have not signed yet; only the root's signature
 * is checked. */
MUST_USE enum err held_card_offer(struct held_card *h, struct slice proof,
                                  const struct hash *pinned_root);

/* ---- history.c: keys that cards have named, one after another ---- */
#define KEY_ERAS_MAX 256
/* Note what a card that is in force says of keys. ERR_LIMIT: too many. */
MUST_USE enum err history_note(struct key_history *h, const struct card *c);
const struct key_era *history_find(const struct key_history *h,
                                   enum key_role role, const struct key_id *id);
void history_clear(struct key_history *h);

/* Tell whether a card may follow those before. ERR_LIMIT, ERR_CARD */
MUST_USE enum err history_allows(const struct key_history *h,
                                 const struct card *c);
bool history_is_before(const struct key_history *h, enum key_role role,
                       const struct key_id *a, const struct key_id *b);

/* ---- rotation.c: checkpoint keys of lanes, by position ---- */
void lane_key_first(const struct exchange *x, struct lane *l,
                    const struct checkpoint *c);
/* See the key that signs `size`; NULL before the first batch. */
const struct lane_key *lane_key_at(const struct lane *l, uint64_t size);
/* Tell whether another key signs above exactly this size. */
bool lane_key_begins(const struct lane *l, uint64_t size);
bool lane_key_is_bad(const struct exchange *x, const struct lane *l,
                     const struct key_id *id);
/* Tell whether the key with which a lane goes on was called compromised. */
bool lane_is_disowned(const struct exchange *x, const struct lane *l);

/* Of ours: the key that it began under is no longer the one in use. */
bool lane_began_otherwise(const struct exchange *x, const struct lane *l);
/* ERR_KEY, ERR_SIGNATURE */
MUST_USE enum err lane_key_verify(const struct exchange *x,
                                  const struct lane *l,
                                  const struct checkpoint *c);
/* Check the body of a card entry: the errors of a card. */
MUST_USE enum err rotation_check(const struct exchange *x, uint32_t lane,
                                 struct slice body);

/* The last entry of the lane is such a card: note the key that goes on.
 * `signed_by` is the key of the size right after it, where the lane does not
 * know its first key yet; or NULL. */
void rotation_note(struct exchange *x, uint32_t lane, struct slice body,
                   const struct key_id *signed_by);
/* An epoch begins with the key in use: a card that waits would name an older
 * one behind it. */
void rotation_rolled(struct exchange *x, uint32_t peer);
void rotation_taken(struct exchange *x, uint32_t lane, struct slice body);
void ask_switch(struct exchange *x, uint32_t lane);
void rotation_pump(struct exchange *x);
/* Raise the alarm that a lane waits for a new epoch, or let it go. */
void alarm_disowned(struct exchange *x, uint32_t lane, bool waits);

/* ---- own.c: our own card and keys ---- */
MUST_USE bool own_start(struct exchange *x);
/* Begin to take a newer card of our own; ERR_... with `why`, or OK: the answer
 * comes when its keys have signed. */
MUST_USE enum err own_import(struct exchange *x, struct slice proof,
                             const struct asked *who, const char **why);
void own_signed(struct exchange *x, const struct asked *a,
                const struct sign_result *r);
void own_keys(struct exchange *x, const struct asked *a,
              const struct sign_result *r);

#endif
