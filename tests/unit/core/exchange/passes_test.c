/*
 * passes_test - which messages of a stream were queued for a peer: what was
 *               not is never said to be there, however many gaps there are.
 */
#include "core/exchange/inside.h"
#include "core/exchange/snapshot.h"
#include "kit.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

#define STREAM 0
#define PEER 0
#define PLACES 400000

/* What is noted here stands in no journal. */
static int
setup(void **state)
{
    int failed = kit_setup(state);
    struct kit *k = *state;

    k->aside = true;
    return failed;
}

static int64_t
submission_open(struct kit *k, uint8_t stream[STREAM_ID_BYTES])
{
    const struct control_request r = {.id = 1, .verb = "submit-open"};

    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    memcpy(stream, control_bytes(&k->reply.records[0], "stream").data,
           STREAM_ID_BYTES);
    return control_number(&k->reply.records[0], "number", -1);
}

/* Tell of a place, as a pattern without rule, whether it is taken. */
static bool
is_taken(uint64_t place)
{
    return (place * UINT64_C(0x9e3779b97f4a7c15)) >> 63;
}

static void
taken_note(struct kit *k)
{
    for (uint64_t i = 0; i < PLACES; i++)
        if (is_taken(i))
            pass_note(k->x, STREAM, PEER, i);
}

static void
expect_taken(const struct kit *k, uint64_t places)
{
    for (uint64_t i = 0; i < places; i++)
        if (pass_has(k->x, STREAM, PEER, i) != is_taken(i))
            fail_msg("place %llu is said to be %s", (unsigned long long)i,
                     is_taken(i) ? "free" : "there");
    assert_false(pass_has(k->x, STREAM, PEER, places));
}

static void
no_gap_is_ever_said_to_be_there(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;

    submission_open(k, stream);
    taken_note(k);
    expect_taken(k, PLACES);
}

/* Each place is as it was in the exchange that saved it. */
static void
expect_loaded(const struct kit *k, uint64_t places)
{
    struct exchange *x = exchange_new(&k->port);
    struct buf saved = {0}, again = {0};

    exchange_save(k->x, &saved);
    assert_int_equal(exchange_load(x, buf_slice(&saved)), OK);
    for (uint64_t i = 0; i < places; i++)
        assert_int_equal(pass_has(x, STREAM, PEER, i),
                         pass_has(k->x, STREAM, PEER, i));
    exchange_save(x, &again);
    assert_true(slice_equal(buf_slice(&saved), buf_slice(&again)));
    exchange_free(x);
    buf_clear(&saved);
    buf_clear(&again);
}

static void
as_many_gaps_as_there_may_be_stand_in_a_snapshot(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;

    submission_open(k, stream);
    taken_note(k);
    for (uint64_t i = PLACES / 2; i < PLACES; i++)
        pass_note(k->x, STREAM, PEER, i); /* whole words */
    expect_loaded(k, PLACES + 1);
    for (uint64_t i = PLACES; k->x->passes[0].count < PASS_SPANS_MAX; i += 128)
        pass_note(k->x, STREAM, PEER, i);
    expect_loaded(k, PLACES + UINT64_C(128) * 1024);
}

/* As when what was held back goes later. */
static void
gaps_that_are_filled_in_any_order_leave_one_span(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;

    submission_open(k, stream);
    for (uint64_t i = 0; i < 4096; i++) {
        uint64_t place = i * 1999 % 4096;
        assert_false(pass_has(k->x, STREAM, PEER, place));
        pass_note(k->x, STREAM, PEER, place);
        assert_true(pass_has(k->x, STREAM, PEER, place));
    }
    assert_int_equal(k->x->passes[0].count, 1);
    assert_false(pass_has(k->x, STREAM, PEER, 4096));
}

static void
gaps_that_repeat_take_no_room(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;

    submission_open(k, stream);
    for (uint64_t i = 0; i < PLACES; i += 2)
        pass_note(k->x, STREAM, PEER, i);
    assert_int_equal(k->x->passes[0].count, 1);
    for (uint64_t i = 0; i < PLACES; i++)
        assert_int_equal(pass_has(k->x, STREAM, PEER, i), i % 2 == 0);
}

