/*
 * unreadable_test - frames in their place whose payload cannot be read, and
 *                   a card that comes too late.
 */
#include "ends.h"

static void
put_garbage(struct buf *out, enum frame_type type)
{
    buf_put_u32(out, 1);
    buf_put_u8(out, (uint8_t)type);
    buf_put(out, slice_of("\0\0\0\xff", 4));
}

/* Give the server a frame of that type which ends within its first tag. */
static void
assert_truncated(struct pair *p, enum frame_type type)
{
    struct buf frame = {0};

    buf_reset(&p->server.send);
    put_garbage(&frame, type);
    assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)),
                     ERR_TRUNCATED);
    assert_int_equal(session_state(p->server.session), SESSION_CLOSED);
    assert_int_equal(p->server.send.size, 0);
    assert_false(p->server.step.sign || p->server.step.closed);
    buf_clear(&frame);
}

static void
a_hello_that_cannot_be_read_ends_the_session(void **state)
{
    struct pair *p = *state;

    end_start(&p->server);
    assert_truncated(p, FRAME_HELLO);
}

static void
an_auth_that_cannot_be_read_ends_the_session(void **state)
{
    struct pair *p = *state;

    greet(p);
    sign(&p->server);
    assert_truncated(p, FRAME_AUTH);
}

static void
a_ping_that_cannot_be_read_ends_the_session_without_an_answer(void **state)
{
    struct pair *p = *state;

    open_both(p);
    assert_truncated(p, FRAME_PING);
}

static void
a_close_that_cannot_be_read_gives_no_reason_of_the_peer(void **state)
{
    struct pair *p = *state;

    open_both(p);
    assert_truncated(p, FRAME_CLOSE);
}

/* Whoever proved itself did so with the card that counts. */
static void
a_card_after_auth_is_unexpected_even_if_the_hello_named_another(void **state)
{
    struct pair *p = *state;
    struct hash other = {{0x99}};
    struct buf frame = {0};

    greet(p);
    sign(&p->server);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), OK);
    session_card_adopted(p->client.session, 4, &other);
    put_garbage(&frame, FRAME_CARD);
    assert_int_equal(give(&p->client, &p->server, buf_slice(&frame)),
                     ERR_UNEXPECTED);
    assert_null(p->client.step.card.data);
    buf_clear(&frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hello_that_cannot_be_read_ends_the_session),
        TEST(an_auth_that_cannot_be_read_ends_the_session),
        TEST(a_ping_that_cannot_be_read_ends_the_session_without_an_answer),
        TEST(a_close_that_cannot_be_read_gives_no_reason_of_the_peer),
        TEST(a_card_after_auth_is_unexpected_even_if_the_hello_named_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
