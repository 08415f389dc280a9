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
