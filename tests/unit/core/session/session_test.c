/*
 * session_test - what each state of a session takes, and with which error it
 *                ends otherwise.
 */
#include "ends.h"

static void
both_sides_prove_themselves_and_open(void **state)
{
    struct pair *p = *state;

    open_both(p);
    assert_int_equal(session_state(p->client.session), SESSION_OPEN);
    assert_int_equal(session_state(p->server.session), SESSION_OPEN);
    assert_int_equal(session_window(p->client.session), 4);
    assert_int_equal(session_window(p->server.session), 4);
    assert_string_equal(session_hello(p->server.session)->team.text,
                        "krcert.or.kr");
}

/* ---- the table of states ------------------------------------------------- */

/* A frame with a payload that can be read, for every type. */
static void
sample(struct buf *out, enum frame_type type)
{
    static const uint8_t zeros[FRAME_LEAF_BYTES];
    struct frame_mark mark = {.number = 1};

    switch (type) {
    case FRAME_HELLO:
        frame_hello_put(out, &(struct frame_hello){.version = 1,
                                                   .team = team("krcert.or.kr"),
                                                   .peer = team("cert.gov.au"),
                                                   .batches_in_flight = 1});
        break;
    case FRAME_CARD:
        buf_put(out, slice_of("\0\0\0\1\2\0\0\0x", 9));
        break;
    case FRAME_AUTH:
        frame_auth_put(out, &(struct frame_auth){{{0}}, {{0}}});
        break;
    case FRAME_RESUME:
        frame_resume_put(out, &(struct frame_resume){NULL, 0});
        break;
    case FRAME_VERDICT:
        frame_verdict_put(out, &(struct frame_verdict){.row = 4});
        break;
    case FRAME_GENESIS:
        buf_put(out, slice_of("\0\0\0\1\6\0\0\0x", 9));
        break;
    case FRAME_HEADER:
        frame_batch_put(out,
                        &(struct frame_batch){.records = SLICE_ARRAY(zeros)});
        break;
    case FRAME_WANT:
        frame_want_put(
            out, &(struct frame_want){.count = 1, .bitmap = slice_of("\1", 1)});
        break;
    case FRAME_BODY:
        frame_body_put(out, &(struct frame_body){
                                .salt = slice_of(zeros, FRAME_SALT_BYTES)});
        break;
    case FRAME_PIECE:
        frame_piece_put(out,
                        &(struct frame_piece){.bytes = slice_of(zeros, 1)});
        break;
    case FRAME_GONE:
    case FRAME_ABSENT:
    case FRAME_HELD:
        frame_mark_put(out, type, &mark);
        break;
    case FRAME_RECEIPT:
        frame_receipt_put(out, &(struct frame_receipt){.origin_time_s = 1});
        break;
    case FRAME_FETCH:
        frame_fetch_put(out, &(struct frame_fetch){.from = 1});
        break;
    case FRAME_PING:
        frame_ping_put(out, &(struct frame_ping){7, false});
        break;
    case FRAME_CLOSE:
        frame_close_put(out, &(struct frame_close){err_code(ERR_SHUTDOWN),
                                                   slice_str("good night")});
        break;
    case FRAME_NONE:
    case FRAME_TYPE_COUNT:
        buf_put(out, slice_of("\0\0\0\0\0\0\0\0", 8));
        out->data[out->size - 4] = (uint8_t)type;
        break;
    }
}

/* What PROTOCOL's table of sessions lists, state by state. */
static bool
is_listed(enum session_state state, enum frame_type type)
{
    switch (state) {
    case SESSION_GREETING:
        return type == FRAME_HELLO || type == FRAME_CLOSE;
    case SESSION_PROVING:
        return type == FRAME_CARD || type == FRAME_AUTH || type == FRAME_CLOSE;
    case SESSION_RESUMING:
        return type == FRAME_RESUME || type == FRAME_PING ||
               type == FRAME_CLOSE;
    case SESSION_OPEN:
        return type >= FRAME_VERDICT && type <= FRAME_CLOSE;
    case SESSION_CLOSED:
    case SESSION_STATE_COUNT:
        return false;
    }
    return false;
}

static void
bring_to(struct pair *p, enum session_state state)
{
    if (state == SESSION_GREETING) {
        end_start(&p->client);
        end_start(&p->server);
    } else if (state == SESSION_PROVING) {
        greet(p);
    } else if (state == SESSION_RESUMING) {
        greet(p);
        prove(p);
    } else {
        open_both(p);
    }
    if (state == SESSION_CLOSED) {
        struct buf frame = {0};
        sample(&frame, FRAME_CLOSE);
        assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)),
                         ERR_SHUTDOWN);
        buf_clear(&frame);
    }
    assert_int_equal(session_state(p->server.session), state);
}

