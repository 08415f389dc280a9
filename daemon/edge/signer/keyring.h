/*
 * keyring - the signer's private keys: two places for each role, and what
 *           became of every key that ever stood in one.
 *
 * Holds:      one key of a role is in use; a key's public half is never
 *             forgotten once it left the role that it was made for.
 * Trusts:     the signing journal for what became of a key.
 * Leaves out: files (process.c), who says when a key goes (core/exchange).
 * Spec:       docs/PROTOCOL.md#signer
 */
#ifndef EDGE_SIGNER_KEYRING_H
#define EDGE_SIGNER_KEYRING_H

#include "core/crypto/crypto.h"
#include "core/ports/signer.h"

#define KEYRING_ROLES 3
#define KEYRING_PLACES 2

/* A key that the signing journal has named. */
struct keyring_known {
    enum key_role role;
    enum sign_key_state state;
    struct public_key key;
    struct key_id id;
};

/* A private key; `held` is false of an empty place. */
struct keyring_place {
    bool held;
    struct secret_key secret;
    struct public_key shown;
    struct key_id id;
};

struct keyring {
    struct team_name own;
    struct keyring_place places[KEYRING_ROLES][KEYRING_PLACES];
    struct keyring_known *known;
    size_t count, capacity;
};

void keyring_init(struct keyring *r, const struct team_name *own);

/* Wipe it all. */
void keyring_clear(struct keyring *r);

/* Put a seed into a place; 32 zeros leave it empty. */
void keyring_put(struct keyring *r, enum key_role role, size_t place,
                 const struct secret_key *seed);

/* Take a record of the journal, or one that was made now. ERR_DAMAGED: the
 * key cannot come into that state. */
MUST_USE enum err keyring_take(struct keyring *r, const struct gate_record *k);

/* Tell what state the key in a place is in; before a role's first rotation
 * its first key is in use. DESTROYED also of a key that nobody knows: it was
 * made by a run that ended before it could say so. */
enum sign_key_state keyring_state(const struct keyring *r, enum key_role role,
                                  size_t place);

/* See the private key in use, or the one of an id; NULL if there is none. */
const struct keyring_place *keyring_in_use(const struct keyring *r,
                                           enum key_role role);
const struct keyring_place *keyring_find(const struct keyring *r,
                                         enum key_role role,
                                         const struct key_id *id);

/* Find the public half of a key that was ever of that role; NULL if it was
 * not. */
const struct public_key *keyring_public(const struct keyring *r,
                                        enum key_role role,
                                        const struct key_id *id);

/* List the private keys that are held, in a result of KEYS. */
void keyring_list(const struct keyring *r, struct sign_result *out);

#endif
