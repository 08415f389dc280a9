/*
 * snapshot_test - what a snapshot spares an opening, and all that makes one
 *                 useless: then it says so, and without it all is there.
 */
#include "edge/journal/snapshot.h"

#include "checks.h"

#include "edge/journal/backup.h"
#include "edge/journal/retire.h"
#include "folder.h"

#define SMALL_SEGMENT KIB(16)
#define TURNS 150
#define MORE 40

/* An opening: the state that was handed out, and the turns behind it. */
struct opening {
    struct history_reader facts;
    uint64_t state_turn; /* that the state is of; 0: none came */
    enum err takes;      /* the answer to the state */
    char message[256];
};

static void
state_of(uint64_t turn, struct buf *out)
{
    buf_put_str(out, "what turns come to: ");
    buf_put_u64(out, turn);
}

static enum err
state_take(void *context, struct slice state)
{
    struct opening *o = context;
    struct buf want = {0};

    assert_true(state.size > sizeof(uint64_t));
    o->state_turn = get_be64(state.data + state.size - sizeof(uint64_t));
    state_of(o->state_turn, &want);
    assert_true(slice_equal(buf_slice(&want), state));
    buf_clear(&want);
    o->facts.turn = o->state_turn;
    return o->takes;
}

static enum err
fact_take(void *context, const struct fact *f)
{
    struct opening *o = context;

    return history_read(&o->facts, f);
}

static enum err
open_with(const struct folder *f, struct opening *o, bool snapshots,
          struct journal **out)
{
    struct journal_opening how = {.directory = f->path,
                                  .each = fact_take,
                                  .context = o,
                                  .segment_bytes = SMALL_SEGMENT,
                                  .state = snapshots ? state_take : NULL};

    *out = NULL;
    enum err e = journal_open(&how, out, o->message, sizeof o->message);
    buf_clear(&o->facts.want);
    assert_true(e == OK || o->message[0]);
    return e;
}

/* It opens with a snapshot of `from` turns, and holds `turns`. */
static struct journal *
must_open(const struct folder *f, uint64_t from, uint64_t turns)
{
    struct opening o = {.takes = OK};
    struct journal *j;
    struct store s;

    enum err e = open_with(f, &o, true, &j);
    assert_string_equal(o.message, "");
    assert_int_equal(e, OK);
    assert_int_equal(o.state_turn, from);
    assert_int_equal(o.facts.facts, history_facts(turns) - history_facts(from));
    assert_int_equal(journal_turn(j), turns);
    journal_store(j, &s);
    history_check(&s, turns);
    return j;
}

/* It does not open with its snapshot, which is named, and opens without. */
static void
must_refuse(const struct folder *f, uint64_t turns)
{
    struct opening o = {.takes = OK}, without = {.takes = OK};
    struct journal *j;

    assert_int_equal(open_with(f, &o, true, &j), ERR_STALE);
    assert_non_null(strstr(o.message, "/" SNAPSHOT_NAME));
    assert_int_equal(open_with(f, &without, false, &j), OK);
    assert_int_equal(without.facts.facts, history_facts(turns));
    journal_close(j);
}

static void
append_turns(struct journal *j, uint64_t upto)
{
    struct store s;

    journal_store(j, &s);
    while (journal_turn(j) < upto) {
        history_append(&s, journal_turn(j) + 1);
        s.ops->sync(s.self);
    }
}

/* What is given is a buffer. */
static void
state_put(const void *context, struct buf *out)
{
    buf_put(out, buf_slice(context));
}

static void
snapshot_write(struct journal *j)
{
    struct buf state = {0};
    bool done = false;

    state_of(journal_turn(j), &state);
    assert_int_equal(journal_snapshot_begin(j, state_put, &state), OK);
    while (!done)
        assert_int_equal(journal_snapshot_write(j, 100, &done), OK);
    buf_clear(&state);
}

/* A journal with a snapshot of TURNS turns, and so many more behind it. */
static struct folder
made(uint64_t turns)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);

    append_turns(j, TURNS);
    snapshot_write(j);
    append_turns(j, turns);
    journal_close(j);
    return f;
}

