/*
 * peers_test - cards, pairings and dialling.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static const struct control_record *
record(const struct kit *k, size_t i)
{
    assert_true(i < k->reply.record_count);
    return &k->reply.records[i];
}

/* ---- peers --------------------------------------------------------------- */

static void
cards_are_looked_at_before_they_are_pinned(void **state)
{
    struct kit *k = *state;
    struct buf bent = {0};
    uint64_t turns = kit_turns(k);

    assert_int_not_equal(kit_peer_add(k, slice_str("")), OK);
    assert_int_not_equal(kit_peer_add(k, slice_str("no card")), OK);
    assert_int_equal(kit_peer_add(k, buf_slice(&k->us.card)), ERR_WRONG_TEAM);
    for (size_t i = 0; i < k->third.card.size; i += 7) {
        buf_reset(&bent);
        buf_put(&bent, buf_slice(&k->third.card));
        bent.data[i] ^= 0x10;
        assert_int_not_equal(kit_peer_add(k, buf_slice(&bent)), OK);
    }
    assert_int_equal(kit_turns(k), turns);
    /* Known as it is: fine, and nothing new. */
    assert_int_equal(kit_peer_add(k, buf_slice(&k->them.card)), OK);
    assert_true(slice_is(control_text(record(k, 0), "state"), "confirmed"));
    assert_int_equal(kit_turns(k), turns);
    buf_clear(&bent);
}

static void
a_card_under_another_root_needs_a_person(void **state)
{
    struct kit *k = *state;
    struct team impostor;

    team_make(&impostor, "cert.gov.au", "certau", 9);
    uint64_t turns = kit_turns(k);
    assert_int_equal(kit_peer_add(k, buf_slice(&impostor.card)), ERR_KEY);
    assert_int_equal(kit_turns(k), turns);
    team_clear(&impostor);
}

static void
a_pairing_is_confirmed_by_its_digits_alone(void **state)
{
    struct kit *k = *state;
    char groups[128];
    struct view_peer v;

    assert_int_equal(kit_peer_add(k, buf_slice(&k->third.card)), OK);
    struct slice code = control_text(record(k, 0), "code");
    assert_true(code.size < sizeof groups);
    memcpy(groups, code.data, code.size);
    groups[code.size] = 0;
    struct slice good = slice_of(groups, strlen(groups));
    struct slice with = slice_str("her voice");
    uint64_t turns = kit_turns(k);
    char *long_text = test_calloc(1, 2000);
    memset(long_text, 'x', 1999);

    assert_int_equal(kit_peer_confirm(k, "nobody.example", good, with),
                     ERR_NOT_FOUND);
    assert_int_equal(
        kit_peer_confirm(k, "jpcert.or.jp", (struct slice){0}, with), ERR_AUTH);
    assert_int_equal(kit_peer_confirm(k, "jpcert.or.jp",
                                      slice_of(groups, good.size - 1), with),
                     ERR_AUTH);
    assert_int_equal(
        kit_peer_confirm(k, "jpcert.or.jp", good, slice_str(long_text)),
        ERR_LIMIT);
    for (size_t i = 0; i < good.size; i++) {
        if (groups[i] == ' ')
            continue;
        groups[i] = groups[i] == '9' ? '0' : (char)(groups[i] + 1);
        assert_int_equal(kit_peer_confirm(k, "jpcert.or.jp", good, with),
                         ERR_AUTH);
        groups[i] = groups[i] == '0' ? '9' : (char)(groups[i] - 1);
    }
    assert_int_equal(kit_turns(k), turns);
    assert_int_equal(kit_peer_confirm(k, "jpcert.or.jp", good, with), OK);
    assert_int_equal(view_peer(k->x, 1, &v), OK);
    assert_true(v.confirmed);
    assert_string_equal(v.confirmed_by, "her voice");
    assert_int_equal(v.lane_out, 2);
    assert_int_equal(v.lane_in, 3);
    assert_int_equal(k->stops, 0);
    turns = kit_turns(k);
    assert_int_equal(kit_peer_confirm(k, "jpcert", good, with), OK);
    assert_int_equal(kit_turns(k), turns);
    kit_restart(k);
    kit_good_session(k);
    test_free(long_text);
}

/* Nothing for as long as a dial may be put off at most. */
static bool
nothing_is_due(const struct kit *k)
{
    return exchange_deadline(k->x).ms > k->now.mono.ms + REDIAL_MS_MAX;
}

static void
a_peer_is_dialled_again_later(void **state)
{
    struct kit *k = *state;

    assert_true(nothing_is_due(k));
    k->dials = true;
    kit_restart(k);
    assert_int_equal(k->dialled, 1);
    kit_event(k, &(struct event){.type = EVENT_DIAL_FAILED,
                                 .a = ERR_IO,
                                 .data = slice_str("cert.gov.au"),
                                 .more = slice_str("refused")});
    uint64_t due = exchange_deadline(k->x).ms;
    assert_true(due > k->now.mono.ms && due <= k->now.mono.ms + 2000);
    kit_tick(k, due - k->now.mono.ms);
    assert_int_equal(k->dialled, 2);
}

/* A peer that only dials has no address. */
static void
a_peer_without_address_is_not_dialled(void **state)
{
    struct kit *k = *state;
    struct team silent;

    team_make_at(&silent, "jpcert.or.jp", "jpcert", 3, NULL);
    kit_confirm_third(k, buf_slice(&silent.card));
    assert_int_equal(k->dialled, 0);
    assert_true(nothing_is_due(k));
    team_clear(&silent);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cards_are_looked_at_before_they_are_pinned),
        TEST(a_card_under_another_root_needs_a_person),
        TEST(a_pairing_is_confirmed_by_its_digits_alone),
        TEST(a_peer_is_dialled_again_later),
        TEST(a_peer_without_address_is_not_dialled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
