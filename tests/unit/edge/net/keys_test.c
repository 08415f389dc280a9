#include "fixture.h"

#include "edge/net/keys.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#define AU "cert.gov.au"

static struct authority au;
static char folder[64];

/* A folder with the files that a node has, and a card made by hand. */
struct house {
    char paths[3][128];
    struct keys_files files;
    struct keys *keys;
    struct card card;
    struct buf certificates[3];
    struct identity identities[3];
    size_t count;
};

static int
make(void **state)
{
    struct house *h = calloc(1, sizeof *h);
    const char *names[] = {"tls.key", "tls-2.key", "tls.crt"};

    authority_make(&au, AU);
    snprintf(folder, sizeof folder, "keys_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 3; i++)
        snprintf(h->paths[i], sizeof h->paths[i], "%s/%s", folder, names[i]);
    h->files = (struct keys_files){{h->paths[0], h->paths[1]}, h->paths[2]};
    *state = h;
    return 0;
}

static int
clear(void **state)
{
    struct house *h = *state;

    keys_free(h->keys);
    for (size_t i = 0; i < h->count; i++) {
        buf_clear(&h->certificates[i]);
        identity_clear(&h->identities[i]);
    }
    for (size_t i = 0; i < 3; i++)
        unlink(h->paths[i]);
    assert_int_equal(rmdir(folder), 0);
    authority_clear(&au);
    free(h);
    return 0;
}

static void
list_in_card(struct house *h, X509 *x)
{
    struct buf *b = &h->certificates[h->card.certificate_count];
    unsigned char *der = NULL;
    int size = i2d_X509(x, &der);

    buf_put(b, slice_of(der, (size_t)size));
    OPENSSL_free(der);
    h->card.certificates[h->card.certificate_count++] = buf_slice(b);
}

/* Make a certificate for a key, or for a new one, from day `begin` on. */
static struct identity *
issue(struct house *h, long begin, EVP_PKEY *key)
{
    const struct wanted w = {AU, begin * DAY, 30 * DAY, NULL};
    struct identity *i = &h->identities[h->count++];

    identity_make(&au, &w, i);
    if (key) {
        assert_int_equal(X509_set_pubkey(i->certificate, key), 1);
        assert_true(X509_sign(i->certificate, au.key, NULL) > 0);
    }
    return i;
}

static void
open_with(struct house *h, const struct identity *i)
{
    char why[KEYS_WHY_MAX] = "";
    FILE *f = fopen(h->paths[0], "w");

    PEM_write_PrivateKey(f, i->key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    f = fopen(h->paths[2], "w");
    PEM_write_X509(f, i->certificate);
    fclose(f);
    h->keys = keys_new(&h->files, why);
    if (!h->keys)
        fail_msg("%s", why);
}

static void
again(struct house *h)
{
    char why[KEYS_WHY_MAX] = "";

    keys_free(h->keys);
    h->keys = keys_new(&h->files, why);
    assert_non_null(h->keys);
}

static X509 *
shown(struct house *h, bool all_hold)
{
    const struct keys_question q = {.card = h->card.certificate_count ? &h->card
                                                                      : NULL,
                                    .all_hold = all_hold,
                                    .at = {(uint64_t)time(NULL) * 1000}};
    char why[KEYS_WHY_MAX] = "";
    struct keys_identity out;
    bool changed;

    if (!keys_choose(h->keys, &q, &out, &changed, why))
        fail_msg("%s", why);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(out.certificate), out.key),
                     1);
    return out.certificate;
}

static EVP_PKEY *
made(struct house *h)
{
    struct buf spki = {0};

    assert_int_equal(keys_make(h->keys, &h->card), OK);
    assert_int_equal(keys_at(h->keys, &h->card, 1, &spki), KEYS_MADE);
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.size);
    buf_clear(&spki);
    assert_non_null(key);
    return key;
}

static size_t
bytes_in(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (size_t)st.st_size;
}

static void
the_certificate_file_is_shown_as_long_as_nothing_newer_is_listed(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);

    open_with(h, first);
    assert_int_equal(X509_cmp(shown(h, true), first->certificate), 0);
    list_in_card(h, first->certificate);
    assert_int_equal(X509_cmp(shown(h, true), first->certificate), 0);
    assert_int_equal(bytes_in(h->paths[1]), 0);
}

