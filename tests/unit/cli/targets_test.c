#include "cli/targets.h"
#include "core/wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const uint8_t lane_id[32] = {7};

/* A record as the index gives it. */
static void
add(struct targets *t, const char *state, const char *team, int64_t index,
    bool left)
{
    struct control_value values[] = {
        {.key = "state", .kind = CONTROL_TEXT, .text = slice_str(state)},
        {.key = "team", .kind = CONTROL_TEXT, .text = slice_str(team)},
        {.key = "tlp", .kind = CONTROL_TEXT, .text = slice_str("red")},
        {.key = "recipient", .kind = CONTROL_TEXT, .text = slice_str("duty")},
        {.key = "object", .kind = CONTROL_TEXT, .text = slice_str("x--1")},
        {.key = "lane", .kind = CONTROL_NUMBER, .number = 3},
        {.key = "index", .kind = CONTROL_NUMBER, .number = index},
        {.key = "lane-id", .kind = CONTROL_BYTES, .text = SLICE_ARRAY(lane_id)},
    };
    const struct control_record r = {values, left ? 8 : 5};

    targets_add(t, &r, "outdated");
}

static void
each_message_is_a_target_once_team_by_team(void **state)
{
    struct targets t = {0};

    (void)state;
    add(&t, "there", "b.example", 5, true);
    add(&t, "there", "a.example", 9, true);
    add(&t, "there", "b.example", 2, true);
    add(&t, "revoked", "b.example", 5, true);
    targets_sort(&t);
    assert_int_equal(t.count, 3);
    assert_string_equal(targets_team(&t, t.list[0].team), "b.example");
    assert_int_equal(t.list[0].index, 2);
    assert_int_equal(t.list[1].index, 5);
    assert_string_equal(targets_team(&t, t.list[2].team), "a.example");
    targets_clear(&t);
}

static void
what_cannot_be_withdrawn_is_counted_by_its_reason(void **state)
{
    struct targets t = {0};

    (void)state;
    add(&t, "theirs", "b.example", 1, true);
    add(&t, "withdrawn", "b.example", 2, true);
    add(&t, "declined", "b.example", 3, true);
    add(&t, "there", "b.example", 4, false);
    assert_int_equal(t.count, 0);
    assert_int_equal(t.theirs, 1);
    assert_int_equal(t.withdrawn, 1);
    assert_int_equal(t.others, 1);
    assert_int_equal(t.waiting, 1);
    targets_clear(&t);
}

static void
a_withdrawal_is_marked_as_its_entry_and_cites_it(void **state)
{
    struct targets t = {0};
    struct arena arena;
    struct message m;

    (void)state;
    arena_init(&arena, 1 << 20);
    add(&t, "there", "b.example", 5, true);
    assert_int_equal(message_get(buf_slice(&t.bytes), &arena, &m), OK);
    assert_int_equal(m.kind, MESSAGE_WITHDRAWAL);
    assert_int_equal(m.head.marking.tlp, TLP_RED);
    assert_int_equal(m.head.marking.recipient_count, 1);
    assert_true(slice_is(m.head.marking.recipients[0], "duty"));
    assert_int_equal(m.head.object_id.size, 0);
    assert_true(m.withdrawal.has_entry);
    assert_int_equal(m.withdrawal.entry.first, 5);
    assert_int_equal(m.withdrawal.entry.count, 1);
    assert_memory_equal(m.withdrawal.entry.lane.b, lane_id, 32);
    assert_true(slice_is(m.withdrawal.object_id, "x--1"));
    assert_true(slice_is(m.withdrawal.reason, "outdated"));
    arena_clear(&arena);
    targets_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_a_target_once_team_by_team),
        cmocka_unit_test(what_cannot_be_withdrawn_is_counted_by_its_reason),
        cmocka_unit_test(a_withdrawal_is_marked_as_its_entry_and_cites_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
