#include "fixture.h"

#include "core/lane/texts.h"

static void
the_session_text_names_role_teams_and_hello(void **state)
{
    uint8_t exporter[32] = {0};
    struct hash hello = {{0}};
    struct session_claim claim = {SLICE_ARRAY(exporter), true, &krcert,
                                  &auscert, &hello};
    struct buf text = {0};

    (void)state;
    session_text(&claim, &text);
    assert_true(
        slice_is(buf_slice(&text),
                 "sealane/session/v1\n"
                 "exporter AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                 "role client\n"
                 "team krcert.or.kr\n"
                 "peer cert.gov.au\n"
                 "hello AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"));
    buf_clear(&text);
}

static void
the_two_sides_of_a_session_sign_different_texts(void **state)
{
    uint8_t exporter[32] = {1};
    struct hash hello = {{2}};
    struct session_claim client = {SLICE_ARRAY(exporter), true, &krcert,
                                   &auscert, &hello};
    struct session_claim server = {SLICE_ARRAY(exporter), false, &auscert,
                                   &krcert, &hello};
    struct buf a = {0}, b = {0};

    (void)state;
    session_text(&client, &a);
    session_text(&server, &b);
    assert_false(slice_equal(buf_slice(&a), buf_slice(&b)));
    buf_clear(&a);
    buf_clear(&b);
}

static void
the_hello_hash_depends_on_the_order(void **state)
{
    struct hash a, b;

    (void)state;
    session_hello_hash(slice_str("client"), slice_str("server"), &a);
    session_hello_hash(slice_str("server"), slice_str("client"), &b);
    assert_false(hash_equal(&a, &b));
}

/* A card of three keys, signed by its root and by each of them. */
struct made {
    struct card card;
    struct signed_card proof;
    struct key_pair root, keys[3];
};

static void
sign_card(struct made *m)
{
    struct buf text = {0};
    struct hash h;

    crypto_hash_one(&h, m->proof.card);
    card_text(&m->card.team, m->card.version, &h, &text);
    crypto_sign(&m->root.secret, buf_slice(&text), &m->proof.root_signature);
    m->proof.key_count = m->card.key_count;
    for (size_t i = 0; i < m->card.key_count; i++) {
        key_id_of(&m->card.team, m->card.keys[i].role, &m->card.keys[i].key,
                  &m->proof.key_ids[i]);
        crypto_sign(&m->keys[i].secret, buf_slice(&text),
                    &m->proof.key_signatures[i]);
    }
    buf_clear(&text);
}

static void
make(struct made *m)
{
    *m = (struct made){.card = {.team = krcert, .version = 7}};
    m->root = key_pair_of(0x10);
    m->proof.card = slice_str("the bytes of a card");
    for (size_t i = 0; i < 3; i++) {
        m->keys[i] = key_pair_of((uint8_t)(0x20 + i));
        m->card.keys[i].role = (enum key_role)(KEY_ROLE_SESSION + i);
        m->card.keys[i].key = m->keys[i].key;
    }
    m->card.key_count = 3;
    sign_card(m);
}

static enum err
verify(const struct made *m)
{
    return card_verify(&m->card, &m->proof, &m->root.key);
}

static void
a_card_signed_by_root_and_every_key_is_good(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    assert_int_equal(verify(&m), OK);
}

static void
a_card_signed_by_another_root_is_refused(void **state)
{
    struct made m;
    struct key_pair other = key_pair_of(0x11);

    (void)state;
    make(&m);
    assert_int_equal(card_verify(&m.card, &m.proof, &other.key), ERR_SIGNATURE);
}

static void
a_changed_card_version_or_team_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    m.card.version++;
    assert_int_equal(verify(&m), ERR_SIGNATURE);
    make(&m);
    m.proof.card = slice_str("the bytes of a carD");
    assert_int_equal(verify(&m), ERR_SIGNATURE);
    make(&m);
    m.card.team = auscert;
    assert_int_equal(verify(&m), ERR_KEY);
}

static void
every_single_signature_counts(void **state)
{
    struct made m;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        make(&m);
        m.proof.key_signatures[i].b[5] ^= 1;
        assert_int_equal(verify(&m), ERR_SIGNATURE);
    }
}

static void
a_key_that_did_not_sign_is_missing(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    m.proof.key_count = 2;
    assert_int_equal(verify(&m), ERR_MISSING);
}

static void
a_signature_of_a_key_that_is_not_listed_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    m.card.key_count = 2;
    assert_int_equal(verify(&m), ERR_KEY);
}

static void
a_key_id_that_does_not_fit_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    m.proof.key_ids[1].b[0] ^= 1;
    assert_int_equal(verify(&m), ERR_KEY);
    make(&m);
    m.card.keys[0].role = KEY_ROLE_NONE;
    assert_int_equal(verify(&m), ERR_KEY);
    m.card.keys[0].role = KEY_ROLE_COUNT;
    assert_int_equal(verify(&m), ERR_KEY);
}

static void
a_key_in_two_roles_is_refused_though_all_signed(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    m.keys[2] = m.keys[0];
    m.card.keys[2].key = m.keys[0].key;
    sign_card(&m);
    assert_int_equal(verify(&m), ERR_KEY);
}

static void
both_sides_see_the_same_code(void **state)
{
    struct hash root_a = {{1}}, root_b = {{2}};
    struct pairing_side a = {&krcert, &root_a}, b = {&auscert, &root_b};
    struct pairing_code x, y;

    (void)state;
    pairing_code_of(&a, &b, &x);
    pairing_code_of(&b, &a, &y);
    assert_memory_equal(&x, &y, sizeof x);
    for (size_t g = 0; g < PAIRING_GROUPS; g++) {
        assert_int_equal(strlen(x.groups[g]), 4);
        assert_int_equal(strspn(x.groups[g], "0123456789"), 4);
    }
}

static void
another_root_gives_another_code(void **state)
{
    struct hash root_a = {{1}}, root_b = {{2}}, false_root = {{3}};
    struct pairing_side a = {&krcert, &root_a}, b = {&auscert, &root_b};
    struct pairing_side liar = {&auscert, &false_root};
    struct pairing_code x, y;

    (void)state;
    pairing_code_of(&a, &b, &x);
    pairing_code_of(&a, &liar, &y);
    assert_memory_not_equal(&x, &y, sizeof x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_text_names_role_teams_and_hello),
        cmocka_unit_test(the_two_sides_of_a_session_sign_different_texts),
        cmocka_unit_test(the_hello_hash_depends_on_the_order),
        cmocka_unit_test(a_card_signed_by_root_and_every_key_is_good),
        cmocka_unit_test(a_card_signed_by_another_root_is_refused),
        cmocka_unit_test(a_changed_card_version_or_team_is_refused),
        cmocka_unit_test(every_single_signature_counts),
        cmocka_unit_test(a_key_that_did_not_sign_is_missing),
        cmocka_unit_test(a_signature_of_a_key_that_is_not_listed_is_refused),
        cmocka_unit_test(a_key_id_that_does_not_fit_is_refused),
        cmocka_unit_test(a_key_in_two_roles_is_refused_though_all_signed),
        cmocka_unit_test(both_sides_see_the_same_code),
        cmocka_unit_test(another_root_gives_another_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
