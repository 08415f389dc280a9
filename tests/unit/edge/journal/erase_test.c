/*
 * erase_test - what an expunge leaves of salt and body in the raw files.
 */
#include "made.h"

/* Erasures that the tests do: an entry of ours, one of theirs that is kept,
 * one that was declined, and an item of the outbox. */
static const struct erasure erasures[] = {
    {0, 1}, {1, 1}, {1, 0}, {ERASE_ITEM, 2}};

#define LAST_ENTRY (TURNS - 2)

/* Fewer bytes may stand anywhere. */
#define TELLING_BYTES 8

static bool
file_holds(const struct buf *file, struct slice what)
{
    return what.size >= TELLING_BYTES &&
           memmem(file->data, file->size, what.data, what.size) != NULL;
}

/* Tell whether any file of the folder holds these bytes. */
static bool
folder_holds(const struct folder *f, struct slice what)
{
    DIR *folder = opendir(f->path);
    struct dirent *entry;
    struct buf file = {0};
    bool found = false;

    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(folder_get(f, entry->d_name, &file));
        found = found || file_holds(&file, what);
    }
    closedir(folder);
    buf_clear(&file);
    return found;
}

static void
assert_nothing_left(const struct folder *f, uint32_t lane, uint64_t n)
{
    assert_false(folder_holds(f, sample_salt(lane, n)));
    assert_false(folder_holds(f, sample_body(lane, n)));
    if (lane == 0)
        assert_false(folder_holds(f, sample_salt(9, n)));
}

static struct journal *
must_open(const struct folder *f, struct store *s)
{
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];

    assert_int_equal(open_at(f, &reader, &j, message), OK);
    assert_int_equal(reader.facts, history_facts(reader.turn));
    journal_store(j, s);
    buf_clear(&reader.want);
    return j;
}

static void
nothing_of_what_was_erased_is_left_in_any_file(void **state)
{
    struct folder f = folder_new();
    struct buf got = {0};
    struct store s;

    (void)state;
    journal_write(&f, 60);
    struct journal *j = must_open(&f, &s);
    assert_true(folder_count(&f) > 3);
    for (uint64_t n = 0; n < 59; n += 3) {
        assert_true(folder_holds(&f, sample_salt(0, n)));
        s.ops->erase(s.self, &(struct erasure){0, n}, 1);
        s.ops->erase(s.self, &(struct erasure){1, n}, 1);
        assert_nothing_left(&f, 0, n);
        assert_nothing_left(&f, 1, n);
        assert_int_equal(s.ops->body(s.self, 0, n, &got), ERR_GONE);
        assert_int_equal(s.ops->item(s.self, n, &got), ERR_GONE);
        assert_int_equal(s.ops->body(s.self, 1, n, &got),
                         sample_declined(n) ? ERR_NOT_FOUND : ERR_GONE);
    }
    journal_close(j);
    for (int again = 0; again < 3; again++) {
        j = must_open(&f, &s);
        for (uint64_t n = 0; n < 59; n++) {
            if (n % 3 == 0) {
                assert_int_equal(s.ops->body(s.self, 0, n, &got), ERR_GONE);
                continue;
            }
            assert_entry(&s, 0, n);
            assert_entry(&s, 1, n);
        }
        journal_close(j);
    }
    assert_int_equal(got.size, 0);
    folder_remove(&f);
}

static void
erase_and_count_syncs(void *folder)
{
    struct store s;
    struct journal *j = must_open(folder, &s);

    disk_syncs = 0;
    s.ops->erase(s.self, &(struct erasure){0, 1}, 1);
    long syncs = disk_syncs;
    journal_close(j);
    _exit(syncs == 1 ? 0 : 1);
}

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that" */
static void
an_erasure_is_synced(void **state)
{
    struct folder f = folder_new();

    (void)state;
    journal_write(&f, 60);
    assert_int_equal(with_disk(DISK_WORKS, 0, erase_and_count_syncs, &f), 0);
    assert_nothing_left(&f, 0, 1);
    folder_remove(&f);
}

static void
an_outbox_item_is_erased_alone(void **state)
{
    struct folder f = folder_new();
    struct buf got = {0};
    struct store s;

    (void)state;
    journal_write(&f, TURNS);
    struct journal *j = must_open(&f, &s);
    s.ops->erase(s.self, &(struct erasure){ERASE_ITEM, 1}, 1);
    assert_false(folder_holds(&f, sample_salt(9, 1)));
    assert_false(folder_holds(&f, sample_body(0, 1)));
    assert_true(folder_holds(&f, sample_salt(0, 1)));
    assert_int_equal(s.ops->item(s.self, 1, &got), ERR_GONE);
    journal_close(j);
    folder_remove(&f);
}

static void
what_is_not_there_is_passed_over(void **state)
{
    static const struct erasure none[] = {
        {0, 99}, {7, 0}, {ERASE_ITEM, 99}, {1, 0}};
    struct folder f = folder_new();
    struct store s;

    (void)state;
    journal_write(&f, TURNS);
    struct journal *j = must_open(&f, &s);
    s.ops->erase(s.self, none, ARRAY_SIZE(none));
    history_check(&s, TURNS);
    s.ops->erase(s.self, none, 0);
    assert_int_equal(journal_turn(j), TURNS);
    journal_close(j);
    folder_remove(&f);
}

