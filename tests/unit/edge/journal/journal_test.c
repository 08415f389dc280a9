#include "edge/journal/journal.h"

#include "checks.h"

#include "disk.h"
#include "folder.h"

#include <sys/mman.h>

#define SMALL_SEGMENT KIB(16)

static struct journal *
must_open(const struct folder *f, size_t segment_bytes, uint64_t turns)
{
    struct history_reader reader = {0};
    char message[256] = "";
    struct journal *j = NULL;
    struct journal_opening how = {f->path, history_read, &reader, segment_bytes,
                                  NULL};
    enum err e = journal_open(&how, &j, message, sizeof message);

    assert_string_equal(message, "");
    assert_int_equal(e, OK);
    assert_int_equal(reader.facts, history_facts(turns));
    assert_int_equal(journal_turn(j), turns);
    buf_clear(&reader.want);
    return j;
}

static void
what_was_appended_is_read_before_and_after_the_sync(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct store s;

    (void)state;
    journal_store(j, &s);
    history_check(&s, 0);
    for (uint64_t turn = 1; turn <= 60; turn++) {
        assert_int_equal(s.ops->turn(s.self), turn);
        history_append(&s, turn);
        history_check(&s, turn);
        s.ops->sync(s.self);
        assert_int_equal(journal_turn(j), turn);
        history_check(&s, turn);
    }
    struct journal_stats stats;
    journal_stats(j, &stats);
    assert_true(stats.segments > 3);
    assert_int_equal(stats.syncs, 60);
    journal_close(j);
    for (int again = 0; again < 5; again++) {
        j = must_open(&f, SMALL_SEGMENT, 60);
        journal_store(j, &s);
        history_check(&s, 60);
        journal_close(j);
    }
    folder_remove(&f);
}

static void
a_sync_of_nothing_is_no_turn(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct journal_stats before, after;
    struct store s;

    (void)state;
    journal_store(j, &s);
    journal_stats(j, &before);
    s.ops->sync(s.self);
    s.ops->append(s.self, (struct slice){0});
    s.ops->sync(s.self);
    journal_stats(j, &after);
    assert_int_equal(after.syncs, 0);
    assert_int_equal(after.bytes, before.bytes);
    assert_int_equal(s.ops->turn(s.self), 1);
    journal_close(j);
    folder_remove(&f);
}

static void
several_appends_before_a_sync_are_one_turn(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct store s;

    (void)state;
    journal_store(j, &s);
    for (uint64_t turn = 1; turn <= 4; turn++)
        history_append(&s, turn);
    history_check(&s, 4);
    assert_int_equal(s.ops->turn(s.self), 1);
    s.ops->sync(s.self);
    history_check(&s, 4);
    assert_int_equal(journal_turn(j), 1);
    journal_close(j);
    struct history_reader reader = {0};
    char message[256];
    struct journal_opening how = {f.path, history_read, &reader, SMALL_SEGMENT,
                                  NULL};
    assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
    assert_int_equal(reader.facts, history_facts(4));
    buf_clear(&reader.want);
    journal_close(j);
    folder_remove(&f);
}

static void
what_was_not_synced_is_lost_by_a_close(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct store s;

    (void)state;
    journal_store(j, &s);
    for (uint64_t turn = 1; turn <= 3; turn++) {
        history_append(&s, turn);
        if (turn < 3)
            s.ops->sync(s.self);
    }
    journal_close(j);
    j = must_open(&f, SMALL_SEGMENT, 2);
    journal_store(j, &s);
    history_check(&s, 2);
    journal_close(j);
    folder_remove(&f);
}

static void
a_turn_larger_than_a_segment_gets_one_of_its_size(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct buf facts = {0}, got = {0};
    struct store s;

    (void)state;
    journal_store(j, &s);
    history_append(&s, 1);
    s.ops->sync(s.self);
    uint8_t *body = malloc(BODY_MAX);
    for (size_t i = 0; i < BODY_MAX; i++)
        body[i] = (uint8_t)(i * 7 + 1);
    struct fact entry = {.type = FACT_ENTRY,
                         .lane = 1,
                         .blob_head = sample_salt(1, 0),
                         .blob_body = slice_of(body, BODY_MAX)};
    fact_put(&facts, &entry);
    s.ops->append(s.self, buf_slice(&facts));
    for (int round = 0; round < 3; round++) {
        buf_reset(&got);
        assert_int_equal(s.ops->body(s.self, 1, 0, &got), OK);
        assert_int_equal(got.size, SALT_BYTES + BODY_MAX);
        assert_memory_equal(got.data + SALT_BYTES, body, BODY_MAX);
        if (round == 0)
            s.ops->sync(s.self);
        if (round != 1)
            continue;
        journal_close(j);
        struct journal_opening how = {f.path, NULL, NULL, SMALL_SEGMENT, NULL};
        char message[256];
        assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
        journal_store(j, &s);
    }
    assert_int_equal(journal_turn(j), 2);
    free(body);
    buf_clear(&facts);
    buf_clear(&got);
    journal_close(j);
    folder_remove(&f);
}

