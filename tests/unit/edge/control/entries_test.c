/*
 * entries_test - what is shown of an entry, and what is reported of lanes.
 */
#include "edge/control/queries.h"
#include "edge/control/watch.h"

#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static struct settings settings;

static struct query
query_for(const struct kit *k, struct arena *arena,
          const struct control_record *values)
{
    struct query q = {.exchange = k->x,
                      .store = &k->port,
                      .settings = &settings,
                      .roles = ROLE_READ | ROLE_READ_RED,
                      .now = k->now,
                      .values = values,
                      .arena = arena};

    control_begin(&q.answer, arena);
    return q;
}

/* Ask for a message; its body, where it is shown, goes to `body`. */
static enum err
show(struct kit *k, const char *id, struct buf *body)
{
    struct control_value v = {"id", CONTROL_TEXT, slice_str(id), 0};
    const struct control_record values = {&v, 1};
    struct arena arena;

    arena_init(&arena, MIB(1));
    struct query q = query_for(k, &arena, &values);
    enum err e = verb_find("show")->answer(&q);
    buf_reset(body);
    if (e == OK)
        buf_put(body, control_bytes(&q.answer.records[0], "body"));
    arena_clear(&arena);
    return e;
}

static enum err
expunge_first(struct kit *k)
{
    struct control_value v[] = {
        {"lane", CONTROL_NUMBER, {0}, KIT_LANE_OUT},
        {"index", CONTROL_NUMBER, {0}, 0},
    };

    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "expunge", .values = {v, 2}});
}

/* PROTOCOL expunge: "Once the entry of an expunge is synced, neither side MUST
 * read, show or send the body that it names, or its salt." */
static void
an_expunged_body_is_not_shown_though_it_is_not_erased_yet(void **state)
{
    struct kit *k = *state;
    struct buf body = {0};

    kit_connect(k);
    kit_submit(k, 1, 20, TLP_GREEN);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    assert_int_equal(show(k, "krcert>certau#0", &body), OK);
    assert_true(body.size > 20);
    k->hold_erasures = true;
    assert_int_equal(expunge_first(k), OK);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).size, 2);
    assert_int_equal(k->port.ops->body(k->port.self, KIT_LANE_OUT, 0, &body),
                     OK);
    assert_int_equal(show(k, "krcert>certau#0", &body), OK);
    assert_int_equal(body.size, 0);
    buf_clear(&body);
}

/* PROTOCOL journal: "After a restore a node MUST NOT show or export anything
 * of a lane before its resume has run and what came of it is applied." */
static void
of_a_restored_lane_nothing_is_shown(void **state)
{
    struct kit *k = *state;
    struct buf body = {0};

    kit_good_session(k);
    struct memory_store *copy = memory_store_clone(k->store);
    kit_good_session(k);
    assert_int_equal(show(k, "krcert>certau#0", &body), OK);
    kit_restore(k, copy);
    assert_true(kit_lane(k, KIT_LANE_OUT).withheld);
    assert_int_equal(show(k, "krcert>certau#0", &body), ERR_NOT_NOW);
    buf_clear(&body);
}

static size_t
step(struct kit *k, struct watch *w)
{
    static const struct control_record nothing;
    struct arena arena;
    size_t entries = 0;

    arena_init(&arena, MIB(16));
    struct query q = query_for(k, &arena, &nothing);
    (void)watch_step(w, &q);
    for (size_t i = 0; i < q.answer.record_count; i++)
        entries +=
            slice_is(control_text(&q.answer.records[i], "event"), "entry");
    arena_clear(&arena);
    return entries;
}

/* PROTOCOL batches: "A message MUST be given to consumers downstream at most
 * once by (lane id, index), and across epochs by its submission id." */
static void
each_entry_is_reported_once(void **state)
{
    struct kit *k = *state;
    struct control_value v = {"cursor", CONTROL_TEXT, slice_str("start"), 0};
    const struct control_record values = {&v, 1};
    struct arena arena;
    struct watch *w;

    kit_connect(k);
    kit_submit(k, 5, 10, TLP_GREEN);
    assert_true(kit_take(k));
    arena_init(&arena, MIB(1));
    struct query q = query_for(k, &arena, &values);
    assert_int_equal(watch_new(&q, &w), OK);
    arena_clear(&arena);
    assert_int_equal(step(k, w), 5);
    assert_int_equal(step(k, w), 0);
    kit_give_receipt(k);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    assert_int_equal(step(k, w), 1);
    watch_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_expunged_body_is_not_shown_though_it_is_not_erased_yet),
        TEST(of_a_restored_lane_nothing_is_shown),
        TEST(each_entry_is_reported_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
