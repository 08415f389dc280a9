#include "cli/manifest.h"

#include "core/base/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD_HASH                                                              \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEAD "sealane backup 1\nteam krcert.or.kr\n"

static int
folder_new(char path[128])
{
    snprintf(path, 128, "%s/manifest-XXXXXX", BINARY_DIR);
    assert_non_null(mkdtemp(path));
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    return folder;
}

static void
folder_end(int folder, const char *path)
{
    unlinkat(folder, MANIFEST_NAME, 0);
    close(folder);
    assert_int_equal(rmdir(path), 0);
}

static void
text_put(int folder, const char *text)
{
    int fd = openat(folder, MANIFEST_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void
what_is_written_is_read_again(void **state)
{
    struct manifest m = {.complete = true, .time_ms = 1790000000123}, read;
    char path[128];
    int folder = folder_new(path);

    (void)state;
    assert_true(team_name_parse(slice_str("krcert.or.kr"), &m.team));
    memset(m.state.journal, 0xa5, sizeof m.state.journal);
    m.state.turn = 812;
    for (unsigned i = 0; i < 40; i++) {
        struct manifest_part p = {.part = {.bytes = i, .changed_ns = 7 * i}};
        snprintf(p.part.name, sizeof p.part.name, "journal/%08u.seg", i % 30);
        memset(p.hash.b, (int)i, sizeof p.hash.b);
        manifest_add(&m, &p);
    }
    assert_int_equal(m.count, 30); /* a part of the same name is replaced */
    assert_int_equal(manifest_read(folder, MANIFEST_NAME, &read),
                     ERR_NOT_FOUND);
    assert_int_equal(manifest_write(folder, MANIFEST_NAME, &m), OK);
    assert_int_equal(manifest_read(folder, MANIFEST_NAME, &read), OK);
    assert_true(read.complete);
    assert_string_equal(read.team.text, m.team.text);
    assert_memory_equal(&read.state, &m.state, sizeof m.state);
    assert_int_equal(read.time_ms, m.time_ms);
    assert_int_equal(read.count, m.count);
    for (size_t i = 0; i < m.count; i++)
        assert_memory_equal(&read.parts[i], &m.parts[i], sizeof m.parts[i]);
    assert_int_equal(manifest_find(&read, "journal/00000003.seg")->part.bytes,
                     33);
    assert_null(manifest_find(&read, "journal/00000031.seg"));
    manifest_clear(&m);
    manifest_clear(&read);
    folder_end(folder, path);
}

static void
what_no_backup_wrote_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "sealane backup 2\nteam krcert.or.kr\n",
        "sealane backup 1\n",
        "sealane backup 1\nteam krcert.or.kr",
        HEAD "turn -1\n",
        HEAD "journal 00\n",
        HEAD "time-ms x\n",
        HEAD "something else\n",
        HEAD "part 1 2 " GOOD_HASH "\n",
        HEAD "part 1 2 " GOOD_HASH " /etc/passwd\n",
        HEAD "part 1 2 " GOOD_HASH " ../card\n",
        HEAD "part 1 2 " GOOD_HASH " journal/../../card\n",
        HEAD "part 1 2 " GOOD_HASH " journal//card\n",
        HEAD "part 1 2 " GOOD_HASH " journal/\n",
        HEAD "part 1 2 " GOOD_HASH " two words\n",
        HEAD "part 1 2 00" GOOD_HASH " card\n",
        HEAD "part 1 " GOOD_HASH " card\n",
        HEAD "part 1 2 " GOOD_HASH
             " journal/00000000000000000000000000000000000000000000000000"
             "000000.seg\n",
    };
    char path[128];
    int folder = folder_new(path);
    struct manifest m;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        text_put(folder, bad[i]);
        assert_int_equal(manifest_read(folder, MANIFEST_NAME, &m), ERR_FORMAT);
    }
    text_put(folder, HEAD "part 1 2 " GOOD_HASH " journal/00000001.seg\n");
    assert_int_equal(manifest_read(folder, MANIFEST_NAME, &m), OK);
    assert_false(m.complete);
    manifest_clear(&m);
    folder_end(folder, path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(what_no_backup_wrote_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
