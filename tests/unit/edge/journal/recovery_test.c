#include "made.h"

static uint64_t
whole_turns(const struct made *m, size_t size)
{
    uint64_t turns = 0;

    while (turns < TURNS && m->start[turns + 2] <= size)
        turns++;
    return turns;
}

static void
a_tail_cut_at_any_byte_loses_the_torn_turn_alone(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    for (size_t size = SEGMENT_HEADER_BYTES; size <= m.start[TURNS + 1];
         size++) {
        put_back(&m, size, 0);
        assert_recovers(&m, whole_turns(&m, size));
    }
    unmake(&m);
}

/* Bytes of the end that may be zeros without a change. */
static size_t
zeros_before(const struct made *m, size_t end)
{
    size_t n = 0;

    while (m->file.data[end - n - 1] == 0)
        n++;
    return n;
}

static void
zeros_from_any_byte_on_lose_the_torn_turn_alone(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    for (size_t size = m.start[2]; size <= m.start[TURNS + 1]; size += 3) {
        uint64_t turns = whole_turns(&m, size);
        if (turns < TURNS &&
            m.start[turns + 2] - size <= zeros_before(&m, m.start[turns + 2]))
            turns++;
        put_back(&m, size, 512);
        assert_recovers(&m, turns);
    }
    unmake(&m);
}

static void
a_tail_garbled_at_any_byte_loses_the_last_turn_alone(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    for (size_t at = m.start[TURNS]; at < m.start[TURNS + 1]; at++) {
        put_back(&m, m.start[TURNS + 1], 256);
        m.file.data[at] ^= 0x10;
        folder_put(&m.folder, "00000001.seg", buf_slice(&m.file));
        m.file.data[at] ^= 0x10;
        assert_recovers(&m, TURNS - 1);
    }
    unmake(&m);
}

/* The last turn's bodies are zeros where a write never came to them; in
 * turns before it they were erased. */
static void
erased_bodies_are_gone_and_unwritten_ones_are_torn(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    bool *is_blob = calloc(m.file.size, 1);
    blobs_mark(&m, is_blob);
    for (size_t turn = 2; turn <= TURNS; turn++) {
        struct history_reader reader = {0};
        struct buf copy = {0}, got = {0};
        struct journal *j = NULL;
        char message[256];
        struct store s;
        buf_put(&copy, buf_slice(&m.file));
        for (size_t at = m.start[turn]; at < m.start[turn + 1]; at++)
            if (is_blob[at])
                copy.data[at] = 0;
        put_back(&m, 0, 0);
        folder_put(&m.folder, "00000001.seg", buf_slice(&copy));
        assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
        journal_store(j, &s);
        if (turn == TURNS) {
            assert_int_equal(journal_turn(j), TURNS - 1);
            history_check(&s, TURNS - 1);
        } else {
            struct journal_stats stats;
            journal_stats(j, &stats);
            assert_int_equal(stats.blobs_damaged, 0);
            assert_int_equal(journal_turn(j), TURNS);
            assert_int_equal(s.ops->item(s.self, turn - 2, &got), ERR_GONE);
            assert_int_equal(s.ops->body(s.self, 0, turn - 2, &got), ERR_GONE);
            if (!sample_declined(turn - 2))
                assert_int_equal(s.ops->body(s.self, 1, turn - 2, &got),
                                 ERR_GONE);
            assert_int_equal(got.size, 0);
        }
        journal_close(j);
        buf_clear(&copy);
        buf_clear(&got);
        buf_clear(&reader.want);
    }
    free(is_blob);
    unmake(&m);
}

/* A later turn was begun only after the sync of this one: its damaged body
 * is no torn write, however little of the later turn is there. */
static void
a_torn_header_proves_the_turn_before_it(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    bool *is_blob = calloc(m.file.size, 1);
    blobs_mark(&m, is_blob);
    size_t at = m.start[TURNS] - 1;
    while (!is_blob[at])
        at--;
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];
    m.file.data[at] ^= 1;
    put_back(&m, m.start[TURNS] + FRAME_HEADER_BYTES, 100);
    for (int round = 0; round < 4; round++) {
        assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
        assert_int_equal(journal_turn(j), TURNS - 1);
        journal_close(j);
    }
    put_back(&m, m.start[TURNS] + FRAME_HEADER_BYTES - 20, 100);
    assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
    assert_int_equal(journal_turn(j), TURNS - 2);
    journal_close(j);
    buf_clear(&reader.want);
    free(is_blob);
    unmake(&m);
}

/* A kill between a segment's creation and its first frame. */
static void
a_segment_without_a_turn_is_replaced(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    for (uint64_t first = TURNS; first <= TURNS + 1; first++) {
        put_with_next(&m, first);
        assert_recovers(&m, TURNS);
        assert_int_equal(folder_count(&m.folder), 3);
    }
    unmake(&m);
}

