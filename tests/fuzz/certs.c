#include "certs.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define DAY 86400L

enum { ROOT_SERIAL = 1, LEAF_SERIAL, REVOKED_SERIAL };

struct wish {
    long serial, until_s;
    const char *use;
};

static EVP_PKEY *
key_of(uint8_t byte)
{
    uint8_t seed[32];

    memset(seed, byte, sizeof seed);
    EVP_PKEY *k =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    assert(k);
    return k;
}

static void
extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    int added = e ? X509_add_ext(x, e, -1) : 0;
    assert(added == 1);
    X509_EXTENSION_free(e);
}

static X509 *
begin(EVP_PKEY *key, const char *cn, long serial, long until_s)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    ASN1_TIME_set(X509_getm_notBefore(x), CERTS_NOW_S - 10 * DAY);
    ASN1_TIME_set(X509_getm_notAfter(x), CERTS_NOW_S + until_s);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)cn, -1, -1, 0);
    return x;
}

static X509 *
root_make(EVP_PKEY *key)
{
    X509 *x = begin(key, "Root of " CERTS_TEAM, ROOT_SERIAL, 300 * DAY);

    X509_set_issuer_name(x, X509_get_subject_name(x));
    extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    extension(x, x, NID_subject_key_identifier, "hash");
    int size = X509_sign(x, key, NULL);
    assert(size > 0);
    return x;
}

static void
der_put(X509 *x, struct buf *out)
{
    unsigned char *bytes = NULL;
    int size = i2d_X509(x, &bytes);

    assert(size > 0);
    buf_put(out, slice_of(bytes, (size_t)size));
    OPENSSL_free(bytes);
}

static void
leaf_make(X509 *root, EVP_PKEY *key, const struct wish *w, struct buf *out)
{
    EVP_PKEY *own = key_of(60);
    X509 *x = begin(own, CERTS_TEAM, w->serial, w->until_s);

    X509_set_issuer_name(x, X509_get_subject_name(root));
    extension(x, root, NID_basic_constraints, "critical,CA:FALSE");
    extension(x, root, NID_key_usage, "critical,digitalSignature");
    extension(x, root, NID_ext_key_usage, w->use);
    extension(x, root, NID_subject_alt_name, "DNS:" CERTS_TEAM);
    extension(x, root, NID_subject_key_identifier, "hash");
    extension(x, root, NID_authority_key_identifier, "keyid:always");
    int size = X509_sign(x, key, NULL);
    assert(size > 0);
    der_put(x, out);
    X509_free(x);
    EVP_PKEY_free(own);
}

static void
list_make(X509 *root, EVP_PKEY *key, struct buf *out)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, CERTS_NOW_S - DAY);
    ASN1_TIME *until = ASN1_TIME_set(NULL, CERTS_NOW_S + 300 * DAY);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    unsigned char *bytes = NULL;

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(root));
    X509_CRL_set1_lastUpdate(list, from);
    X509_CRL_set1_nextUpdate(list, until);
    ASN1_INTEGER_set(serial, REVOKED_SERIAL);
    X509_REVOKED_set_serialNumber(entry, serial);
    X509_REVOKED_set_revocationDate(entry, from);
    X509_CRL_add0_revoked(list, entry);
    int size = X509_CRL_sign(list, key, NULL);
    assert(size > 0);
    size = i2d_X509_CRL(list, &bytes);
    assert(size > 0);
    buf_put(out, slice_of(bytes, (size_t)size));
    OPENSSL_free(bytes);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_CRL_free(list);
}

const struct certs *
certs_all(void)
{
    static struct certs c;
    static const char both[] = "serverAuth,clientAuth";

    if (c.root.size)
        return &c;
    EVP_PKEY *key = key_of(50), *other = key_of(51);
    X509 *root = root_make(key);
    der_put(root, &c.root);
    leaf_make(root, key, &(struct wish){LEAF_SERIAL, 90 * DAY, both}, &c.leaf);
    leaf_make(root, key, &(struct wish){LEAF_SERIAL, 90 * DAY, "serverAuth"},
              &c.server_only);
    leaf_make(root, key, &(struct wish){LEAF_SERIAL, -DAY, both}, &c.expired);
    leaf_make(root, key, &(struct wish){REVOKED_SERIAL, 90 * DAY, both},
              &c.revoked);
    leaf_make(root, other, &(struct wish){LEAF_SERIAL, 90 * DAY, both},
              &c.stranger);
    list_make(root, key, &c.list);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return &c;
}
