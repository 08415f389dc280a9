#include "cli/pki.h"

#include "core/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define SERIAL_BYTES 16

/* A clock at the peer may be behind ours. */
#define LEEWAY_S 86400

struct pki {
    struct secret_key root_secret, tls_secret;
    EVP_PKEY *root_key, *tls_key;
    X509 *root, *tls;
    X509_CRL *crl;
};

struct extension {
    int id;
    const char *value;
};

void
pki_random(void *out, size_t size)
{
    uint8_t *at = out;

    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);

        if (n < 0 && errno == EINTR)
            continue;
        /* Without randomness no key may be made. */
        if (n <= 0) {
            perror("sealane: getrandom");
            abort();
        }
        at += n;
        size -= (size_t)n;
    }
}

static EVP_PKEY *
key_of(const struct secret_key *secret)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                 secret->b, sizeof secret->b);

    assert(key);
    return key;
}

/* ---- certificates ------------------------------------------------------- */

static bool
set_serial(X509 *x)
{
    uint8_t bytes[SERIAL_BYTES];
    BIGNUM *n;
    bool good;

    pki_random(bytes, sizeof bytes);
    bytes[0] &= 0x7f; /* positive */
    bytes[0] |= 0x40; /* and of full length */
    n = BN_bin2bn(bytes, sizeof bytes, NULL);
    good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return good;
}

static bool
set_times(X509 *x, struct wall now, struct wall end)
{
    return ASN1_TIME_set(X509_getm_notBefore(x),
                         (time_t)(now.ms / 1000) - LEEWAY_S) &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(end.ms / 1000));
}

static bool
set_name(X509_NAME *name, const struct team_name *team)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)team->text, -1, -1,
                                      0) == 1;
}

static bool
add_extensions(X509 *x, X509 *issuer, const struct extension *list,
               size_t count)
{
    X509V3_CTX context;
    bool good = true;

    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    for (size_t i = 0; good && i < count; i++) {
        X509_EXTENSION *e =
            X509V3_EXT_conf_nid(NULL, &context, list[i].id, list[i].value);
        good = e && X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    return good;
}

static bool
make_root(struct pki *p, const struct team_name *team, struct wall now,
          struct wall end)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    X509 *x = p->root = X509_new();

    return x && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
           set_times(x, now, end) && set_name(X509_get_subject_name(x), team) &&
           X509_set_issuer_name(x, X509_get_subject_name(x)) &&
           X509_set_pubkey(x, p->root_key) &&
           add_extensions(x, x, extensions, ARRAY_SIZE(extensions)) &&
           X509_sign(x, p->root_key, NULL) > 0;
}

static bool
make_tls(struct pki *p, const struct team_name *team, struct wall now,
         struct wall end)
{
    char alternative[TEAM_NAME_MAX + 8];
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, alternative},
    };
    X509 *x = p->tls = X509_new();

    (void)snprintf(alternative, sizeof alternative, "DNS:%s", team->text);
    return x && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
           set_times(x, now, end) && set_name(X509_get_subject_name(x), team) &&
           X509_set_issuer_name(x, X509_get_subject_name(p->root)) &&
           X509_set_pubkey(x, p->tls_key) &&
           add_extensions(x, p->root, extensions, ARRAY_SIZE(extensions)) &&
           X509_sign(x, p->root_key, NULL) > 0;
}

static bool
number_crl(X509_CRL *crl, X509 *issuer)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509V3_CTX context;
    X509_EXTENSION *e;
    bool good;

    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    e = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier,
                            "keyid:always");
    good = number && e && ASN1_INTEGER_set(number, 1) &&
           X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) &&
           X509_CRL_add_ext(crl, e, -1);
    X509_EXTENSION_free(e);
    ASN1_INTEGER_free(number);
    return good;
}

/* Nothing is revoked; the list holds as long as the card. */
static bool
make_crl(struct pki *p, struct wall now, struct wall end)
{
    ASN1_TIME *t = ASN1_TIME_new();
    X509_CRL *crl = p->crl = X509_CRL_new();
    bool good;

    good = t && crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
           X509_CRL_set_issuer_name(crl, X509_get_subject_name(p->root)) &&
           ASN1_TIME_set(t, (time_t)(now.ms / 1000) - LEEWAY_S) &&
           X509_CRL_set1_lastUpdate(crl, t) &&
           ASN1_TIME_set(t, (time_t)(end.ms / 1000)) &&
           X509_CRL_set1_nextUpdate(crl, t) && number_crl(crl, p->root) &&
           X509_CRL_sign(crl, p->root_key, NULL) > 0;
    ASN1_TIME_free(t);
    return good;
}

struct pki *
pki_new(const struct team_name *team, struct wall now, struct wall end,
        struct wall root_end)
{
    struct pki *p = mem_new(sizeof *p);

    pki_random(&p->root_secret, sizeof p->root_secret);
    pki_random(&p->tls_secret, sizeof p->tls_secret);
    p->root_key = key_of(&p->root_secret);
    p->tls_key = key_of(&p->tls_secret);
    if (make_root(p, team, now, root_end) && make_tls(p, team, now, end) &&
        make_crl(p, now, end))
        return p;
    ERR_print_errors_fp(stderr);
    pki_free(p);
    return NULL;
}

void
pki_free(struct pki *p)
{
    if (!p)
        return;
    EVP_PKEY_free(p->root_key);
    EVP_PKEY_free(p->tls_key);
    X509_free(p->root);
    X509_free(p->tls);
    X509_CRL_free(p->crl);
    crypto_wipe(p, sizeof *p);
    mem_free(p);
}

const struct secret_key *
pki_root_secret(const struct pki *p)
{
    return &p->root_secret;
}

/* ---- bytes -------------------------------------------------------------- */

/* Move what a memory BIO holds to `out`. */
static void
take_memory(BIO *bio, int written, struct buf *out)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);

    assert(written == 1 && size > 0);
    buf_put(out, slice_of(data, (size_t)size));
    BIO_free(bio);
}

static BIO *
memory(void)
{
    BIO *bio = BIO_new(BIO_s_secmem());

    assert(bio);
    return bio;
}

static void
put_key(EVP_PKEY *key, struct buf *out)
{
    BIO *bio = memory();

    take_memory(bio,
                PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL),
                out);
}

static void
put_pem(X509 *x, struct buf *out)
{
    BIO *bio = memory();

    take_memory(bio, PEM_write_bio_X509(bio, x), out);
}

static void
put_der(X509 *x, struct buf *out)
{
    BIO *bio = memory();

    take_memory(bio, i2d_X509_bio(bio, x), out);
}

void
pki_root_key_pem(const struct pki *p, struct buf *out)
{
    put_key(p->root_key, out);
}

void
pki_root_pem(const struct pki *p, struct buf *out)
{
    put_pem(p->root, out);
}

void
pki_root_der(const struct pki *p, struct buf *out)
{
    put_der(p->root, out);
}

void
pki_tls_key_pem(const struct pki *p, struct buf *out)
{
    put_key(p->tls_key, out);
}

void
pki_tls_pem(const struct pki *p, struct buf *out)
{
    put_pem(p->tls, out);
}

void
pki_tls_der(const struct pki *p, struct buf *out)
{
    put_der(p->tls, out);
}

void
pki_crl_der(const struct pki *p, struct buf *out)
{
    BIO *bio = memory();

    take_memory(bio, i2d_X509_CRL_bio(bio, p->crl), out);
}