static enum err
send_at(struct kit *k, int64_t number, const uint8_t *stream, int64_t place)
{
    struct message m = {.kind = MESSAGE_OBJECT,
                        .has_head = true,
                        .has_submission = true,
                        .submission.number = (uint64_t)number,
                        .head.marking.tlp = TLP_GREEN};
    struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, number},
        {"stream", CONTROL_BYTES, slice_of(stream, STREAM_ID_BYTES), 0},
        {"first", CONTROL_NUMBER, {0}, place},
        {"to", CONTROL_TEXT, slice_str("cert.gov.au"), 0}};
    struct buf bytes = {0};

    message_put(&bytes, &m);
    const struct slice message = buf_slice(&bytes);
    const struct control_request r = {.id = 2,
                                      .verb = "submit",
                                      .values = {values, ARRAY_SIZE(values)},
                                      .messages = &message,
                                      .message_count = 1};
    enum err e = kit_request(k, ROLE_SUBMIT, &r);
    buf_clear(&bytes);
    return e;
}

/* Three messages, each for the teams that `teams` says; one team is named, and
 * `more` behind it. */
static enum err
send_for(struct kit *k, int64_t number, const uint8_t *stream,
         struct slice teams, size_t more)
{
    struct message m = {.kind = MESSAGE_OBJECT,
                        .has_head = true,
                        .has_submission = true,
                        .submission.number = (uint64_t)number,
                        .head.marking.tlp = TLP_GREEN};
    struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, number},
        {"stream", CONTROL_BYTES, slice_of(stream, STREAM_ID_BYTES), 0},
        {"first", CONTROL_NUMBER, {0}, 0},
        {"teams", CONTROL_BYTES, teams, 0},
        {"to", CONTROL_TEXT, slice_str("cert.gov.au"), 0},
        {"to", CONTROL_TEXT, slice_str("jpcert.or.jp"), 0},
        {"to", CONTROL_TEXT, slice_str("cert.gov.au"), 0}};
    struct buf bytes = {0};

    message_put(&bytes, &m);
    const struct slice messages[3] = {buf_slice(&bytes), buf_slice(&bytes),
                                      buf_slice(&bytes)};
    const struct control_request r = {.id = 2,
                                      .verb = "submit",
                                      .values = {values, 5 + more},
                                      .messages = messages,
                                      .message_count = 3};
    enum err e = kit_request(k, ROLE_SUBMIT, &r);
    buf_clear(&bytes);
    return e;
}

static void
expect_queued(const struct kit *k, uint64_t first, uint64_t second)
{
    assert_int_equal(k->x->peers[0]->waiting[QUEUE_NORMAL], first);
    assert_int_equal(k->x->peers[1]->waiting[QUEUE_NORMAL], second);
}

/* One is for the first team, one for the second, one for both; then all of
 * them are for both. */
static void
a_message_goes_to_the_teams_that_its_page_says(void **state)
{
    uint8_t stream[STREAM_ID_BYTES], teams[24] = {[7] = 1, [15] = 2, [23] = 3};
    struct kit *k = *state;

    k->aside = false;
    kit_confirm_third(k, buf_slice(&k->third.card));
    int64_t number = submission_open(k, stream);
    assert_int_equal(send_for(k, number, stream, SLICE_ARRAY(teams), 1), OK);
    expect_queued(k, 2, 2);
    for (size_t i = 0; i < 3; i++)
        assert_false(control_truth(&k->reply.records[i], "again"));
    assert_int_equal(send_for(k, number, stream, SLICE_ARRAY(teams), 1), OK);
    expect_queued(k, 2, 2);
    for (size_t i = 0; i < 3; i++)
        assert_true(control_truth(&k->reply.records[i], "again"));
    assert_int_equal(send_for(k, number, stream, (struct slice){0}, 1), OK);
    expect_queued(k, 3, 3);
}

static void
a_page_whose_teams_are_not_told_well_is_refused(void **state)
{
    static const uint8_t bad[] = {0, 4};
    uint8_t stream[STREAM_ID_BYTES], teams[24] = {[7] = 1, [15] = 2, [23] = 3};
    struct kit *k = *state;

    k->aside = false;
    kit_confirm_third(k, buf_slice(&k->third.card));
    int64_t number = submission_open(k, stream);
    struct slice whole = SLICE_ARRAY(teams), cut = slice_of(teams, 23);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        teams[15] = bad[i];
        assert_int_equal(send_for(k, number, stream, whole, 1), ERR_VALUE);
    }
    teams[15] = 2;
    assert_int_equal(send_for(k, number, stream, cut, 1), ERR_VALUE);
    assert_int_equal(send_for(k, number, stream, whole, 2), ERR_VALUE);
    assert_int_equal(send_for(k, number, stream, whole, 0), ERR_VALUE);
    expect_queued(k, 0, 0);
    assert_int_equal(send_for(k, number, stream, whole, 1), OK);
}