static void
a_new_segment_has_its_size_reserved(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);
    char path[256];
    struct stat info;

    (void)state;
    folder_file(&f, "00000001.seg", path, sizeof path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, JOURNAL_SEGMENT_BYTES);
    assert_int_equal(info.st_mode & 0777, 0600);
    journal_close(j);
    folder_remove(&f);
}

static void
a_second_opening_is_refused_while_the_first_lasts(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0), *second = NULL;
    struct journal_opening how = {f.path, NULL, NULL, SMALL_SEGMENT, NULL};
    char message[256];

    (void)state;
    assert_int_equal(journal_open(&how, &second, message, sizeof message),
                     ERR_NOT_NOW);
    assert_null(second);
    assert_non_null(strstr(message, "another process"));
    journal_close(j);
    j = must_open(&f, SMALL_SEGMENT, 0);
    journal_close(j);
    folder_remove(&f);
}

static void
a_folder_that_cannot_be_had_is_said_by_name(void **state)
{
    struct journal_opening how = {"/proc/no/journal", NULL, NULL, 0, NULL};
    struct journal *j = NULL;
    char message[256];

    (void)state;
    assert_int_equal(journal_open(&how, &j, message, sizeof message), ERR_IO);
    assert_null(j);
    assert_non_null(strstr(message, "/proc/no/journal"));
}

static void
more_segments_than_files_may_be_open_are_read(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, KIB(5), 0);
    struct store s;

    (void)state;
    journal_store(j, &s);
    for (uint64_t turn = 1; turn <= 150; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
    struct journal_stats stats;
    journal_stats(j, &stats);
    assert_true(stats.segments > 130);
    history_check(&s, 150);
    journal_close(j);
    j = must_open(&f, KIB(5), 150);
    journal_store(j, &s);
    history_check(&s, 150);
    journal_close(j);
    folder_remove(&f);
}

static enum err
refuse_items(void *context, const struct fact *f)
{
    (void)context;
    return f->type == FACT_SUBMITTED ? ERR_FORKED : OK;
}

