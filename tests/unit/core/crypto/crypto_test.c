#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/base/hex.h"
#include "core/crypto/crypto.h"

static void
assert_hash(const struct hash *h, const char *expected)
{
    char text[2 * HASH_BYTES + 1];

    hex_encode(SLICE_ARRAY(h->b), text);
    assert_string_equal(text, expected);
}

static void
sha256_gives_the_known_answers(void **state)
{
    struct hash h;

    (void)state;
    crypto_hash_one(&h, (struct slice){0});
    assert_hash(&h, "e3b0c44298fc1c149afbf4c8996fb924"
                    "27ae41e4649b934ca495991b7852b855");
    crypto_hash_one(&h, slice_str("abc"));
    assert_hash(&h, "ba7816bf8f01cfea414140de5dae2223"
                    "b00361a396177a9cb410ff61f20015ad");
}

static void
parts_hash_as_one_text(void **state)
{
    struct slice parts[] = {slice_str("a"), slice_str(""), slice_str("b"),
                            slice_str("c")};
    struct hash whole, split;

    (void)state;
    crypto_hash_one(&whole, slice_str("abc"));
    crypto_hash(&split, parts, ARRAY_SIZE(parts));
    assert_true(hash_equal(&whole, &split));
}

static void
hashing_again_and_again_starts_afresh(void **state)
{
    struct hash first, again;

    (void)state;
    crypto_hash_one(&first, slice_str("x"));
    for (int i = 0; i < 1000; i++) {
        crypto_hash_one(&again, slice_str("x"));
        assert_true(hash_equal(&first, &again));
    }
}

struct hmac_case {
    uint8_t key_byte;
    size_t key_size; /* 0: `key` is the text */
    const char *key;
    uint8_t byte;
    size_t size; /* 0: `text` is the text */
    const char *text;
    const char *expected;
};

/* clang-format off */
/* RFC 4231, 4.2 to 4.8 (4.6 shows truncation, which is not used). */
static const struct hmac_case hmac_cases[] = {
    {0x0b, 20, NULL, 0, 0, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b"
     "881dc200c9833da726e9376c2e32cff7"},
    {0, 0, "Jefe", 0, 0, "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c7"
     "5a003f089d2739839dec58b964ec3843"},
    {0xaa, 20, NULL, 0xdd, 50, NULL,
     "773ea91e36800e46854db8ebd09181a7"
     "2959098b3ef8c122d9635514ced565fe"},
    {0, 0,
     "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
     "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19",
     0xcd, 50, NULL,
     "82558a389a443c0ea4cc819899f2083a"
     "85f0faa3e578f8077a2e3ff46729665b"},
    {0xaa, 131, NULL, 0, 0,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f"
     "8e0bc6213728c5140546040f0ee37f54"},
    {0xaa, 131, NULL, 0, 0,
     "This is a test using a larger than block-size key and a larger than "
     "block-size data. The key needs to be hashed before being used by the "
     "HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944"
     "bfdc63644f0713938a7f51535c3a35e2"},
};
/* clang-format on */

static void
hmac_gives_the_answers_of_rfc_4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hmac_cases); i++) {
        const struct hmac_case *c = &hmac_cases[i];
        uint8_t key[131], text[50];
        struct hash h;
        memset(key, c->key_byte, sizeof key);
        memset(text, c->byte, sizeof text);
        struct slice k =
            c->key ? slice_str(c->key) : slice_of(key, c->key_size);
        struct slice t = c->text ? slice_str(c->text) : slice_of(text, c->size);
        struct slice parts[] = {slice_of(t.data, 3),
                                slice_of(t.data + 3, t.size - 3)};
        crypto_hmac(&h, k, parts, 2);
        assert_hash(&h, c->expected);
    }
}

static void
the_spki_hash_is_that_of_the_encoded_key(void **state)
{
    struct public_key key;
    struct hash ours, theirs;
    unsigned char *der = NULL;

    (void)state;
    memset(key.b, 0x5a, sizeof key.b);
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.b,
                                              sizeof key.b);
    int size = i2d_PUBKEY(k, &der);
    assert_true(size > 0);
    crypto_hash_one(&theirs, slice_of(der, (size_t)size));
    crypto_spki_hash(&key, &ours);
    assert_true(hash_equal(&ours, &theirs));
    OPENSSL_free(der);
    EVP_PKEY_free(k);
}

static void
a_key_id_depends_on_name_type_and_key(void **state)
{
    struct public_key key = {{1}}, other = {{2}};
    struct slice name = slice_str("krcert.or.kr/sealane/session");
    struct key_id a, b;
    struct hash h;

    (void)state;
    crypto_key_id(name, KEY_TYPE_ED25519, &key, &a);
    struct slice parts[] = {name, slice_str("\n\x01"), SLICE_ARRAY(key.b)};
    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    assert_memory_equal(a.b, h.b, sizeof a.b);
    crypto_key_id(name, KEY_TYPE_COSIGNATURE, &key, &b);
    assert_false(key_id_equal(&a, &b));
    crypto_key_id(name, KEY_TYPE_ED25519, &other, &b);
    assert_false(key_id_equal(&a, &b));
    crypto_key_id(slice_str("x"), KEY_TYPE_ED25519, &key, &b);
    assert_false(key_id_equal(&a, &b));
}

static void
wiping_leaves_zeros_and_nothing_beyond(void **state)
{
    uint8_t bytes[] = {1, 2, 3, 4, 5};
    const uint8_t expected[] = {1, 0, 0, 0, 5};

    (void)state;
    crypto_wipe(bytes + 1, 3);
    assert_memory_equal(bytes, expected, sizeof bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_known_answers),
        cmocka_unit_test(parts_hash_as_one_text),
        cmocka_unit_test(hashing_again_and_again_starts_afresh),
        cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
        cmocka_unit_test(the_spki_hash_is_that_of_the_encoded_key),
        cmocka_unit_test(a_key_id_depends_on_name_type_and_key),
        cmocka_unit_test(wiping_leaves_zeros_and_nothing_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
