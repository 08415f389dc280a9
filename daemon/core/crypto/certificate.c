#include "core/crypto/certificate.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static enum err
key_of(const X509 *certificate, struct public_key *out)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    struct public_key raw;
    size_t size = sizeof raw.b;

    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
        return ERR_UNSUPPORTED;
    if (EVP_PKEY_get_raw_public_key(key, raw.b, &size) != 1 ||
        size != sizeof raw.b)
        return ERR_FORMAT;
    *out = raw;
    return OK;
}

enum err
certificate_key(struct slice der, struct public_key *out)
{
    const unsigned char *at = der.data;
    enum err e = ERR_FORMAT;

    if (der.size == 0 || der.size > INT_MAX)
        return ERR_FORMAT;
    /* What a liar sent leaves no error behind for TLS to stumble over. */
    ERR_set_mark();
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    if (certificate && at == der.data + der.size)
        e = key_of(certificate, out);
    X509_free(certificate);
    ERR_pop_to_mark();
    return e;
}

static enum err
seconds_of(const ASN1_TIME *t, uint64_t *out)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool good = t && epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1 &&
                days >= 0 && seconds >= 0;

    ASN1_TIME_free(epoch);
    if (good)
        *out = (uint64_t)days * 86400 + (uint64_t)seconds;
    return good ? OK : ERR_FORMAT;
}

static enum err
certificate_until(const unsigned char **at, long size, uint64_t *end_s)
{
    X509 *certificate = d2i_X509(NULL, at, size);
    enum err e = certificate
                     ? seconds_of(X509_get0_notAfter(certificate), end_s)
                     : ERR_FORMAT;

    X509_free(certificate);
    return e;
}

static enum err
list_until(const unsigned char **at, long size, uint64_t *end_s)
{
    X509_CRL *list = d2i_X509_CRL(NULL, at, size);
    enum err e =
        list ? seconds_of(X509_CRL_get0_nextUpdate(list), end_s) : ERR_FORMAT;

    X509_CRL_free(list);
    return e;
}

/* What a liar sent leaves no error behind for TLS to stumble over. */
static enum err
end_of(struct slice der, uint64_t *end_s,
       enum err (*until)(const unsigned char **, long, uint64_t *))
{
    const unsigned char *at = der.data;

    if (der.size == 0 || der.size > INT_MAX)
        return ERR_FORMAT;
    ERR_set_mark();
    enum err e = until(&at, (long)der.size, end_s);
    ERR_pop_to_mark();
    return e;
}

enum err
certificate_end(struct slice der, uint64_t *end_s)
{
    return end_of(der, end_s, certificate_until);
}

enum err
revocation_list_end(struct slice der, uint64_t *end_s)
{
    return end_of(der, end_s, list_until);
}