static void
a_new_certificate_is_shown_once_every_peer_has_the_card(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);

    open_with(h, first);
    list_in_card(h, first->certificate);
    EVP_PKEY *key = made(h);
    again(h); /* what was made is found again */
    EVP_PKEY *same = made(h);
    assert_int_equal(EVP_PKEY_eq(key, same), 1);
    struct identity *second = issue(h, -8, key);
    list_in_card(h, second->certificate);
    assert_int_equal(X509_cmp(shown(h, false), first->certificate), 0);
    assert_true(bytes_in(h->paths[0]) > 0);
    assert_int_equal(X509_cmp(shown(h, true), second->certificate), 0);
    assert_int_equal(bytes_in(h->paths[0]), 0);
    again(h);
    assert_int_equal(X509_cmp(shown(h, false), second->certificate), 0);
    EVP_PKEY_free(key);
    EVP_PKEY_free(same);
}

static void
a_third_key_takes_the_place_of_the_first(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);
    struct buf spki = {0};

    open_with(h, first);
    list_in_card(h, first->certificate);
    EVP_PKEY *key = made(h);
    list_in_card(h, issue(h, -8, key)->certificate);
    assert_int_equal(keys_make(h->keys, &h->card), ERR_NOT_NOW);
    shown(h, true);
    assert_int_equal(keys_make(h->keys, &h->card), OK);
    assert_int_equal(keys_at(h->keys, &h->card, 0, &spki), KEYS_MADE);
    assert_int_equal(keys_at(h->keys, &h->card, 1, &spki), KEYS_SHOWN);
    buf_clear(&spki);
    EVP_PKEY_free(key);
}

static void
a_key_that_left_the_card_is_wiped_and_never_taken_for_a_new_one(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);

    open_with(h, first);
    list_in_card(h, first->certificate);
    h->card.version = 1;
    EVP_PKEY *key = made(h);
    shown(h, false); /* made for a later card: it stays */
    assert_true(bytes_in(h->paths[1]) > 0);
    buf_reset(&h->certificates[0]);
    h->card.certificate_count = 0;
    list_in_card(h, issue(h, -8, key)->certificate);
    h->card.version = 2;
    shown(h, false);
    assert_int_equal(bytes_in(h->paths[0]), 0);
    again(h);
    shown(h, false);
    EVP_PKEY_free(key);
}

static void
a_lost_key_leaves_the_other_certificate(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);

    open_with(h, first);
    list_in_card(h, first->certificate);
    EVP_PKEY *key = made(h);
    struct identity *second = issue(h, -8, key);
    list_in_card(h, second->certificate);
    assert_int_equal(truncate(h->paths[0], 0), 0);
    again(h);
    assert_int_equal(X509_cmp(shown(h, false), second->certificate), 0);
    EVP_PKEY_free(key);
}

static void
without_any_key_the_reason_names_the_file(void **state)
{
    struct house *h = *state;
    struct identity *first = issue(h, -9, NULL);
    const struct keys_question q = {.at = {1}};
    struct keys_identity out;
    char why[KEYS_WHY_MAX];
    bool changed;

    open_with(h, first);
    assert_int_equal(truncate(h->paths[0], 0), 0);
    again(h);
    assert_false(keys_choose(h->keys, &q, &out, &changed, why));
    assert_non_null(strstr(why, "tls.key is no readable private key"));
    assert_int_equal(truncate(h->paths[2], 0), 0);
    again(h);
    assert_false(keys_choose(h->keys, &q, &out, &changed, why));
    assert_non_null(strstr(why, "tls.crt is no readable certificate"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, clear)
        TEST(the_certificate_file_is_shown_as_long_as_nothing_newer_is_listed),
        TEST(a_new_certificate_is_shown_once_every_peer_has_the_card),
        TEST(a_third_key_takes_the_place_of_the_first),
        TEST(a_key_that_left_the_card_is_wiped_and_never_taken_for_a_new_one),
        TEST(a_lost_key_leaves_the_other_certificate),
        TEST(without_any_key_the_reason_names_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
