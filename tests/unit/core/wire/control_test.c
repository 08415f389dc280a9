#include "core/wire/control.h"

#include "core/base/cursor.h"
#include "kit.h"

static struct arena arena, built;

static int
start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * CONTROL_FRAME_MAX);
    arena_init(&built, MIB(64));
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    arena_clear(&arena);
    arena_clear(&built);
    return 0;
}

/* The payload of the one frame in `b`, whose length must fit. */
static struct slice
payload_of(const struct buf *b)
{
    assert_true(b->size >= CONTROL_HEADER_BYTES);
    assert_int_equal(get_be32(b->data), b->size - CONTROL_HEADER_BYTES);
    return slice_of(b->data + CONTROL_HEADER_BYTES,
                    b->size - CONTROL_HEADER_BYTES);
}

static void
a_request_comes_back_value_for_value(void **state)
{
    (void)state;
    struct slice messages[] = {slice_of("\0\1", 2), {0}, slice_str("third")};
    struct control_builder v;
    struct buf b = {0};
    struct control_request r;

    control_begin(&v, &built);
    control_add_text(&v, "to", slice_str("cert.gov.au"));
    control_add_text(&v, "empty", (struct slice){0});
    control_add_number(&v, "number", INT64_MIN);
    control_add_truth(&v, "urgent", true);
    control_add_truth(&v, "dry-run", false);
    control_add_bytes(&v, "hash", slice_of("\0\xff\0", 3));
    control_request_put(&b, &(struct control_request){
                                .id = 7,
                                .verb = "submit",
                                .values = {v.values, v.value_count},
                                .messages = messages,
                                .message_count = 3,
                            });
    assert_int_equal(control_request_get(payload_of(&b), &arena, &r), OK);
    assert_int_equal(r.id, 7);
    assert_string_equal(r.verb, "submit");
    assert_int_equal(r.values.count, 6);
    kit_assert_text(control_text(&r.values, "to"), "cert.gov.au");
    assert_int_equal(control_find(&r.values, "empty")->kind, CONTROL_TEXT);
    assert_int_equal(control_text(&r.values, "empty").size, 0);
    assert_true(control_number(&r.values, "number", 5) == INT64_MIN);
    assert_true(control_truth(&r.values, "urgent"));
    assert_false(control_truth(&r.values, "dry-run"));
    assert_int_equal(control_find(&r.values, "dry-run")->kind, CONTROL_TRUTH);
    kit_assert_slice(control_bytes(&r.values, "hash"), slice_of("\0\xff\0", 3));
    assert_int_equal(r.message_count, 3);
    for (size_t i = 0; i < 3; i++)
        kit_assert_slice(r.messages[i], messages[i]);
    buf_clear(&b);
}

static void
what_is_missing_or_of_another_kind_gives_the_default(void **state)
{
    (void)state;
    struct control_builder v;

    control_begin(&v, &built);
    control_add_text(&v, "text", slice_str("x"));
    control_add_number(&v, "number", 3);
    struct control_record r = {v.values, v.value_count};
    assert_null(control_find(&r, "other"));
    assert_int_equal(control_text(&r, "number").size, 0);
    assert_int_equal(control_text(&r, "other").size, 0);
    assert_int_equal(control_bytes(&r, "text").size, 0);
    assert_int_equal(control_number(&r, "text", -1), -1);
    assert_int_equal(control_number(&r, "other", 9), 9);
    assert_false(control_truth(&r, "number"));
    assert_false(control_truth(&r, "other"));
}

static void
an_answer_with_records_comes_back(void **state)
{
    (void)state;
    struct control_builder v;
    struct buf b = {0};
    struct control_answer a;

    control_begin(&v, &built);
    for (int64_t i = 0; i < 1000; i++) {
        control_add_number(&v, "index", i);
        for (int64_t k = 0; k < i % 20; k++)
            control_add_text(&v, "text", slice_str("value"));
        control_end_record(&v);
    }
    control_end_record(&v);
    control_answer_put(&b, &(struct control_answer){
                               .id = UINT64_MAX,
                               .code = ERR_FORBIDDEN,
                               .text = slice_str("ask the operator"),
                               .records = v.records,
                               .record_count = v.record_count,
                               .more = true,
                           });
    assert_int_equal(control_answer_get(payload_of(&b), &arena, &a), OK);
    assert_true(a.id == UINT64_MAX);
    assert_int_equal(a.code, ERR_FORBIDDEN);
    kit_assert_text(a.text, "ask the operator");
    assert_true(a.more);
    assert_int_equal(a.record_count, 1001);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(control_number(&a.records[i], "index", -1), i);
        assert_int_equal(a.records[i].count, 1 + i % 20);
    }
    assert_int_equal(a.records[1000].count, 0);
    buf_clear(&b);
}

