#include "edge/journal/retire.h"

#include "checks.h"

#include "disk.h"
#include "folder.h"

#define SMALL_SEGMENT KIB(16)
#define TURNS 200

/* More than an opening and all that is retired in it make. */
#define CALLS 50

/* How far bodies may go: of lane 0, of lane 1, of items. */
struct floors {
    uint64_t lanes[2], items;
};

static uint64_t
entries_free(void *self, uint32_t lane)
{
    const struct floors *f = self;

    return lane < 2 ? f->lanes[lane] : 0;
}

static uint64_t
items_free(void *self, uint32_t peer)
{
    const struct floors *f = self;

    return peer == 0 ? f->items : 0;
}

static struct retire
how_of(struct floors *f)
{
    return (struct retire){
        .entries = entries_free, .items = items_free, .self = f};
}

static struct journal *
must_open(const struct folder *f, uint64_t turns)
{
    struct history_reader reader = {0};
    struct journal_opening how = {f->path, history_read, &reader, SMALL_SEGMENT,
                                  NULL};
    char message[256] = "";
    struct journal *j = NULL;

    enum err e = journal_open(&how, &j, message, sizeof message);
    assert_string_equal(message, "");
    assert_int_equal(e, OK);
    assert_int_equal(reader.facts, history_facts(turns));
    buf_clear(&reader.want);
    return j;
}

static void
append_turns(struct journal *j, uint64_t from, uint64_t to)
{
    struct store s;

    journal_store(j, &s);
    for (uint64_t turn = from; turn <= to; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
}

/* Retire all that is due; give how many. */
static size_t
retire_all(struct journal *j, struct floors *f)
{
    struct retire how = how_of(f);
    struct retired done;
    size_t count = 0;
    uint32_t number;

    while ((number = journal_retire(j, &how)) != 0) {
        assert_true(journal_retired(j, number, &done));
        assert_true(done.after < done.before);
        count++;
    }
    return count;
}

/* Everything but bodies is there; of those all above the floors, and where
 * `gone` says so, a good part of those below is not. */
static size_t
check(const struct journal *j, const struct floors *f, uint64_t turns)
{
    struct store s;
    size_t gone = 0;

    journal_store((struct journal *)(uintptr_t)j, &s);
    for (uint64_t n = 0; n + 2 <= turns; n++) {
        for (uint32_t lane = 0; lane < 2; lane++) {
            uint8_t record[LEAF_BYTES], want[LEAF_BYTES];
            struct checkpoint c;
            struct buf body = {0};
            sample_record(lane, n, want);
            assert_int_equal(s.ops->record(s.self, lane, n, record), OK);
            assert_memory_equal(record, want, LEAF_BYTES);
            assert_int_equal(s.ops->checkpoint(s.self, lane, n + 1, &c), OK);
            assert_int_equal(c.size, n + 1);
            bool free = n < f->lanes[lane];
            enum err e = s.ops->body(s.self, lane, n, &body);
            if (e == ERR_GONE && free)
                gone++;
            else
                assert_body(&s, lane, n);
            buf_clear(&body);
        }
        struct buf item = {0};
        enum err e = s.ops->item(s.self, n, &item);
        assert_true(e == OK || (e == ERR_GONE && n < f->items));
        assert_true(e || slice_equal(buf_slice(&item), sample_body(0, n)));
        buf_clear(&item);
    }
    return gone;
}

static uint64_t
bytes_in(const struct folder *f)
{
    DIR *folder = opendir(f->path);
    struct dirent *entry;
    struct stat info;
    uint64_t bytes = 0;

    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(folder), entry->d_name, &info, 0) == 0)
            bytes += (uint64_t)info.st_size;
    closedir(folder);
    return bytes;
}

static void
only_bodies_that_may_go_are_gone_before_and_after_a_start(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors floors = {{150, 150}, 150};

    (void)state;
    append_turns(j, 1, TURNS);
    uint64_t before = bytes_in(&f);
    size_t retired = retire_all(j, &floors);
    assert_true(retired > 3);
    assert_true(bytes_in(&f) < before);
    size_t gone = check(j, &floors, TURNS);
    assert_in_range(gone, 150, 300);
    append_turns(j, TURNS + 1, TURNS + 5);
    assert_int_equal(check(j, &floors, TURNS + 5), gone);
    journal_close(j);
    for (int again = 0; again < 3; again++) {
        j = must_open(&f, TURNS + 5);
        assert_int_equal(check(j, &floors, TURNS + 5), gone);
        assert_int_equal(retire_all(j, &floors), 0);
        journal_close(j);
    }
    folder_remove(&f);
}

/* A peer that is down keeps its own bodies alone. */
static void
what_is_not_receipted_stays_and_goes_later(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors floors = {{0, TURNS}, 0};

    (void)state;
    append_turns(j, 1, TURNS);
    assert_int_equal(retire_all(j, &floors), 0); /* less than half may go */
    floors = (struct floors){{TURNS, TURNS}, 10};
    assert_true(retire_all(j, &floors) > 3);
    size_t gone = check(j, &floors, TURNS);
    assert_true(gone > 0);
    floors.items = TURNS;
    assert_true(retire_all(j, &floors) > 0);
    assert_true(check(j, &floors, TURNS) >= gone);
    journal_close(j);
    j = must_open(&f, TURNS);
    (void)retire_all(j, &floors);
    assert_true(check(j, &floors, TURNS) >= gone);
    journal_close(j);
    folder_remove(&f);
}

