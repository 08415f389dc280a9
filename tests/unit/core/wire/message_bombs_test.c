#include "core/wire/message.h"

#include "kit.h"

#define BOMB_BYTES MIB(1)

static struct arena arena;

static int
start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * BOMB_BYTES);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

/* Read within the time and the budget that a bomb of 1 MiB may cost; the best
 * of three, so that a busy machine is not taken for a slow reader. */
static enum err
blow(const struct buf *bomb)
{
    struct message read;
    double best = 1e9;
    enum err e = OK;

    assert_true(bomb->size <= BOMB_BYTES);
    for (int i = 0; i < 3; i++) {
        arena_reset(&arena);
        double before = kit_cpu_ms();
        e = message_get(buf_slice(bomb), &arena, &read);
        double spent = kit_cpu_ms() - before;
        best = spent < best ? spent : best;
        assert_true(arena.used <= arena.budget);
    }
    if (best >= KIT_MS_MAX)
        print_error("%.1f ms\n", best);
    assert_true(best < KIT_MS_MAX);
    return e;
}

static void
a_mebibyte_of_repeated_singular_messages_is_refused(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x22\x00", 2), BOMB_BYTES);
    assert_int_equal(blow(&b), ERR_REPEATED);
    buf_reset(&b);
    kit_repeat(&b, slice_of("\x22\x03\x0a\x01x", 5), BOMB_BYTES);
    assert_int_equal(blow(&b), ERR_FORMAT); /* rules as a text */
    buf_reset(&b);
    kit_repeat(&b, slice_of("\x22\x03\x12\x01x", 5), BOMB_BYTES);
    assert_int_equal(blow(&b), ERR_REPEATED);
    buf_reset(&b);
    kit_repeat(&b, slice_of("\x72\x00", 2), BOMB_BYTES - 16);
    kit_wrap(&b, 4);
    assert_int_equal(blow(&b), ERR_REPEATED);
    buf_clear(&b);
}

static void
a_mebibyte_of_empty_unknown_fields_is_refused(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x80\x01\x00", 3), BOMB_BYTES);
    assert_int_equal(blow(&b), ERR_LIMIT);
    buf_reset(&b);
    kit_repeat(&b, slice_of("\x82\x01\x00", 3), BOMB_BYTES);
    assert_int_equal(blow(&b), ERR_LIMIT);
    buf_reset(&b);
    kit_repeat(&b, slice_of("\x90\x03\x00", 3), BOMB_BYTES - 16);
    kit_wrap(&b, 4);
    assert_int_equal(blow(&b), ERR_LIMIT);
    buf_clear(&b);
}

static void
as_many_unknown_fields_as_may_be_fit_the_budget(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_number(&b, 1, 1);
    kit_repeat(&b,
               slice_of("\x82\x01\x0d"
                        "0123456789abc",
                        16),
               16 * (DECODE_FIELDS_MAX - 1));
    assert_true(b.size > BOMB_BYTES - 64);
    if (b.size > BOMB_BYTES)
        b.size -= 16;
    assert_int_equal(blow(&b), OK);
    buf_clear(&b);
}

static void
a_million_labels_are_refused(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x62\x00", 2), 2000000);
    kit_wrap(&b, 4);
    double before = kit_cpu_ms();
    struct message read;
    assert_int_equal(message_get(buf_slice(&b), &arena, &read), ERR_LIMIT);
    assert_true(kit_cpu_ms() - before < KIT_MS_MAX);
    assert_int_equal(arena.used, 0);
    buf_reset(&b);
    kit_repeat(&b,
               slice_of("\x62\x0e"
                        "0123456789abcd",
                        16),
               BOMB_BYTES - 64);
    kit_wrap(&b, 4);
    kit_number(&b, 1, 1);
    assert_int_equal(blow(&b), ERR_LIMIT);
    buf_clear(&b);
}

static void
small_messages_in_a_long_list_stop_at_the_budget(void **state)
{
    (void)state;
    struct buf b = {0};

    /* Empty citations of a feedback: two bytes each that become structs. */
    kit_repeat(&b, slice_of("\x0a\x00", 2), 2 * (DECODE_FIELDS_MAX - 8));
    kit_wrap(&b, 10);
    kit_number(&b, 1, MESSAGE_FEEDBACK);
    assert_int_equal(blow(&b), ERR_BUDGET);
    buf_clear(&b);
}

static void
a_mebibyte_of_the_same_text_is_read_once_each(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_number(&b, 1, 1);
    kit_repeat(&b,
               slice_of("\x32\x0e"
                        "0123456789abcd",
                        16),
               BOMB_BYTES - 16);
    assert_int_equal(blow(&b), OK);
    buf_clear(&b);
}

/* Field 18 of the head. */
static void
more_values_than_a_head_may_have_are_refused(void **state)
{
    (void)state;
    struct buf b = {0};
    struct message read;

    for (size_t more = 0; more < 2; more++) {
        buf_reset(&b);
        kit_repeat(&b, slice_of("\x92\x01\x00", 3),
                   3 * (HEAD_VALUES_MAX + more));
        kit_wrap(&b, 4);
        kit_number(&b, 1, 1);
        arena_reset(&arena);
        assert_int_equal(message_get(buf_slice(&b), &arena, &read),
                         more ? ERR_LIMIT : OK);
    }
    buf_clear(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_mebibyte_of_repeated_singular_messages_is_refused),
        TEST(a_mebibyte_of_empty_unknown_fields_is_refused),
        TEST(as_many_unknown_fields_as_may_be_fit_the_budget),
        TEST(a_million_labels_are_refused),
        TEST(more_values_than_a_head_may_have_are_refused),
        TEST(small_messages_in_a_long_list_stop_at_the_budget),
        TEST(a_mebibyte_of_the_same_text_is_read_once_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
