#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "core/crypto/certificate.h"

/* Make a self-signed certificate of a fresh key. */
static void
make(const char *algorithm, struct buf *der, EVP_PKEY **key)
{
    EVP_PKEY *k = strcmp(algorithm, "EC") == 0
                      ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                      : EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
    const EVP_MD *md = strcmp(algorithm, "EC") == 0 ? EVP_sha256() : NULL;
    X509 *c = X509_new();
    unsigned char *bytes = NULL;

    assert_non_null(k);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(c), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(c), 3600));
    assert_int_equal(X509_set_pubkey(c, k), 1);
    assert_true(X509_sign(c, k, md) > 0);
    int size = i2d_X509(c, &bytes);
    assert_true(size > 0);
    buf_put(der, slice_of(bytes, (size_t)size));
    OPENSSL_free(bytes);
    X509_free(c);
    *key = k;
}

static void
the_key_of_an_ed25519_certificate_is_found(void **state)
{
    struct buf der = {0};
    struct public_key got, expected;
    size_t size = sizeof expected.b;
    EVP_PKEY *key;

    (void)state;
    make("ED25519", &der, &key);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, expected.b, &size), 1);
    assert_int_equal(certificate_key(buf_slice(&der), &got), OK);
    assert_memory_equal(got.b, expected.b, sizeof got.b);
    EVP_PKEY_free(key);
    buf_clear(&der);
}

static void
a_certificate_and_a_list_say_when_they_end(void **state)
{
    struct buf der = {0}, list = {0};
    unsigned char *bytes = NULL;
    uint64_t end = 0, now = (uint64_t)time(NULL);
    EVP_PKEY *key;

    (void)state;
    make("ED25519", &der, &key);
    assert_int_equal(certificate_end(buf_slice(&der), &end), OK);
    assert_in_range(end, now + 3590, now + 3600);
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *t = ASN1_TIME_set(NULL, 86400 * 365);
    assert_int_equal(X509_CRL_set1_lastUpdate(crl, t), 1);
    assert_int_equal(X509_CRL_set1_nextUpdate(crl, t), 1);
    assert_true(X509_CRL_sign(crl, key, NULL) > 0);
    int size = i2d_X509_CRL(crl, &bytes);
    buf_put(&list, slice_of(bytes, (size_t)size));
    assert_int_equal(revocation_list_end(buf_slice(&list), &end), OK);
    assert_int_equal(end, 86400 * 365);
    assert_int_equal(certificate_end(buf_slice(&list), &end), ERR_FORMAT);
    assert_int_equal(revocation_list_end(buf_slice(&der), &end), ERR_FORMAT);
    assert_int_equal(revocation_list_end(slice_str(""), &end), ERR_FORMAT);
    assert_int_equal(ERR_peek_error(), 0);
    OPENSSL_free(bytes);
    ASN1_TIME_free(t);
    X509_CRL_free(crl);
    EVP_PKEY_free(key);
    buf_clear(&der);
    buf_clear(&list);
}

static void
another_algorithm_is_not_supported(void **state)
{
    struct buf der = {0};
    struct public_key got;
    EVP_PKEY *key;

    (void)state;
    make("EC", &der, &key);
    assert_int_equal(certificate_key(buf_slice(&der), &got), ERR_UNSUPPORTED);
    EVP_PKEY_free(key);
    buf_clear(&der);
}

static void
bytes_behind_or_missing_are_refused(void **state)
{
    struct buf der = {0};
    struct public_key got;
    EVP_PKEY *key;

    (void)state;
    make("ED25519", &der, &key);
    for (size_t n = 0; n < der.size; n++)
        assert_int_equal(certificate_key(slice_of(der.data, n), &got),
                         ERR_FORMAT);
    buf_put_u8(&der, 0);
    assert_int_equal(certificate_key(buf_slice(&der), &got), ERR_FORMAT);
    EVP_PKEY_free(key);
    buf_clear(&der);
}

static void
rubbish_is_refused_and_leaves_no_error_in_openssl(void **state)
{
    struct public_key got;

    (void)state;
    ERR_clear_error();
    assert_int_equal(certificate_key(slice_str("rubbish"), &got), ERR_FORMAT);
    assert_int_equal(certificate_key((struct slice){0}, &got), ERR_FORMAT);
    assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_an_ed25519_certificate_is_found),
        cmocka_unit_test(a_certificate_and_a_list_say_when_they_end),
        cmocka_unit_test(another_algorithm_is_not_supported),
        cmocka_unit_test(bytes_behind_or_missing_are_refused),
        cmocka_unit_test(rubbish_is_refused_and_leaves_no_error_in_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