static void
turns_before_a_snapshot_are_not_read_and_all_is_there(void **state)
{
    (void)state;
    for (uint64_t more = 0; more <= MORE; more += 8) {
        struct folder f = made(TURNS + more);
        struct journal *j;
        for (int i = 0; i < 4; i++) {
            j = must_open(&f, TURNS, TURNS + more);
            journal_close(j);
        }
        j = must_open(&f, TURNS, TURNS + more);
        append_turns(j, TURNS + MORE + 3);
        journal_close(j);
        j = must_open(&f, TURNS, TURNS + MORE + 3);
        snapshot_write(j);
        journal_close(j);
        journal_close(must_open(&f, TURNS + MORE + 3, TURNS + MORE + 3));
        folder_remove(&f);
    }
}

/* A segment that was just begun has no turn, or the last one once more; both
 * give their name up at a start. */
static void
a_snapshot_outlives_starts_whatever_segment_was_begun(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);
    uint64_t turn = 0;

    (void)state;
    journal_close(j);
    for (int i = 0; i < 12; i++) {
        j = must_open(&f, turn, turn);
        append_turns(j, turn + (uint64_t)(i % 3) * 9 + (turn == 0));
        (void)journal_room(j);
        turn = journal_turn(j);
        snapshot_write(j);
        journal_close(j);
        for (int k = 0; k < 3; k++)
            journal_close(must_open(&f, turn, turn));
        j = must_open(&f, turn, turn);
        snapshot_write(j);
        journal_close(j);
    }
    folder_remove(&f);
}

static void
a_snapshot_that_is_cut_or_changed_anywhere_is_refused(void **state)
{
    struct folder f = made(TURNS + MORE);
    struct opening o;
    struct buf whole = {0};
    struct journal *j;

    (void)state;
    assert_true(folder_get(&f, SNAPSHOT_NAME, &whole));
    for (size_t at = 0; at < whole.size; at++) {
        o = (struct opening){.takes = OK};
        folder_put(&f, SNAPSHOT_NAME, slice_of(whole.data, at));
        assert_int_equal(open_with(&f, &o, true, &j), ERR_STALE);
        assert_int_equal(o.state_turn, 0);
        o = (struct opening){.takes = OK};
        whole.data[at] ^= (uint8_t)(1 + at % 255);
        folder_put(&f, SNAPSHOT_NAME, buf_slice(&whole));
        whole.data[at] ^= (uint8_t)(1 + at % 255);
        assert_int_equal(open_with(&f, &o, true, &j), ERR_STALE);
        assert_int_equal(o.state_turn, 0);
    }
    must_refuse(&f, TURNS + MORE);
    folder_put(&f, SNAPSHOT_NAME, buf_slice(&whole));
    journal_close(must_open(&f, TURNS, TURNS + MORE));
    buf_clear(&whole);
    folder_remove(&f);
}

/* With a checksum that fits, what it says is still looked at. */
static void
a_snapshot_that_lies_is_refused_or_changes_nothing(void **state)
{
    struct folder f = made(TURNS);
    size_t refused = 0;
    struct buf whole = {0};

    (void)state;
    assert_true(folder_get(&f, SNAPSHOT_NAME, &whole));
    size_t covered = whole.size - sizeof(uint32_t);
    for (size_t at = 0; at < covered; at++) {
        struct opening o = {.takes = ERR_VERSION};
        struct journal *j;
        uint8_t was = whole.data[at];
        whole.data[at] = (uint8_t)(was + 1 + at % 254);
        buf_set_u32(&whole, covered,
                    snapshot_checksum(slice_of(whole.data, covered)));
        folder_put(&f, SNAPSHOT_NAME, buf_slice(&whole));
        if (at < covered - 28) /* the state judges for itself */
            assert_int_equal(open_with(&f, &o, true, &j), ERR_STALE);
        refused += o.state_turn == 0;
        whole.data[at] = was;
    }
    assert_true(refused > SNAPSHOT_HEADER_BYTES);
    buf_clear(&whole);
    folder_remove(&f);
}

static void
a_snapshot_of_another_journal_is_refused(void **state)
{
    struct folder f = made(TURNS), other = made(TURNS + 1);
    struct buf snapshot = {0};

    (void)state;
    assert_true(folder_get(&f, SNAPSHOT_NAME, &snapshot));
    folder_put(&other, SNAPSHOT_NAME, buf_slice(&snapshot));
    must_refuse(&other, TURNS + 1);

    buf_clear(&snapshot);
    folder_remove(&f);
    folder_remove(&other);
}

