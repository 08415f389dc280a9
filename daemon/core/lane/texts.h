/*
 * texts - the other texts that are signed or read out.
 *
 * Holds:      each is rebuilt from its values; base64 is canonical, decimals
 *             have no leading zero.
 * Spec:       docs/PROTOCOL.md#sessions, #cards, #pairing, #resume
 */
#ifndef CORE_LANE_TEXTS_H
#define CORE_LANE_TEXTS_H

#include "core/base/buf.h"
#include "core/model/card.h"

struct session_claim {
    struct slice exporter; /* 32 bytes */
    bool is_client;
    const struct team_name *team; /* who signs */
    const struct team_name *peer;
    const struct hash *hello; /* H(H(client HELLO) || H(server HELLO)) */
};

/* Write what a session key signs. */
void session_text(const struct session_claim *claim, struct buf *out);

/* Compute the hello hash from both frames, header and payload as sent. */
void session_hello_hash(struct slice client_frame, struct slice server_frame,
                        struct hash *out);

/* Write what the root and every key of a card sign. */
void card_text(const struct team_name *team, uint64_t version,
               const struct hash *card_hash, struct buf *out);

/* Write what the root signs to let a frozen lane go on from (size, root). */
void adopt_text(const struct lane_id *lane, uint64_t size,
                const struct hash *root, struct buf *out);

/* Check a card's every signature: by the root `root`, and by each key that
 * it lists, in its order. ERR_SIGNATURE, ERR_KEY (a key id that does not fit
 * or a key that stands twice), ERR_MISSING (a key did not sign). */
MUST_USE enum err card_verify(const struct card *card,
                              const struct signed_card *proof,
                              const struct public_key *root);

/* Check the root's signature alone, of a card that its keys have still to
 * sign. ERR_SIGNATURE. */
MUST_USE enum err card_verify_root(const struct card *card,
                                   const struct signed_card *proof,
                                   const struct public_key *root);

/* Tell whether a card revokes a key that it lists. */
bool card_revokes_own(const struct card *card);

struct pairing_side {
    const struct team_name *team;
    const struct hash *root_spki;
};

/* The code for a pair: twelve groups of four digits. */
#define PAIRING_GROUPS 12
struct pairing_code {
    char groups[PAIRING_GROUPS][5];
};

/* Compute it; the order of the two sides does not matter. */
void pairing_code_of(const struct pairing_side *a, const struct pairing_side *b,
                     struct pairing_code *out);

#endif
