#include "edge/net/keys.h"

#include "core/base/mem.h"
#include "core/crypto/base64.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX KIB(16)
#define SEED_BYTES 32
#define CANDIDATES_MAX (CARD_CERTIFICATES_MAX + 1)

struct place {
    int fd;
    EVP_PKEY *key;    /* NULL: empty */
    uint64_t made_at; /* version of the card in force when it was made */
};

struct keys {
    char *names[KEYS_PLACES];
    char *file_name;
    struct place places[KEYS_PLACES];
    X509 *file; /* the certificate file's first; NULL: unreadable */
    STACK_OF(X509) * chain;
    X509 *shown;
    size_t shown_place;
};

/* A certificate whose key is held. */
struct candidate {
    X509 *certificate;
    size_t place;
    bool is_file;
};

/* ---- files ---- */

static char *
name_keep(const char *name)
{
    return mem_copy(name, strlen(name) + 1);
}

/* Before a key that was made here stands for which card: one above that
 * version. PEM does not mind. */
static const char made_at[] = "card-version ";

/* Read the private key that stands in a file, if there is one. */
static EVP_PKEY *
key_read(int fd, uint64_t *version)
{
    char bytes[FILE_BYTES_MAX] = "";
    ssize_t size = fd >= 0 ? pread(fd, bytes, sizeof bytes - 1, 0) : -1;
    if (size > 0 && strncmp(bytes, made_at, sizeof made_at - 1) == 0)
        *version = strtoull(bytes + sizeof made_at - 1, NULL, 10);
    BIO *bio = size > 0 ? BIO_new_mem_buf(bytes, (int)size) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return key;
}

/* Put PEM into a place, or nothing: first what stands there goes. */
static enum err
key_write(const struct place *p, const char *pem, size_t size)
{
    static const char zeros[FILE_BYTES_MAX];
    struct stat st;

    if (fstat(p->fd, &st) != 0 || st.st_size > (off_t)sizeof zeros ||
        pwrite(p->fd, zeros, (size_t)st.st_size, 0) != st.st_size ||
        fdatasync(p->fd) != 0 || ftruncate(p->fd, 0) != 0 ||
        pwrite(p->fd, pem, size, 0) != (ssize_t)size || fdatasync(p->fd) != 0)
        return ERR_IO;
    return OK;
}

static void
certificates_read(struct keys *k)
{
    FILE *file = fopen(k->file_name, "re");
    X509 *x;

    if (!file)
        return;
    k->file = PEM_read_X509(file, NULL, NULL, NULL);
    while (k->file && (x = PEM_read_X509(file, NULL, NULL, NULL))) {
        if (!k->chain)
            k->chain = sk_X509_new_null();
        sk_X509_push(k->chain, x);
    }
    (void)fclose(file);
}

/* The first place may be one that only we may read. */
static int
place_open(const char *path, bool make)
{
    const int flags = O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_RDWR);

    if (fd < 0 && errno == ENOENT && make)
        fd = open(path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && (errno == EACCES || errno == EROFS))
        fd = open(path, flags | O_RDONLY);
    return fd;
}

struct keys *
keys_new(const struct keys_files *files, char why[KEYS_WHY_MAX])
{
    struct keys *k = mem_new(sizeof *k);

    k->file_name = name_keep(files->certificate);
    for (size_t i = 0; i < KEYS_PLACES; i++) {
        k->names[i] = name_keep(files->places[i]);
        k->places[i].fd = place_open(files->places[i], i > 0);
        k->places[i].key = key_read(k->places[i].fd, &k->places[i].made_at);
    }
    certificates_read(k);
    ERR_clear_error();
    if (k->places[1].fd >= 0)
        return k;
    (void)snprintf(why, KEYS_WHY_MAX, "%s: %s", k->names[1], strerror(errno));
    keys_free(k);
    return NULL;
}

void
keys_free(struct keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KEYS_PLACES; i++) {
        if (k->places[i].fd >= 0)
            close(k->places[i].fd);
        EVP_PKEY_free(k->places[i].key);
        mem_free(k->names[i]);
    }
    X509_free(k->file);
    X509_free(k->shown);
    sk_X509_pop_free(k->chain, X509_free);
    mem_free(k->file_name);
    mem_free(k);
}

/* ---- choosing ---- */

