#include "core/crypto/crypto.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/*
 * These three stand alone in this file: a program that defines them itself
 * (the simulator does) is linked without it.
 */

static EVP_PKEY *
private_key(const struct secret_key *key)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->b,
                                               sizeof key->b);

    assert(k);
    return k;
}

enum err
crypto_verify(const struct public_key *key, struct slice text,
              const struct signature *signature)
{
    /* What a liar sent leaves no error behind for TLS to stumble over. */
    ERR_set_mark();
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->b,
                                              sizeof key->b);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert(c);
    bool good = k && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1 &&
                EVP_DigestVerify(c, signature->b, sizeof signature->b,
                                 text.data, text.size) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(k);
    ERR_pop_to_mark();
    return good ? OK : ERR_SIGNATURE;
}

void
crypto_sign(const struct secret_key *key, struct slice text,
            struct signature *out)
{
    EVP_PKEY *k = private_key(key);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t size = sizeof out->b;

    assert(c);
    bool good = EVP_DigestSignInit(c, NULL, NULL, NULL, k) == 1 &&
                EVP_DigestSign(c, out->b, &size, text.data, text.size) == 1;
    assert(good && size == sizeof out->b);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(k);
}

void
crypto_public_key(const struct secret_key *key, struct public_key *out)
{
    EVP_PKEY *k = private_key(key);
    size_t size = sizeof out->b;
    int good = EVP_PKEY_get_raw_public_key(k, out->b, &size);

    assert(good == 1 && size == sizeof out->b);
    EVP_PKEY_free(k);
}
