#include "made.h"

static void
a_garbled_byte_with_a_whole_turn_behind_it_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    bool *is_blob = calloc(m.file.size, 1);
    blobs_mark(&m, is_blob);
    for (size_t at = SEGMENT_HEADER_BYTES; at < m.start[TURNS]; at++) {
        if (is_blob[at])
            continue;
        put_back(&m, 0, 0);
        m.file.data[at] ^= 0x04;
        folder_put(&m.folder, "00000001.seg", buf_slice(&m.file));
        m.file.data[at] ^= 0x04;
        assert_refused(&m, "00000001.seg");
    }
    free(is_blob);
    unmake(&m);
}

static void
a_garbled_body_with_a_turn_behind_it_is_found_when_it_is_read(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    bool *is_blob = calloc(m.file.size, 1);
    blobs_mark(&m, is_blob);
    size_t bodies = 0;
    for (size_t at = m.start[1]; at < m.start[TURNS]; at += 7) {
        struct history_reader reader = {0};
        struct journal_stats stats;
        struct journal *j = NULL;
        struct buf got = {0};
        char message[256];
        struct store s;
        if (!is_blob[at])
            continue;
        put_back(&m, 0, 0);
        m.file.data[at] ^= 0x04;
        folder_put(&m.folder, "00000001.seg", buf_slice(&m.file));
        m.file.data[at] ^= 0x04;
        assert_int_equal(open_at(&m.folder, &reader, &j, message), OK);
        journal_stats(j, &stats);
        assert_int_equal(stats.blobs_damaged, 1);
        assert_int_equal(reader.facts, history_facts(TURNS));
        journal_store(j, &s);
        int damaged = 0;
        for (uint64_t n = 0; n < TURNS - 1; n++) {
            damaged += s.ops->item(s.self, n, &got) == ERR_DAMAGED;
            damaged += s.ops->body(s.self, 0, n, &got) == ERR_DAMAGED;
            damaged += s.ops->body(s.self, 1, n, &got) == ERR_DAMAGED;
        }
        assert_true(damaged == 1 || damaged == 2);
        bodies++;
        journal_close(j);
        buf_clear(&got);
        buf_clear(&reader.want);
    }
    assert_true(bodies > 10);
    free(is_blob);
    unmake(&m);
}

static void
a_garbled_segment_header_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    for (size_t at = 0; at < 44; at++) {
        put_back(&m, 0, 0);
        m.file.data[at] ^= 0x80;
        folder_put(&m.folder, "00000001.seg", buf_slice(&m.file));
        m.file.data[at] ^= 0x80;
        assert_refused(&m, "00000001.seg");
    }
    put_back(&m, SEGMENT_HEADER_BYTES - 1, 0);
    assert_refused(&m, "00000001.seg");
    unmake(&m);
}

/* Runs a journal over three segments; the second holds whole turns only. */
static void
make_three(const struct folder *f)
{
    for (uint64_t turns = 2; turns <= 6; turns += 2)
        journal_write(f, turns);
    assert_int_equal(folder_count(f), 3);
}

static void
a_missing_segment_is_refused(void **state)
{
    static const char *const names[] = {"00000001.seg", "00000002.seg"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct made m = {.folder = folder_new()};
        char path[256];
        make_three(&m.folder);
        folder_file(&m.folder, names[i], path, sizeof path);
        assert_int_equal(unlink(path), 0);
        assert_refused(&m, names[i]);
        folder_remove(&m.folder);
    }
}

static void
a_segment_of_another_journal_is_refused(void **state)
{
    struct made m = {.folder = folder_new()};
    struct folder other = folder_new();
    struct buf file = {0};

    (void)state;
    make_three(&m.folder);
    make_three(&other);
    assert_true(folder_get(&other, "00000002.seg", &file));
    folder_put(&m.folder, "00000002.seg", buf_slice(&file));
    assert_refused(&m, "00000002.seg");
    buf_clear(&file);
    folder_remove(&other);
    folder_remove(&m.folder);
}

/* Turns 3 and 4 of the middle segment, cut back to less than it held when
 * the next one was begun. */
