/*
 * session - one connection as a state machine: HELLO, cards, AUTH, then who
 *           may send what.
 *
 * Holds:      nothing of a lane is sent or taken before both sides proved
 *             who they are over this very TLS session; over a card-only one
 *             nothing is ever proven.
 * Trusts:     the edge for the TLS exporter and the certificate's team;
 *             nothing of the frames.
 * Leaves out: what lane frames mean (core/exchange); signing (the signer).
 * Spec:       docs/PROTOCOL.md#sessions
 */
#ifndef CORE_SESSION_SESSION_H
#define CORE_SESSION_SESSION_H

#include "core/base/arena.h"
#include "core/lane/texts.h"
#include "core/wire/frames.h"

enum session_state {
    SESSION_GREETING, /* waiting for HELLO */
    SESSION_PROVING,  /* waiting for the peer's AUTH */
    SESSION_RESUMING, /* proven; waiting for the peer's RESUME */
    SESSION_OPEN,
    SESSION_CLOSED,
    SESSION_STATE_COUNT
};

#define EXPORTER_BYTES 32

/* What a session must know; the slices and pointers outlive it. */
struct session_setup {
    struct team_name own;
    struct team_name peer; /* by its verified certificate */
    bool is_client;
    bool card_only; /* the certificate is not in the card that we hold */
    uint8_t exporter[EXPORTER_BYTES];
    uint8_t boot_id[BOOT_ID_BYTES];
    uint64_t own_card_version;
    struct hash own_card_hash;
    struct slice own_card;      /* payload of our CARD frame */
    uint64_t peer_card_version; /* that we hold */
    struct hash peer_card_hash;
    uint64_t body_bytes_max;
    uint32_t batches_in_flight;
};

/* What a frame or an answer of the signer led to. */
struct session_step {
    struct buf *send; /* frames to be sent are appended here */
    struct arena *arena;
    bool sign;         /* our claim must be signed: session_claim */
    struct slice card; /* payload of the peer's newer card: adopt it,
                          then go on; empty otherwise */
    bool proven;       /* both sides are proven: send RESUME */
    bool deliver;      /* the frame is the exchange's business */
    bool closed;       /* the peer said CLOSE: nothing is answered */
    struct slice text; /* the peer's words in CLOSE */
};

struct session;

struct session *session_new(const struct session_setup *setup);
void session_free(struct session *s);

/* Begin: a client says HELLO at once. */
void session_start(struct session *s, struct buf *send);

/* Take one frame, header and payload. `peer_key` is the session key of the
 * card in force, needed for AUTH (NULL: it has none); when step->card is set,
 * adopt the card and call session_card_adopted. On error close with that error;
 * the session is then CLOSED. A CLOSE of the peer gives its error too. */
MUST_USE enum err session_frame(struct session *s, struct slice frame,
                                const struct public_key *peer_key,
                                struct session_step *step);

/* Note that the peer's newer card is in force from now on. AUTH is refused
 * as long as it is not the one that HELLO announced. */
void session_card_adopted(struct session *s, uint64_t version,
                          const struct hash *card_hash);

/* Give what our session key must sign. */
void session_claim_of(const struct session *s, struct session_claim *out);

/* Take our own signature: sends AUTH. */
void session_signed(struct session *s, const struct key_id *key,
                    const struct signature *signature,
                    struct session_step *step);

enum session_state session_state(const struct session *s);
const struct session_setup *session_setup_of(const struct session *s);

/* The peer's HELLO; only after GREETING. */
const struct frame_hello *session_hello(const struct session *s);

/* Batches that may be in flight: the smaller of both announcements. */
uint32_t session_window(const struct session *s);

#endif