/* The segments of an earlier day are put back by hand, the snapshot stays. */
static void
a_snapshot_beyond_the_end_of_the_journal_is_refused(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);
    struct buf first = {0};

    (void)state;
    append_turns(j, 8);
    journal_close(j);
    assert_int_equal(folder_count(&f), 1);
    assert_true(folder_get(&f, "00000001.seg", &first));
    j = must_open(&f, 0, 8);
    append_turns(j, 12);
    snapshot_write(j);
    journal_close(j);
    struct buf snapshot = {0};
    assert_true(folder_get(&f, SNAPSHOT_NAME, &snapshot));
    folder_empty(&f);
    folder_put(&f, "00000001.seg", buf_slice(&first));
    folder_put(&f, SNAPSHOT_NAME, buf_slice(&snapshot));
    must_refuse(&f, 8);
    /* Another history takes the place of what was lost. */
    struct opening o = {.takes = OK};
    struct store s;
    assert_int_equal(open_with(&f, &o, false, &j), OK);
    journal_store(j, &s);
    for (uint64_t turn = 9; turn <= 15; turn++) {
        struct buf facts = {0};
        fact_put(&facts, &(struct fact){.type = FACT_RETENTION,
                                        .code = RETENTION_CLOCK});
        s.ops->append(s.self, buf_slice(&facts));
        s.ops->sync(s.self);
        buf_clear(&facts);
    }
    journal_close(j);
    o = (struct opening){.takes = OK};
    assert_int_equal(open_with(&f, &o, true, &j), ERR_STALE);
    assert_int_equal(o.state_turn, 0);
    buf_clear(&first);
    buf_clear(&snapshot);
    folder_remove(&f);
}

static uint64_t
all_may_go(void *self, uint32_t number)
{
    (void)self;
    return number < 2 ? UINT64_MAX : 0;
}

static void
a_snapshot_of_before_a_segment_was_retired_is_refused(void **state)
{
    struct folder f = made(TURNS);
    struct journal *j = must_open(&f, TURNS, TURNS);
    const struct retire how = {.entries = all_may_go, .items = all_may_go};
    struct backup from;
    struct backup_part part;
    struct retired done;
    size_t parts = 0;

    (void)state;
    assert_false(journal_snapshot_is_wanted(j));
    uint32_t number = journal_retire(j, &how);
    assert_int_not_equal(number, 0);
    assert_true(journal_retired(j, number, &done));
    assert_true(journal_snapshot_is_wanted(j));
    assert_true(journal_snapshot_is_due(j));
    journal_backup(j, &from);
    while (from.ops->part(from.self, parts, &part) == OK) {
        assert_null(strstr(part.name, SNAPSHOT_NAME));
        parts++;
    }
    journal_close(j);
    must_refuse(&f, TURNS);
    struct opening o = {.takes = OK};
    assert_int_equal(open_with(&f, &o, false, &j), OK);
    snapshot_write(j);
    assert_false(journal_snapshot_is_wanted(j));
    journal_close(j);
    o = (struct opening){.takes = OK};
    assert_int_equal(open_with(&f, &o, true, &j), OK);
    assert_int_equal(o.state_turn, TURNS);
    journal_close(j);
    folder_remove(&f);
}

static void
what_was_erased_behind_a_snapshot_stays_erased(void **state)
{
    struct folder f = made(TURNS);
    struct journal *j = must_open(&f, TURNS, TURNS);
    struct opening o = {.takes = OK};
    struct store s;
    struct buf body = {0};

    (void)state;
    journal_store(j, &s);
    s.ops->erase(s.self, &(struct erasure){0, 3}, 1);
    journal_close(j);
    assert_int_equal(open_with(&f, &o, true, &j), OK);
    assert_int_equal(o.state_turn, TURNS);
    journal_store(j, &s);
    assert_int_equal(s.ops->body(s.self, 0, 3, &body), ERR_GONE);
    assert_int_equal(s.ops->body(s.self, 0, 4, &body), OK);
    journal_close(j);
    buf_clear(&body);
    folder_remove(&f);
}

