/*
 * jump_test - a restore leaves turn numbers out, and nothing else may.
 */
#include "made.h"

static void
append_restored(struct journal *j, uint64_t turn)
{
    struct fact f = {.type = FACT_RESTORED,
                     .item = 1,
                     .number = turn,
                     .code = RESTORED_DECLARED};
    struct buf facts = {0};
    struct store s;

    fact_put(&facts, &f);
    journal_store(j, &s);
    s.ops->append(s.self, buf_slice(&facts));
    assert_int_equal(s.ops->turn(s.self), turn);
    s.ops->sync(s.self);
    assert_int_equal(journal_turn(j), turn);
    assert_int_equal(s.ops->turn(s.self), turn + 1);
    buf_clear(&facts);
}

static enum err
count_facts(void *context, const struct fact *f)
{
    uint64_t *count = context;

    (void)f;
    ++*count;
    return OK;
}

static struct journal *
must_open(const struct folder *f, size_t segment_bytes, uint64_t facts)
{
    uint64_t count = 0;
    struct journal_opening how = {f->path, count_facts, &count, segment_bytes,
                                  NULL};
    struct journal *j;
    char message[256] = "";

    assert_int_equal(journal_open(&how, &j, message, sizeof message), OK);
    assert_int_equal(count, facts);
    return j;
}

static void
write_with_a_jump(const struct folder *f, size_t segment_bytes, uint64_t to)
{
    struct journal *j = must_open(f, segment_bytes, 0);
    struct store s;

    journal_store(j, &s);
    for (uint64_t turn = 1; turn <= 10; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
    append_restored(j, to);
    for (uint64_t turn = 11; turn <= 20; turn++) {
        history_append(&s, turn);
        s.ops->sync(s.self);
    }
    journal_close(j);
}

static void
turn_numbers_go_on_where_a_restore_says(void **state)
{
    static const size_t segments[] = {0, KIB(4), KIB(5), KIB(6), KIB(16)};
    static const uint64_t jumps[] = {11, 12, 500};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
        for (size_t n = 0; n < ARRAY_SIZE(jumps); n++) {
            struct folder f = folder_new();
            write_with_a_jump(&f, segments[i], jumps[n]);
            for (int again = 0; again < 3; again++) {
                struct journal *j =
                    must_open(&f, segments[i], history_facts(20) + 1);
                struct store s;
                assert_int_equal(journal_turn(j), jumps[n] + 10);
                journal_store(j, &s);
                history_check(&s, 20);
                journal_close(j);
            }
            folder_remove(&f);
        }
}

/* Directly behind the restore, which then is the last turn. */
static void
a_restore_may_be_the_last_turn(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);
    struct store s;

    (void)state;
    journal_store(j, &s);
    history_append(&s, 1);
    s.ops->sync(s.self);
    append_restored(j, 40);
    journal_close(j);
    for (int again = 0; again < 3; again++) {
        j = must_open(&f, 0, FACTS_OF_TURN_1 + 1);
        assert_int_equal(journal_turn(j), 40);
        journal_close(j);
    }
    folder_remove(&f);
}

/* Change the number of a frame in a segment and make its checksum good. */
static bool
renumber(struct buf *file, const struct journal_id *id, uint64_t from,
         uint64_t to)
{
    struct frame f;

    for (size_t at = SEGMENT_HEADER_BYTES; at < file->size; at += FRAME_ALIGN) {
        struct slice rest = slice_of(file->data + at, file->size - at);
        if (frame_get(rest, id, &f) || f.turn != from)
            continue;
        uint32_t checksum = frame_checksum_start();
        for (size_t p = FRAME_HEADER_BYTES;
             p < FRAME_HEADER_BYTES + f.facts_bytes;) {
            struct fact_size size;
            assert_int_equal(
                fact_size(slice_of(rest.data + p, rest.size - p), &size), OK);
            checksum = frame_checksum_head(checksum,
                                           slice_of(rest.data + p, size.head));
            p += size.head + size.blob;
        }
        f.turn = to;
        f.checksum = checksum;
        frame_put(&f, id, file->data + at);
        return true;
    }
    return false;
}

static void
a_gap_that_no_restore_explains_is_damage(void **state)
{
    static const struct {
        uint64_t from, to;
    } cases[] = {{20, 25}, {510, 511}, {500, 501}, {500, 499}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct folder f = folder_new();
        struct buf file = {0};
        struct segment_header h;
        char message[256];
        struct journal_opening how = {.directory = f.path};
        struct journal *j;

        write_with_a_jump(&f, 0, i ? 500 : 11);
        assert_true(folder_get(&f, "00000001.seg", &file));
        assert_int_equal(segment_header_get(buf_slice(&file), &h), OK);
        assert_true(renumber(&file, &h.id, cases[i].from, cases[i].to));
        folder_put(&f, "00000001.seg", buf_slice(&file));
        assert_int_equal(journal_open(&how, &j, message, sizeof message),
                         ERR_DAMAGED);
        buf_clear(&file);
        folder_remove(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turn_numbers_go_on_where_a_restore_says),
        cmocka_unit_test(a_restore_may_be_the_last_turn),
        cmocka_unit_test(a_gap_that_no_restore_explains_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
