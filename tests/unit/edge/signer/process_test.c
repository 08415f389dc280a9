#include "fixture.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 128
#define SAID_BYTES 1024

static const char *const key_names[] = {"session.key", "checkpoint.key",
                                        "receipt.key"};

/* A signer in a process of its own, over a folder of its own. */
struct house {
    struct fixture f;
    char folder[PATH_BYTES];
    pid_t child;
    int socket;
    int said; /* reading end of its standard error */
    uint64_t turn;
    char text[SAID_BYTES];
    struct buf answer;
};

/* The process's syncs fail once this many were done; negative: never. */
static int syncs_left = -1;

int
fdatasync(int fd)
{
    if (syncs_left == 0) {
        errno = EIO;
        return -1;
    }
    if (syncs_left > 0)
        syncs_left--;
    return (int)syscall(SYS_fdatasync, fd);
}

static const char *
path_of(const struct house *h, const char *name)
{
    static char path[2 * PATH_BYTES];

    snprintf(path, sizeof path, "%s/%s", h->folder, name);
    return path;
}

static void
write_file(const struct house *h, const char *name, struct slice bytes)
{
    int fd = open(path_of(h, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.size), (ssize_t)bytes.size);
    close(fd);
}

static int
setup(void **state)
{
    struct house *h = mem_new(sizeof *h);

    fixture_init(&h->f);
    snprintf(h->folder, sizeof h->folder, "/tmp/signer-test-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    for (size_t i = 0; i < 3; i++)
        write_file(h, key_names[i], SLICE_ARRAY(h->f.seeds[i].b));
    *state = h;
    return 0;
}

static void
start(struct house *h)
{
    int ends[2], said[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(pipe(said), 0);
    h->child = fork();
    assert_true(h->child >= 0);
    if (h->child == 0) {
        close(ends[0]);
        dup2(said[1], STDERR_FILENO);
        _exit(signer_serve(h->folder, &h->f.own, ends[1], NULL));
    }
    close(ends[1]);
    close(said[1]);
    h->socket = ends[0];
    h->said = said[0];
}

/* Wait for the process's end: its exit status; what it said is in `text`. */
static int
end(struct house *h)
{
    int status;
    size_t have = 0;
    ssize_t n;

    if (h->socket >= 0)
        close(h->socket);
    while ((n = read(h->said, h->text + have, SAID_BYTES - 1 - have)) > 0)
        have += (size_t)n;
    h->text[have] = '\0';
    close(h->said);
    assert_int_equal(waitpid(h->child, &status, 0), h->child);
    h->child = 0;
    h->socket = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
teardown(void **state)
{
    static const char *const others[] = {"lock", "journal", "session-2.key",
                                         "checkpoint-2.key", "receipt-2.key"};
    struct house *h = *state;

    if (h->child) {
        kill(h->child, SIGKILL);
        end(h);
    }
    syncs_left = -1;
    for (size_t i = 0; i < ARRAY_SIZE(key_names); i++)
        unlink(path_of(h, key_names[i]));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        unlink(path_of(h, others[i]));
    assert_int_equal(rmdir(h->folder), 0);
    buf_clear(&h->answer);
    mem_free(h);
    return 0;
}

static bool
receive(int fd, void *out, size_t size)
{
    return recv(fd, out, size, MSG_WAITALL) == (ssize_t)size;
}

/* Ask one operation; false if the process ends instead of answering. */
static bool
try_ask(struct house *h, const struct sign_request_op *op,
        struct sign_result *out)
{
    struct buf request = {0};
    uint8_t head[4];

    buf_put_u32(&request, 0);
    sign_request_begin(&request, ++h->turn);
    sign_request_add(&request, op);
    buf_set_u32(&request, 0, (uint32_t)request.size - 4);
    ssize_t n = send(h->socket, request.data, request.size, MSG_NOSIGNAL);
    bool good = n == (ssize_t)request.size && receive(h->socket, head, 4);
    buf_clear(&request);
    if (!good)
        return false;
    uint32_t size = get_be32(head);
    buf_reset(&h->answer);
    assert_true(receive(h->socket, buf_extend(&h->answer, size), size));
    struct slice answer = buf_slice(&h->answer);
    *out = fixture_result(&answer, op->op);
    assert_int_equal(answer.size, 0);
    return true;
}

static struct sign_result
ask_open(struct house *h, uint64_t size)
{
    struct sign_request_op op;
    struct sign_result r;

    fixture_open(&h->f, KEY_ROLE_CHECKPOINT, size, &op);
    assert_true(try_ask(h, &op, &r));
    return r;
}

static struct sign_result
ask_extend(struct house *h, uint64_t from, uint64_t to)
{
    struct sign_request_op op =
        fixture_extend(&h->f, KEY_ROLE_CHECKPOINT, from, to);
    struct sign_result r;

    assert_true(try_ask(h, &op, &r));
    return r;
}

/* Write a journal that ends with three leaves signed. */
static void
write_journal(struct house *h)
{
    start(h);
    ask_open(h, 0);
    ask_extend(h, 0, 1);
    ask_extend(h, 1, 3);
    assert_int_equal(end(h), 0);
}

/* Read the journal whole, and where its last byte that is not zero ends. */
static size_t
read_journal(const struct house *h, struct buf *out)
{
    int fd = open(path_of(h, "journal"), O_RDONLY);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    size_t size = (size_t)st.st_size;
    assert_int_equal(read(fd, buf_extend(out, size), size), (ssize_t)size);
    close(fd);
    while (size && out->data[size - 1] == 0)
        size--;
    return size;
}

/* Start over a folder that must be refused, for a reason in `words`. */
static void
assert_refused(struct house *h, const char *words)
{
    start(h);
    assert_int_equal(end(h), 1);
    if (!strstr(h->text, words))
        fail_msg("said: %s", h->text);
}

static void
it_signs_and_ends_well_when_the_daemon_closes(void **state)
{
    struct house *h = *state;

    start(h);
    assert_int_equal(ask_open(h, 0).code, OK);
    struct sign_result r = ask_extend(h, 0, 5);
    assert_int_equal(r.code, OK);
    fixture_verify(&h->f, KEY_ROLE_CHECKPOINT, 5, &r.checkpoint);
    assert_int_equal(end(h), 0);
    assert_string_equal(h->text, "");
}

static void
what_was_answered_is_known_after_a_kill(void **state)
{
    struct house *h = *state;
    uint64_t size = 0;

    for (int round = 0; round < 10; round++) {
        start(h);
        struct sign_result r = ask_open(h, size);
        assert_int_equal(r.code, OK);
        assert_int_equal(r.size, size);
        assert_int_equal(ask_extend(h, size, size + 3).code, OK);
        size += 3;
        kill(h->child, SIGKILL);
        assert_int_equal(end(h), -SIGKILL);
        assert_string_equal(h->text, "");
    }
    start(h);
    assert_int_equal(ask_open(h, size).size, 30);
    assert_int_equal(end(h), 0);
}

static void
a_failed_sync_ends_it_without_an_answer(void **state)
{
    struct house *h = *state;
    struct sign_request_op op;
    struct sign_result r;

    syncs_left = 1;
    start(h);
    assert_int_equal(ask_open(h, 0).code, OK);
    op = fixture_extend(&h->f, KEY_ROLE_CHECKPOINT, 0, 2);
    assert_false(try_ask(h, &op, &r));
    assert_int_equal(end(h), 1);
    assert_non_null(strstr(h->text, "cannot sync"));

    /* The record may have come to the disk: then it counts as signed. */
    syncs_left = -1;
    start(h);
    r = ask_open(h, 0);
    assert_true(r.size == 0 || r.size == 2);
    assert_int_equal(ask_extend(h, 0, 2).code, OK);
    assert_int_equal(end(h), 0);
}

static void
a_second_signer_on_the_same_keys_is_refused(void **state)
{
    struct house *h = *state;
    struct house second = {.f = h->f};

    memcpy(second.folder, h->folder, sizeof second.folder);
    start(h);
    ask_open(h, 0);
    assert_refused(&second, "another signer runs");
    assert_int_equal(ask_extend(h, 0, 1).code, OK);
    assert_int_equal(end(h), 0);
}

static void
keys_that_others_may_read_are_refused(void **state)
{
    struct house *h = *state;
    static const mode_t wrong[] = {0640, 0604, 0620, 0602};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        for (size_t key = 0; key < ARRAY_SIZE(key_names); key++) {
            const char *path = path_of(h, key_names[key]);
            assert_int_equal(chmod(path, wrong[i]), 0);
            assert_refused(h, key_names[key]);
            assert_non_null(strstr(h->text, "make it 0600"));
            path = path_of(h, key_names[key]);
            assert_int_equal(chmod(path, 0600), 0);
        }
    assert_int_equal(chmod(h->folder, 0770), 0);
    assert_refused(h, "make it 0700");
    assert_int_equal(chmod(h->folder, 0700), 0);
    write_journal(h);
}

static void
keys_that_are_none_are_refused(void **state)
{
    struct house *h = *state;

    write_file(h, "receipt.key", SLICE_ARRAY(h->f.seeds[0].b));
    assert_refused(h, "one key stands in two roles");
    write_file(h, "receipt.key", slice_of(h->f.seeds[2].b, 31));
    assert_refused(h, "receipt.key is not a file of 32 bytes");
    unlink(path_of(h, "receipt.key"));
    assert_refused(h, "cannot open receipt.key");
}

static void
a_torn_tail_is_cut_and_said(void **state)
{
    struct house *h = *state;
    struct buf whole = {0};

    write_journal(h);
    size_t size = read_journal(h, &whole);
    for (size_t cut = 1; cut < 100; cut += 7) {
        memset(whole.data + size - cut, 0, cut);
        write_file(h, "journal", buf_slice(&whole));
        start(h);
        assert_int_equal(ask_open(h, 0).size, 1);
        assert_int_equal(end(h), 0);
        assert_non_null(strstr(h->text, "torn record"));
    }
    start(h);
    assert_int_equal(ask_open(h, 0).size, 1);
    assert_int_equal(ask_extend(h, 0, 3).code, OK);
    assert_int_equal(end(h), 0);
    assert_string_equal(h->text, "");
    start(h);
    assert_int_equal(ask_open(h, 0).size, 3);
    assert_int_equal(end(h), 0);
    buf_clear(&whole);
}

static void
a_journal_cut_short_is_a_torn_tail(void **state)
{
    struct house *h = *state;
    struct buf whole = {0};

    write_journal(h);
    size_t size = read_journal(h, &whole);
    write_file(h, "journal", slice_of(whole.data, size - 1));
    start(h);
    assert_int_equal(ask_open(h, 0).size, 1);
    assert_int_equal(end(h), 0);
    assert_non_null(strstr(h->text, "torn record"));
    buf_clear(&whole);
}

static void
damage_before_the_end_is_refused(void **state)
{
    struct house *h = *state;
    struct buf whole = {0};

    write_journal(h);
    read_journal(h, &whole);
    whole.data[20] ^= 1;
    write_file(h, "journal", buf_slice(&whole));
    assert_refused(h, "damaged at byte 0");
    struct buf after = {0};
    read_journal(h, &after);
    assert_true(slice_equal(buf_slice(&whole), buf_slice(&after)));
    buf_clear(&whole);
    buf_clear(&after);
}

static void
a_lost_journal_is_not_begun_anew(void **state)
{
    struct house *h = *state;

    write_journal(h);
    unlink(path_of(h, "journal"));
    assert_refused(h, "journal is missing");
    assert_int_equal(access(path_of(h, "journal"), F_OK), -1);
}

static void
a_request_that_cannot_be_read_ends_it(void **state)
{
    struct house *h = *state;
    const uint8_t nonsense[] = {0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 99};
    const uint8_t large[] = {0xff, 0, 0, 0};

    start(h);
    assert_int_equal(write(h->socket, nonsense, sizeof nonsense),
                     sizeof nonsense);
    assert_int_equal(end(h), 1);
    assert_non_null(strstr(h->text, "a request cannot be read"));
    start(h);
    assert_int_equal(write(h->socket, large, sizeof large), sizeof large);
    assert_int_equal(end(h), 1);
    assert_non_null(strstr(h->text, "too large"));
}

static void
a_request_that_ends_midway_is_a_closed_daemon(void **state)
{
    struct house *h = *state;
    const uint8_t half[] = {0, 0, 0, 9, 0, 0};

    start(h);
    assert_int_equal(write(h->socket, half, sizeof half), sizeof half);
    assert_int_equal(end(h), 0);
}

static void
the_file_is_made_in_advance_and_grows_in_steps(void **state)
{
    struct house *h = *state;
    struct stat st;

    write_journal(h);
    assert_int_equal(stat(path_of(h, "journal"), &st), 0);
    assert_int_equal(st.st_size, MIB(1));
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Child of the test: serve a closed socket, then look at what is left. */
static int
hardened(struct house *h)
{
    struct rlimit core = {1, 1};
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 10;
    close(ends[0]);
    if (signer_serve(h->folder, &h->f.own, ends[1], NULL) != 0)
        return 11;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 12;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 13;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 14;
    return 0;
}

static void
it_leaves_no_core_and_takes_no_privileges(void **state)
{
    struct house *h = *state;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(hardened(h));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_signs_and_ends_well_when_the_daemon_closes),
        TEST(what_was_answered_is_known_after_a_kill),
        TEST(a_failed_sync_ends_it_without_an_answer),
        TEST(a_second_signer_on_the_same_keys_is_refused),
        TEST(keys_that_others_may_read_are_refused),
        TEST(keys_that_are_none_are_refused),
        TEST(a_torn_tail_is_cut_and_said),
        TEST(a_journal_cut_short_is_a_torn_tail),
        TEST(damage_before_the_end_is_refused),
        TEST(a_lost_journal_is_not_begun_anew),
        TEST(a_request_that_cannot_be_read_ends_it),
        TEST(a_request_that_ends_midway_is_a_closed_daemon),
        TEST(the_file_is_made_in_advance_and_grows_in_steps),
        TEST(it_leaves_no_core_and_takes_no_privileges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
