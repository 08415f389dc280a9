/*
 * turn_test - what reaches the disk before anything leaves a node.
 */
#include "edge/turn/turn.h"

#include "core/wire/control.h"
#include "sim/team.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACTS_MAX 32

/* What the store and the sinks were told, in order. */
enum act { ACT_APPEND = 1, ACT_SYNC, ACT_EFFECT };

static enum act acts[ACTS_MAX];
static size_t act_count;

static void
note(enum act act)
{
    assert_true(act_count < ACTS_MAX);
    acts[act_count++] = act;
}

static void
store_append(void *self, struct slice facts)
{
    (void)self;
    assert_true(facts.size > 0);
    note(ACT_APPEND);
}

static void
store_sync(void *self)
{
    (void)self;
    note(ACT_SYNC);
}

static uint64_t
store_turn(void *self)
{
    (void)self;
    return 1;
}

static void
perform(void *self, const struct effect *effect)
{
    (void)self;
    (void)effect;
    note(ACT_EFFECT);
}

static const struct store_ops ops = {
    .append = store_append, .sync = store_sync, .turn = store_turn};

static void
put_config(const struct team *us, struct buf *out)
{
    struct config *c = test_calloc(1, sizeof *c);

    *c = (struct config){.team = us->name,
                         .card = buf_slice(&us->card),
                         .boot_time = {1700000000000},
                         .default_tlp = TLP_AMBER,
                         .batches_in_flight = 4,
                         .body_bytes_max = MIB(1)};
    config_put(out, c);
    test_free(c);
}

/* Run the first turn of a node, which notes its card as a fact, and asks it
 * something in the same turn, so that there is an effect. */
static void
run_first_turn(void)
{
    const struct store store = {.ops = &ops};
    struct exchange *x = exchange_new(&store);
    struct turn *t = turn_new(x, &store);
    struct team us;
    struct buf config = {0};

    team_make(&us, "krcert.or.kr", "krcert", 1);
    put_config(&us, &config);
    for (enum effect_type e = EFFECT_SEND; e < EFFECT_TYPE_COUNT; e++)
        turn_sink_set(t, e, (struct turn_sink){perform, NULL});
    assert_true(turn_push(
        t, &(struct event){.type = EVENT_START, .data = buf_slice(&config)}));
    assert_true(turn_push(t, &(struct event){.type = EVENT_REQUEST,
                                             .id = 1,
                                             .data = slice_str("?")}));
    turn_run(t, (struct now){{1000}, {1700000000000}});
    buf_clear(&config);
    team_clear(&us);
    turn_free(t);
    exchange_free(x);
}

static size_t
first_of(enum act act)
{
    for (size_t i = 0; i < act_count; i++)
        if (acts[i] == act)
            return i;
    fail_msg("act %d was not done", (int)act);
    return 0;
}

/* PROTOCOL turn: "A byte MUST NOT leave a node before what it claims is
 * synced." */
static void
facts_are_synced_before_the_first_effect(void **state)
{
    (void)state;
    run_first_turn();
    assert_true(first_of(ACT_APPEND) < first_of(ACT_SYNC));
    assert_true(first_of(ACT_SYNC) < first_of(ACT_EFFECT));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_synced_before_the_first_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
