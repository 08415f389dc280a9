#include "cli/pki.h"

#include "cli/commands.h"
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
#define PATH_BYTES 1024

/* A clock at the peer may be behind ours. */
#define LEEWAY_S 86400

struct pki {
    struct secret_key secret;
    EVP_PKEY *key;
    X509 *root;
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
set_times(X509 *x, struct wall begin, struct wall end)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(begin.ms / 1000)) &&
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

static struct wall
before(struct wall now)
{
    const uint64_t leeway = (uint64_t)LEEWAY_S * 1000;

    return (struct wall){now.ms > leeway ? now.ms - leeway : 0};
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
           set_times(x, before(now), end) &&
           set_name(X509_get_subject_name(x), team) &&
           X509_set_issuer_name(x, X509_get_subject_name(x)) &&
           X509_set_pubkey(x, p->key) &&
           add_extensions(x, x, extensions, ARRAY_SIZE(extensions)) &&
           X509_sign(x, p->key, NULL) > 0;
}

static bool
fill_tls(const struct pki *p, const struct pki_wish *w, EVP_PKEY *key, X509 *x)
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

    (void)snprintf(alternative, sizeof alternative, "DNS:%s", w->team->text);
    return X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
           set_times(x, w->begin, w->end) &&
           set_name(X509_get_subject_name(x), w->team) &&
           X509_set_issuer_name(x, X509_get_subject_name(p->root)) &&
           X509_set_pubkey(x, key) &&
           add_extensions(x, p->root, extensions, ARRAY_SIZE(extensions)) &&
           X509_sign(x, p->key, NULL) > 0;
}

bool
pki_issue(const struct pki *p, const struct pki_wish *wish, struct buf *der)
{
    const unsigned char *at = wish->spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)wish->spki.size);
    X509 *x = X509_new();
    bool good = key && x && fill_tls(p, wish, key, x);

    if (good) {
        BIO *bio = memory();
        take_memory(bio, i2d_X509_bio(bio, x), der);
    } else {
        ERR_print_errors_fp(stderr);
    }
    EVP_PKEY_free(key);
    X509_free(x);
    return good;
}

void
pki_tls_key(struct buf *pem, struct buf *spki)
{
    struct secret_key secret;
    BIO *bio = memory();

    pki_random(&secret, sizeof secret);
    EVP_PKEY *key = key_of(&secret);
    take_memory(bio,
                PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL),
                pem);
    bio = memory();
    take_memory(bio, i2d_PUBKEY_bio(bio, key), spki);
    EVP_PKEY_free(key);
    crypto_wipe(&secret, sizeof secret);
}

/* ---- the revocation list ------------------------------------------------ */

static bool
number_crl(X509_CRL *crl, X509 *issuer, uint64_t value)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509V3_CTX context;
    X509_EXTENSION *e;
    bool good;

    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    e = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier,
                            "keyid:always");
    good = number && e && ASN1_INTEGER_set_uint64(number, value) &&
           X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) &&
           X509_CRL_add_ext(crl, e, -1);
    X509_EXTENSION_free(e);
    ASN1_INTEGER_free(number);
    return good;
}

/* A certificate that was revoked once stays so. */
static bool
copy_revoked(X509_CRL *crl, struct slice old)
{
    const unsigned char *at = old.data;
    X509_CRL *from = old.size ? d2i_X509_CRL(NULL, &at, (long)old.size) : NULL;
    STACK_OF(X509_REVOKED) *list = from ? X509_CRL_get_REVOKED(from) : NULL;
    bool good = from || !old.size;

    for (int i = 0; good && i < sk_X509_REVOKED_num(list); i++) {
        X509_REVOKED *r = X509_REVOKED_dup(sk_X509_REVOKED_value(list, i));
        good = r && X509_CRL_add0_revoked(crl, r);
    }
    X509_CRL_free(from);
    return good;
}

static bool
add_revoked(X509_CRL *crl, struct slice certificate, const ASN1_TIME *now)
{
    const unsigned char *at = certificate.data;
    X509 *x = d2i_X509(NULL, &at, (long)certificate.size);
    X509_REVOKED *r = X509_REVOKED_new(), *there;
    bool good = x && r;

    if (good &&
        X509_CRL_get0_by_serial(crl, &there, X509_get0_serialNumber(x)) == 0) {
        good =
            X509_REVOKED_set_serialNumber(
                r, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(x)) &&
            X509_REVOKED_set_revocationDate(r, (ASN1_TIME *)(uintptr_t)now) &&
            X509_CRL_add0_revoked(crl, r);
        if (good)
            r = NULL;
    }
    X509_REVOKED_free(r);
    X509_free(x);
    return good;
}

