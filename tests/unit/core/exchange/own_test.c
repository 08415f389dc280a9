/*
 * own_test - newer cards of our own, and what their keys are good for.
 */
#include "kit.h"
#include "kit_keys.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static uint64_t
version(const struct kit *k)
{
    struct view_node node;

    view_node(k->x, &node);
    return node.card_version;
}

/* The card as the root signed it, before any key has. */
static void
unsigned_card(const struct team *t, struct buf *out)
{
    struct signed_card c;
    struct arena arena;

    arena_init(&arena, MIB(1));
    assert_int_equal(signed_card_get(buf_slice(&t->renewed), &arena, &c), OK);
    c.key_count = 0;
    signed_card_put(out, &c);
    arena_clear(&arena);
}

static void
a_newer_card_comes_into_force_and_peers_are_greeted_again(void **state)
{
    struct kit *k = *state;
    struct buf card = {0};

    kit_connect(k);
    unsigned_card(&k->us, &card);
    assert_int_equal(kit_import(k, buf_slice(&card)), OK);
    assert_int_equal(version(k), 2);
    kit_expect_close(k, ERR_CARD_TAKEN);
    assert_int_equal(k->stops, 0);
    kit_restart(k);
    assert_int_equal(version(k), 2); /* the file still has version 1 */
    assert_true(kit_said(k, "older than the one in force"));
    assert_int_equal(kit_import(k, buf_slice(&card)), OK);
    buf_clear(&card);
}

static void
what_cannot_follow_the_card_in_force_is_refused(void **state)
{
    struct kit *k = *state;
    struct team impostor;
    uint64_t turns;

    assert_int_equal(kit_import(k, buf_slice(&k->us.renewed)), OK);
    turns = kit_turns(k);
    assert_int_equal(kit_import(k, buf_slice(&k->us.card)), ERR_STALE);
    assert_int_equal(kit_import(k, buf_slice(&k->third.card)), ERR_NOT_FOUND);
    assert_int_equal(kit_import(k, slice_str("no card")), ERR_FORMAT);
    team_make(&impostor, "krcert.or.kr", "krcert", 9);
    assert_int_equal(kit_import(k, buf_slice(&impostor.renewed)), ERR_KEY);
    team_clear(&impostor);
    assert_int_equal(kit_turns(k), turns);
}

static void
a_peers_newer_card_is_taken_from_a_file(void **state)
{
    struct kit *k = *state;

    assert_int_equal(kit_import(k, buf_slice(&k->them.renewed)), OK);
    assert_int_equal(kit_peer(k).card_version, 2);
    assert_int_equal(kit_import(k, buf_slice(&k->them.card)), ERR_STALE);
}

static void
the_signers_keys_are_listed_to_an_operator_alone(void **state)
{
    struct kit *k = *state;
    struct control_request r = {.id = 1, .verb = "keys"};

    assert_int_equal(kit_request(k, ROLE_READ, &r), ERR_FORBIDDEN);
    assert_int_equal(kit_request(k, ROLE_OPERATE, &r), OK);
    assert_int_equal(k->reply.record_count, 3);
    assert_true(
        slice_is(control_text(&k->reply.records[0], "state"), "in use"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newer_card_comes_into_force_and_peers_are_greeted_again),
        TEST(what_cannot_follow_the_card_in_force_is_refused),
        TEST(a_peers_newer_card_is_taken_from_a_file),
        TEST(the_signers_keys_are_listed_to_an_operator_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
