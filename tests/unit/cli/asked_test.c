#include "cli/asked.h"

#include "core/base/limits.h"
#include "core/formats/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH "asked_test.txt"

/* Read "search OPTION TEXT"; the caller clears both. */
static bool
read_asked(const char *option, const char *text, struct run *run,
           struct asked *out)
{
    char *arguments[] = {(char *)(uintptr_t)option, (char *)(uintptr_t)text};

    *run = (struct run){0};
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, "search") == 0)
            run->command = &commands[i];
    assert_non_null(run->command);
    for (size_t i = 0; i < ARRAY_SIZE(run->command->options); i++)
        run->options.tables[i] = run->command->options[i];
    assert_true(options_read(&run->options, arguments, 2));
    return asked_read(run, out);
}

static void
file_write(const size_t *sizes, size_t count)
{
    FILE *file = fopen(PATH, "w");

    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < sizes[i]; n++)
            assert_int_equal(putc('x', file), 'x');
        assert_int_equal(putc('\n', file), '\n');
    }
    assert_int_equal(fclose(file), 0);
}

static void
a_line_longer_than_a_value_is_left_out_and_no_other(void **state)
{
    static const size_t sizes[] = {5, VALUE_BYTES_MAX, VALUE_BYTES_MAX + 1,
                                   0, 3 * MIB(1),      7};
    struct asked asked;
    struct run run;

    (void)state;
    file_write(sizes, ARRAY_SIZE(sizes));
    assert_true(read_asked("--file", PATH, &run, &asked));
    assert_int_equal(asked.refused, 2);
    assert_int_equal(asked.count, 3);
    assert_int_equal(asked.values[0].size, 5);
    assert_int_equal(asked.values[1].size, VALUE_BYTES_MAX);
    assert_int_equal(asked.values[2].size, 7);
    asked_clear(&asked);
    options_clear(&run.options);
    assert_int_equal(unlink(PATH), 0);
}

static void
a_file_without_any_value_is_refused(void **state)
{
    static const size_t sizes[] = {0, VALUE_BYTES_MAX + 1};
    struct asked asked;
    struct run run;

    (void)state;
    file_write(sizes, ARRAY_SIZE(sizes));
    assert_false(read_asked("--file", PATH, &run, &asked));
    asked_clear(&asked);
    options_clear(&run.options);
    assert_int_equal(unlink(PATH), 0);
}

static void
a_limit_of_none_is_refused(void **state)
{
    struct asked asked;
    struct run run;

    (void)state;
    assert_false(read_asked("--limit", "0", &run, &asked));
    asked_clear(&asked);
    options_clear(&run.options);
    assert_true(read_asked("--limit", "1", &run, &asked));
    assert_int_equal(asked.limit, 1);
    asked_clear(&asked);
    options_clear(&run.options);
}

static void
values_of_one_request_are_bounded_in_number_and_in_bytes(void **state)
{
    static uint8_t bytes[VALUE_BYTES_MAX];
    struct slice small[1000], large[1000];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
        small[i] = slice_of(bytes, 20);
        large[i] = slice_of(bytes, sizeof bytes);
    }
    size_t most = asked_fit(small, ARRAY_SIZE(small));
    assert_true(most > 1 && most < 256);
    assert_int_equal(asked_fit(small, 3), 3);
    assert_int_equal(asked_fit(small, 0), 0);
    size_t n = asked_fit(large, ARRAY_SIZE(large));
    assert_true(n > 0 && n * sizeof bytes < KIB(128));
    assert_int_equal(asked_fit(large, 1), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_longer_than_a_value_is_left_out_and_no_other),
        cmocka_unit_test(a_file_without_any_value_is_refused),
        cmocka_unit_test(a_limit_of_none_is_refused),
        cmocka_unit_test(
            values_of_one_request_are_bounded_in_number_and_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
