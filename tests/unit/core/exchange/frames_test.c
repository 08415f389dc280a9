/*
 * frames_test - frames that come out of place.
 */
#include "kit.h"

/* ---- of no lane, or twice ------------------------------------------------ */

#define FRAME_CASE(name, put)                                                  \
    static void name(struct kit *k)                                            \
    {                                                                          \
        struct buf out = {0};                                                  \
        put;                                                                   \
        kit_send(k, &out);                                                     \
        buf_clear(&out);                                                       \
    }

static const uint8_t zeros[GENESIS_BYTES];
FRAME_CASE(genesis, frame_genesis_put(&out, &(struct frame_genesis){
                                                .genesis = SLICE_ARRAY(zeros)}))
FRAME_CASE(gone, frame_mark_put(&out, FRAME_GONE, &(struct frame_mark){0}))
FRAME_CASE(absent, frame_mark_put(&out, FRAME_ABSENT, &(struct frame_mark){0}))
FRAME_CASE(fetch, frame_fetch_put(&out, &(struct frame_fetch){.to = 1}))
FRAME_CASE(resume_twice,
           frame_resume_put(&out, &(struct frame_resume){NULL, 0}))
FRAME_CASE(hello_again, buf_put(&out, slice_of("\0\0\0\1\1\0\0\0x", 9)))
FRAME_CASE(auth_again, buf_put(&out, slice_of("\0\0\0\1\3\0\0\0x", 9)))
FRAME_CASE(card_again, buf_put(&out, slice_of("\0\0\0\1\2\0\0\0x", 9)))
FRAME_CASE(unknown, buf_put(&out, slice_of("\0\0\0\0\x63\0\0\0", 8)))
FRAME_CASE(rubbish, buf_put(&out, slice_of("\0\0\0\2\7\0\0\0\xff\xff", 10)))

static const struct kit_case cases[] = {
    {"GENESIS", genesis, ERR_GENESIS, false},
    {"GONE", gone, ERR_UNKNOWN_LANE, false},
    {"ABSENT", absent, ERR_UNKNOWN_LANE, false},
    {"FETCH", fetch, ERR_UNKNOWN_LANE, false},
    {"RESUME twice", resume_twice, ERR_UNEXPECTED, false},
    {"HELLO again", hello_again, ERR_UNEXPECTED, false},
    {"AUTH again", auth_again, ERR_UNEXPECTED, false},
    {"CARD again", card_again, ERR_UNEXPECTED, false},
    {"unknown type", unknown, ERR_UNKNOWN_FRAME, false},
    {"rubbish", rubbish, ERR_TRUNCATED, false},
};

static void
a_frame_out_of_place_ends_the_session_and_nothing_else(void **state)
{
    (void)state;
    kit_run_cases(cases, ARRAY_SIZE(cases));
}

/* PROTOCOL frames: "Decoding a payload MUST take at most 8 times as much memory
 * as its frame may hold." */
static void
a_frame_that_swells_when_decoded_ends_the_session(void **state)
{
    struct kit *k = *state;
    struct buf out = {0};

    kit_prove(k);
    buf_put_u32(&out, 2 * 30000);
    buf_put_u32(&out, (uint32_t)FRAME_RESUME << 24);
    for (size_t i = 0; i < 30000; i++)
        buf_put(&out, slice_of("\x0a\0", 2)); /* a lane without a field */
    kit_send(k, &out);
    kit_expect_close(k, ERR_BUDGET);
    buf_clear(&out);
}

/* ---- before the lanes are agreed ----------------------------------------- */

static void
lane_frames_before_auth_end_the_session(void **state)
{
    (void)state;
    for (unsigned type = FRAME_RESUME; type <= FRAME_PING; type++) {
        struct kit *k = test_calloc(1, sizeof *k);
        struct buf out = {0};

        kit_open(k);
        uint64_t turns = kit_turns(k);
        kit_link(k);
        kit_greet(k);
        buf_put(&out, slice_of("\0\0\0\0\0\0\0\0", 8));
        out.data[4] = (uint8_t)type;
        kit_send(k, &out);
        kit_expect_close(k, ERR_UNEXPECTED);
        assert_int_equal(kit_turns(k), turns);
        kit_good_session(k);
        buf_clear(&out);
        kit_close(k);
        test_free(k);
    }
}

/* PROTOCOL resume: "A HEADER MUST NOT be sent before the VERDICT of row 4,
 * nor taken before it." */
static void
a_header_before_the_verdict_is_refused(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);
    struct frame_lane_state s;
    struct buf out = {0};

    (void)state;
    kit_open(k);
    kit_entries(k);
    kit_prove(k);
    kit_claim(k, &s);
    kit_resume(k, &s);
    kit_header(k, &out, 0, 3);
    kit_send(k, &out);
    kit_expect_close(k, ERR_RANGE);
    kit_good_session(k);
    buf_clear(&out);
    kit_close(k);
    test_free(k);
}

static void
a_verdict_with_another_start_is_refused(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);
    struct frame_lane_state s;

    (void)state;
    kit_open(k);
    kit_prove(k);
    kit_claim(k, &s);
    kit_resume(k, &s);
    k->resume.size = 1;
    kit_accept(k);
    kit_expect_close(k, ERR_RANGE);
    kit_good_session(k);
    kit_close(k);
    test_free(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_frame_out_of_place_ends_the_session_and_nothing_else),
        cmocka_unit_test(lane_frames_before_auth_end_the_session),
        cmocka_unit_test_setup_teardown(
            a_frame_that_swells_when_decoded_ends_the_session, kit_setup,
            kit_teardown),
        cmocka_unit_test(a_header_before_the_verdict_is_refused),
        cmocka_unit_test(a_verdict_with_another_start_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