static void
the_least_answer_comes_back_and_a_code_not_known_is_an_error(void **state)
{
    (void)state;
    struct buf b = {0};
    struct control_answer a;

    control_answer_put(&b, &(struct control_answer){.id = 1});
    assert_int_equal(control_answer_get(payload_of(&b), &arena, &a), OK);
    assert_int_equal(a.code, OK);
    assert_int_equal(a.text.size, 0);
    assert_int_equal(a.record_count, 0);
    assert_false(a.more);
    buf_reset(&b);
    kit_number(&b, 1, 1);
    kit_number(&b, 2, 4711);
    assert_int_equal(control_answer_get(buf_slice(&b), &arena, &a), OK);
    assert_int_equal(a.code, ERR_FORMAT);
    buf_clear(&b);
}

static enum err
request_with_value(const struct buf *value)
{
    struct control_request r;
    struct buf b = {0};

    kit_number(&b, 1, 1);
    kit_bytes(&b, 2, slice_str("verb"));
    kit_bytes(&b, 3, buf_slice(value));
    enum err e = control_request_get(buf_slice(&b), &arena, &r);
    buf_clear(&b);
    return e;
}

static void
a_value_has_a_key_and_exactly_one_content(void **state)
{
    (void)state;
    struct buf b = {0};

    assert_int_equal(request_with_value(&b), ERR_MISSING);
    kit_bytes(&b, 1, slice_str("key"));
    assert_int_equal(request_with_value(&b), ERR_MISSING);
    kit_number(&b, 3, 0);
    assert_int_equal(request_with_value(&b), OK);
    kit_number(&b, 4, 0);
    assert_int_equal(request_with_value(&b), ERR_VALUE);
    buf_reset(&b);
    kit_bytes(&b, 1, slice_str("key"));
    kit_bytes(&b, 2, slice_str(""));
    kit_bytes(&b, 5, slice_str(""));
    assert_int_equal(request_with_value(&b), ERR_VALUE);
    buf_reset(&b);
    kit_number(&b, 3, 5);
    assert_int_equal(request_with_value(&b), ERR_MISSING);
    buf_clear(&b);
}

static void
requests_need_id_and_verb_and_answers_id_and_code(void **state)
{
    (void)state;
    struct control_request r = {.id = 99};
    struct control_answer a = {.id = 99};
    struct buf b = {0};

    kit_number(&b, 1, 1);
    assert_int_equal(control_request_get(buf_slice(&b), &arena, &r),
                     ERR_MISSING);
    assert_int_equal(control_answer_get(buf_slice(&b), &arena, &a),
                     ERR_MISSING);
    buf_reset(&b);
    kit_bytes(&b, 2, slice_str("status"));
    assert_int_equal(control_request_get(buf_slice(&b), &arena, &r),
                     ERR_MISSING);
    buf_reset(&b);
    kit_number(&b, 2, 0);
    assert_int_equal(control_answer_get(buf_slice(&b), &arena, &a),
                     ERR_MISSING);
    assert_true(r.id == 99 && a.id == 99);
    buf_clear(&b);
}

