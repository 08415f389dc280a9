/*
 * tails_test - ends of our lane that a backup did not have: unsigned, or lost
 *              and given back.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static void
submit_and_take(struct kit *k, size_t count)
{
    kit_connect(k);
    for (size_t i = 0; i < count; i++) {
        kit_submit(k, 1, 10, TLP_GREEN);
        assert_true(kit_take(k));
        kit_give_receipt(k);
    }
}

/* Give the first batch of this link as its holder would give it back. */
static void
keep_header(struct kit *k, struct buf *out)
{
    struct slice payload;

    k->read = 0;
    assert_true(kit_next(k, FRAME_HEADER, &payload));
    buf_put_u32(out, (uint32_t)payload.size);
    buf_put_u32(out, (uint32_t)FRAME_HEADER << 24);
    buf_put(out, payload);
}

/* What stops them would else never go: they leave in the lane that is being
 * mended. */
static void
a_lost_tail_is_fetched_however_many_declines_wait(void **state)
{
    static const enum tlp tlps[2] = {TLP_RED, TLP_GREEN};
    struct kit *k = *state;
    struct frame_lane_state s;
    struct frame_want w;
    struct buf header = {0};
    struct slice payload;

    submit_and_take(k, 1);
    kit_hang_up(k);
    struct memory_store *backup = memory_store_clone(k->store);
    submit_and_take(k, 1);
    keep_header(k, &header);
    kit_restore(k, backup);
    kit_claim(k, &s);
    kit_prove(k);
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_ORIGIN_RESTORED);
    kit_accept(k);
    for (size_t i = 0; i < 2 * 1024; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, tlps[i % 2], 1});
    kit_batch(k, 0, 1024);
    kit_batch(k, 1024, 1024);
    kit_expect_receipt(k, 2048);
    kit_send(k, &header);
    assert_true(kit_next(k, FRAME_WANT, &payload));
    assert_int_equal(frame_want_get(payload, &k->arena, &w), OK);
    assert_int_equal(w.first, 1);
    buf_clear(&header);
}

/* Back up while our first entry waits for its signature; then the peer takes
 * and receipts it. */
static struct memory_store *
backed_up_unsigned(struct kit *k)
{
    kit_connect(k);
    k->hold_signer = true;
    kit_submit(k, 1, 10, TLP_GREEN);
    struct memory_store *backup = memory_store_clone(k->store);
    k->hold_signer = false;
    kit_release(k);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_hang_up(k);
    return backup;
}

/* Both were restored; the peer to what here is sequenced and not signed. */
static void
a_root_that_is_ours_and_unsigned_is_no_fork(void **state)
{
    struct kit *k = *state;
    struct memory_store *backup = backed_up_unsigned(k);
    struct frontier held = k->held;
    struct checkpoint held_at = k->held_at;
    struct frame_lane_state s;

    submit_and_take(k, 2);
    kit_hang_up(k);
    kit_restore(k, backup);
    k->held = held;
    k->held_at = held_at;
    kit_claim(k, &s);
    kit_prove(k);
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_SIGNED_BEYOND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_tail_is_fetched_however_many_declines_wait),
        TEST(a_root_that_is_ours_and_unsigned_is_no_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
