#include "edge/lists/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What hangs ends the test by a signal, and not by its time. */
#define SECONDS_MAX 30

static char folder[] = BINARY_DIR "/lists-XXXXXX";
static char list[sizeof folder + 16], pipe_path[sizeof folder + 16];
static char said[512];

static void
on_said(const char *text)
{
    (void)snprintf(said, sizeof said, "%s", text);
}

static int
make_folder(void **state)
{
    FILE *f;

    (void)state;
    (void)alarm(SECONDS_MAX);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(list, sizeof list, "%s/a.txt", folder);
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/b.txt", folder);
    f = fopen(list, "w");
    assert_non_null(f);
    (void)fputs("ours.example\n", f);
    return fclose(f);
}

static int
remove_folder(void **state)
{
    (void)state;
    (void)unlink(list);
    (void)unlink(pipe_path);
    return rmdir(folder);
}

static void
a_pipe_among_the_lists_is_refused_and_not_waited_for(void **state)
{
    struct warnings *w;

    (void)state;
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_null(lists_read(folder, false, on_said));
    assert_non_null(strstr(said, "b.txt: it is no regular file"));
    assert_int_equal(unlink(pipe_path), 0);
    w = lists_read(folder, false, on_said);
    assert_non_null(w);
    warnings_free(w);
}

static void
a_list_that_is_not_there_any_more_is_named_with_the_reason(void **state)
{
    (void)state;
    assert_int_equal(symlink("nowhere", pipe_path), 0);
    assert_null(lists_read(folder, false, on_said));
    assert_non_null(strstr(said, "b.txt: No such file or directory"));
    assert_int_equal(unlink(pipe_path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_among_the_lists_is_refused_and_not_waited_for),
        cmocka_unit_test(
            a_list_that_is_not_there_any_more_is_named_with_the_reason),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
