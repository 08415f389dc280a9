/*
 * fold_test - a journal whose facts do not fit what is known is damaged: a
 *             node does not start from it.
 */
#include "kit.h"

#include "core/exchange/state.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static enum err
fold_one(void *self, const struct fact *f)
{
    return exchange_restore(self, f);
}

/* A second exchange with all that the node has on disk. */
static struct exchange *
folded(struct kit *k)
{
    struct exchange *x = exchange_new(&k->port);

    assert_int_equal(memory_store_facts(k->store, fold_one, x), OK);
    return x;
}

static void
expect_damaged(struct kit *k, const struct fact *f)
{
    struct exchange *x = folded(k);

    assert_int_equal(exchange_restore(x, f), ERR_DAMAGED);
    exchange_free(x);
}

static void
expect_folded(struct exchange *x, const struct fact *f)
{
    assert_int_equal(exchange_restore(x, f), OK);
}

/* The leaf record of entry 2 of our lane, as it would be adopted. */
static void
third_entry(struct fact *f)
{
    struct leaf leaf = {.index = 2, .ref = LEAF_REF_NONE};

    *f = (struct fact){.type = FACT_ADOPTED,
                       .lane = KIT_LANE_OUT,
                       .index = 2,
                       .state = BODY_GONE};
    leaf_encode(&leaf, f->record);
}

static void
a_lane_must_have_the_next_number_and_a_later_epoch(void **state)
{
    struct kit *k = *state;
    struct genesis g;
    struct fact f = {.type = FACT_LANE, .lane = 2, .ours = true};

    assert_int_equal(genesis_decode(SLICE_ARRAY(k->epochs[0].genesis), &g), OK);
    genesis_encode(&g, f.genesis);
    expect_damaged(k, &f); /* epoch 0 again */
    g.epoch = 1;
    genesis_encode(&g, f.genesis);
    f.lane = 3;
    expect_damaged(k, &f);
    f.lane = 2;
    f.peer = 1;
    expect_damaged(k, &f);
    f.peer = 0;
    struct exchange *x = folded(k);
    expect_folded(x, &f);
    f.lane = 3;
    assert_int_equal(exchange_restore(x, &f), ERR_DAMAGED); /* twice */
    exchange_free(x);
    f.lane = 2;
    f.genesis[0] = 9;
    expect_damaged(k, &f);
}

static void
an_adopted_entry_must_be_the_next_one_of_our_lane(void **state)
{
    struct kit *k = *state;
    struct fact f;

    kit_sends(k, 2);
    third_entry(&f);
    struct exchange *x = folded(k);
    expect_folded(x, &f);
    assert_int_equal(exchange_restore(x, &f), ERR_DAMAGED); /* twice */
    exchange_free(x);
    f.index = 1;
    expect_damaged(k, &f);
    f.index = 2;
    f.lane = KIT_LANE_IN;
    expect_damaged(k, &f);
    f.lane = 9;
    expect_damaged(k, &f);
    f.lane = KIT_LANE_OUT;
    f.record[0] ^= 1;
    expect_damaged(k, &f);
}

/* PROTOCOL resume: "Nothing MUST be sequenced behind the entry that closes an
 * epoch." */
static void
nothing_is_sequenced_behind_the_end_of_an_epoch(void **state)
{
    struct kit *k = *state;

    kit_sends(k, 1);
    assert_int_equal(kit_ask_roll(k, false), OK);
    kit_meet(k);
    assert_true(kit_take(k));
    kit_submit(k, 1, 10, TLP_GREEN);
    struct fact f = {
        .type = FACT_SEQUENCED, .lane = KIT_LANE_OUT, .index = 2, .item = 2};
    struct leaf leaf = {.index = 2, .ref = LEAF_REF_NONE};
    leaf_encode(&leaf, f.record);
    expect_damaged(k, &f);
}

static void
a_roll_must_be_of_our_own_lanes(void **state)
{
    struct kit *k = *state;
    struct fact f = {.type = FACT_ROLLED, .lane = KIT_LANE_OUT};

    kit_sends(k, 2);
    f.number = KIT_LANE_IN;
    expect_damaged(k, &f);
    f.number = 9;
    expect_damaged(k, &f);
    f.number = UINT64_MAX;
    expect_damaged(k, &f);
    f.number = KIT_LANE_OUT;
    f.lane = 9;
    expect_damaged(k, &f);
    f.lane = KIT_LANE_OUT;
    struct exchange *x = folded(k);
    expect_folded(x, &f);
    exchange_free(x);
}

/* A new epoch of which both entries of the old one wait again. */
static struct exchange *
rolled(struct kit *k)
{
    struct exchange *x = folded(k);
    struct genesis g;
    struct fact f = {.type = FACT_LANE, .lane = KIT_LANE_NEXT, .ours = true};

    assert_int_equal(genesis_decode(SLICE_ARRAY(k->epochs[0].genesis), &g), OK);
    g.epoch = 1;
    genesis_encode(&g, f.genesis);
    expect_folded(x, &f);
    f = (struct fact){
        .type = FACT_ROLLED, .lane = KIT_LANE_NEXT, .number = KIT_LANE_OUT};
    expect_folded(x, &f);
    return x;
}