/* Leave room for a number of spans, with one message in each span. */
static int64_t
filled_up(struct kit *k, uint8_t stream[STREAM_ID_BYTES], size_t room)
{
    int64_t number = submission_open(k, stream);

    for (uint64_t i = 0; i < PASS_SPANS_MAX - room; i++)
        pass_note(k->x, STREAM, PEER, i * 128);
    return number;
}

/* What is there is answered even then; another stream has room. */
static void
a_stream_with_too_many_gaps_takes_nothing_more(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;
    int64_t number = filled_up(k, stream, 2), end = 128 * PASS_SPANS_MAX;

    assert_int_equal(send_at(k, number, stream, end), OK);
    assert_int_equal(send_at(k, number, stream, end + 128), OK);
    assert_int_equal(kit_peer(k).queued, 2);
    assert_int_equal(send_at(k, number, stream, 192), ERR_LIMIT);
    assert_non_null(memmem(k->reply.text.data, k->reply.text.size, "--again",
                           strlen("--again")));
    assert_int_equal(kit_peer(k).queued, 2);
    assert_int_equal(send_at(k, number, stream, 128), OK);
    assert_true(control_truth(&k->reply.records[0], "again"));
    assert_int_equal(kit_peer(k).queued, 2);
    number = submission_open(k, stream);
    assert_int_equal(send_at(k, number, stream, 192), OK);
    assert_int_equal(kit_peer(k).queued, 3);
}

/* A mended file is sent again: what stands where there are spans already adds
 * none, and makes room. */
static void
gaps_are_filled_where_nothing_more_has_room(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;
    int64_t number = filled_up(k, stream, 0), end = 128 * PASS_SPANS_MAX;

    assert_int_equal(send_at(k, number, stream, end), ERR_LIMIT);
    assert_int_equal(send_at(k, number, stream, 1), OK);
    assert_int_equal(send_at(k, number, stream, 129), OK);
    assert_int_equal(kit_peer(k).queued, 2);
    for (uint64_t i = 0; i < 128; i++)
        pass_note(k->x, STREAM, PEER, 256 + i);
    assert_int_equal(k->x->passes[0].count, PASS_SPANS_MAX);
    for (uint64_t i = 384; i < 448; i++)
        pass_note(k->x, STREAM, PEER, i);
    assert_int_equal(k->x->passes[0].count, PASS_SPANS_MAX - 1);
    assert_int_equal(send_at(k, number, stream, end), OK);
    assert_int_equal(send_at(k, number, stream, end + 128), ERR_LIMIT);
    assert_int_equal(send_at(k, number, stream, end + 1), OK);
}

static uint64_t
next_random(uint64_t *n)
{
    *n = *n * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *n >> 33;
}

/* Pages of 40 messages, here and there, of which some are taken. */
static void
no_page_adds_more_than_it_is_held_against(void **state)
{
    uint8_t stream[STREAM_ID_BYTES];
    struct kit *k = *state;
    uint64_t n = 1;

    submission_open(k, stream);
    pass_note(k->x, STREAM, PEER, 0);
    for (size_t page = 0; page < 2000; page++) {
        size_t before = k->x->passes[0].count;
        uint64_t places[40], may = 0, last = UINT64_MAX;
        uint64_t at = next_random(&n) % 65536;
        uint64_t step = next_random(&n) % 70, share = next_random(&n) % 4;
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
            places[i] = at += 1 + (step ? next_random(&n) % step : 0);
            if (pass_has(k->x, STREAM, PEER, at))
                continue;
            if (at / PLACES_OF_WORD != last)
                may += pass_may_add(k->x, STREAM, PEER, at);
            last = at / PLACES_OF_WORD;
        }
        for (size_t i = 0; i < ARRAY_SIZE(places); i++)
            if (next_random(&n) % 4 >= share)
                pass_note(k->x, STREAM, PEER, places[i]);
        assert_true(k->x->passes[0].count <= before + may);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_gap_is_ever_said_to_be_there),
        TEST(as_many_gaps_as_there_may_be_stand_in_a_snapshot),
        TEST(gaps_that_are_filled_in_any_order_leave_one_span),
        TEST(gaps_that_repeat_take_no_room),
        TEST(a_stream_with_too_many_gaps_takes_nothing_more),
        TEST(a_message_goes_to_the_teams_that_its_page_says),
        TEST(a_page_whose_teams_are_not_told_well_is_refused),
        TEST(gaps_are_filled_where_nothing_more_has_room),
        TEST(no_page_adds_more_than_it_is_held_against),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