static void
a_segment_that_lost_its_end_is_refused(void **state)
{
    struct made m = {.folder = folder_new()};
    struct segment_header header;
    struct buf file = {0};
    struct frame f;

    (void)state;
    make_three(&m.folder);
    assert_true(folder_get(&m.folder, "00000002.seg", &file));
    assert_int_equal(segment_header_get(buf_slice(&file), &header), OK);
    size_t at = SEGMENT_HEADER_BYTES;
    assert_int_equal(
        frame_get(slice_of(file.data + at, file.size - at), &header.id, &f),
        OK);
    assert_int_equal(f.turn, 2);
    at += frame_bytes(&f);
    folder_put(&m.folder, "00000002.seg", slice_of(file.data, at));
    assert_refused(&m, "00000003.seg");
    buf_clear(&file);
    folder_remove(&m.folder);
}

/* Turns of two runs from one backup look alike, but are chained to what was
 * before them. */
static void
a_segment_of_another_course_of_events_is_refused(void **state)
{
    struct made m = {.folder = folder_new()};
    struct folder other = folder_new();
    struct history_reader reader = {0};
    struct buf file = {0}, facts = {0};
    struct journal *j = NULL;
    char message[256];
    struct store s;

    (void)state;
    journal_write(&m.folder, 2);
    assert_true(folder_get(&m.folder, "00000001.seg", &file));
    folder_put(&other, "00000001.seg", buf_slice(&file));
    journal_write(&m.folder, 3);
    journal_write(&m.folder, 4);
    assert_int_equal(open_at(&other, &reader, &j, message), OK);
    journal_store(j, &s);
    fact_put(&facts, &(struct fact){.type = FACT_ALARM, .code = 1});
    s.ops->append(s.self, buf_slice(&facts));
    s.ops->sync(s.self);
    journal_close(j);
    assert_true(folder_get(&other, "00000002.seg", &file));
    folder_put(&m.folder, "00000002.seg", buf_slice(&file));
    reader.rest.size = 0;
    struct journal_opening how = {m.folder.path, NULL, NULL, SEGMENT, NULL};
    assert_int_equal(journal_open(&how, &j, message, sizeof message),
                     ERR_DAMAGED);
    assert_non_null(strstr(message, "00000003.seg at byte 4096"));
    buf_clear(&reader.want);
    buf_clear(&facts);
    buf_clear(&file);
    folder_remove(&other);
    folder_remove(&m.folder);
}

static void
a_turn_that_is_chained_to_another_is_refused(void **state)
{
    struct made m;
    struct frame f;

    (void)state;
    make(&m);
    uint8_t *frame = m.file.data + m.start[TURNS];
    struct slice bytes = slice_of(frame, m.start[TURNS + 1] - m.start[TURNS]);
    assert_int_equal(frame_get(bytes, &m.id, &f), OK);
    f.chain++;
    f.checksum = frame_checksum_start();
    struct fact_size size;
    for (size_t at = FRAME_HEADER_BYTES;
         at < FRAME_HEADER_BYTES + f.facts_bytes; at += size.head + size.blob) {
        struct slice rest = slice_of(frame + at, bytes.size - at);
        assert_int_equal(fact_size(rest, &size), OK);
        rest.size = size.head;
        f.checksum = frame_checksum_head(f.checksum, rest);
    }
    frame_put(&f, &m.id, frame);
    assert_int_equal(frame_get(bytes, &m.id, &f), OK);
    put_back(&m, m.start[TURNS + 1], 0);
    assert_refused(&m, "00000001.seg");
    unmake(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_garbled_byte_with_a_whole_turn_behind_it_is_refused),
        cmocka_unit_test(
            a_garbled_body_with_a_turn_behind_it_is_found_when_it_is_read),
        cmocka_unit_test(a_garbled_segment_header_is_refused),
        cmocka_unit_test(a_missing_segment_is_refused),
        cmocka_unit_test(a_segment_of_another_journal_is_refused),
        cmocka_unit_test(a_segment_that_lost_its_end_is_refused),
        cmocka_unit_test(a_segment_of_another_course_of_events_is_refused),
        cmocka_unit_test(a_turn_that_is_chained_to_another_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
