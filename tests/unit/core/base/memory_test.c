#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/mem.h"

#include <sys/wait.h>
#include <unistd.h>

static void
new_memory_is_zero_and_no_bytes_are_memory_too(void **state)
{
    uint8_t *m = mem_new(1000);

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(m[i], 0);
    mem_free(m);
    m = mem_new(0);
    assert_non_null(m);
    mem_free(m);
    mem_free(NULL);
}

static void
memory_keeps_its_bytes_when_it_grows_and_shrinks(void **state)
{
    uint32_t *m = mem_resize(NULL, 4, sizeof *m);

    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        m[i] = i * i;
    m = mem_resize(m, 100000, sizeof *m);
    assert_int_equal(m[3], 9);
    m = mem_resize(m, 2, sizeof *m);
    assert_int_equal(m[1], 1);
    m = mem_resize(m, 0, sizeof *m);
    assert_non_null(m);
    mem_free(m);
}

static void
a_copy_has_the_bytes_and_a_copy_of_nothing_is_none(void **state)
{
    char *m = mem_copy("abc", 4);

    (void)state;
    assert_string_equal(m, "abc");
    mem_free(m);
    assert_null(mem_copy("abc", 0));
}

/* What the child must not survive. */
static void
ask_beyond_all_numbers(void)
{
    mem_free(mem_resize(NULL, SIZE_MAX / 2, 3));
}

static void
ask_beyond_all_memory(void)
{
    mem_free(mem_resize(NULL, SIZE_MAX / 4, 3));
}

static void
assert_dies(void (*ask)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        /* What it says on its way is of no interest. */
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        ask();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
memory_that_is_not_there_ends_the_program(void **state)
{
    (void)state;
    assert_dies(ask_beyond_all_numbers);
    assert_dies(ask_beyond_all_memory);
}

static void
an_arena_gives_zeroed_aligned_memory_up_to_its_budget(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 100);
    for (size_t i = 0; i < 6; i++) {
        uint8_t *m = arena_alloc(&a, 1 + i);
        assert_non_null(m);
        assert_int_equal((uintptr_t)m % 16, 0);
        for (size_t j = 0; j < 1 + i; j++)
            assert_int_equal(m[j], 0);
        memset(m, 0xff, 1 + i);
    }
    assert_int_equal(a.used, 96);
    assert_false(a.spent);
    assert_null(arena_alloc(&a, 1));
    assert_true(a.spent);
    arena_clear(&a);
}

static void
an_arena_without_room_stays_spent_until_its_reset(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 64);
    assert_null(arena_alloc(&a, 65));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_true(a.spent);
    assert_non_null(arena_alloc(&a, 16));
    assert_true(a.spent);
    arena_reset(&a);
    assert_false(a.spent);
    uint8_t *m = arena_alloc(&a, 64);
    assert_non_null(m);
    assert_int_equal(m[0], 0);
    arena_clear(&a);
}

static void
a_reset_arena_gives_zeros_again_whatever_lay_there(void **state)
{
    /* Within a block, over several, and one that is larger than a block. */
    static const size_t sizes[] = {100, 40000, 40000, 40000, 200000};
    struct arena a;

    (void)state;
    arena_init(&a, 1000000);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            uint8_t *m = arena_alloc(&a, sizes[i]);
            assert_non_null(m);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(m[j], 0);
            memset(m, 0xff, sizes[i]);
            if (round == 1 && i == 2)
                arena_reset(&a);
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    arena_clear(&a);
}

static void
bytes_are_copied_into_an_arena_or_the_output_is_untouched(void **state)
{
    struct slice out = slice_str("before");
    struct arena a;

    (void)state;
    arena_init(&a, 32);
    assert_true(arena_copy(&a, slice_str("abc"), &out));
    assert_true(slice_is(out, "abc"));
    assert_true(arena_copy(&a, (struct slice){0}, &out));
    assert_int_equal(out.size, 0);
    assert_non_null(out.data);
    out = slice_str("before");
    assert_false(arena_copy(&a, slice_str("d"), &out));
    assert_true(slice_is(out, "before"));
    arena_clear(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zero_and_no_bytes_are_memory_too),
        cmocka_unit_test(memory_keeps_its_bytes_when_it_grows_and_shrinks),
        cmocka_unit_test(a_copy_has_the_bytes_and_a_copy_of_nothing_is_none),
        cmocka_unit_test(memory_that_is_not_there_ends_the_program),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_up_to_its_budget),
        cmocka_unit_test(an_arena_without_room_stays_spent_until_its_reset),
        cmocka_unit_test(a_reset_arena_gives_zeros_again_whatever_lay_there),
        cmocka_unit_test(
            bytes_are_copied_into_an_arena_or_the_output_is_untouched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
