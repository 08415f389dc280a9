#include "fixture.h"

#include <openssl/ssl.h>

#define KR "krcert.or.kr"
#define AU "cert.gov.au"

static struct authority kr, au;
static const struct wanted good = {AU, -DAY, 30 * DAY, NULL};

static int
make(void **state)
{
    (void)state;
    authority_make(&kr, KR);
    authority_make(&au, AU);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    authority_clear(&kr);
    authority_clear(&au);
    return 0;
}

static struct wall
clock_now(void)
{
    return (struct wall){(uint64_t)time(NULL) * 1000};
}

static void
judge(const struct trust *t, X509 *leaf, const char *expected,
      struct verdict *out)
{
    struct team_name name = team(expected ? expected : AU);
    struct trust_question q = {.leaf = leaf,
                               .of_client = !expected,
                               .expected = expected ? &name : NULL,
                               .at = clock_now()};

    trust_judge(t, &q, out);
}

/* Both roles must find the same defect. */
static void
check(const struct trust *t, X509 *leaf, enum defect defect, const char *words)
{
    const char *expected[] = {NULL, AU};

    for (int i = 0; i < 2; i++) {
        struct verdict v;
        judge(t, leaf, expected[i], &v);
        if (v.defect != defect || !strstr(v.why, words))
            fail_msg("%s instead of %s (%s): %s", defect_name(v.defect),
                     defect_name(defect), words, v.why);
    }
}

/* Judge a certificate of AU that has one defect and stands in its card. */
static void
check_made(const struct wanted *w, enum defect defect, const char *words)
{
    struct trust *t = trust_new();
    struct identity i;

    identity_make(&au, w, &i);
    trust_team(t, KR, true, &kr, NULL);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, defect, words);
    identity_clear(&i);
    trust_free(t);
}

static void
a_pinned_certificate_of_a_confirmed_team_is_taken(void **state)
{
    struct trust *t = trust_new();
    struct identity i;
    struct verdict v;

    (void)state;
    identity_make(&au, &good, &i);
    trust_team(t, KR, true, &kr, NULL);
    trust_team(t, AU, true, &au, i.certificate);
    judge(t, i.certificate, NULL, &v);
    assert_int_equal(v.defect, DEFECT_NONE);
    assert_string_equal(v.team.text, AU);
    assert_string_equal(v.why, "");
    judge(t, i.certificate, AU, &v);
    assert_int_equal(v.defect, DEFECT_NONE);
    identity_clear(&i);
    trust_free(t);
}

static void
each_defect_of_a_certificate_has_its_own_reason(void **state)
{
    (void)state;
    check_made(&(struct wanted){AU, -9 * DAY, -DAY, NULL}, DEFECT_EXPIRED,
               "expired: CN=cert.gov.au ended on 2");
    check_made(&(struct wanted){AU, DAY, 9 * DAY, NULL}, DEFECT_NOT_YET_VALID,
               "not yet valid: CN=cert.gov.au begins on 2");
    check_made(&(struct wanted){"evil.example", -DAY, DAY, NULL},
               DEFECT_WRONG_NAME,
               "wrong name: CN=evil.example names evil.example, not " AU);
    check_made(&(struct wanted){"www.cert.gov.au", -DAY, DAY, NULL},
               DEFECT_WRONG_NAME, "names www.cert.gov.au");
    check_made(&(struct wanted){"*.gov.au", -DAY, DAY, NULL}, DEFECT_WRONG_NAME,
               "wrong name");
    check_made(&(struct wanted){"CERT.gov.au", -DAY, DAY, NULL},
               DEFECT_WRONG_NAME, "wrong name");
    check_made(&(struct wanted){NULL, -DAY, DAY, NULL}, DEFECT_WRONG_NAME,
               "names no name");
    check_made(&(struct wanted){AU, -DAY, DAY, "codeSigning"}, DEFECT_WRONG_USE,
               "wrong use: CN=cert.gov.au is not for TLS");
}

