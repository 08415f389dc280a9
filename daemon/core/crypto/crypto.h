/*
 * crypto - hash, verify and sign as plain functions.
 *
 * Holds:      SHA-256 and Ed25519 alone (version 1 negotiates nothing).
 * Trusts:     nothing of what is verified.
 * Leaves out: where private keys live (edge/signer), what is signed and in
 *             which words (core/lane).
 * Spec:       FIPS 180-4, RFC 8032; docs/PROTOCOL.md#bytes
 */
#ifndef CORE_CRYPTO_CRYPTO_H
#define CORE_CRYPTO_CRYPTO_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/ids.h"

/* A private Ed25519 key: its 32-byte seed (RFC 8032, 5.1.5). */
struct secret_key {
    uint8_t b[32];
};

/* Hash the parts one after another, as one text. */
void crypto_hash(struct hash *out, const struct slice *parts, size_t count);

/* Hash one slice. */
static inline void
crypto_hash_one(struct hash *out, struct slice bytes)
{
    crypto_hash(out, &bytes, 1);
}

/* HMAC-SHA-256 (RFC 2104) over the parts one after another. */
void crypto_hmac(struct hash *out, struct slice key, const struct slice *parts,
                 size_t count);

/* Check an Ed25519 signature; ERR_SIGNATURE if it is not good. */
MUST_USE enum err crypto_verify(const struct public_key *key, struct slice text,
                                const struct signature *signature);

/* Sign with Ed25519; deterministic. */
void crypto_sign(const struct secret_key *key, struct slice text,
                 struct signature *out);

/* Compute the public key of a secret one. */
void crypto_public_key(const struct secret_key *key, struct public_key *out);

/* Compute a C2SP key id: H(name "\n" type public key)[0:4]. Type 0x01 is
 * Ed25519, 0x04 an Ed25519 cosignature. */
void crypto_key_id(struct slice name, uint8_t type,
                   const struct public_key *key, struct key_id *out);
#define KEY_TYPE_ED25519 0x01
#define KEY_TYPE_COSIGNATURE 0x04

/* Hash the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410). */
void crypto_spki_hash(const struct public_key *key, struct hash *out);

/* Overwrite secret bytes so that the compiler cannot leave it out. */
void crypto_wipe(void *memory, size_t size);

#endif
