#include "core/wire/control.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"

#include "kit.h"

/* Decode into the arena; on OK, check that every array is there. */
typedef enum err (*decode)(struct slice bytes, struct arena *arena);

/* Decode with every budget from nothing to enough: before it is enough the
 * budget is the one thing wrong, and then nothing is missing. */
static void
assert_budget_alone_decides(decode try, struct slice bytes)
{
    struct arena arena;
    size_t refused = 0;
    enum err e = ERR_BUDGET;

    for (size_t budget = 0; e != OK; budget += 16) {
        assert_true(budget < MIB(1));
        arena_init(&arena, budget);
        e = try(bytes, &arena);
        if (e != OK) {
            assert_int_equal(e, ERR_BUDGET);
            refused++;
        }
        arena_clear(&arena);
    }
    assert_true(refused > 1);
}

static enum err
decode_message(struct slice bytes, struct arena *arena)
{
    struct message m;
    enum err e = message_get(bytes, arena, &m);

    if (e == OK) {
        assert_int_equal(m.head.label_count, 2);
        kit_assert_text(m.head.labels[1], "second");
        assert_int_equal(m.head.marking.recipient_count, 1);
        kit_assert_text(m.head.marking.recipients[0], "duty");
    }
    return e;
}

static void
a_message_is_whole_or_beyond_its_budget(void **state)
{
    struct slice labels[] = {slice_str("first"), slice_str("second")};
    struct slice recipient = slice_str("duty");
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};
    struct buf b = {0};

    (void)state;
    m.head.rules = HEAD_RULES;
    m.head.labels = labels;
    m.head.label_count = 2;
    m.head.marking.recipients = &recipient;
    m.head.marking.recipient_count = 1;
    message_put(&b, &m);
    assert_budget_alone_decides(decode_message, buf_slice(&b));
    buf_clear(&b);
}

static enum err
decode_resume(struct slice bytes, struct arena *arena)
{
    struct frame_resume f;
    enum err e = frame_resume_get(bytes, arena, &f);

    if (e == OK) {
        assert_int_equal(f.count, 2);
        assert_int_equal(f.lanes[0].size, 500);
    }
    return e;
}

static void
a_resume_is_whole_or_beyond_its_budget(void **state)
{
    uint8_t genesis[FRAME_GENESIS_BYTES] = {1};
    struct frame_lane_state lanes[2] = {
        {.genesis = SLICE_ARRAY(genesis), .size = 500},
        {.genesis = SLICE_ARRAY(genesis)},
    };
    struct frame_resume f = {lanes, 2};
    struct buf b = {0};

    (void)state;
    frame_resume_put(&b, &f);
    assert_budget_alone_decides(
        decode_resume,
        slice_of(b.data + FRAME_HEADER_BYTES, b.size - FRAME_HEADER_BYTES));
    buf_clear(&b);
}

static enum err
decode_request(struct slice bytes, struct arena *arena)
{
    struct control_request r;
    enum err e = control_request_get(bytes, arena, &r);

    if (e == OK) {
        kit_assert_text(control_text(&r.values, "to"), "cert.gov.au");
        assert_int_equal(r.message_count, 1);
        kit_assert_text(r.messages[0], "one");
    }
    return e;
}

static void
a_request_is_whole_or_beyond_its_budget(void **state)
{
    struct slice message = slice_str("one");
    struct control_builder v;
    struct arena built;
    struct buf b = {0};

    (void)state;
    arena_init(&built, KIB(64));
    control_begin(&v, &built);
    control_add_text(&v, "to", slice_str("cert.gov.au"));
    control_request_put(&b, &(struct control_request){
                                .verb = "submit",
                                .values = {v.values, v.value_count},
                                .messages = &message,
                                .message_count = 1,
                            });
    assert_budget_alone_decides(
        decode_request,
        slice_of(b.data + CONTROL_HEADER_BYTES, b.size - CONTROL_HEADER_BYTES));
    arena_clear(&built);
    buf_clear(&b);
}

static enum err
decode_answer(struct slice bytes, struct arena *arena)
{
    struct control_answer a;
    enum err e = control_answer_get(bytes, arena, &a);

    if (e == OK) {
        assert_int_equal(a.record_count, 2);
        assert_int_equal(control_number(&a.records[1], "index", 0), 8);
    }
    return e;
}

static void
an_answer_is_whole_or_beyond_its_budget(void **state)
{
    struct control_builder v;
    struct arena built;
    struct buf b = {0};

    (void)state;
    arena_init(&built, KIB(64));
    control_begin(&v, &built);
    for (int64_t i = 7; i < 9; i++) {
        control_add_number(&v, "index", i);
        control_end_record(&v);
    }
    control_answer_put(
        &b, &(struct control_answer){.records = v.records,
                                     .record_count = v.record_count});
    assert_budget_alone_decides(
        decode_answer,
        slice_of(b.data + CONTROL_HEADER_BYTES, b.size - CONTROL_HEADER_BYTES));
    arena_clear(&built);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_whole_or_beyond_its_budget),
        cmocka_unit_test(a_resume_is_whole_or_beyond_its_budget),
        cmocka_unit_test(a_request_is_whole_or_beyond_its_budget),
        cmocka_unit_test(an_answer_is_whole_or_beyond_its_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
