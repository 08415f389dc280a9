/*
 * proving_test - HELLO, cards and AUTH: who is admitted, and why not.
 */
#include "ends.h"

/* Any frame of a type: what is out of place is not read. */
static void
sample(struct buf *out, enum frame_type type)
{
    buf_put(out, slice_of("\0\0\0\1\0\0\0\0x", 9));
    out->data[out->size - 5] = (uint8_t)type;
}

/* ---- HELLO --------------------------------------------------------------- */

/* Let the client say a HELLO that was bent. */
static enum err
hello_bent(struct pair *p, void (*bend)(struct frame_hello *h))
{
    struct frame_hello h = {.version = 1,
                            .team = team("krcert.or.kr"),
                            .peer = team("cert.gov.au"),
                            .card_version = 3,
                            .peer_card_version = 3,
                            .batches_in_flight = 4};
    struct buf frame = {0};

    memset(h.card_hash.b, 11, HASH_BYTES);
    bend(&h);
    frame_hello_put(&frame, &h);
    end_start(&p->server);
    enum err e = give(&p->server, &p->client, buf_slice(&frame));
    buf_clear(&frame);
    return e;
}

static void
bend_nothing(struct frame_hello *h)
{
    (void)h;
}

static void
bend_version(struct frame_hello *h)
{
    h->version = 2;
}

static void
bend_team(struct frame_hello *h)
{
    h->team = team("jpcert.or.jp");
}

static void
bend_peer(struct frame_hello *h)
{
    h->peer = team("jpcert.or.jp");
}

static void
bend_card(struct frame_hello *h)
{
    h->card_hash.b[31] ^= 1;
}

static void
bend_card_older(struct frame_hello *h)
{
    h->card_version = 2;
    h->card_hash.b[31] ^= 1;
}

static void
hello_is_refused_with_its_own_reason(void **state)
{
    static const struct {
        void (*bend)(struct frame_hello *h);
        enum err e;
    } cases[] = {
        {bend_nothing, OK},          {bend_version, ERR_VERSION},
        {bend_team, ERR_WRONG_TEAM}, {bend_peer, ERR_WRONG_PEER},
        {bend_card, ERR_CARD},       {bend_card_older, OK},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair *p = *state;
        assert_int_equal(hello_bent(p, cases[i].bend), cases[i].e);
        assert_int_equal(session_state(p->server.session),
                         cases[i].e == OK ? SESSION_PROVING : SESSION_CLOSED);
        assert_int_equal(p->server.step.sign, cases[i].e == OK);
        assert_int_equal(p->server.send.size > 0, cases[i].e == OK);
        teardown(state);
        setup(state);
    }
}

/* ---- card-only ------------------------------------------------------------
 */

static void
a_card_only_session_takes_a_newer_card_and_proves_nothing(void **state)
{
    struct pair *p = *state;

    p->server.setup.card_only = true;
    p->client.setup.own_card_version = 4;
    end_start(&p->client);
    end_start(&p->server);
    assert_int_equal(carry(&p->client, &p->server, FRAME_HELLO), OK);
    assert_false(p->server.step.sign);
    assert_int_equal(carry(&p->server, &p->client, FRAME_HELLO), OK);
    assert_int_equal(p->server.send.size, 0);
    assert_int_equal(carry(&p->client, &p->server, FRAME_CARD), OK);
    assert_true(slice_is(p->server.step.card, "a card"));
    session_card_adopted(p->server.session, 4, &p->client.setup.own_card_hash);
    sign(&p->client);
    assert_int_equal(carry(&p->client, &p->server, FRAME_AUTH), ERR_CARD);
}

static void
a_card_only_session_without_a_newer_card_is_closed(void **state)
{
    struct pair *p = *state;

    p->server.setup.card_only = true;
    end_start(&p->client);
    end_start(&p->server);
    assert_int_equal(carry(&p->client, &p->server, FRAME_HELLO),
                     ERR_NOT_PINNED);
    assert_int_equal(p->server.send.size, 0);
    assert_int_equal(session_state(p->server.session), SESSION_CLOSED);
}

static void
a_second_hello_is_unexpected(void **state)
{
    struct pair *p = *state;
    struct buf frame = {0};

    greet(p);
    sample(&frame, FRAME_HELLO);
    assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)),
                     ERR_UNEXPECTED);
    buf_clear(&frame);
}

/* ---- AUTH ---------------------------------------------------------------- */

static void
auth_over_another_tls_session_is_refused(void **state)
{
    struct pair *p = *state;

    p->server.setup.exporter[0] ^= 1;
    greet(p);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_AUTH);
    assert_false(p->client.step.sign);
    assert_int_equal(session_state(p->client.session), SESSION_CLOSED);
}

static void
auth_by_another_key_is_refused(void **state)
{
    struct pair *p = *state;
    struct end other = p->server;

    greet(p);
    sign(&p->server);
    other.secret.b[0] ^= 1;
    crypto_public_key(&other.secret, &other.shown);
    struct slice frame = first_of(&p->server);
    assert_int_equal(give(&p->client, &other, frame), ERR_KEY);
}

static void
auth_by_a_card_without_session_key_is_refused(void **state)
{
    struct pair *p = *state;

    greet(p);
    sign(&p->server);
    assert_int_equal(give(&p->client, NULL, first_of(&p->server)), ERR_KEY);
    assert_int_equal(session_state(p->client.session), SESSION_CLOSED);
}

static void
auth_with_a_bit_changed_is_refused(void **state)
{
    struct pair *p = *state;

    greet(p);
    sign(&p->server);
    p->server.send.data[p->server.send.size - 1] ^= 1;
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_AUTH);
}