static void
nothing_goes_while_nothing_may(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors none = {{0, 0}, 0};

    (void)state;
    append_turns(j, 1, TURNS);
    size_t files = folder_count(&f);
    assert_int_equal(retire_all(j, &none), 0);
    assert_int_equal(folder_count(&f), files);
    assert_int_equal(check(j, &none, TURNS), 0);
    journal_close(j);
    folder_remove(&f);
}

struct attempt {
    const struct folder *folder;
    struct floors floors;
};

static void
open_and_retire(void *context)
{
    struct attempt *a = context;
    struct journal_opening how = {a->folder->path, NULL, NULL, SMALL_SEGMENT,
                                  NULL};
    char message[256];
    struct journal *j;

    if (journal_open(&how, &j, message, sizeof message) != OK)
        _exit(3);
    (void)retire_all(j, &a->floors);
    journal_close(j);
}

/* Killed, or refused by the disk, at every write, sync, rename and cut. */
static void
no_moment_of_a_crash_loses_what_must_live(void **state)
{
    static const enum disk_mode modes[] = {DISK_KILLS, DISK_FAILS,
                                           DISK_FAILS_ONCE};

    (void)state;
    for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
        long struck = 0, whole = 0;
        for (long left = 0; left < CALLS; left++) {
            struct folder f = folder_new();
            struct attempt a = {&f, {{60, 60}, 60}};
            struct journal *j = must_open(&f, 0);
            append_turns(j, 1, 90);
            journal_close(j);
            int status = with_disk(modes[m], left, open_and_retire, &a);
            j = must_open(&f, 90);
            (void)check(j, &a.floors, 90);
            (void)retire_all(j, &a.floors);
            assert_true(check(j, &a.floors, 90) > 20);
            journal_close(j);
            struct journal *again = must_open(&f, 90);
            journal_close(again);
            folder_remove(&f);
            struck += status != 0;
            whole += status == 0;
        }
        assert_true(struck > 3 && whole > 0);
    }
}

static void
where_both_files_stand_the_retired_one_counts(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors floors = {{60, 60}, 60};
    struct buf file = {0};

    (void)state;
    append_turns(j, 1, 90);
    assert_true(folder_get(&f, "00000001.seg", &file));
    assert_true(retire_all(j, &floors) > 0);
    journal_close(j);
    folder_put(&f, "00000001.seg", buf_slice(&file));
    folder_put(&f, "00000007.keep", slice_str("half of it"));
    j = must_open(&f, 90);
    assert_false(folder_get(&f, "00000001.kept", &file));
    assert_false(folder_get(&f, "00000007.keep", &file));
    struct store s;
    journal_store(j, &s);
    assert_body(&s, 0, 0);
    assert_body(&s, 1, 0);
    journal_close(j);
    buf_clear(&file);
    folder_remove(&f);
}

static void
an_erasure_meanwhile_keeps_the_segment(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors floors = {{60, 60}, 60};
    struct retire how = how_of(&floors);
    struct retired done;

    (void)state;
    append_turns(j, 1, 90);
    uint32_t number = journal_retire(j, &how);
    assert_int_not_equal(number, 0);
    j->erasures++;
    assert_false(journal_retired(j, number, &done));
    struct journal *again = j;
    how.now_ms = 1;
    number = journal_retire(again, &how);
    assert_int_not_equal(number, 0);
    char path[256];
    uint8_t zeros[8] = {0};
    folder_file(&f, segment_name(number).text, path, sizeof path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, zeros, 0, 100), 0);
    assert_int_equal(futimens(fd, NULL), 0);
    close(fd);
    assert_false(journal_retired(j, number, &done));
    assert_int_equal(check(j, &(struct floors){{0, 0}, 0}, 90), 0);
    journal_close(j);
    j = must_open(&f, 90);
    journal_close(j);
    folder_remove(&f);
}

/* What stands in a kept segment is checked as in any other. */
static void
no_flipped_bit_of_a_kept_segment_goes_unnoticed(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0);
    struct floors floors = {{90, 90}, 90};
    struct buf file = {0};
    size_t tried = 0;

    (void)state;
    append_turns(j, 1, 90);
    assert_true(retire_all(j, &floors) > 0);
    journal_close(j);
    assert_true(folder_get(&f, "00000001.kept", &file));
    for (size_t at = 0; at < file.size; at += at < 5000 ? 1 : 37) {
        struct history_reader reader = {0};
        struct journal_opening how = {f.path, history_read, &reader, 0, NULL};
        char message[256];
        if (at >= 44 && at < SEGMENT_HEADER_BYTES)
            continue; /* nothing stands there */
        file.data[at] ^= (uint8_t)(1u << at % 8);
        folder_put(&f, "00000001.kept", buf_slice(&file));
        enum err e = journal_open_to_read(&how, &j, message, sizeof message);
        assert_int_not_equal(e, OK);
        file.data[at] ^= (uint8_t)(1u << at % 8);
        buf_clear(&reader.want);
        tried++;
    }
    assert_true(tried > 900);
    folder_put(&f, "00000001.kept", buf_slice(&file));
    j = must_open(&f, 90);
    journal_close(j);
    buf_clear(&file);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            only_bodies_that_may_go_are_gone_before_and_after_a_start),
        cmocka_unit_test(what_is_not_receipted_stays_and_goes_later),
        cmocka_unit_test(nothing_goes_while_nothing_may),
        cmocka_unit_test(no_moment_of_a_crash_loses_what_must_live),
        cmocka_unit_test(where_both_files_stand_the_retired_one_counts),
        cmocka_unit_test(an_erasure_meanwhile_keeps_the_segment),
        cmocka_unit_test(no_flipped_bit_of_a_kept_segment_goes_unnoticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
