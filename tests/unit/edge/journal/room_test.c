#include "edge/journal/journal.h"

#include "checks.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define HEADER KIB(4)
#define ROOM_OF(segment) ((segment)-HEADER - JOURNAL_KEPT_BYTES)

/* A disk of which so much is free; what is reserved on it takes no room. */
static uint64_t free_bytes;

int
fstatvfs(int fd, struct statvfs *out)
{
    (void)fd;
    *out = (struct statvfs){.f_frsize = 1, .f_bavail = free_bytes};
    return 0;
}

int
posix_fallocate(int fd, off_t at, off_t size)
{
    if ((uint64_t)size > free_bytes)
        return ENOSPC;
    return ftruncate(fd, at + size) == 0 ? 0 : errno;
}

static enum err
open_with(const struct folder *f, uint64_t has, struct journal **out)
{
    char message[256];
    struct journal_opening how = {.directory = f->path};

    free_bytes = has;
    return journal_open(&how, out, message, sizeof message);
}

static uint64_t
segments_of(const struct journal *j)
{
    struct journal_stats stats;

    journal_stats(j, &stats);
    return stats.segments;
}

static void
a_disk_with_plenty_bounds_nothing(void **state)
{
    struct folder f = folder_new();
    struct journal *j;

    (void)state;
    assert_int_equal(open_with(&f, 2 * JOURNAL_SEGMENT_BYTES, &j), OK);
    assert_true(journal_room(j) == JOURNAL_ROOM_PLENTY);
    free_bytes--;
    assert_true(journal_room(j) == ROOM_OF(JOURNAL_SEGMENT_BYTES));
    assert_int_equal(segments_of(j), 1);
    journal_close(j);
    folder_remove(&f);
}

static void
a_disk_too_small_for_a_segment_gets_a_smaller_one(void **state)
{
    struct folder f = folder_new();
    struct journal *j;

    (void)state;
    assert_int_equal(open_with(&f, JOURNAL_SEGMENT_BYTES / 2, &j), OK);
    assert_true(journal_room(j) == ROOM_OF(JOURNAL_SEGMENT_BYTES / 2));
    journal_close(j);
    assert_int_equal(open_with(&f, JOURNAL_SEGMENT_BYTES / 8, &j), OK);
    free_bytes = 0;
    assert_true(journal_room(j) == 0);
    journal_close(j);
    folder_remove(&f);
}

static void
a_disk_too_small_for_any_is_refused_and_left_as_it_was(void **state)
{
    struct folder f = folder_new();
    struct journal *j;
    char path[512];

    (void)state;
    assert_int_equal(open_with(&f, MIB(1), &j), ERR_IO);
    (void)snprintf(path, sizeof path, "%s/new.seg", f.path);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(open_with(&f, MIB(2), &j), OK);
    journal_close(j);
    folder_remove(&f);
}

static void
room_that_was_made_is_taken_at_once(void **state)
{
    struct folder f = folder_new();
    struct journal *j;

    (void)state;
    assert_int_equal(open_with(&f, MIB(16), &j), OK);
    free_bytes = 0;
    assert_true(journal_room(j) == ROOM_OF(MIB(16)));
    free_bytes = MIB(48);
    assert_true(journal_room(j) == ROOM_OF(MIB(47)));
    assert_int_equal(segments_of(j), 2);
    assert_true(journal_room(j) == ROOM_OF(MIB(47)));
    assert_int_equal(segments_of(j), 2);
    free_bytes = 4 * (uint64_t)JOURNAL_SEGMENT_BYTES;
    assert_true(journal_room(j) == JOURNAL_ROOM_PLENTY);
    journal_close(j);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_with_plenty_bounds_nothing),
        cmocka_unit_test(a_disk_too_small_for_a_segment_gets_a_smaller_one),
        cmocka_unit_test(
            a_disk_too_small_for_any_is_refused_and_left_as_it_was),
        cmocka_unit_test(room_that_was_made_is_taken_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
