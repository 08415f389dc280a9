/*
 * pause_test - a person keeps a peer apart: no link of it stays or opens, what
 *              is for it waits, and it goes on where it was.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static enum err
ask(struct kit *k, unsigned roles, const char *verb, const char *team)
{
    struct control_value values[] = {
        {.key = "team", .text = slice_str(team)},
        {.key = "with", .text = slice_str("Kim")},
    };
    struct control_request r = {
        .id = 1, .verb = verb, .values = {values, ARRAY_SIZE(values)}};

    return kit_request(k, roles, &r);
}

static enum err
pause_peer(struct kit *k)
{
    return ask(k, ROLE_OPERATE, "peer-pause", "cert.gov.au");
}

static enum err
resume_peer(struct kit *k)
{
    return ask(k, ROLE_OPERATE, "peer-resume", "certau");
}

static void
expect_paused_close(struct kit *k)
{
    struct frame_close c;
    struct slice payload;

    k->read = 0;
    assert_true(kit_next(k, FRAME_CLOSE, &payload));
    assert_int_equal(frame_close_get(payload, &k->arena, &c), OK);
    assert_int_equal(c.code, err_code(ERR_PAUSED));
    assert_true(k->down);
    assert_int_equal(k->why, ERR_PAUSED);
}

static void
pausing_closes_the_session_with_that_reason(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    assert_int_equal(pause_peer(k), OK);
    expect_paused_close(k);
    struct view_peer v = kit_peer(k);
    assert_true(v.paused && !v.up);
    assert_string_equal(v.paused_with, "Kim");
    assert_int_equal(v.paused_time.ms, k->now.wall.ms);
}

/* A connection that is not proven yet goes too. */
static void
pausing_closes_what_is_not_a_session_yet(void **state)
{
    struct kit *k = *state;

    kit_link(k);
    assert_int_equal(pause_peer(k), OK);
    expect_paused_close(k);
}

static void
a_paused_peer_opens_no_link(void **state)
{
    struct kit *k = *state;

    assert_int_equal(pause_peer(k), OK);
    kit_link(k);
    expect_paused_close(k);
    kit_restart(k);
    kit_link(k);
    expect_paused_close(k);
    assert_true(kit_peer(k).paused);
}

static void
a_paused_peer_is_not_dialled_and_is_no_alarm(void **state)
{
    struct kit *k = *state;
    struct view_node node;

    k->dials = true;
    assert_int_equal(pause_peer(k), OK);
    kit_restart(k);
    kit_tick(k, 2 * PEER_DOWN_MS);
    kit_tick(k, 2 * PEER_DOWN_MS);
    assert_int_equal(k->dialled, 0);
    view_node(k->x, &node);
    assert_int_equal(node.alarm_count, 0);
    assert_int_equal(resume_peer(k), OK);
    assert_int_equal(k->dialled, 1);
}

static void
what_is_for_a_paused_peer_waits_and_then_goes(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    assert_int_equal(pause_peer(k), OK);
    kit_submit(k, 3, 10, TLP_GREEN);
    assert_int_equal(kit_peer(k).queued, 3);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 0);
    kit_restart(k);
    assert_int_equal(resume_peer(k), OK);
    assert_false(kit_peer(k).paused);
    kit_connect(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    kit_hang_up(k);
    kit_good_session(k);
}

static void
pausing_twice_is_one_fact_and_needs_a_known_peer(void **state)
{
    struct kit *k = *state;
    uint64_t turns = kit_turns(k);

    assert_int_equal(ask(k, ROLE_OPERATE, "peer-pause", "nobody.example"),
                     ERR_NOT_FOUND);
    assert_int_equal(ask(k, ROLE_SUBMIT, "peer-pause", "cert.gov.au"),
                     ERR_FORBIDDEN);
    assert_int_equal(resume_peer(k), OK);
    assert_int_equal(kit_turns(k), turns);
    assert_int_equal(pause_peer(k), OK);
    assert_int_equal(kit_turns(k), turns + 1);
    assert_int_equal(pause_peer(k), OK);
    assert_int_equal(kit_turns(k), turns + 1);
}

static void
a_pause_that_cannot_be_is_damage(void **state)
{
    struct kit *k = *state;
    struct exchange *x = exchange_new(&k->port);

    assert_int_equal(
        exchange_restore(x, &(struct fact){.type = FACT_PAUSED, .code = 1}),
        ERR_DAMAGED);
    exchange_free(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pausing_closes_the_session_with_that_reason),
        TEST(pausing_closes_what_is_not_a_session_yet),
        TEST(a_paused_peer_opens_no_link),
        TEST(a_paused_peer_is_not_dialled_and_is_no_alarm),
        TEST(what_is_for_a_paused_peer_waits_and_then_goes),
        TEST(pausing_twice_is_one_fact_and_needs_a_known_peer),
        TEST(a_pause_that_cannot_be_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