/* PROTOCOL tls: "A peer's certificate MUST verify in full, at depth 2 at most,
 * with strict checking" */
/* OpenSSL remembers what it read of extensions. */
static void
read_again(X509 **certificate)
{
    unsigned char *der = NULL;
    int size = i2d_X509(*certificate, &der);
    const unsigned char *at = der;

    X509_free(*certificate);
    *certificate = d2i_X509(NULL, &at, size);
    assert_non_null(*certificate);
    OPENSSL_free(der);
}

/* PROTOCOL tls: "A peer's certificate MUST verify in full, at depth 2 at most,
 * with strict checking" */
static void
a_certificate_that_does_not_name_its_authoritys_key_is_refused(void **state)
{
    struct trust *t = trust_new();
    struct authority other;
    struct identity i;

    (void)state;
    authority_make(&other, "root of " AU);
    identity_make(&other, &good, &i);
    int at =
        X509_get_ext_by_NID(i.certificate, NID_authority_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(i.certificate, at));
    assert_true(X509_sign(i.certificate, other.key, NULL) > 0);
    read_again(&i.certificate);
    trust_team(t, AU, true, &other, i.certificate);
    check(t, i.certificate, DEFECT_OTHER, "bad certificate");
    identity_clear(&i);
    authority_clear(&other);
    trust_free(t);
}

static void
a_common_name_without_a_san_is_no_name(void **state)
{
    struct trust *t = trust_new();
    struct identity i;

    (void)state;
    identity_make(&au, &(struct wanted){NULL, -DAY, DAY, NULL}, &i);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(i.certificate), "CN",
                               MBSTRING_UTF8, (const unsigned char *)AU, -1, -1,
                               0);
    assert_true(X509_sign(i.certificate, au.key, NULL) > 0);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_WRONG_NAME, "wrong name");
    identity_clear(&i);
    trust_free(t);
}

static void
another_root_is_the_wrong_authority_even_under_the_same_name(void **state)
{
    struct trust *t = trust_new();
    struct authority other;
    struct identity i;

    (void)state;
    authority_make(&other, AU);
    identity_make(&other, &good, &i);
    trust_team(t, KR, true, &kr, NULL);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_WRONG_AUTHORITY,
          "is not signed by the root of " AU);
    identity_clear(&i);
    authority_clear(&other);
    trust_free(t);
}

static void
a_peer_cannot_make_another_peers_certificate(void **state)
{
    struct trust *t = trust_new();
    struct identity i;
    struct verdict v;

    (void)state;
    identity_make(&kr, &good, &i);
    trust_team(t, KR, true, &kr, i.certificate);
    trust_team(t, AU, true, &au, NULL);
    judge(t, i.certificate, NULL, &v);
    assert_int_equal(v.defect, DEFECT_WRONG_NAME);
    assert_string_equal(v.team.text, KR);
    judge(t, i.certificate, AU, &v);
    assert_int_equal(v.defect, DEFECT_WRONG_AUTHORITY);
    identity_clear(&i);
    trust_free(t);
}

static void
a_stranger_is_of_no_authority_at_all(void **state)
{
    struct trust *t = trust_new();
    struct authority other;
    struct identity i;
    struct verdict v;

    (void)state;
    authority_make(&other, "stranger.example");
    identity_make(&other, &(struct wanted){"stranger.example", -DAY, DAY, NULL},
                  &i);
    trust_team(t, AU, true, &au, NULL);
    judge(t, i.certificate, NULL, &v);
    assert_int_equal(v.defect, DEFECT_WRONG_AUTHORITY);
    assert_string_equal(v.team.text, "");
    assert_non_null(strstr(v.why, "any peer"));
    identity_clear(&i);
    authority_clear(&other);
    trust_free(t);
}