static bool
fill_crl(const struct pki *p, const struct pki_list *l, X509_CRL *crl)
{
    ASN1_TIME *begin = ASN1_TIME_set(NULL, (time_t)(before(l->now).ms / 1000));
    ASN1_TIME *end = ASN1_TIME_set(NULL, (time_t)(l->end.ms / 1000));
    bool good = begin && end && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(p->root)) &&
                X509_CRL_set1_lastUpdate(crl, begin) &&
                X509_CRL_set1_nextUpdate(crl, end) && copy_revoked(crl, l->old);

    for (size_t i = 0; good && i < l->count; i++)
        good = add_revoked(crl, l->certificates[i], begin);
    good = good && number_crl(crl, p->root, l->number) && X509_CRL_sort(crl) &&
           X509_CRL_sign(crl, p->key, NULL) > 0;
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    return good;
}

bool
pki_revoke(const struct pki *p, const struct pki_list *list, struct buf *der)
{
    X509_CRL *crl = X509_CRL_new();
    bool good = crl && fill_crl(p, list, crl);

    if (good) {
        BIO *bio = memory();
        take_memory(bio, i2d_X509_CRL_bio(bio, crl), der);
    } else {
        ERR_print_errors_fp(stderr);
    }
    X509_CRL_free(crl);
    return good;
}

/* ---- the root ------------------------------------------------------------ */

struct pki *
pki_new(const struct team_name *team, struct wall now, struct wall end)
{
    struct pki *p = mem_new(sizeof *p);

    pki_random(&p->secret, sizeof p->secret);
    p->key = key_of(&p->secret);
    if (make_root(p, team, now, end))
        return p;
    ERR_print_errors_fp(stderr);
    pki_free(p);
    return NULL;
}

static FILE *
open_file(const char *path)
{
    FILE *file = fopen(path, "re");

    if (!file)
        (void)complain("%s: %s", path, strerror(errno));
    return file;
}

bool
pki_key_read(const char *path, struct secret_key *out)
{
    FILE *file = open_file(path);
    size_t size = sizeof out->b;

    if (!file)
        return false;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    bool good = key && EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
                EVP_PKEY_get_raw_private_key(key, out->b, &size) == 1 &&
                size == sizeof out->b;
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!good)
        (void)complain("%s: no Ed25519 private key (PEM)", path);
    return good;
}

static bool
read_root(struct pki *p, const char *directory)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/root.key", directory);
    if (!pki_key_read(path, &p->secret))
        return false;
    p->key = key_of(&p->secret);
    (void)snprintf(path, sizeof path, "%s/root.crt", directory);
    FILE *file = open_file(path);
    if (!file)
        return false;
    p->root = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    if (p->root && X509_check_private_key(p->root, p->key))
        return true;
    (void)complain("%s: not the certificate (PEM) of root.key", path);
    return false;
}

struct pki *
pki_read(const char *directory)
{
    struct pki *p = mem_new(sizeof *p);
    bool good = read_root(p, directory);

    ERR_clear_error();
    if (good)
        return p;
    pki_free(p);
    return NULL;
}

void
pki_free(struct pki *p)
{
    if (!p)
        return;
    EVP_PKEY_free(p->key);
    X509_free(p->root);
    crypto_wipe(p, sizeof *p);
    mem_free(p);
}

const struct secret_key *
pki_root_secret(const struct pki *p)
{
    return &p->secret;
}

static bool
time_of(const ASN1_TIME *t, struct wall *out)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1 &&
                days >= 0 && seconds >= 0;

    ASN1_TIME_free(epoch);
    if (good)
        out->ms = ((uint64_t)days * 86400 + (uint64_t)seconds) * 1000;
    return good;
}

bool
pki_about(struct slice der, struct pki_about *out)
{
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.size);
    EVP_PKEY *key = x ? X509_get0_pubkey(x) : NULL;
    bool good = key && time_of(X509_get0_notBefore(x), &out->begin) &&
                time_of(X509_get0_notAfter(x), &out->end);

    if (good) {
        BIO *bio = memory();
        take_memory(bio, i2d_PUBKEY_bio(bio, key), &out->spki);
    }
    X509_free(x);
    ERR_clear_error();
    return good;
}

/* ---- what was made --------------------------------------------------------
 */

void
pki_root_key_pem(const struct pki *p, struct buf *out)
{
    BIO *bio = memory();

    take_memory(
        bio, PEM_write_bio_PrivateKey(bio, p->key, NULL, NULL, 0, NULL, NULL),
        out);
}

void
pki_root_der(const struct pki *p, struct buf *out)
{
    BIO *bio = memory();

    take_memory(bio, i2d_X509_bio(bio, p->root), out);
}

void
pki_pem(struct slice der, struct buf *out)
{
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.size);
    BIO *bio = memory();

    assert(x); /* it is one of ours */
    take_memory(bio, PEM_write_bio_X509(bio, x), out);
    X509_free(x);
}