static void
each_state_takes_what_is_listed_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SESSION_STATE_COUNT; s++)
        for (unsigned t = FRAME_HELLO; t < FRAME_TYPE_COUNT; t++) {
            struct buf frame = {0};
            void *fresh;
            setup(&fresh);
            struct pair *p = fresh;
            bring_to(p, (enum session_state)s);
            sample(&frame, (enum frame_type)t);
            enum err e = give(&p->server, &p->client, buf_slice(&frame));
            if (!is_listed((enum session_state)s, (enum frame_type)t)) {
                assert_int_equal(e, ERR_UNEXPECTED);
                assert_int_equal(session_state(p->server.session),
                                 SESSION_CLOSED);
                assert_false(p->server.step.deliver);
            } else if (t == FRAME_CLOSE) {
                assert_int_equal(e, ERR_SHUTDOWN);
                assert_true(p->server.step.closed);
            } else if (s != SESSION_PROVING) {
                assert_int_equal(e, OK);
            }
            buf_clear(&frame);
            teardown(&fresh);
        }
}

static void
frames_of_a_lane_are_delivered_only_when_open(void **state)
{
    struct pair *p = *state;
    struct buf frame = {0};

    open_both(p);
    for (unsigned t = FRAME_VERDICT; t <= FRAME_FETCH; t++) {
        buf_reset(&frame);
        sample(&frame, (enum frame_type)t);
        assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)), OK);
        assert_true(p->server.step.deliver);
    }
    buf_clear(&frame);
}

static void
a_type_that_is_unknown_ends_the_session(void **state)
{
    struct pair *p = *state;
    uint8_t frame[8] = {0, 0, 0, 0, FRAME_TYPE_COUNT};

    open_both(p);
    assert_int_equal(give(&p->server, &p->client, SLICE_ARRAY(frame)),
                     ERR_UNKNOWN_FRAME);
    assert_int_equal(give(&p->server, &p->client, SLICE_ARRAY(frame)),
                     ERR_UNKNOWN_FRAME);
    frame[4] = FRAME_NONE;
    assert_int_equal(give(&p->client, &p->server, SLICE_ARRAY(frame)),
                     ERR_UNKNOWN_FRAME);
}

static void
a_header_that_is_not_whole_ends_the_session(void **state)
{
    static const struct {
        uint8_t bytes[9];
        size_t size;
        enum err e;
    } bad[] = {
        {{0, 0, 0, 0, FRAME_PING, 0, 0}, 7, ERR_TRUNCATED},
        {{0, 0, 0, 0, FRAME_PING, 0, 0, 1}, 8, ERR_FORMAT},
        {{0, 0, 0, 0, FRAME_PING, 0, 0, 0, 0}, 9, ERR_FORMAT},
        {{0, 0, 0, 1, FRAME_PING, 0, 0, 0}, 8, ERR_FORMAT},
        {{0, 2, 0, 1, FRAME_PING, 0, 0, 0}, 8, ERR_LIMIT},
        {{0, 0, 16, 1, FRAME_HELLO, 0, 0, 0}, 8, ERR_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pair *p = *state;
        open_both(p);
        assert_int_equal(
            give(&p->server, &p->client, slice_of(bad[i].bytes, bad[i].size)),
            bad[i].e);
        assert_int_equal(session_state(p->server.session), SESSION_CLOSED);
        teardown(state);
        setup(state);
    }
}

/* ---- PING and CLOSE ------------------------------------------------------ */

static void
a_ping_is_answered_once(void **state)
{
    struct pair *p = *state;
    struct buf frame = {0};
    struct frame_ping got;

    open_both(p);
    frame_ping_put(&frame, &(struct frame_ping){99, false});
    assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)), OK);
    assert_false(p->server.step.deliver);
    struct slice answer = first_of(&p->server);
    assert_int_equal(frame_ping_get(slice_of(answer.data + 8, answer.size - 8),
                                    &p->client.arena, &got),
                     OK);
    assert_int_equal(got.number, 99);
    assert_true(got.answer);
    assert_int_equal(carry(&p->server, &p->client, FRAME_PING), OK);
    assert_int_equal(p->client.send.size, 0);
    buf_clear(&frame);
}

static void
close_gives_the_peers_reason(void **state)
{
    static const struct {
        uint32_t code;
        enum err e;
    } cases[] = {
        {0, ERR_SHUTDOWN},   {99999, ERR_SHUTDOWN}, {2, ERR_FORMAT},
        {17, ERR_DUPLICATE}, {35, ERR_ROOT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair *p = *state;
        struct buf frame = {0};
        open_both(p);
        frame_close_put(&frame,
                        &(struct frame_close){cases[i].code, slice_str("")});
        assert_int_equal(give(&p->server, &p->client, buf_slice(&frame)),
                         cases[i].e);
        assert_true(p->server.step.closed);
        assert_int_equal(session_state(p->server.session), SESSION_CLOSED);
        buf_clear(&frame);
        teardown(state);
        setup(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_sides_prove_themselves_and_open),
        cmocka_unit_test(each_state_takes_what_is_listed_and_nothing_else),
        TEST(frames_of_a_lane_are_delivered_only_when_open),
        TEST(a_type_that_is_unknown_ends_the_session),
        TEST(a_header_that_is_not_whole_ends_the_session),
        TEST(a_ping_is_answered_once),
        TEST(close_gives_the_peers_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