static bool
place_of(const struct keys *k, const X509 *x, size_t *place)
{
    const EVP_PKEY *key = X509_get0_pubkey(x);

    for (*place = 0; key && *place < KEYS_PLACES; ++*place)
        if (k->places[*place].key &&
            EVP_PKEY_eq(key, k->places[*place].key) == 1)
            return true;
    return false;
}

static X509 *
certificate_at(const struct card *c, size_t i)
{
    const unsigned char *at = c->certificates[i].data;
    X509 *x = d2i_X509(NULL, &at, (long)c->certificates[i].size);

    ERR_clear_error();
    return x;
}

static bool
begins_later(const X509 *a, const X509 *b)
{
    return ASN1_TIME_compare(X509_get0_notBefore(a), X509_get0_notBefore(b)) >
           0;
}

static void
candidate_insert(struct candidate *list, size_t *count, struct candidate c)
{
    size_t at = *count;

    for (; at > 0 && begins_later(list[at - 1].certificate, c.certificate);
         at--)
        list[at] = list[at - 1];
    list[at] = c;
    ++*count;
}

/* What could be shown, the earliest first. The certificate file comes first
 * whatever it is: it is what the operator put there; the card's replace it
 * from when they begin. */
static size_t
candidates(const struct keys *k, const struct card *card,
           struct candidate list[CANDIDATES_MAX])
{
    struct candidate c = {.certificate = k->file, .is_file = true};
    bool has_file = k->file && place_of(k, k->file, &c.place);
    size_t count = 0;

    if (has_file) {
        X509_up_ref(k->file);
        candidate_insert(list, &count, c);
    }
    for (size_t i = 0; card && i < card->certificate_count; i++) {
        c = (struct candidate){.certificate = certificate_at(card, i)};
        if (c.certificate && place_of(k, c.certificate, &c.place) &&
            (!has_file || begins_later(c.certificate, k->file)))
            candidate_insert(list, &count, c);
        else
            X509_free(c.certificate);
    }
    return count;
}

static bool
stands_in_card(const struct card *card, X509 *x)
{
    unsigned char *bytes = NULL;
    int size = i2d_X509(x, &bytes);
    bool found = false;

    for (size_t i = 0; card && size > 0 && i < card->certificate_count; i++)
        found |=
            slice_equal(card->certificates[i], slice_of(bytes, (size_t)size));
    OPENSSL_free(bytes);
    return found;
}

static bool
holds_at(const X509 *x, struct wall at)
{
    time_t t = (time_t)(at.ms / 1000);

    return X509_cmp_time(X509_get0_notAfter(x), &t) > 0 &&
           X509_cmp_time(X509_get0_notBefore(x), &t) < 0;
}

/* Peers that have not seen the newest card know the earlier certificates. */
static size_t
pick(const struct candidate *list, size_t count, const struct keys_question *q)
{
    if (count == 1 || q->all_hold)
        return count - 1;
    for (size_t i = 0; i < count; i++)
        if (stands_in_card(q->card, list[i].certificate) &&
            holds_at(list[i].certificate, q->at))
            return i;
    return count - 1;
}

/* The keys of what went before are of no more use to anybody but a thief. */
static void
wipe_before(struct keys *k, const struct candidate *list, size_t picked)
{
    for (size_t i = 0; i < picked; i++) {
        struct place *p = &k->places[list[i].place];
        if (list[i].place == list[picked].place || !p->key ||
            key_write(p, "", 0) != OK)
            continue;
        EVP_PKEY_free(p->key);
        p->key = NULL;
    }
}

static bool
is_listed(const struct keys *k, const struct card *card, size_t place)
{
    bool found = false;

    for (size_t i = 0; card && i < card->certificate_count; i++) {
        X509 *x = certificate_at(card, i);
        size_t at;
        found |= x && place_of(k, x, &at) && at == place;
        X509_free(x);
    }
    return found;
}

/* A key that no certificate of the card is for, though one of another is:
 * it left the card, or was made for one that came without it. */
static void
wipe_unlisted(struct keys *k, const struct card *card)
{
    for (size_t i = 0; i < KEYS_PLACES; i++) {
        struct place *p = &k->places[i];
        if (!p->key || p->made_at >= card->version || is_listed(k, card, i) ||
            !is_listed(k, card, KEYS_PLACES - 1 - i) ||
            key_write(p, "", 0) != OK)
            continue;
        EVP_PKEY_free(p->key);
        p->key = NULL;
    }
}

