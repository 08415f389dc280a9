/*
 * card - who a team is and which keys speak for it, as a value.
 *
 * Holds:      a public key stands once, in one role.
 * Trusts:     nothing: check its signatures first (core/lane/card.h).
 * Leaves out: the bytes (core/wire/card.h).
 * Spec:       docs/PROTOCOL.md#cards
 */
#ifndef CORE_MODEL_CARD_H
#define CORE_MODEL_CARD_H

#include "core/model/ids.h"

#define CARD_KEYS_MAX 8
#define CARD_ADDRESSES_MAX 8
#define CARD_CERTIFICATES_MAX 4
#define CARD_REVOKED_MAX 64

enum key_role {
    KEY_ROLE_NONE = 0,
    KEY_ROLE_SESSION = 1,
    KEY_ROLE_CHECKPOINT = 2,
    KEY_ROLE_RECEIPT = 3,
    KEY_ROLE_COUNT
};

struct card_key {
    enum key_role role;
    struct public_key key;
    bool next; /* announced, not yet in use */
};

struct card_contact {
    struct slice display_name, email, telephone, time_zone;
    struct slice constituency, web;
};

#define CARD_REVOKED_RETIRED 1u
#define CARD_REVOKED_COMPROMISED 2u

struct card_revoked {
    struct key_id key;
    unsigned reason;
};

/* Slices point into the card's bytes. */
struct card {
    struct team_name team;
    struct slice short_name;
    uint64_t version;
    uint64_t expires_s; /* seconds since 1970 */
    struct card_contact contact;
    struct card_key keys[CARD_KEYS_MAX];
    size_t key_count;
    struct slice addresses[CARD_ADDRESSES_MAX];
    size_t address_count;
    struct slice root_certificate; /* DER */
    struct slice certificates[CARD_CERTIFICATES_MAX];
    size_t certificate_count;
    struct slice revocation_list;
    struct card_revoked revoked[CARD_REVOKED_MAX];
    size_t revoked_count;
};

/* A card with what proves it: the bytes of the CARD frame, taken apart. */
struct signed_card {
    struct slice card; /* the exact bytes that were hashed */
    struct signature root_signature;
    struct key_id key_ids[CARD_KEYS_MAX];
    struct signature key_signatures[CARD_KEYS_MAX];
    size_t key_count;
};

/* Find the key in use for a role; NULL if there is none. */
const struct card_key *card_key_of(const struct card *c, enum key_role role);

/* Give the C2SP name's last part: "session", "checkpoint", "receipt". */
const char *key_role_name(enum key_role role);

#endif
