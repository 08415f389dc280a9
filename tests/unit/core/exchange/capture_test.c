/*
 * capture_test - the record of a node: written, read, run again, and bent in
 *                every way that a file can be.
 */
#include "kit.h"

/* A turn with events and effects of several kinds. */
static void
sample_put(struct buf *out, const struct team_name *team)
{
    static const struct event events[] = {
        {.type = EVENT_FRAME, .id = 7, .a = 1, .b = UINT64_MAX},
        {.type = EVENT_TICK},
    };
    static const struct effect effects[] = {
        {.type = EFFECT_STOP, .id = 3},
        {.type = EFFECT_SEND, .a = 9},
    };
    struct event first[2] = {events[0], events[1]};
    struct effect second[2] = {effects[0], effects[1]};

    first[0].data = slice_str("data");
    first[0].more = slice_str("more");
    second[1].data = slice_str("frames");
    capture_header_put(out, team);
    capture_facts_put(out, slice_str("facts before"));
    capture_turn_put(out, &(struct capture_turn){.number = 12,
                                                 .now = {{5}, {6}},
                                                 .events = first,
                                                 .event_count = 2,
                                                 .facts = slice_str("facts"),
                                                 .effects = second,
                                                 .effect_count = 2});
}

static void
what_is_written_is_read(void **state)
{
    struct kit *k = *state;
    struct buf bytes = {0};
    struct capture_block b;

    sample_put(&bytes, &k->us.name);
    struct slice rest = buf_slice(&bytes);
    assert_int_equal(capture_get(&rest, &k->arena, &b), OK);
    assert_int_equal(b.kind, CAPTURE_HEADER);
    assert_string_equal(b.team.text, "krcert.or.kr");
    assert_int_equal(capture_get(&rest, &k->arena, &b), OK);
    assert_int_equal(b.kind, CAPTURE_FACTS);
    assert_true(slice_is(b.facts, "facts before"));
    assert_int_equal(capture_get(&rest, &k->arena, &b), OK);
    assert_int_equal(b.kind, CAPTURE_TURN);
    assert_int_equal(b.turn.number, 12);
    assert_int_equal(b.turn.now.wall.ms, 6);
    assert_int_equal(b.turn.event_count, 2);
    assert_int_equal(b.turn.events[0].type, EVENT_FRAME);
    assert_int_equal(b.turn.events[0].b, UINT64_MAX);
    assert_true(slice_is(b.turn.events[0].more, "more"));
    assert_true(slice_is(b.turn.facts, "facts"));
    assert_int_equal(b.turn.effect_count, 2);
    assert_int_equal(b.turn.effects[1].a, 9);
    assert_true(slice_is(b.turn.effects[1].data, "frames"));
    assert_int_equal(rest.size, 0);
    buf_clear(&bytes);
}

static void
a_capture_cut_anywhere_is_not_whole(void **state)
{
    struct kit *k = *state;
    struct buf bytes = {0};
    struct capture_block b;

    sample_put(&bytes, &k->us.name);
    for (size_t n = 0; n < bytes.size; n++) {
        struct slice rest = slice_of(bytes.data, n);
        enum err e = OK;
        arena_reset(&k->arena);
        while (e == OK && rest.size) {
            struct slice before = rest;
            e = capture_get(&rest, &k->arena, &b);
            if (e != OK)
                assert_true(slice_equal(before, rest));
        }
        /* It ends between two blocks, or is found out. */
        if (e == OK)
            assert_int_equal(rest.size, 0);
        else
            assert_int_equal(e, ERR_TRUNCATED);
    }
    buf_clear(&bytes);
}

static void
counts_and_kinds_of_a_liar_are_refused(void **state)
{
    struct kit *k = *state;
    struct buf bytes = {0};
    struct capture_block b = {.kind = (enum capture_kind)99};
    struct capture_turn t = {.number = 1};
    struct slice rest;

    capture_turn_put(&bytes, &t);
    /* 8 of the block, three numbers; then the count of events. */
    buf_set_u32(&bytes, 8 + 24, UINT32_MAX);
    rest = buf_slice(&bytes);
    assert_int_equal(capture_get(&rest, &k->arena, &b), ERR_FORMAT);
    assert_int_equal(b.kind, 99);
    buf_reset(&bytes);
    struct effect beyond = {.type = (enum effect_type)EFFECT_TYPE_COUNT};
    t.effects = &beyond;
    t.effect_count = 1;
    capture_turn_put(&bytes, &t);
    rest = buf_slice(&bytes);
    assert_int_equal(capture_get(&rest, &k->arena, &b), ERR_FORMAT);
    buf_set_u32(&bytes, 0, 4);
    rest = buf_slice(&bytes);
    assert_int_equal(capture_get(&rest, &k->arena, &b), ERR_FORMAT);
    buf_clear(&bytes);
}

