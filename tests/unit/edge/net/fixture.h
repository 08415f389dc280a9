/*
 * fixture - certificates made for a test, good ones and broken ones.
 *
 * Holds:      keys live in memory and in a folder of the test's own.
 */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include "edge/net/trust.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY 86400L

struct authority {
    EVP_PKEY *key;
    X509 *root;
    X509_CRL *list;
    long serial;
};

struct wanted {
    const char *name;     /* SAN; NULL: none */
    long from_s, until_s; /* against now */
    const char *use;      /* NULL: server and client */
};

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static inline void
extension_add(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline X509 *
certificate_begin(EVP_PKEY *key, const char *cn, long serial, long from_s,
                  long until_s)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), until_s);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)cn, -1, -1, 0);
    return x;
}

/* Make the revocation list anew; `revoked` is a serial number or 0. */
static inline void
authority_list(struct authority *a, long revoked, long until_s)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -2 * DAY);
    ASN1_TIME *next = X509_gmtime_adj(NULL, until_s);

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(a->root));
    X509_CRL_set1_lastUpdate(list, now);
    X509_CRL_set1_nextUpdate(list, next);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_INTEGER_set(serial, revoked);
        X509_REVOKED_set_serialNumber(entry, serial);
        X509_REVOKED_set_revocationDate(entry, now);
        X509_CRL_add0_revoked(list, entry);
        ASN1_INTEGER_free(serial);
    }
    assert_true(X509_CRL_sign(list, a->key, NULL) > 0);
    ASN1_TIME_free(now);
    ASN1_TIME_free(next);
    X509_CRL_free(a->list);
    a->list = list;
}

static inline void
authority_make(struct authority *a, const char *cn)
{
    *a = (struct authority){.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                            .serial = 1};
    a->root = certificate_begin(a->key, cn, 1, -3 * DAY, 300 * DAY);
    X509_set_issuer_name(a->root, X509_get_subject_name(a->root));
    extension_add(a->root, a->root, NID_basic_constraints,
                  "critical,CA:TRUE,pathlen:0");
    extension_add(a->root, a->root, NID_key_usage,
                  "critical,keyCertSign,cRLSign");
    extension_add(a->root, a->root, NID_subject_key_identifier, "hash");
    assert_true(X509_sign(a->root, a->key, NULL) > 0);
    authority_list(a, 0, 300 * DAY);
}

static inline void
identity_make(struct authority *a, const struct wanted *w, struct identity *out)
{
    char san[300];

    out->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *x = certificate_begin(out->key, w->name ? w->name : "nobody",
                                ++a->serial, w->from_s, w->until_s);
    X509_set_issuer_name(x, X509_get_subject_name(a->root));
    extension_add(x, a->root, NID_basic_constraints, "critical,CA:FALSE");
    extension_add(x, a->root, NID_key_usage, "critical,digitalSignature");
    extension_add(x, a->root, NID_ext_key_usage,
                  w->use ? w->use : "serverAuth,clientAuth");
    extension_add(x, a->root, NID_subject_key_identifier, "hash");
    extension_add(x, a->root, NID_authority_key_identifier, "keyid");
    if (w->name) {
        snprintf(san, sizeof san, "DNS:%s", w->name);
        extension_add(x, a->root, NID_subject_alt_name, san);
    }
    assert_true(X509_sign(x, a->key, NULL) > 0);
    out->certificate = x;
}

static inline void
identity_clear(struct identity *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->certificate);
}

static inline void
authority_clear(struct authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->root);
    X509_CRL_free(a->list);
}

static inline struct team_name
team(const char *text)
{
    struct team_name name = {{0}};

    assert_true(team_name_parse(slice_str(text), &name));
    return name;
}

/* Add a team to a trust with what its card would say; `pin` may be NULL. */
static inline void
trust_team(struct trust *t, const char *name, bool confirmed,
           const struct authority *a, X509 *pin)
{
    unsigned char *root = NULL, *list = NULL, *leaf = NULL;
    struct slice pins[1];
    struct net_peer peer = {
        .team = team(name), .confirmed = confirmed, .certificates = pins};

    peer.root.size = (size_t)i2d_X509(a->root, &root);
    peer.root.data = root;
    if (a->list) {
        peer.revocation_list.size = (size_t)i2d_X509_CRL(a->list, &list);
        peer.revocation_list.data = list;
    }
    if (pin) {
        pins[0].size = (size_t)i2d_X509(pin, &leaf);
        pins[0].data = leaf;
        peer.certificate_count = 1;
    }
    assert_int_equal(trust_add(t, &peer), OK);
    OPENSSL_free(root);
    OPENSSL_free(list);
    OPENSSL_free(leaf);
}

#endif
