#include "cli/spelled.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Hold how a word is spelled against the text expected. */
static void
expect(const char *word, const char *wanted)
{
    struct buf got = {0};

    spelled_word(&got, word);
    buf_put_u8(&got, 0);
    assert_string_equal((const char *)got.data, wanted);
    buf_clear(&got);
}

static void
a_shell_reads_the_word_again(void **state)
{
    (void)state;
    expect("a/b-1.json", " a/b-1.json");
    expect("", " ''");
    expect("a b", " 'a b'");
    expect("it's", " 'it'\\''s'");
    expect("$(x);y", " '$(x);y'");
    expect("\xea\xb0\x80.json", " '\xea\xb0\x80.json'");
}

static void
no_letter_of_a_word_steers_the_terminal(void **state)
{
    (void)state;
    expect("a\x1b[2Jb", " $'a\\033[2Jb'");
    expect("it's\n\\", " $'it\\'s\\012\\\\'");
    expect("gpj.\xe2\x80\xae"
           "exe",
           " $'gpj.\\342\\200\\256exe'");
    expect("\xff", " $'\\377'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_reads_the_word_again),
        cmocka_unit_test(no_letter_of_a_word_steers_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