static void
a_good_certificate_that_the_card_does_not_list_is_not_pinned(void **state)
{
    struct trust *t = trust_new();
    struct identity i;
    struct verdict v;

    (void)state;
    identity_make(&au, &good, &i);
    trust_team(t, AU, true, &au, NULL);
    check(t, i.certificate, DEFECT_NOT_PINNED,
          "not pinned: CN=cert.gov.au is not in the card");
    judge(t, i.certificate, AU, &v);
    assert_true(v.card_only);
    trust_reset(t);
    trust_team(t, AU, false, &au, NULL);
    judge(t, i.certificate, AU, &v);
    assert_false(v.card_only); /* nobody confirmed that root */
    identity_clear(&i);
    trust_free(t);
}

static void
a_peer_that_nobody_confirmed_is_refused(void **state)
{
    struct trust *t = trust_new();
    struct identity i;

    (void)state;
    identity_make(&au, &good, &i);
    trust_team(t, AU, false, &au, i.certificate);
    check(t, i.certificate, DEFECT_NOT_CONFIRMED, "not confirmed");
    identity_clear(&i);
    trust_free(t);
}

static void
revocation_fails_closed(void **state)
{
    struct trust *t = trust_new();
    struct identity i;

    (void)state;
    identity_make(&au, &good, &i);
    authority_list(&au, au.serial, 30 * DAY);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_REVOKED, "revoked: CN=cert.gov.au");

    trust_reset(t);
    authority_list(&au, 0, -DAY);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_OLD_REVOCATION_LIST,
          "revocation list expired");

    trust_reset(t);
    X509_CRL_free(au.list);
    au.list = NULL;
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_NO_REVOCATION_LIST, "no revocation list");

    trust_reset(t);
    authority_list(&au, 0, 30 * DAY);
    trust_team(t, AU, true, &au, i.certificate);
    check(t, i.certificate, DEFECT_NONE, "");
    identity_clear(&i);
    trust_free(t);
}

static void
a_peer_that_lists_anothers_certificate_does_not_take_its_place(void **state)
{
    struct trust *t = trust_new();
    struct identity i;
    struct verdict v;

    (void)state;
    identity_make(&au, &good, &i);
    trust_team(t, "liar.example", true, &au, i.certificate);
    trust_team(t, KR, true, &kr, i.certificate);
    trust_team(t, AU, true, &au, i.certificate);
    judge(t, i.certificate, NULL, &v);
    assert_int_equal(v.defect, DEFECT_NONE);
    assert_string_equal(v.team.text, AU);
    identity_clear(&i);
    trust_free(t);
}

static void
a_card_whose_root_is_no_certificate_is_not_added(void **state)
{
    struct trust *t = trust_new();
    struct net_peer peer = {.team = team(AU),
                            .confirmed = true,
                            .root = slice_str("no certificate")};

    (void)state;
    assert_int_equal(trust_add(t, &peer), ERR_FORMAT);
    trust_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pinned_certificate_of_a_confirmed_team_is_taken),
        cmocka_unit_test(each_defect_of_a_certificate_has_its_own_reason),
        cmocka_unit_test(
            a_certificate_that_does_not_name_its_authoritys_key_is_refused),
        cmocka_unit_test(a_common_name_without_a_san_is_no_name),
        cmocka_unit_test(
            another_root_is_the_wrong_authority_even_under_the_same_name),
        cmocka_unit_test(a_peer_cannot_make_another_peers_certificate),
        cmocka_unit_test(a_stranger_is_of_no_authority_at_all),
        cmocka_unit_test(
            a_good_certificate_that_the_card_does_not_list_is_not_pinned),
        cmocka_unit_test(a_peer_that_nobody_confirmed_is_refused),
        cmocka_unit_test(revocation_fails_closed),
        cmocka_unit_test(
            a_peer_that_lists_anothers_certificate_does_not_take_its_place),
        cmocka_unit_test(a_card_whose_root_is_no_certificate_is_not_added),
    };

    return cmocka_run_group_tests(tests, make, clear);
}
