#include "cli/states.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Check "COMMAND --state WORD", with a socket where one is given. */
static bool
is_taken(const char *command, const char *word, const char *socket)
{
    char state[] = "--state", option[] = "--socket";
    char *arguments[] = {state, (char *)(uintptr_t)word, option,
                         (char *)(uintptr_t)socket};
    struct run run = {0};

    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, command) == 0)
            run.command = &commands[i];
    assert_non_null(run.command);
    for (size_t i = 0; i < ARRAY_SIZE(run.command->options); i++)
        run.options.tables[i] = run.command->options[i];
    assert_true(options_read(&run.options, arguments, socket ? 4 : 2));
    bool good = states_check(&run);
    options_clear(&run.options);
    return good;
}

static void
a_word_that_is_no_state_is_refused(void **state)
{
    static const char *const names[] = {"search", "list", "export"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_false(is_taken(names[i], "nonsense", NULL));
        assert_false(is_taken(names[i], "nonsense", "x.sock"));
        assert_false(is_taken(names[i], "", NULL));
        assert_false(is_taken(names[i], "Queued", NULL));
        assert_true(is_taken(names[i], "queued", NULL));
        assert_true(is_taken(names[i], "queued", "x.sock"));
    }
}

static void
each_command_knows_its_own_states(void **state)
{
    (void)state;
    assert_true(is_taken("search", "expired", NULL));
    assert_false(is_taken("search", "receipted", NULL));
    assert_true(is_taken("list", "receipted", NULL));
    assert_false(is_taken("list", "expired", NULL));
    assert_true(is_taken("export", "expired", NULL));
    assert_true(is_taken("export", "receipted", NULL));
}

static void
a_directory_says_where_the_daemon_is_unless_the_socket_is_named(void **state)
{
    (void)state;
    assert_true(is_taken("search", "/", NULL));
    assert_true(is_taken("list", ".", NULL));
    assert_false(is_taken("export", "/", "x.sock"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_that_is_no_state_is_refused),
        cmocka_unit_test(each_command_knows_its_own_states),
        cmocka_unit_test(
            a_directory_says_where_the_daemon_is_unless_the_socket_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
