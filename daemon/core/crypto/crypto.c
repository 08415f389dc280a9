#include "core/crypto/crypto.h"

#include <assert.h>
#include <openssl/evp.h>

#define SHA256_BLOCK_BYTES 64

/*
 * One digest context for the process: the core runs in one thread, and to
 * look the algorithm up anew costs as much as hashing a leaf record.
 */
static EVP_MD_CTX *digest;

static void
digest_begin(void)
{
    int good;

    if (digest) {
        good = EVP_DigestInit_ex2(digest, NULL, NULL);
    } else {
        EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        assert(sha256);
        digest = EVP_MD_CTX_new();
        assert(digest);
        good = EVP_DigestInit_ex2(digest, sha256, NULL);
        EVP_MD_free(sha256);
    }
    assert(good == 1);
}

static void
digest_add(const void *bytes, size_t size)
{
    int good = EVP_DigestUpdate(digest, bytes, size);

    assert(good == 1);
}

static void
digest_end(struct hash *out)
{
    int good = EVP_DigestFinal_ex(digest, out->b, NULL);

    assert(good == 1);
}

void
crypto_hash(struct hash *out, const struct slice *parts, size_t count)
{
    digest_begin();
    for (size_t i = 0; i < count; i++)
        digest_add(parts[i].data, parts[i].size);
    digest_end(out);
}

void
crypto_hmac(struct hash *out, struct slice key, const struct slice *parts,
            size_t count)
{
    uint8_t block[SHA256_BLOCK_BYTES] = {0};

    if (key.size > sizeof block) {
        struct hash short_key;
        crypto_hash_one(&short_key, key);
        memcpy(block, short_key.b, sizeof short_key.b);
        crypto_wipe(&short_key, sizeof short_key);
    } else if (key.size) {
        memcpy(block, key.data, key.size);
    }
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    digest_begin();
    digest_add(block, sizeof block);
    for (size_t i = 0; i < count; i++)
        digest_add(parts[i].data, parts[i].size);
    digest_end(out);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    digest_begin();
    digest_add(block, sizeof block);
    digest_add(out->b, sizeof out->b);
    digest_end(out);
    crypto_wipe(block, sizeof block);
}

void
crypto_key_id(struct slice name, uint8_t type, const struct public_key *key,
              struct key_id *out)
{
    uint8_t between[] = {'\n', type};
    struct slice parts[] = {name, SLICE_ARRAY(between), SLICE_ARRAY(key->b)};
    struct hash h;

    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    memcpy(out->b, h.b, sizeof out->b);
}

void
crypto_spki_hash(const struct public_key *key, struct hash *out)
{
    /* RFC 8410, 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING } */
    static const uint8_t before[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    struct slice parts[] = {SLICE_ARRAY(before), SLICE_ARRAY(key->b)};

    crypto_hash(out, parts, ARRAY_SIZE(parts));
}

void
crypto_wipe(void *memory, size_t size)
{
    volatile uint8_t *at = memory;

    while (size--)
        *at++ = 0;
}
