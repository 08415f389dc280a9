#include "edge/journal/backup.h"

#include "checks.h"

#include "folder.h"

#include <sys/time.h>

#define SMALL_SEGMENT KIB(16)

static struct journal *
must_open(const struct folder *f)
{
    char message[256] = "";
    struct journal *j = NULL;
    struct journal_opening how = {f->path, NULL, NULL, SMALL_SEGMENT, NULL};

    assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
    return j;
}

static void
must_append(struct journal *j, uint64_t from, uint64_t to)
{
    struct store s;

    journal_store(j, &s);
    for (uint64_t turn = from; turn <= to; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
}

/* Copy one part, piece by piece, into the folder. */
static void
part_copy(const struct backup *from, const struct backup_part *p,
          const struct folder *to)
{
    struct buf bytes = {0};
    size_t before;

    do {
        before = bytes.size;
        assert_int_equal(
            from->ops->read(from->self, p, bytes.size, 1000, &bytes), OK);
        assert_true(bytes.size - before <= 1000);
    } while (bytes.size > before && bytes.size < p->bytes);
    assert_true(bytes.size >= p->bytes);
    bytes.size = (size_t)p->bytes;
    folder_put(to, p->name + strlen(JOURNAL_FOLDER "/"), buf_slice(&bytes));
    buf_clear(&bytes);
}

/* Tell whether what was copied is exactly so many turns. */
static void
copy_check(const struct folder *f, uint64_t turns)
{
    struct history_reader reader = {0};
    char message[256] = "";
    struct journal_opening how = {f->path, history_read, &reader, 0, NULL};
    struct journal *j;
    struct store s;

    assert_int_equal(journal_open_to_read(&how, &j, message, sizeof message),
                     OK);
    assert_int_equal(journal_turn(j), turns);
    assert_int_equal(reader.facts, history_facts(turns));
    journal_store(j, &s);
    history_check(&s, turns);
    buf_clear(&reader.want);
    journal_close(j);
}

static size_t
parts_of(const struct backup *from, struct backup_part *out, size_t most)
{
    size_t count = 0;

    while (from->ops->part(from->self, count, &out[count]) == OK)
        assert_true(++count < most);
    return count;
}

static void
parts_told_before_are_a_whole_copy_whatever_is_appended_since(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f);
    struct backup_part parts[64];
    struct backup from;
    struct backup_state told;

    (void)state;
    journal_backup(j, &from);
    for (uint64_t turns = 1; turns <= 121; turns += 15) {
        struct folder copy = folder_new();
        must_append(j, journal_turn(j) + 1, turns);
        from.ops->state(from.self, &told);
        assert_int_equal(told.turn, turns);
        size_t count = parts_of(&from, parts, ARRAY_SIZE(parts));
        must_append(j, turns + 1, turns + 14);
        for (size_t i = 0; i < count; i++)
            part_copy(&from, &parts[i], &copy);
        copy_check(&copy, turns);
        folder_remove(&copy);
    }
    journal_close(j);
    folder_remove(&f);
}

static void
a_part_that_changed_shows_it(void **state)
{
    static const struct timeval long_ago[2] = {{1700000000, 0},
                                               {1700000000, 0}};
    struct folder f = folder_new();
    struct journal *j = must_open(&f);
    struct backup_part first, again;
    struct backup from;
    char path[256];
    uint8_t zeros[32] = {0};

    (void)state;
    must_append(j, 1, 100);
    journal_backup(j, &from);
    folder_file(&f, "00000001.seg", path, sizeof path);
    assert_int_equal(from.ops->part(from.self, 0, &first), OK);
    assert_int_equal(first.changed_ns, 0); /* only now: it may change again */
    assert_int_equal(utimes(path, long_ago), 0);
    assert_int_equal(from.ops->part(from.self, 0, &first), OK);
    assert_int_equal(first.changed_ns, UINT64_C(1700000000000000000));
    assert_int_equal(from.ops->part(from.self, 0, &again), OK);
    assert_int_equal(again.changed_ns, first.changed_ns);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, zeros, sizeof zeros, 9000), sizeof zeros);
    close(fd);
    assert_int_equal(from.ops->part(from.self, 0, &again), OK);
    assert_int_not_equal(again.changed_ns, first.changed_ns);
    journal_close(j);
    folder_remove(&f);
}

static void
a_part_that_is_not_there_is_not_found(void **state)
{
    static const char *const names[] = {
        "", "00000001.seg", "journal/00000099.seg", "journal/../card",
        "journal/00000001.seg2"};
    struct folder f = folder_new();
    struct journal *j = must_open(&f);
    struct backup from;
    struct buf out = {0};

    (void)state;
    must_append(j, 1, 3);
    journal_backup(j, &from);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct backup_part p = {{0}, 0, 0};
        snprintf(p.name, sizeof p.name, "%s", names[i]);
        assert_int_equal(from.ops->read(from.self, &p, 0, 100, &out),
                         ERR_NOT_FOUND);
    }
    assert_int_equal(out.size, 0);
    journal_close(j);
    folder_remove(&f);
}

static void
reading_a_journal_changes_no_byte_of_it(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f);
    struct buf before = {0}, after = {0};

    (void)state;
    must_append(j, 1, 20);
    journal_close(j);
    assert_true(folder_get(&f, "00000001.seg", &before));
    size_t files = folder_count(&f);
    for (int i = 0; i < 3; i++)
        copy_check(&f, 20);
    assert_int_equal(folder_count(&f), files);
    assert_true(folder_get(&f, "00000001.seg", &after));
    assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
    buf_clear(&before);
    buf_clear(&after);
    folder_remove(&f);
}

static void
a_journal_in_use_is_not_read_and_one_being_read_is_not_opened(void **state)
{
    struct folder f = folder_new(), empty = folder_new();
    struct journal_opening how = {f.path, NULL, NULL, 0, NULL};
    struct journal *j = must_open(&f), *reader, *second;
    char message[256];

    (void)state;
    must_append(j, 1, 2);
    assert_int_equal(
        journal_open_to_read(&how, &reader, message, sizeof message),
        ERR_NOT_NOW);
    journal_close(j);
    assert_int_equal(
        journal_open_to_read(&how, &reader, message, sizeof message), OK);
    assert_int_equal(
        journal_open_to_read(&how, &second, message, sizeof message), OK);
    journal_close(second);
    assert_int_equal(journal_open(&how, &j, message, sizeof message),
                     ERR_NOT_NOW);
    journal_close(reader);
    how.directory = empty.path;
    assert_int_equal(
        journal_open_to_read(&how, &reader, message, sizeof message),
        ERR_NOT_FOUND);
    assert_int_equal(folder_count(&empty), 0);
    folder_remove(&f);
    folder_remove(&empty);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            parts_told_before_are_a_whole_copy_whatever_is_appended_since),
        cmocka_unit_test(a_part_that_changed_shows_it),
        cmocka_unit_test(a_part_that_is_not_there_is_not_found),
        cmocka_unit_test(reading_a_journal_changes_no_byte_of_it),
        cmocka_unit_test(
            a_journal_in_use_is_not_read_and_one_being_read_is_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
