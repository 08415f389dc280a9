#include "core/crypto/uuid.h"

#include <assert.h>
#include <openssl/evp.h>

#define SHA1_BYTES 20

/* One context for the process, as for the hash of leaf records. */
static EVP_MD_CTX *digest;

static void
digest_begin(void)
{
    int good;

    if (digest) {
        good = EVP_DigestInit_ex2(digest, NULL, NULL);
    } else {
        EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
        assert(sha1);
        digest = EVP_MD_CTX_new();
        assert(digest);
        good = EVP_DigestInit_ex2(digest, sha1, NULL);
        EVP_MD_free(sha1);
    }
    assert(good == 1);
}

void
crypto_uuid5(const uint8_t space[UUID_SIZE], struct slice text,
             uint8_t out[UUID_SIZE])
{
    uint8_t hash[SHA1_BYTES];

    digest_begin();
    int good = EVP_DigestUpdate(digest, space, UUID_SIZE) &&
               EVP_DigestUpdate(digest, text.data, text.size) &&
               EVP_DigestFinal_ex(digest, hash, NULL);
    assert(good == 1);
    memcpy(out, hash, UUID_SIZE);
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x50);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}
