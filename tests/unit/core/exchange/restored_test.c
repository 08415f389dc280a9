/*
 * restored_test - a journal that is a copy: said or found out, how turn
 *                 numbers go on, and what is shown until peers were reached.
 */
#include "core/lane/gate.h"
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static struct view_node
node_of(const struct kit *k)
{
    struct view_node node;

    view_node(k->x, &node);
    return node;
}

static void
talk(struct kit *k, size_t count)
{
    kit_connect(k);
    for (size_t i = 0; i < count; i++) {
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
        kit_batch(k, k->entry_count - 1, 1);
        kit_submit(k, 1, 10, TLP_GREEN);
        while (kit_take(k))
            kit_give_receipt(k);
    }
    kit_hang_up(k);
}

/* Say that a store is a copy, as the command does before a daemon starts. */
static void
declare(struct memory_store *copy, uint64_t incarnation)
{
    struct fact f = {
        .type = FACT_RESTORED, .item = incarnation, .code = RESTORED_DECLARED};
    struct buf facts = {0};
    struct store s;

    memory_store_port(copy, &s);
    f.number = s.ops->turn(s.self);
    fact_put(&facts, &f);
    s.ops->append(s.self, buf_slice(&facts));
    s.ops->sync(s.self);
    buf_clear(&facts);
}

static void
a_journal_that_lost_promised_turns_is_a_restored_one(void **state)
{
    struct kit *k = *state;

    talk(k, 1);
    struct memory_store *copy = memory_store_clone(k->store);
    talk(k, 2);
    uint64_t turns = kit_turns(k), alarms = node_of(k).alarms_open;
    kit_restore(k, copy);
    assert_int_equal(node_of(k).incarnation, 1);
    assert_in_range(kit_turns(k), turns - 2, turns + 1);
    assert_int_equal(node_of(k).alarms_open, alarms + 1);
    assert_true(kit_said(k, "were promised and are not in the journal"));
    assert_true(kit_said(k, "The last submission that is here is S-1"));
    assert_true(kit_lane(k, KIT_LANE_IN).withheld);
    assert_true(kit_lane(k, KIT_LANE_OUT).withheld);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).restored_size, 1);
    turns = kit_turns(k);
    kit_restart(k);
    assert_int_equal(node_of(k).incarnation, 1);
    assert_int_equal(node_of(k).alarms_open, alarms + 1);
    assert_int_equal(kit_turns(k), turns);
    assert_int_equal(k->stops, 0);
}

/* The signer's journal names the turn that a signature rests on, never one
 * that was still to come. */
static void
a_crash_before_a_signature_is_noted_is_no_restore(void **state)
{
    struct kit *k = *state;
    struct memory_store *copy;

    kit_connect(k);
    k->hold_signer = true;
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 1);
    copy = memory_store_clone(k->store);
    kit_restart(k);
    kit_release(k); /* the lanes are opened, and what is unsigned asked for */
    kit_release(k);
    kit_release(k);
    size_t before = k->sign_journal.size;
    kit_release(k);
    assert_true(k->sign_journal.size >= before);
    k->hold_signer = false;
    kit_restore(k, copy);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).signed_size, 1);
    assert_int_equal(node_of(k).incarnation, 0);
    assert_int_equal(node_of(k).alarms_open, 0);
}

static void
a_declared_restore_goes_on_above_the_signing_journal(void **state)
{
    struct kit *k = *state;

    talk(k, 1);
    struct memory_store *copy = memory_store_clone(k->store);
    declare(copy, 1);
    talk(k, 3);
    uint64_t turns = kit_turns(k), alarms = node_of(k).alarms_open;
    kit_restore(k, copy);
    assert_int_equal(node_of(k).incarnation, 1);
    assert_int_equal(node_of(k).alarms_open, alarms);
    assert_true(kit_said(k, "restored: turns"));
    assert_in_range(kit_turns(k), turns - 2, turns + 1);
    assert_true(kit_lane(k, KIT_LANE_IN).withheld);
}

/* The highest turn that the signing journal names. */
static uint64_t
turn_signed(const struct kit *k)
{
    struct cursor c = cursor_of(buf_slice(&k->sign_journal));
    uint64_t highest = 0;

    while (!cursor_done(&c)) {
        struct slice rest;
        uint32_t size = cursor_u32(&c);
        (void)cursor_u32(&c); /* checksum */
        rest = cursor_bytes(&c, size);
        struct cursor in = cursor_of(rest);
        (void)cursor_u64(&in); /* number */
        while (!cursor_done(&in)) {
            struct gate_record r;
            uint32_t bytes = cursor_u32(&in);
            assert_int_equal(gate_record_get(cursor_bytes(&in, bytes), &r), OK);
            if (r.turn > highest)
                highest = r.turn;
        }
    }
    assert_false(c.bad);
    return highest;
}