static void
counts_have_limits(void **state)
{
    (void)state;
    static struct slice messages[CONTROL_MESSAGES_MAX];
    struct control_request request = {.verb = "submit", .messages = messages};
    struct control_request r;
    struct control_answer a;
    struct buf b = {0}, value = {0};

    request.message_count = CONTROL_MESSAGES_MAX;
    control_request_put(&b, &request);
    assert_int_equal(control_request_get(payload_of(&b), &arena, &r), OK);
    assert_int_equal(r.message_count, CONTROL_MESSAGES_MAX);
    kit_bytes(&b, 4, slice_str(""));
    arena_reset(&arena);
    assert_int_equal(
        control_request_get(slice_of(b.data + 4, b.size - 4), &arena, &r),
        ERR_LIMIT);
    kit_bytes(&value, 1, slice_str("k"));
    kit_number(&value, 3, 1);
    for (size_t more = 0; more < 2; more++) {
        buf_reset(&b);
        kit_number(&b, 1, 1);
        kit_bytes(&b, 2, slice_str("verb"));
        for (size_t i = 0; i < CONTROL_VALUES_MAX + more; i++)
            kit_bytes(&b, 3, buf_slice(&value));
        assert_int_equal(control_request_get(buf_slice(&b), &arena, &r),
                         more ? ERR_LIMIT : OK);
        buf_reset(&b);
        kit_number(&b, 1, 1);
        kit_number(&b, 2, 0);
        kit_repeat(&b, slice_of("\x22\x00", 2),
                   2 * (CONTROL_RECORDS_MAX + more));
        arena_reset(&arena);
        assert_int_equal(control_answer_get(buf_slice(&b), &arena, &a),
                         more ? ERR_LIMIT : OK);
    }
    buf_clear(&b);
    buf_clear(&value);
}

static void
a_request_cut_or_changed_anywhere_never_crashes(void **state)
{
    (void)state;
    struct slice messages[] = {slice_str("one"), slice_str("two")};
    struct control_builder v;
    struct control_request r;
    struct buf b = {0};
    size_t passed = 0, refused = 0;

    control_begin(&v, &built);
    control_add_text(&v, "to", slice_str("cert.gov.au"));
    control_add_number(&v, "n", -1);
    control_request_put(&b, &(struct control_request){
                                .id = 7,
                                .verb = "submit",
                                .values = {v.values, v.value_count},
                                .messages = messages,
                                .message_count = 2,
                            });
    struct slice payload = payload_of(&b);
    for (size_t n = 0; n < payload.size; n++) {
        uint8_t *exact = kit_exact(slice_of(payload.data, n));
        arena_reset(&arena);
        passed += control_request_get(slice_of(exact, n), &arena, &r) == OK;
        free(exact);
    }
    /* After the verb, after each value, after the first message. */
    assert_int_equal(passed, 4);
    for (size_t at = 0; at < payload.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            b.data[CONTROL_HEADER_BYTES + at] ^= (uint8_t)(1u << bit);
            arena_reset(&arena);
            refused += control_request_get(payload, &arena, &r) != OK;
            b.data[CONTROL_HEADER_BYTES + at] ^= (uint8_t)(1u << bit);
        }
    assert_true(refused > 100);
    buf_clear(&b);
}

static void
bytes_that_are_no_message_are_neither_request_nor_answer(void **state)
{
    struct control_request r = {.id = 99};
    struct control_answer a = {.id = 99};
    struct slice cut = slice_of("\x08\xff", 2);

    (void)state;
    assert_int_equal(control_request_get(cut, &arena, &r), ERR_TRUNCATED);
    assert_int_equal(control_answer_get(cut, &arena, &a), ERR_TRUNCATED);
    assert_true(r.id == 99 && a.id == 99);
}

static void
bombs_on_the_socket_are_refused_within_the_budget(void **state)
{
    (void)state;
    struct control_request r;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x80\x01\x00", 3), MIB(1));
    double before = kit_cpu_ms();
    assert_int_equal(control_request_get(buf_slice(&b), &arena, &r), ERR_LIMIT);
    assert_true(kit_cpu_ms() - before < KIT_MS_MAX);
    assert_int_equal(arena.used, 0);
    buf_clear(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_request_comes_back_value_for_value),
        TEST(what_is_missing_or_of_another_kind_gives_the_default),
        TEST(an_answer_with_records_comes_back),
        TEST(the_least_answer_comes_back_and_a_code_not_known_is_an_error),
        TEST(a_value_has_a_key_and_exactly_one_content),
        TEST(requests_need_id_and_verb_and_answers_id_and_code),
        TEST(counts_have_limits),
        TEST(a_request_cut_or_changed_anywhere_never_crashes),
        TEST(bytes_that_are_no_message_are_neither_request_nor_answer),
        TEST(bombs_on_the_socket_are_refused_within_the_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
