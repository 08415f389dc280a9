/*
 * quota_test - what the messages of one peer, or of one user, may take of the
 *              disk.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

#define BATCH 4 /* messages of one MiB */
#define QUOTA MIB(24)

static void
with_quota(struct kit *k, uint64_t bytes)
{
    k->disk_bytes = bytes;
    kit_restart(k);
    kit_connect(k);
}

/* Have the peer send batches until one is not asked for; gives the size of
 * its lane here. */
static uint64_t
fill(struct kit *k)
{
    uint64_t held = kit_lane(k, KIT_LANE_IN).size;

    for (;;) {
        while (k->entry_count < held + BATCH)
            kit_entry(
                k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, MIB(1) - 100});
        if (!kit_is_wanted(k, held, BATCH))
            return held;
        kit_bodies(k, held, BATCH);
        held += BATCH;
        assert_int_equal(kit_lane(k, KIT_LANE_IN).size, held);
        assert_true(held < 100);
    }
}

/* Tell whether the node asks for more than it did. */
static bool
is_asked(struct kit *k)
{
    struct slice payload;

    return kit_next(k, FRAME_WANT, &payload);
}

/* PROTOCOL limits: "A holder SHOULD bound what the messages of one peer take of
 * its disk, ask for nothing more where the bound is reached, and keep the
 * session open." */
static void
a_peer_cannot_take_more_of_the_disk_than_is_set(void **state)
{
    struct kit *k = *state;

    with_quota(k, QUOTA);
    uint64_t held = fill(k);
    struct view_peer p = kit_peer(k);
    assert_int_equal(held, 20);
    assert_int_equal(p.disk_most, QUOTA);
    assert_in_range(p.disk_used, QUOTA - MIB(5), QUOTA);
    assert_false(k->down);
    /* What is for them goes on. */
    kit_submit(k, 3, 10, TLP_GREEN);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 3);
    /* So it is after a restart. */
    kit_restart(k);
    assert_int_equal(kit_peer(k).disk_used, p.disk_used);
    kit_connect(k);
    assert_int_equal(fill(k), held);
}

static void
what_is_declined_costs_its_leaf_record_and_our_decline(void **state)
{
    struct kit *k = *state;
    uint64_t before;

    with_quota(k, QUOTA);
    before = kit_peer(k).disk_used;
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_RED, MIB(1)});
    kit_batch(k, 0, 1);
    assert_int_equal(kit_peer(k).declined_by_us, 1);
    assert_in_range(kit_peer(k).disk_used - before, 1024, 4096);
}

static void
it_is_an_alarm_before_the_bound_and_until_it_is_raised(void **state)
{
    struct kit *k = *state;

    with_quota(k, QUOTA);
    fill(k);
    struct view_alarm v = kit_alarm(k, 1);
    assert_int_equal(v.cause.kind, ALARM_PEER_QUOTA);
    assert_string_equal(v.about, "cert.gov.au");
    assert_string_equal(v.text,
                        "their messages take 8 MiB of 24 MiB that they may "
                        "(disk-bytes); what is left is still taken, then "
                        "nothing more is asked of them");
    kit_restart(k);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_OPEN);
    assert_int_equal(kit_alarm(k, 1).count, 1);
    with_quota(k, 2 * QUOTA);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
    assert_int_equal(fill(k), 44);
    assert_int_equal(kit_alarm(k, 1).count, 2);
}

static void
it_goes_on_by_itself_when_retention_lets_bodies_go(void **state)
{
    struct kit *k = *state;

    k->retention_ms = 320000;
    with_quota(k, QUOTA);
    uint64_t held = fill(k);
    kit_run(k, k->retention_ms - 30000);
    assert_false(is_asked(k));
    k->read = k->sent.size;
    kit_hang_up(k);
    kit_connect(k);
    assert_false(kit_is_wanted(k, held, BATCH));
    for (int i = 0; i < 20 && !is_asked(k); i++)
        kit_tick(k, 5000);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
    assert_true(kit_peer(k).disk_used < MIB(1));
    kit_bodies(k, held, BATCH);
    assert_int_equal(kit_lane(k, KIT_LANE_IN).size, held + BATCH);
    /* What went stays gone over a restart. */
    uint64_t used = kit_peer(k).disk_used;
    kit_restart(k);
    assert_int_equal(kit_peer(k).disk_used, used);
}

static void
without_a_bound_all_is_taken(void **state)
{
    struct kit *k = *state;

    kit_connect(k);
    for (size_t i = 0; i < 7 * BATCH; i++)
        kit_entry(k,
                  &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, MIB(1) - 100});
    for (size_t i = 0; i < 7; i++) {
        assert_true(kit_is_wanted(k, i * BATCH, BATCH));
        kit_bodies(k, i * BATCH, BATCH);
    }
    assert_int_equal(kit_peer(k).disk_most, 0);
    assert_true(kit_peer(k).disk_used > MIB(27));
}

/* ---- users --------------------------------------------------------------- */

static void
with_share(struct kit *k, uint64_t bytes)
{
    k->user_bytes = bytes;
    kit_restart(k);
}

static bool
is_refused(struct kit *k)
{
    return slice_is(kit_offer(k, MIB(1) - 300, TLP_GREEN), "quota");
}

/* Submit messages of one MiB until no more are taken; gives how many were. */
static size_t
submit_all(struct kit *k)
{
    for (size_t n = 0; n < 100; n++)
        if (is_refused(k))
            return n;
    return 100;
}

static void
one_user_cannot_take_the_outbox_of_all(void **state)
{
    struct kit *k = *state;

    with_share(k, MIB(8));
    assert_int_equal(submit_all(k), 7);
    assert_string_equal(k->reply.text.data,
                        "your messages that wait are 7 of the 6000000 that one "
                        "user may have, and take 7 MiB of 8 MiB "
                        "(disk-bytes-per-user): wait until peers have taken "
                        "some (sealane queue), or sealane cancel what is not "
                        "needed");
    assert_int_equal(kit_peer(k).queued, 7);
    k->uid = 1001;
    assert_int_equal(submit_all(k), 7);
    /* So it is after a restart. */
    kit_restart(k);
    assert_true(is_refused(k));
    k->uid = 1000;
    assert_true(is_refused(k));
    k->uid = 1002;
    assert_false(is_refused(k));
}

static void
what_peers_have_taken_or_was_recalled_makes_room(void **state)
{
    struct kit *k = *state;

    with_share(k, MIB(8));
    assert_int_equal(submit_all(k), 7);
    assert_int_equal(kit_cancel(k, 1), 1);
    assert_int_equal(submit_all(k), 1);
    kit_connect(k);
    while (kit_take(k))
        kit_give_receipt(k);
    kit_hang_up(k);
    assert_int_equal(kit_peer(k).queued, 0);
    assert_int_equal(submit_all(k), 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_peer_cannot_take_more_of_the_disk_than_is_set),
        TEST(what_is_declined_costs_its_leaf_record_and_our_decline),
        TEST(it_is_an_alarm_before_the_bound_and_until_it_is_raised),
        TEST(it_goes_on_by_itself_when_retention_lets_bodies_go),
        TEST(without_a_bound_all_is_taken),
        TEST(one_user_cannot_take_the_outbox_of_all),
        TEST(what_peers_have_taken_or_was_recalled_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