/* Each start writes the last turn once more: all copies are reached. */
static void
every_copy_of_the_last_turn_is_reached(void **state)
{
    struct folder f = folder_new();
    struct buf got = {0};
    struct store s;

    (void)state;
    journal_write(&f, TURNS);
    struct journal *j = must_open(&f, &s);
    assert_int_equal(folder_count(&f), 2);
    history_append(&s, TURNS + 1);
    s.ops->sync(s.self);
    s.ops->erase(s.self, &(struct erasure){0, LAST_ENTRY}, 1);
    s.ops->erase(s.self, &(struct erasure){1, LAST_ENTRY}, 1);
    assert_nothing_left(&f, 0, LAST_ENTRY);
    assert_nothing_left(&f, 1, LAST_ENTRY);
    assert_entry(&s, 0, LAST_ENTRY + 1);
    journal_close(j);
    j = must_open(&f, &s);
    assert_int_equal(s.ops->body(s.self, 0, LAST_ENTRY, &got), ERR_GONE);
    assert_entry(&s, 0, LAST_ENTRY + 1);
    journal_close(j);
    folder_remove(&f);
}

/* Without something behind it a turn with zeros in it would be taken for
 * torn, and dropped. */
static void
the_last_turn_stays_when_it_is_erased(void **state)
{
    struct folder f = folder_new();
    struct buf got = {0};
    struct store s;

    (void)state;
    journal_write(&f, TURNS);
    struct journal *j = must_open(&f, &s);
    s.ops->erase(s.self, &(struct erasure){0, LAST_ENTRY}, 1);
    assert_int_equal(s.ops->turn(s.self), TURNS + 2);
    journal_close(j);
    j = must_open(&f, &s);
    assert_int_equal(journal_turn(j), TURNS + 1);
    assert_int_equal(s.ops->body(s.self, 0, LAST_ENTRY, &got), ERR_GONE);
    assert_entry(&s, 1, LAST_ENTRY);
    assert_nothing_left(&f, 0, LAST_ENTRY);
    history_append(&s, TURNS + 1);
    s.ops->sync(s.self);
    journal_close(j);
    j = must_open(&f, &s);
    assert_entry(&s, 0, LAST_ENTRY + 1);
    journal_close(j);
    folder_remove(&f);
}

/* ---- crashes ------------------------------------------------------------- */

static void
erase_all(void *context)
{
    const struct folder *f = context;
    struct store s;
    struct journal *j = must_open(f, &s);

    s.ops->erase(s.self, erasures, ARRAY_SIZE(erasures));
    journal_close(j);
}

static void
assert_erased(const struct folder *f)
{
    struct buf got = {0};
    struct store s;
    struct journal *j = must_open(f, &s);

    s.ops->erase(s.self, erasures, ARRAY_SIZE(erasures));
    assert_nothing_left(f, 0, 1);
    assert_nothing_left(f, 1, 1);
    assert_false(folder_holds(f, sample_salt(9, 2)));
    assert_int_equal(s.ops->body(s.self, 0, 1, &got), ERR_GONE);
    assert_int_equal(s.ops->body(s.self, 1, 1, &got), ERR_GONE);
    assert_entry(&s, 0, 0);
    assert_entry(&s, 1, 2);
    journal_close(j);
}

/* At whatever write or sync the process dies, the next start opens with every
 * turn, and erasing again erases all. */
static void
a_crash_at_any_call_leaves_what_can_be_erased_again(void **state)
{
    long calls = 0;
    int status;

    (void)state;
    do {
        struct folder f = folder_new();
        journal_write(&f, TURNS);
        status = with_disk(DISK_KILLS, calls++, erase_all, &f);
        assert_true(status == 0 || status == DISK_KILLED);
        assert_erased(&f);
        folder_remove(&f);
    } while (status);
    assert_true(calls > 8);
}

static void
a_disk_that_says_no_ends_the_process(void **state)
{
    long calls = 0;
    int status, ended = 0;

    (void)state;
    do {
        struct folder f = folder_new();
        journal_write(&f, TURNS);
        status = with_disk(DISK_FAILS, calls++, erase_all, &f);
        ended += status == JOURNAL_EXIT_STATUS;
        assert_erased(&f);
        folder_remove(&f);
    } while (status);
    assert_true(ended >= 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_what_was_erased_is_left_in_any_file),
        cmocka_unit_test(an_erasure_is_synced),
        cmocka_unit_test(an_outbox_item_is_erased_alone),
        cmocka_unit_test(what_is_not_there_is_passed_over),
        cmocka_unit_test(every_copy_of_the_last_turn_is_reached),
        cmocka_unit_test(the_last_turn_stays_when_it_is_erased),
        cmocka_unit_test(a_crash_at_any_call_leaves_what_can_be_erased_again),
        cmocka_unit_test(a_disk_that_says_no_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
