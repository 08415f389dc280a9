#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/base/ring.h"
#include "core/base/table.h"

static void
a_ring_gives_back_in_order_while_it_turns_and_grows(void **state)
{
    struct ring r;
    uint32_t in = 0, out = 0;

    (void)state;
    ring_init(&r, sizeof in, 1000);
    assert_null(ring_at(&r, 0));
    for (int step = 0; step < 3000; step++) {
        bool push = step % 7 < 4;
        if (push && ring_push(&r, &in))
            in++;
        if (!push && r.count) {
            uint32_t *first = ring_at(&r, 0), *last = ring_at(&r, r.count - 1);
            assert_int_equal(*first, out);
            assert_int_equal(*last, in - 1);
            ring_pop(&r);
            out++;
        }
    }
    assert_true(in > 1000 && r.count == in - out);
    assert_null(ring_at(&r, r.count));
    ring_clear(&r);
    assert_int_equal(r.count, 0);
}

static void
a_full_ring_refuses_and_keeps_what_it_has(void **state)
{
    struct ring r;

    (void)state;
    ring_init(&r, 1, 3);
    assert_true(ring_push(&r, "a"));
    assert_true(ring_push(&r, "b"));
    assert_true(ring_push(&r, "c"));
    assert_false(ring_push(&r, "d"));
    ring_pop(&r);
    assert_true(ring_push(&r, "e"));
    assert_memory_equal(ring_at(&r, 0), "b", 1);
    assert_memory_equal(ring_at(&r, 2), "e", 1);
    ring_clear(&r);
    assert_true(ring_push(&r, "f"));
    ring_clear(&r);
}

static void
a_table_finds_every_key_and_walks_in_the_order_of_adding(void **state)
{
    uint8_t key[16] = {0};
    struct table t;

    (void)state;
    table_init(&t, sizeof key);
    assert_null(table_find(&t, key));
    for (uint64_t i = 0; i < 2000; i++) {
        put_be64(key, i * 0x9e3779b97f4a7c15u);
        table_put(&t, key, i);
    }
    assert_int_equal(t.count, 2000);
    for (uint64_t i = 0; i < 2000; i++) {
        put_be64(key, i * 0x9e3779b97f4a7c15u);
        assert_memory_equal(table_key(&t, i), key, sizeof key);
        assert_int_equal(*table_find(&t, key), i);
        table_put(&t, key, i + 5);
        assert_int_equal(*table_find(&t, key), i + 5);
    }
    assert_int_equal(t.count, 2000);
    put_be64(key, 12345);
    assert_null(table_find(&t, key));
    table_clear(&t);
    assert_null(table_find(&t, key));
}

static void
keys_that_meet_in_one_slot_are_told_apart(void **state)
{
    uint8_t key[9] = {0};
    struct table t;

    (void)state;
    table_init(&t, sizeof key);
    /* The first eight bytes choose the slot; only the last differs. */
    for (unsigned i = 0; i < 200; i++) {
        key[8] = (uint8_t)i;
        table_put(&t, key, i);
    }
    for (unsigned i = 0; i < 200; i++) {
        key[8] = (uint8_t)i;
        assert_int_equal(*table_find(&t, key), i);
    }
    key[8] = 250;
    assert_null(table_find(&t, key));
    table_clear(&t);
}

static void
every_error_has_its_own_code_and_words(void **state)
{
    (void)state;
    for (int e = OK; e < ERR_COUNT; e++) {
        assert_int_equal(err_from_code(err_code((enum err)e)), e);
        assert_true(strlen(err_name((enum err)e)) > 1);
        assert_true(strlen(err_text((enum err)e)) > 4);
        assert_null(strchr(err_name((enum err)e), ' '));
        for (int other = e + 1; other < ERR_COUNT; other++)
            assert_string_not_equal(err_name((enum err)e),
                                    err_name((enum err)other));
    }
    assert_int_equal(err_code(OK), 0);
    assert_int_equal(err_from_code(UINT32_MAX), ERR_FORMAT);
}

static void
a_deadline_beyond_all_time_is_never(void **state)
{
    struct mono t = {1000};

    (void)state;
    assert_true(mono_after(t, 5).ms == 1005);
    assert_true(mono_after(t, UINT64_MAX).ms == MONO_NEVER.ms);
    assert_true(mono_after(MONO_NEVER, 1).ms == MONO_NEVER.ms);
    assert_true(mono_earlier(t, MONO_NEVER).ms == 1000);
    assert_true(mono_earlier(MONO_NEVER, t).ms == 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_gives_back_in_order_while_it_turns_and_grows),
        cmocka_unit_test(a_full_ring_refuses_and_keeps_what_it_has),
        cmocka_unit_test(
            a_table_finds_every_key_and_walks_in_the_order_of_adding),
        cmocka_unit_test(keys_that_meet_in_one_slot_are_told_apart),
        cmocka_unit_test(every_error_has_its_own_code_and_words),
        cmocka_unit_test(a_deadline_beyond_all_time_is_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
