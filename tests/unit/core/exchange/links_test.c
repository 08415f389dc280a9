/*
 * links_test - connections: who may have one, which of two stays, how they
 *              end.
 */
#include "core/base/utf8.h"
#include "kit.h"

/* ---- connections --------------------------------------------------------- */

/* PROTOCOL sessions: "A session MUST be refused with a team whose pairing is
 * not confirmed." */
static void
a_stranger_and_an_unconfirmed_team_are_refused(void **state)
{
    struct kit *k = *state;
    uint8_t exporter[EXPORTER_BYTES] = {0};

    kit_event(k, &(struct event){.type = EVENT_LINK_UP,
                                 .id = 77,
                                 .data = slice_str("jpcert.or.jp"),
                                 .more = SLICE_ARRAY(exporter)});
    assert_int_equal(k->closes, 1);
    assert_int_equal(kit_peer_add(k, buf_slice(&k->third.card)), OK);
    kit_event(k, &(struct event){.type = EVENT_LINK_UP,
                                 .id = 78,
                                 .data = slice_str("jpcert.or.jp"),
                                 .more = SLICE_ARRAY(exporter)});
    assert_int_equal(k->closes, 2);
    kit_good_session(k);
}

/* PROTOCOL limits: "Reaching a limit MUST be an error to whoever caused it and
 * cost nobody else anything." */
static void
one_connection_too_many_is_refused_alone(void **state)
{
    struct kit *k = *state;
    uint8_t exporter[EXPORTER_BYTES] = {0};

    kit_connect(k);
    for (uint64_t i = 1; i <= CONNECTIONS_MAX; i++) {
        assert_int_equal(k->closes, 0);
        kit_event(k, &(struct event){.type = EVENT_LINK_UP,
                                     .id = 1000 + i,
                                     .data = slice_str(k->them.name.text),
                                     .more = SLICE_ARRAY(exporter)});
    }
    assert_int_equal(k->closes, 1);
    assert_false(k->down);
    assert_true(kit_peer(k).up);
}

static void
of_two_links_the_newer_stays(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    uint64_t first = k->link;
    kit_connect(k);
    assert_int_equal(k->closes, 1);
    assert_false(k->down);
    assert_true(kit_peer(k).up);
    k->link = first;
    kit_hang_up(k); /* old news */
    assert_true(kit_peer(k).up);
}

/* Both dialled at once and neither restarted: cert.gov.au has the smaller
 * team id, so that its own dial stays. */
static void
of_two_links_dialled_at_once_that_of_the_smaller_team_stays(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    k->is_server = true;
    kit_prove(k);
    assert_true(k->down);
    assert_int_equal(k->why, ERR_DUPLICATE);
    assert_true(kit_peer(k).up);
    k->boot++; /* it was restarted: the newer one stays */
    kit_prove(k);
    assert_false(k->down);
    assert_int_equal(k->closes, 2);
}

static void
silence_is_asked_about_and_then_ended(void **state)
{
    struct kit *k = *state;
    struct slice payload;

    kit_connect(k);
    kit_tick(k, KEEPALIVE_MS - 100);
    assert_false(kit_next(k, FRAME_PING, &payload));
    kit_tick(k, 200);
    assert_true(kit_next(k, FRAME_PING, &payload));
    kit_tick(k, KEEPALIVE_MS);
    assert_false(k->down);
    kit_tick(k, KEEPALIVE_MS);
    kit_expect_close(k, ERR_TIMEOUT);
}

static void
a_link_that_does_not_prove_itself_is_ended(void **state)
{
    struct kit *k = *state;

    kit_link(k);
    kit_tick(k, HELLO_MS_MAX - 100);
    assert_false(k->down);
    kit_tick(k, 200);
    kit_expect_close(k, ERR_TIMEOUT);
}

static void
a_session_lasts_a_day_at_most(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_connect(k);
    for (uint64_t t = 0; t < SESSION_MS_MAX && !k->down; t += 15000) {
        frame_ping_put(&out, &(struct frame_ping){t, true});
        kit_send(k, &out);
        kit_tick(k, 15000);
    }
    kit_tick(k, KEEPALIVE_MS);
    kit_expect_close(k, ERR_TIMEOUT);
    buf_clear(&out);
}

static void
an_expired_card_opens_no_session(void **state)
{
    struct kit *k = *state;

    k->now.wall.ms = (uint64_t)UINT32_MAX * 1000;
    kit_prove(k);
    kit_expect_close(k, ERR_CARD_EXPIRED);
    assert_false(kit_peer(k).up);
    k->now.wall.ms -= 1000000;
    kit_good_session(k);
}

/* What a peer says in CLOSE is shown to people: it must stay text. */
static void
the_words_of_a_close_stay_text(void **state)
{
    struct kit *k = *state;
    char words[400];
    struct buf out = {0};

    memset(words, 'a', sizeof words);
    words[0] = '\x1b';
    for (size_t i = 127; i < 300; i += 2) {
        words[i] = '\xc3';
        words[i + 1] = '\xa9';
    }
    words[399] = 0;
    kit_connect(k);
    frame_close_put(&out, &(struct frame_close){21, slice_str(words)});
    kit_send(k, &out);
    assert_true(k->down);
    struct slice payload;
    assert_false(kit_next(k, FRAME_CLOSE, &payload));
    struct view_peer v = kit_peer(k);
    assert_int_equal(utf8_bad_at(slice_str(v.trouble)), strlen(v.trouble));
    for (const char *at = v.trouble; *at; at++)
        assert_true((unsigned char)*at >= ' ');
    buf_clear(&out);
}

static void
a_close_without_words_is_not_answered(void **state)
{
    struct kit *k = *state;
    struct slice payload;
    struct buf out = {0};

    kit_connect(k);
    frame_close_put(&out, &(struct frame_close){0, slice_str("")});
    kit_send(k, &out);
    assert_true(k->down);
    assert_int_equal(k->why, ERR_SHUTDOWN);
    assert_false(kit_next(k, FRAME_CLOSE, &payload));
    buf_clear(&out);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stranger_and_an_unconfirmed_team_are_refused),
        TEST(one_connection_too_many_is_refused_alone),
        TEST(of_two_links_the_newer_stays),
        TEST(of_two_links_dialled_at_once_that_of_the_smaller_team_stays),
        TEST(silence_is_asked_about_and_then_ended),
        TEST(a_link_that_does_not_prove_itself_is_ended),
        TEST(a_session_lasts_a_day_at_most),
        TEST(an_expired_card_opens_no_session),
        TEST(the_words_of_a_close_stay_text),
        TEST(a_close_without_words_is_not_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
