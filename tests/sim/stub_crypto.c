/*
 * stub_crypto - signatures made of hashes, for a simulation of many seeds.
 *
 * Holds:      whoever has the secret key's public key could forge; nobody in
 *             the simulation does so unless a fault says it.
 * Leaves out: Ed25519 (core/crypto/sign.c), which this file replaces.
 */
#include "core/crypto/crypto.h"

static void
stub_signature(const struct public_key *key, struct slice text,
               struct signature *out)
{
    struct slice parts[] = {slice_str("stub"), SLICE_ARRAY(key->b), text};
    struct hash h;

    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    memcpy(out->b, h.b, 32);
    memcpy(out->b + 32, h.b, 32);
}

enum err
crypto_verify(const struct public_key *key, struct slice text,
              const struct signature *signature)
{
    struct signature good;

    stub_signature(key, text, &good);
    return memcmp(good.b, signature->b, sizeof good.b) == 0 ? OK
                                                            : ERR_SIGNATURE;
}

void
crypto_sign(const struct secret_key *key, struct slice text,
            struct signature *out)
{
    struct public_key public;

    crypto_public_key(key, &public);
    stub_signature(&public, text, out);
}

void
crypto_public_key(const struct secret_key *key, struct public_key *out)
{
    struct slice parts[] = {slice_str("public"), SLICE_ARRAY(key->b)};
    struct hash h;

    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    memcpy(out->b, h.b, sizeof out->b);
}