static void
no_body_or_salt_stands_in_a_snapshot(void **state)
{
    struct folder f = made(TURNS);
    struct buf whole = {0};

    (void)state;
    assert_true(folder_get(&f, SNAPSHOT_NAME, &whole));
    for (uint64_t n = 0; n + 2 < TURNS; n++)
        for (uint32_t lane = 0; lane < 2; lane++) {
            struct slice body = sample_body(lane, n);
            if (body.size >= 8)
                assert_null(memmem(whole.data, whole.size, body.data, 8));
            struct slice salt = sample_salt(lane, n);
            assert_null(memmem(whole.data, whole.size, salt.data, salt.size));
        }
    buf_clear(&whole);
    folder_remove(&f);
}

static void
a_snapshot_that_was_not_finished_is_none(void **state)
{
    struct folder f = made(TURNS);
    struct journal *j = must_open(&f, TURNS, TURNS);
    struct buf bytes = {0};
    bool done;

    (void)state;
    append_turns(j, TURNS + 5);
    state_of(TURNS + 5, &bytes);
    assert_int_equal(journal_snapshot_begin(j, state_put, &bytes), OK);
    assert_int_equal(journal_snapshot_write(j, 50, &done), OK);
    assert_false(done);
    assert_true(journal_snapshot_is_begun(j));
    assert_true(folder_get(&f, SNAPSHOT_TEMPORARY, &bytes));
    journal_close(j);
    assert_false(folder_get(&f, SNAPSHOT_TEMPORARY, &bytes));
    folder_put(&f, SNAPSHOT_TEMPORARY, slice_str("of a start that was cut"));
    j = must_open(&f, TURNS, TURNS + 5);
    snapshot_write(j);
    journal_close(j);
    journal_close(must_open(&f, TURNS + 5, TURNS + 5));
    buf_clear(&bytes);
    folder_remove(&f);
}

static void
a_state_that_is_not_taken_is_said(void **state)
{
    struct folder f = made(TURNS);
    struct opening o = {.takes = ERR_VERSION};
    struct journal *j;

    (void)state;
    assert_int_equal(open_with(&f, &o, true, &j), ERR_STALE);
    assert_non_null(strstr(o.message, "its state cannot be taken"));
    o = (struct opening){.takes = OK};
    assert_int_equal(open_with(&f, &o, false, &j), OK);
    journal_close(j);
    folder_remove(&f);
}

static void
one_is_due_when_the_journal_grew_by_a_segment_or_much_of_it(void **state)
{
    struct folder f = folder_new();
    struct journal *j = must_open(&f, 0, 0);
    uint64_t last = 0;

    (void)state;
    assert_false(journal_snapshot_is_wanted(j));
    append_turns(j, 1);
    assert_true(journal_snapshot_is_wanted(j));
    assert_false(journal_snapshot_is_due(j));
    for (uint64_t turn = 2; turn < 400; turn++) {
        struct journal_stats stats;
        append_turns(j, turn);
        journal_stats(j, &stats);
        uint64_t most = SNAPSHOT_GROWTH * j->snapshot.bytes;
        most = most > SMALL_SEGMENT ? most : SMALL_SEGMENT;
        assert_int_equal(journal_snapshot_is_due(j),
                         stats.bytes - last >= most);
        if (journal_snapshot_is_due(j)) {
            snapshot_write(j);
            last = stats.bytes;
        }
    }
    assert_true(last > 4 * SMALL_SEGMENT);
    journal_close(j);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_before_a_snapshot_are_not_read_and_all_is_there),
        cmocka_unit_test(a_snapshot_outlives_starts_whatever_segment_was_begun),
        cmocka_unit_test(a_snapshot_that_is_cut_or_changed_anywhere_is_refused),
        cmocka_unit_test(a_snapshot_that_lies_is_refused_or_changes_nothing),
        cmocka_unit_test(a_snapshot_of_another_journal_is_refused),
        cmocka_unit_test(a_snapshot_beyond_the_end_of_the_journal_is_refused),
        cmocka_unit_test(a_snapshot_of_before_a_segment_was_retired_is_refused),
        cmocka_unit_test(what_was_erased_behind_a_snapshot_stays_erased),
        cmocka_unit_test(no_body_or_salt_stands_in_a_snapshot),
        cmocka_unit_test(a_snapshot_that_was_not_finished_is_none),
        cmocka_unit_test(a_state_that_is_not_taken_is_said),
        cmocka_unit_test(
            one_is_due_when_the_journal_grew_by_a_segment_or_much_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