static struct fact
again(uint64_t item, uint64_t index)
{
    return (struct fact){.type = FACT_REQUEUED,
                         .item = item,
                         .lane = KIT_LANE_OUT,
                         .index = index,
                         .number = 1 + index};
}

static void
what_waits_again_must_stand_in_an_epoch_that_was_left(void **state)
{
    struct kit *k = *state;

    kit_sends(k, 2);
    struct fact first = again(2, 0), second = again(3, 1);
    expect_damaged(k, &first); /* nothing was rolled */
    struct exchange *x = rolled(k);
    expect_folded(x, &first);
    struct fact wrong = again(3, 0);
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED); /* twice */
    wrong = again(9, 1);
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED);
    wrong = again(3, 2);
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED);
    wrong = again(3, 1);
    wrong.peer = 1;
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED);
    wrong.peer = 0;
    wrong.lane = 9;
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED);
    expect_folded(x, &second);
    wrong = again(4, 1);
    assert_int_equal(exchange_restore(x, &wrong), ERR_DAMAGED);
    exchange_free(x);
}

/* A lane of theirs that is not there would be missed by whoever looks at it. */
static void
what_waits_again_is_found_without_a_look_at_other_lanes(void **state)
{
    struct kit *k = *state;
    struct genesis g;
    struct fact f = {.type = FACT_LANE, .lane = KIT_LANE_NEXT + 1};

    kit_sends(k, 2);
    struct exchange *x = rolled(k);
    assert_int_equal(genesis_decode(SLICE_ARRAY(k->genesis), &g), OK);
    g.epoch = 1;
    genesis_encode(&g, f.genesis);
    expect_folded(x, &f);
    struct lane *other = x->lanes[f.lane];
    x->lanes[f.lane] = NULL;
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(x->peers[0]->again_lane, KIT_LANE_OUT);
        f = again(2 + i, i);
        expect_folded(x, &f);
    }
    assert_true(x->peers[0]->again_lane == NONE);
    x->lanes[KIT_LANE_NEXT + 1] = other;
    exchange_free(x);
}

static void
what_a_person_let_go_on_must_be_a_lane_of_ours(void **state)
{
    struct kit *k = *state;
    struct fact f = {.type = FACT_GRANTED, .lane = KIT_LANE_IN};

    expect_damaged(k, &f);
    f.lane = 9;
    expect_damaged(k, &f);
    f.lane = KIT_LANE_OUT;
    struct exchange *x = folded(k);
    expect_folded(x, &f);
    exchange_free(x);
}

static void
evidence_must_be_about_a_lane(void **state)
{
    struct kit *k = *state;
    struct fact f = {.type = FACT_EVIDENCE, .lane = 2};
    struct view_evidence e;

    expect_damaged(k, &f);
    f.lane = KIT_LANE_IN;
    struct exchange *x = folded(k);
    assert_int_equal(view_evidence(x, 0, &e), ERR_NOT_FOUND);
    expect_folded(x, &f);
    assert_int_equal(view_evidence(x, 0, &e), OK);
    assert_int_equal(e.lane, KIT_LANE_IN);
    exchange_free(x);
}

static void
what_was_signed_must_be_what_stands_there(void **state)
{
    struct kit *k = *state;
    struct fact f = {.type = FACT_CHECKPOINT, .lane = KIT_LANE_OUT};

    kit_sends(k, 2);
    f.checkpoint = k->held_at;
    struct exchange *x = folded(k);
    expect_folded(x, &f);
    exchange_free(x);
    f.checkpoint.root.b[0] ^= 1;
    expect_damaged(k, &f);
    f.checkpoint = k->held_at;
    f.checkpoint.size = 3;
    expect_damaged(k, &f);
    f.checkpoint.size = 1; /* it went on since */
    expect_damaged(k, &f);
    f.checkpoint = k->held_at;
    f.lane = KIT_LANE_IN;
    expect_damaged(k, &f);
    f = (struct fact){.type = FACT_RECEIPT_TAKEN, .lane = KIT_LANE_OUT};
    f.checkpoint.size = 3;
    expect_damaged(k, &f);
    f = (struct fact){.type = FACT_SEEN, .lane = KIT_LANE_OUT};
    expect_damaged(k, &f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lane_must_have_the_next_number_and_a_later_epoch),
        TEST(an_adopted_entry_must_be_the_next_one_of_our_lane),
        TEST(nothing_is_sequenced_behind_the_end_of_an_epoch),
        TEST(a_roll_must_be_of_our_own_lanes),
        TEST(what_waits_again_must_stand_in_an_epoch_that_was_left),
        TEST(what_waits_again_is_found_without_a_look_at_other_lanes),
        TEST(what_a_person_let_go_on_must_be_a_lane_of_ours),
        TEST(evidence_must_be_about_a_lane),
        TEST(what_was_signed_must_be_what_stands_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