static enum err
note_restored(void *self, const struct fact *f)
{
    uint64_t *turn = self;

    if (f->type == FACT_RESTORED)
        *turn = f->number;
    return OK;
}

/* PROTOCOL journal: "A node MUST NOT use a turn number again that its signing
 * journal names." */
static void
no_turn_that_was_signed_is_used_again(void **state)
{
    struct kit *k = *state;
    uint64_t turn = 0;

    talk(k, 1);
    struct memory_store *copy = memory_store_clone(k->store);
    talk(k, 3);
    uint64_t was_signed = turn_signed(k);
    kit_restore(k, copy);
    assert_int_equal(memory_store_facts(k->store, note_restored, &turn), OK);
    assert_true(turn > was_signed);
}

static void
a_declared_restore_that_lost_nothing_is_told_from_a_later_one(void **state)
{
    struct kit *k = *state;

    talk(k, 1);
    struct memory_store *copy = memory_store_clone(k->store);
    declare(copy, 1);
    kit_restore(k, copy);
    assert_int_equal(node_of(k).incarnation, 1);
    assert_false(kit_said(k, "were promised"));
    copy = memory_store_clone(k->store);
    talk(k, 1);
    kit_restore(k, copy);
    assert_int_equal(node_of(k).incarnation, 2);
    assert_true(kit_said(k, "were promised"));
}

static void
a_lane_is_shown_again_once_its_resume_has_run(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    for (size_t i = 0; i < 4; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 10});
    kit_batch(k, 0, 2);
    struct memory_store *copy = memory_store_clone(k->store);
    kit_batch(k, 2, 2);
    kit_expect_receipt(k, 4);
    kit_hang_up(k);
    kit_restore(k, copy);
    assert_true(kit_lane(k, KIT_LANE_OUT).withheld);
    kit_connect(k);
    assert_false(kit_lane(k, KIT_LANE_OUT).withheld);
    assert_true(kit_lane(k, KIT_LANE_IN).withheld);
    kit_batch(k, 2, 1);
    assert_true(kit_lane(k, KIT_LANE_IN).withheld);
    kit_batch(k, 3, 1);
    assert_false(kit_lane(k, KIT_LANE_IN).withheld);
    kit_hang_up(k);
    kit_restart(k);
    assert_false(kit_lane(k, KIT_LANE_IN).withheld);
    assert_false(kit_lane(k, KIT_LANE_OUT).withheld);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).restored_size, 2);
}

static void
a_lane_that_is_stopped_stays_withheld(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;

    talk(k, 1);
    struct memory_store *copy = memory_store_clone(k->store);
    talk(k, 1);
    kit_restore(k, copy);
    kit_claim(k, &s);
    s.has_checkpoint = false;
    kit_prove(k);
    kit_resume(k, &s);
    assert_int_not_equal(k->verdict.row, ROW_NORMAL);
    assert_true(kit_lane(k, KIT_LANE_OUT).withheld);
}

static void
facts_of_a_restore_that_do_not_fit_are_refused(void **state)
{
    static const struct fact bad[] = {
        {.type = FACT_RESTORED, .item = 2, .code = RESTORED_DECLARED},
        {.type = FACT_RESTORED, .item = 0, .code = RESTORED_FOUND},
        {.type = FACT_RESTORED, .item = 0, .code = RESTORED_GOES_ON},
        {.type = FACT_RESTORED, .item = 1, .code = RESTORED_GOES_ON},
        {.type = FACT_RESTORED, .item = 1, .code = 0},
        {.type = FACT_RESTORED, .item = 1, .code = 4},
        {.type = FACT_RESUMED, .lane = 0},
    };
    const struct store nothing = {NULL, NULL};
    struct exchange *x = exchange_new(&nothing);
    struct view_node node;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(exchange_restore(x, &bad[i]), ERR_DAMAGED);
    view_node(x, &node);
    assert_int_equal(node.incarnation, 0);
    exchange_free(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_journal_that_lost_promised_turns_is_a_restored_one),
        TEST(a_crash_before_a_signature_is_noted_is_no_restore),
        TEST(a_declared_restore_goes_on_above_the_signing_journal),
        TEST(no_turn_that_was_signed_is_used_again),
        TEST(a_declared_restore_that_lost_nothing_is_told_from_a_later_one),
        TEST(a_lane_is_shown_again_once_its_resume_has_run),
        TEST(a_lane_that_is_stopped_stays_withheld),
        cmocka_unit_test(facts_of_a_restore_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