/* Send back to the server what it signed itself: the role differs. */
static void
auth_reflected_or_in_the_wrong_role_is_refused(void **state)
{
    struct pair *p = *state;
    struct session_claim claim;
    struct frame_auth a;
    struct buf text = {0}, frame = {0};

    greet(p);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), OK);
    session_claim_of(p->client.session, &claim);
    claim.is_client = false;
    session_text(&claim, &text);
    crypto_sign(&p->client.secret, buf_slice(&text), &a.signature);
    key_id_of(&p->client.setup.own, KEY_ROLE_SESSION, &p->client.shown, &a.key);
    frame_auth_put(&frame, &a);
    assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)), ERR_AUTH);
    buf_clear(&text);
    buf_clear(&frame);
}

static void
auth_covers_both_hellos(void **state)
{
    struct pair *p = *state;

    end_start(&p->client);
    end_start(&p->server);
    assert_int_equal(carry(&p->client, &p->server, FRAME_HELLO), OK);
    /* A boot id that was changed on the way. */
    struct slice hello = first_of(&p->server);
    for (size_t i = 0; i + BOOT_ID_BYTES <= hello.size; i++)
        if (memcmp(hello.data + i, p->server.setup.boot_id, BOOT_ID_BYTES) == 0)
            p->server.send.data[i] ^= 4;
    assert_int_equal(carry(&p->server, &p->client, FRAME_HELLO), OK);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_AUTH);
}

static void
the_client_may_not_prove_itself_first(void **state)
{
    struct pair *p = *state;
    struct buf frame = {0};

    greet(p);
    frame_auth_put(&frame, &(struct frame_auth){{{0}}, {{0}}});
    assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)),
                     ERR_UNEXPECTED);
    buf_clear(&frame);
}

static void
a_second_auth_is_unexpected(void **state)
{
    struct pair *p = *state;
    struct buf again = {0};

    greet(p);
    sign(&p->server);
    buf_put(&again, first_of(&p->server));
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), OK);
    assert_int_equal(give(&p->client, &p->server, buf_slice(&again)),
                     ERR_UNEXPECTED);
    buf_clear(&again);
}

/* ---- CARD ---------------------------------------------------------------- */

static void
a_newer_card_is_sent_and_asked_for(void **state)
{
    struct pair *p = *state;

    p->server.setup.own_card_version = 4;
    memset(p->server.setup.own_card_hash.b, 44, HASH_BYTES);
    greet(p);
    assert_int_equal(carry(&p->server, &p->client, FRAME_CARD), OK);
    assert_true(slice_is(p->client.step.card, "a card"));
    session_card_adopted(p->client.session, 4, &p->server.setup.own_card_hash);
    prove(p);
    assert_int_equal(session_state(p->client.session), SESSION_RESUMING);
}

static void
auth_before_the_announced_card_is_refused(void **state)
{
    struct pair *p = *state;

    p->server.setup.own_card_version = 4;
    greet(p);
    drop_first(&p->server);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_CARD);
}

static void
auth_after_another_card_than_announced_is_refused(void **state)
{
    struct pair *p = *state;
    struct hash other = {{0}};

    p->server.setup.own_card_version = 4;
    greet(p);
    assert_int_equal(carry(&p->server, &p->client, FRAME_CARD), OK);
    session_card_adopted(p->client.session, 5, &other);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_CARD);
}

static void
auth_after_an_older_card_than_announced_is_refused(void **state)
{
    struct pair *p = *state;

    p->server.setup.own_card_version = 4;
    greet(p);
    assert_int_equal(carry(&p->server, &p->client, FRAME_CARD), OK);
    session_card_adopted(p->client.session, 3, &p->server.setup.own_card_hash);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), ERR_CARD);
}

static void
a_card_that_nobody_announced_is_unexpected(void **state)
{
    struct pair *p = *state;
    struct buf frame = {0};

    greet(p);
    sample(&frame, FRAME_CARD);
    assert_int_equal(give(&p->client, &p->server, buf_slice(&frame)),
                     ERR_UNEXPECTED);
    buf_clear(&frame);
}

static void
a_card_without_bytes_is_refused(void **state)
{
    static const uint8_t empty[8] = {0, 0, 0, 0, FRAME_CARD};
    struct pair *p = *state;

    p->server.setup.own_card_version = 4;
    greet(p);
    assert_int_equal(give(&p->client, &p->server, SLICE_ARRAY(empty)),
                     ERR_MISSING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hello_is_refused_with_its_own_reason),
        TEST(a_card_only_session_takes_a_newer_card_and_proves_nothing),
        TEST(a_card_only_session_without_a_newer_card_is_closed),
        TEST(a_second_hello_is_unexpected),
        TEST(auth_over_another_tls_session_is_refused),
        TEST(auth_by_another_key_is_refused),
        TEST(auth_by_a_card_without_session_key_is_refused),
        TEST(auth_with_a_bit_changed_is_refused),
        TEST(auth_reflected_or_in_the_wrong_role_is_refused),
        TEST(auth_covers_both_hellos),
        TEST(the_client_may_not_prove_itself_first),
        TEST(a_second_auth_is_unexpected),
        TEST(a_newer_card_is_sent_and_asked_for),
        TEST(auth_before_the_announced_card_is_refused),
        TEST(auth_after_another_card_than_announced_is_refused),
        TEST(auth_after_an_older_card_than_announced_is_refused),
        TEST(a_card_that_nobody_announced_is_unexpected),
        TEST(a_card_without_bytes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