static void
a_fact_that_the_reader_refuses_ends_the_opening(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    char message[256];
    struct store s;

    (void)state;
    journal_store(j, &s);
    for (uint64_t turn = 1; turn <= 2; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
    journal_close(j);
    struct journal_opening how = {f.path, refuse_items, NULL, SMALL_SEGMENT,
                                  NULL};
    assert_int_equal(journal_open(&how, &j, message, sizeof message),
                     ERR_FORKED);
    assert_non_null(strstr(message, "00000001.seg"));
    folder_remove(&f);
}

/* Work of a process that is killed: `synced` is shared memory. */
struct work {
    const struct folder *folder;
    uint64_t until;
    uint64_t *synced;
};

static void
work_on(void *context)
{
    struct work *w = context;
    struct journal_opening how = {w->folder->path, NULL, NULL, KIB(6), NULL};
    struct journal *j = NULL;
    char message[256];
    struct store s;

    enum err e = journal_open(&how, &j, message, sizeof message);
    if (e)
        _exit((int)e);
    journal_store(j, &s);
    while (journal_turn(j) < w->until) {
        history_append(&s, journal_turn(j) + 1);
        s.ops->sync(s.self);
        *w->synced = journal_turn(j);
    }
    journal_close(j);
}

static uint64_t *
shared_number(void)
{
    void *memory = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

/* Open what a process left behind: every synced turn is there. */
static void
check_left_behind(const struct folder *f, uint64_t synced)
{
    struct history_reader reader = {0};
    struct journal_opening how = {f->path, history_read, &reader, KIB(6), NULL};
    struct journal *j = NULL;
    char message[256] = "";
    struct store s;

    assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
    assert_string_equal(message, "");
    assert_true(journal_turn(j) == synced || journal_turn(j) == synced + 1);
    assert_int_equal(reader.facts, history_facts(journal_turn(j)));
    journal_store(j, &s);
    history_check(&s, journal_turn(j));
    buf_clear(&reader.want);
    journal_close(j);
}

/* Each process goes on where the one before it was killed, at every call
 * that reaches the disk. */
static void
no_kill_at_any_call_loses_a_synced_turn(void **state)
{
    uint64_t *synced = shared_number();

    (void)state;
    for (uint64_t start = 0; start <= 9; start += 3) {
        int status = DISK_KILLED;
        for (long call = 0; status == DISK_KILLED; call++) {
            struct folder f = folder_new();
            struct work w = {&f, start, synced};
            *synced = 0;
            assert_int_equal(with_disk(DISK_WORKS, 0, work_on, &w), 0);
            w.until = start + 6;
            status = with_disk(DISK_KILLS, call, work_on, &w);
            assert_true(status == 0 || status == DISK_KILLED);
            assert_true(status == DISK_KILLED || call > 10);
            check_left_behind(&f, *synced);
            check_left_behind(&f, *synced > start ? *synced : start);
            folder_remove(&f);
        }
    }
    munmap(synced, sizeof *synced);
}

static void
a_chain_of_kills_loses_no_synced_turn(void **state)
{
    uint64_t *synced = shared_number();
    struct folder f = folder_new();
    struct work w = {&f, 40, synced};
    int kills = 0;

    (void)state;
    *synced = 0;
    for (long call = 0; *synced < w.until; call = (call + 5) % 17) {
        int status = with_disk(DISK_KILLS, call, work_on, &w);
        assert_true(status == 0 || status == DISK_KILLED);
        kills += status == DISK_KILLED;
    }
    assert_true(kills > 10);
    check_left_behind(&f, w.until);
    munmap(synced, sizeof *synced);
    folder_remove(&f);
}

/* Give the status of a process whose disk fails at call `call`; what it left
 * behind is checked. */
static int
with_failing_disk(enum disk_mode mode, long call, uint64_t *synced)
{
    struct folder f = folder_new();
    struct work w = {&f, 2, synced};

    *synced = 0;
    assert_int_equal(with_disk(DISK_WORKS, 0, work_on, &w), 0);
    w.until = 9;
    int status = with_disk(mode, call, work_on, &w);
    assert_true(status == 0 || status == ERR_IO ||
                status == JOURNAL_EXIT_STATUS);
    check_left_behind(&f, *synced > 2 ? *synced : 2);
    folder_remove(&f);
    return status;
}

static void
a_failing_disk_ends_the_process_or_the_opening(void **state)
{
    uint64_t *synced = shared_number();
    long calls = 0, ended = 0;
    int status;

    (void)state;
    while ((status = with_failing_disk(DISK_FAILS, calls, synced)) != 0) {
        ended += status == JOURNAL_EXIT_STATUS;
        calls++;
    }
    assert_true(ended > 10 && calls - ended > 5);
    for (long call = 0; call < calls; call++)
        assert_int_not_equal(with_failing_disk(DISK_FAILS_ONCE, call, synced),
                             0);
    munmap(synced, sizeof *synced);
}

static void
restarts_do_not_pile_up_files(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, SMALL_SEGMENT, 0);
    struct store s;

    (void)state;
    journal_close(j);
    for (int i = 0; i < 5; i++)
        journal_close(must_open(&f, SMALL_SEGMENT, 0));
    assert_int_equal(folder_count(&f), 1);
    j = must_open(&f, SMALL_SEGMENT, 0);
    journal_store(j, &s);
    history_append(&s, 1);
    s.ops->sync(s.self);
    journal_close(j);
    for (int i = 0; i < 20; i++)
        journal_close(must_open(&f, SMALL_SEGMENT, 1));
    assert_int_equal(folder_count(&f), 2);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_appended_is_read_before_and_after_the_sync),
        cmocka_unit_test(a_sync_of_nothing_is_no_turn),
        cmocka_unit_test(several_appends_before_a_sync_are_one_turn),
        cmocka_unit_test(what_was_not_synced_is_lost_by_a_close),
        cmocka_unit_test(a_turn_larger_than_a_segment_gets_one_of_its_size),
        cmocka_unit_test(a_new_segment_has_its_size_reserved),
        cmocka_unit_test(a_second_opening_is_refused_while_the_first_lasts),
        cmocka_unit_test(a_folder_that_cannot_be_had_is_said_by_name),
        cmocka_unit_test(more_segments_than_files_may_be_open_are_read),
        cmocka_unit_test(a_fact_that_the_reader_refuses_ends_the_opening),
        cmocka_unit_test(no_kill_at_any_call_loses_a_synced_turn),
        cmocka_unit_test(a_chain_of_kills_loses_no_synced_turn),
        cmocka_unit_test(a_failing_disk_ends_the_process_or_the_opening),
        cmocka_unit_test(restarts_do_not_pile_up_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