/* What a crash left half made has no final name and is no segment. */
static void
a_half_made_segment_is_thrown_away(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    put_back(&m, m.start[TURNS + 1], 0);
    folder_put(&m.folder, SEGMENT_TEMPORARY, slice_of(m.file.data, 1000));
    assert_recovers(&m, TURNS);
    assert_int_equal(folder_count(&m.folder), 3);
    unmake(&m);
}

/* A segment is begun only after the sync of the turn before it. */
static void
a_segments_header_proves_the_turn_before_it(void **state)
{
    struct history_reader reader = {0};
    struct journal *j = NULL;
    struct journal_stats stats;
    char message[256];
    struct made m;

    (void)state;
    make(&m);
    bool *is_blob = calloc(m.file.size, 1);
    blobs_mark(&m, is_blob);
    size_t at = m.start[TURNS + 1] - 1;
    while (!is_blob[at])
        at--;
    m.file.data[at] ^= 1;
    put_with_next(&m, TURNS + 1);
    for (int round = 0; round < 4; round++) {
        assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
        assert_int_equal(journal_turn(j), TURNS);
        journal_stats(j, &stats);
        assert_int_equal(stats.blobs_damaged, 1);
        journal_close(j);
    }
    assert_int_equal(folder_count(&m.folder), 3);
    put_with_next(&m, TURNS + 2);
    assert_refused(&m, "00000002.seg");
    buf_clear(&reader.want);
    free(is_blob);
    unmake(&m);
}

static void
an_old_segment_is_cut_to_what_it_holds(void **state)
{
    struct made m;
    struct buf file = {0};

    (void)state;
    make(&m);
    assert_int_equal(m.file.size, SEGMENT);
    journal_write(&m.folder, TURNS);
    assert_true(folder_get(&m.folder, "00000001.seg", &file));
    assert_int_equal(file.size, m.start[TURNS + 1] + FRAME_HEADER_BYTES);
    buf_clear(&file);
    unmake(&m);
}

/* The next start needs it, on a disk that somebody filled meanwhile. */
static void
a_journal_that_is_closed_keeps_the_room_it_made(void **state)
{
    struct folder f = folder_new();
    struct buf file = {0};

    (void)state;
    journal_write(&f, TURNS);
    assert_true(folder_get(&f, "00000001.seg", &file));
    assert_int_equal(file.size, SEGMENT);
    buf_clear(&file);
    folder_remove(&f);
}

/* Where the copy of the last turn rots, the first one serves, whether more
 * turns stand behind the copy or none. */
static void
a_copy_worse_than_the_first_is_not_read(void **state)
{
    (void)state;
    for (uint64_t more = 0; more <= 1; more++) {
        struct made m;
        struct buf file = {0};
        make(&m);
        bool *is_blob = calloc(m.file.size, 1);
        blobs_mark(&m, is_blob);
        size_t at = m.start[TURNS + 1] - 1;
        while (!is_blob[at])
            at--;
        journal_write(&m.folder, TURNS + more);
        assert_true(folder_get(&m.folder, "00000002.seg", &file));
        file.data[SEGMENT_HEADER_BYTES + at - m.start[TURNS]] ^= 1;
        folder_put(&m.folder, "00000002.seg", buf_slice(&file));
        assert_recovers(&m, TURNS + more);
        buf_clear(&file);
        free(is_blob);
        unmake(&m);
    }
}

/* The copy of the last turn serves reads where the first one rots. */
static void
the_last_turn_is_read_from_its_copy(void **state)
{
    struct made m;
    struct history_reader reader = {0};
    struct journal *j = NULL;
    char message[256];
    struct store s;

    (void)state;
    make(&m);
    assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
    memset(m.file.data + m.start[TURNS], 0xee,
           m.start[TURNS + 1] - m.start[TURNS]);
    folder_put(&m.folder, "00000001.seg", buf_slice(&m.file));
    journal_store(j, &s);
    history_check(&s, TURNS);
    journal_close(j);
    assert_recovers(&m, TURNS);
    buf_clear(&reader.want);
    unmake(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tail_cut_at_any_byte_loses_the_torn_turn_alone),
        cmocka_unit_test(zeros_from_any_byte_on_lose_the_torn_turn_alone),
        cmocka_unit_test(a_tail_garbled_at_any_byte_loses_the_last_turn_alone),
        cmocka_unit_test(erased_bodies_are_gone_and_unwritten_ones_are_torn),
        cmocka_unit_test(a_torn_header_proves_the_turn_before_it),
        cmocka_unit_test(a_segment_without_a_turn_is_replaced),
        cmocka_unit_test(a_half_made_segment_is_thrown_away),
        cmocka_unit_test(a_segments_header_proves_the_turn_before_it),
        cmocka_unit_test(an_old_segment_is_cut_to_what_it_holds),
        cmocka_unit_test(a_journal_that_is_closed_keeps_the_room_it_made),
        cmocka_unit_test(a_copy_worse_than_the_first_is_not_read),
        cmocka_unit_test(the_last_turn_is_read_from_its_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