static void
explain_none(const struct keys *k, char why[KEYS_WHY_MAX])
{
    if (!k->file)
        (void)snprintf(
            why, KEYS_WHY_MAX,
            "%s is no readable certificate (PEM), and our card has none "
            "for a key in %s or %s",
            k->file_name, k->names[0], k->names[1]);
    else if (!k->places[0].key)
        (void)snprintf(
            why, KEYS_WHY_MAX,
            "%s is no readable private key (PEM) for the certificate",
            k->names[0]);
    else
        (void)snprintf(why, KEYS_WHY_MAX,
                       "%s does not belong to the certificate %s", k->names[0],
                       k->file_name);
}

bool
keys_choose(struct keys *k, const struct keys_question *q,
            struct keys_identity *out, bool *changed, char why[KEYS_WHY_MAX])
{
    struct candidate list[CANDIDATES_MAX];

    if (q->card)
        wipe_unlisted(k, q->card);
    size_t count = candidates(k, q->card, list);
    if (count == 0) {
        explain_none(k, why);
        return false;
    }
    size_t picked = pick(list, count, q);
    if (q->all_hold)
        wipe_before(k, list, picked);
    *changed = !k->shown || X509_cmp(k->shown, list[picked].certificate) != 0;
    X509_free(k->shown);
    k->shown = list[picked].certificate;
    k->shown_place = list[picked].place;
    *out =
        (struct keys_identity){.certificate = k->shown,
                               .chain = list[picked].is_file ? k->chain : NULL,
                               .key = k->places[k->shown_place].key};
    for (size_t i = 0; i < count; i++)
        if (i != picked)
            X509_free(list[i].certificate);
    return true;
}

/* ---- making ---- */

enum keys_state
keys_at(const struct keys *k, const struct card *card, size_t place,
        struct buf *spki)
{
    unsigned char *bytes = NULL;
    EVP_PKEY *key = k->places[place].key;
    int size = key ? i2d_PUBKEY(key, &bytes) : 0;

    if (size <= 0)
        return KEYS_NONE;
    buf_put(spki, slice_of(bytes, (size_t)size));
    OPENSSL_free(bytes);
    if (k->shown && k->shown_place == place)
        return KEYS_SHOWN;
    return is_listed(k, card, place) ? KEYS_LISTED : KEYS_MADE;
}

/* Write a seed as PEM of PKCS #8 (RFC 8410). A confined process leaves out
 * OpenSSL's encoders and generators: they look for files. */
static void
pem_put(const uint8_t seed[SEED_BYTES], struct buf *out)
{
    static const uint8_t head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
                                   0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
                                   0x04, 0x22, 0x04, 0x20};
    uint8_t der[sizeof head + SEED_BYTES];

    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, seed, SEED_BYTES);
    buf_put_str(out, "-----BEGIN "
                     "PRIVATE KEY-----\n");
    base64_put(out, SLICE_ARRAY(der));
    buf_put_str(out, "\n-----END PRIVATE KEY-----\n");
    OPENSSL_cleanse(der, sizeof der);
}

static enum err
make_at(struct place *p, uint64_t version)
{
    uint8_t seed[SEED_BYTES];
    struct buf pem = {0};
    enum err e = ERR_IO;

    if (getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed) {
        buf_put_str(&pem, made_at);
        buf_put_decimal(&pem, version);
        buf_put_str(&pem, "\n");
        pem_put(seed, &pem);
        e = key_write(p, (const char *)pem.data, pem.size);
    }
    if (e == OK) {
        p->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
                                              sizeof seed);
        assert(p->key);
        p->made_at = version;
    }
    OPENSSL_cleanse(seed, sizeof seed);
    if (pem.size)
        OPENSSL_cleanse(pem.data, pem.size);
    buf_clear(&pem);
    return e;
}

enum err
keys_make(struct keys *k, const struct card *card)
{
    struct buf spki = {0};
    enum err e = ERR_NOT_NOW;

    for (size_t i = 0; e == ERR_NOT_NOW && i < KEYS_PLACES; i++)
        if (keys_at(k, card, i, &spki) == KEYS_MADE)
            e = OK;
    for (size_t i = 0; e == ERR_NOT_NOW && i < KEYS_PLACES; i++)
        if (keys_at(k, card, i, &spki) == KEYS_NONE && k->places[i].fd >= 0)
            e = make_at(&k->places[i], card ? card->version : 0);
    buf_clear(&spki);
    return e;
}