/* ---- running one again --------------------------------------------------- */

static enum err
replay(struct slice capture, struct replay_report *report)
{
    struct memory_store *m = memory_store_new();
    struct store port;

    memory_store_port(m, &port);
    enum err e = capture_replay(capture, &port, report);
    memory_store_free(m);
    return e;
}

/* A session both ways, a restart, and another one. */
static void
record(struct kit *k)
{
    kit_submit(k, 3, 100, TLP_GREEN);
    kit_good_session(k);
    kit_restart(k);
    kit_good_session(k);
}

static void
a_capture_runs_again_byte_for_byte(void **state)
{
    struct kit *k = *state;
    struct replay_report report;

    record(k);
    assert_int_equal(replay(buf_slice(&k->capture), &report), OK);
    assert_string_equal(report.team.text, "krcert.or.kr");
    assert_int_equal(report.differs_at, 0);
    assert_true(report.turns > 10);
    assert_true(report.facts_bytes > 100);
}

/* Find the place of the last block, which is a turn. */
static size_t
last_block(const struct buf *capture)
{
    size_t at = 0, last = 0;

    while (at < capture->size) {
        last = at;
        at += 8 + get_be32(capture->data + at + 4);
    }
    return last;
}

static void
what_differs_is_named(void **state)
{
    struct kit *k = *state;
    struct replay_report report;

    record(k);
    size_t at = last_block(&k->capture);
    struct effect extra = {.type = EFFECT_STOP};
    k->capture.size = at;
    capture_turn_put(&k->capture, &(struct capture_turn){.number = 1,
                                                         .effects = &extra,
                                                         .effect_count = 1});
    assert_int_equal(replay(buf_slice(&k->capture), &report), ERR_STALE);
    assert_string_equal(report.difference, "effects");
    assert_int_equal(report.differs_at, report.turns);
    k->capture.size = at;
    capture_turn_put(&k->capture,
                     &(struct capture_turn){.facts = slice_str("facts")});
    assert_int_equal(replay(buf_slice(&k->capture), &report), ERR_STALE);
    assert_string_equal(report.difference, "facts");
}

static void
what_is_no_whole_capture_is_refused(void **state)
{
    struct kit *k = *state;
    struct replay_report report;
    struct buf bytes = {0};

    assert_int_equal(replay((struct slice){0}, &report), ERR_TRUNCATED);
    capture_header_put(&bytes, &k->us.name);
    assert_int_equal(replay(buf_slice(&bytes), &report), ERR_TRUNCATED);
    /* A turn that does not begin with START. */
    capture_turn_put(&bytes, &(struct capture_turn){.number = 1});
    assert_int_equal(replay(buf_slice(&bytes), &report), ERR_FORMAT);
    buf_reset(&bytes);
    capture_facts_put(&bytes, (struct slice){0});
    assert_int_equal(replay(buf_slice(&bytes), &report), ERR_FORMAT);
    buf_clear(&bytes);
}

/* Whatever became of its bytes, a capture is refused or differs; now and then
 * a byte stands where nothing looks (a note, a time). */
static void
a_bent_capture_does_no_harm(void **state)
{
    struct kit *k = *state;
    struct replay_report report;
    struct dice dice = {4};
    struct buf bent = {0};
    size_t refused = 0;

    record(k);
    for (size_t i = 0; i < 3000; i++) {
        buf_reset(&bent);
        buf_put(&bent, buf_slice(&k->capture));
        for (uint64_t n = 1 + dice_below(&dice, 3); n; n--)
            bent.data[dice_below(&dice, bent.size)] ^=
                (uint8_t)(1 + dice_below(&dice, 255));
        if (dice_chance(&dice, 10))
            bent.size = (size_t)dice_below(&dice, bent.size);
        refused += replay(buf_slice(&bent), &report) != OK;
    }
    assert_true(refused > 2500);
    buf_clear(&bent);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(a_capture_cut_anywhere_is_not_whole),
        TEST(counts_and_kinds_of_a_liar_are_refused),
        TEST(a_capture_runs_again_byte_for_byte),
        TEST(what_differs_is_named),
        TEST(what_is_no_whole_capture_is_refused),
        TEST(a_bent_capture_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
