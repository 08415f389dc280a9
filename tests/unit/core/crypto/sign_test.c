#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "core/base/hex.h"
#include "core/crypto/crypto.h"

/* clang-format off */
/* RFC 8032, 7.1: published test keys, which guard nothing. */
static const struct rfc_case {
    const char *secret, *key, *text, *signature;
} cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};
/* clang-format on */

struct decoded {
    struct secret_key secret;
    struct public_key key;
    struct signature signature;
    uint8_t bytes[64];
    struct slice text;
};

static void
decode(const struct rfc_case *c, struct decoded *out)
{
    size_t size = strlen(c->text) / 2;

    assert_true(hex_decode(slice_str(c->secret), out->secret.b, 32));
    assert_true(hex_decode(slice_str(c->key), out->key.b, 32));
    assert_true(hex_decode(slice_str(c->signature), out->signature.b, 64));
    assert_true(hex_decode(slice_str(c->text), out->bytes, size));
    out->text = slice_of(out->bytes, size);
}

static void
keys_and_signatures_are_those_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct decoded d;
        struct public_key key;
        struct signature signature;
        decode(&cases[i], &d);
        crypto_public_key(&d.secret, &key);
        assert_memory_equal(key.b, d.key.b, sizeof key.b);
        crypto_sign(&d.secret, d.text, &signature);
        assert_memory_equal(signature.b, d.signature.b, sizeof signature.b);
        assert_int_equal(crypto_verify(&key, d.text, &signature), OK);
    }
}

static void
any_bit_changed_in_a_signature_is_refused(void **state)
{
    struct decoded d;

    (void)state;
    decode(&cases[2], &d);
    for (size_t bit = 0; bit < 8 * sizeof d.signature.b; bit++) {
        struct signature s = d.signature;
        s.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(crypto_verify(&d.key, d.text, &s), ERR_SIGNATURE);
    }
}

static void
another_text_or_another_key_is_refused(void **state)
{
    struct decoded d, other;

    (void)state;
    decode(&cases[2], &d);
    decode(&cases[1], &other);
    assert_int_equal(crypto_verify(&d.key, other.text, &d.signature),
                     ERR_SIGNATURE);
    assert_int_equal(crypto_verify(&other.key, d.text, &d.signature),
                     ERR_SIGNATURE);
    assert_int_equal(crypto_verify(&d.key, slice_of(d.bytes, 1), &d.signature),
                     ERR_SIGNATURE);
}

static void
bytes_that_are_no_point_verify_nothing(void **state)
{
    struct public_key key;
    struct signature signature = {{0}};

    (void)state;
    memset(key.b, 0xff, sizeof key.b);
    assert_int_equal(crypto_verify(&key, slice_str("x"), &signature),
                     ERR_SIGNATURE);
}

static void
a_refusal_leaves_no_error_in_openssl(void **state)
{
    struct public_key key;
    struct signature signature;

    (void)state;
    ERR_clear_error();
    memset(key.b, 0xff, sizeof key.b);
    memset(signature.b, 0xff, sizeof signature.b);
    assert_int_equal(crypto_verify(&key, slice_str("x"), &signature),
                     ERR_SIGNATURE);
    assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_are_those_of_rfc_8032),
        cmocka_unit_test(any_bit_changed_in_a_signature_is_refused),
        cmocka_unit_test(another_text_or_another_key_is_refused),
        cmocka_unit_test(bytes_that_are_no_point_verify_nothing),
        cmocka_unit_test(a_refusal_leaves_no_error_in_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
