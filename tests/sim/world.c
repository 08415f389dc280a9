#include "sim.h"

#include "core/base/crc.h"
#include "core/base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* Virtual time that a run may take, faults and all: enough for the longest
 * back-off several times over. */
#define RUN_MS_MAX (uint64_t)7200000
#define EVENTS_MAX 200000
#define FAULTS_FIRST_MS 50

/* After a restore lanes may have stopped for good: it is enough that nothing
 * is violated for so long. */
#define RESTORED_MS 900000

void
violate(struct world *w, const char *invariant, const char *text)
{
    if (w->violation.invariant)
        return;
    w->violation.invariant = invariant;
    snprintf(w->violation.text, sizeof w->violation.text,
             "%s (at %" PRIu64 " ms)", text, w->time);
}

void
trace(struct world *w, unsigned node, const char *what, uint64_t n)
{
    if (w->trace)
        printf("%8" PRIu64 " ms  %s  %s %" PRIu64 "\n", w->time,
               node < NODES ? w->nodes[node].team->name.text : "world", what,
               n);
}

struct now
world_now(const struct world *w)
{
    return (struct now){.mono = {w->time + 1},
                        .wall = {1800000000000u + w->wall_offset + w->time}};
}

static bool
before(const struct scheduled *a, const struct scheduled *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void
schedule(struct world *w, const struct scheduled *s)
{
    if (w->heap_count == w->heap_capacity) {
        w->heap_capacity = w->heap_capacity ? 2 * w->heap_capacity : 64;
        w->heap = mem_resize(w->heap, w->heap_capacity, sizeof *w->heap);
    }
    size_t i = w->heap_count++;
    w->heap[i] = *s;
    w->heap[i].order = w->order++;
    while (i && before(&w->heap[i], &w->heap[(i - 1) / 2])) {
        struct scheduled up = w->heap[(i - 1) / 2];
        w->heap[(i - 1) / 2] = w->heap[i];
        w->heap[i] = up;
        i = (i - 1) / 2;
    }
}

static struct scheduled
take_first(struct world *w)
{
    struct scheduled first = w->heap[0];
    size_t i = 0;

    w->heap[0] = w->heap[--w->heap_count];
    for (;;) {
        size_t least = i, left = 2 * i + 1;
        for (size_t k = left; k < left + 2 && k < w->heap_count; k++)
            if (before(&w->heap[k], &w->heap[least]))
                least = k;
        if (least == i)
            return first;
        struct scheduled down = w->heap[least];
        w->heap[least] = w->heap[i];
        w->heap[i] = down;
        i = least;
    }
}

static struct event
event_copy(const struct event *e)
{
    struct event copy = *e;

    copy.data.data = mem_copy(e->data.data, e->data.size);
    copy.more.data = mem_copy(e->more.data, e->more.size);
    return copy;
}

static void
event_free(struct event *e)
{
    mem_free((void *)(uintptr_t)e->data.data);
    mem_free((void *)(uintptr_t)e->more.data);
}

void
deliver(struct world *w, unsigned node, const struct event *e, uint64_t delay)
{
    schedule(w, &(struct scheduled){.at = w->time + delay,
                                    .what = HAPPEN_DELIVER,
                                    .node = node,
                                    .incarnation = w->nodes[node].incarnation,
                                    .event = event_copy(e)});
}

/* Cut a link: each end learns of it in its own time, or one of them, or none,
 * only by its own clock. */
void
conn_cut(struct world *w, struct conn *c, bool silent_one)
{
    unsigned silent = (unsigned)dice_below(&w->dice, NODES + 1);

    if (!c->up)
        return;
    c->up = false;
    w->counts.cuts++;
    for (unsigned i = 0; i < NODES; i++) {
        struct event e = {.type = EVENT_LINK_DOWN,
                          .id = c->id,
                          .a = ERR_IO,
                          .data = slice_str("cut")};
        if (silent_one && (i == silent || silent == NODES))
            continue;
        if (w->nodes[i].up && w->nodes[i].incarnation == c->incarnation[i])
            deliver(w, i, &e, dice_below(&w->dice, 20));
    }
}

/* ---- faults ---------------------------------------------------------------
 */

static void
fault(struct world *w)
{
    struct node *n = &w->nodes[dice_below(&w->dice, NODES)];

    switch (dice_below(&w->dice, w->may_restore ? 20 : 8)) {
    case 0:
    case 1:
        if (w->conn_count)
            conn_cut(w, &w->conns[w->conn_count - 1],
                     dice_chance(&w->dice, 25));
        break;
    case 2:
        n->crash = CRASH_BEFORE_SYNC;
        break;
    case 3:
        n->crash = CRASH_AFTER_SYNC;
        break;
    case 4:
        n->crash = CRASH_AMONG_EFFECTS;
        break;
    case 5:
        n->crash = CRASH_AFTER_SIGNING;
        break;
    case 6:
        if (n->up)
            node_crash(w, n, CRASH_BETWEEN_TURNS);
        break;
    case 7: /* the clock steps, forwards or back, by up to ten years */
        w->wall_offset = dice_below(&w->dice, 315360000000u);
        break;
    default: /* only where a seed may restore */
        if (dice_chance(&w->dice, 60))
            node_backup(n);
        else
            node_restore(w, n);
        break;
    }
}

static void
fault_next(struct world *w)
{
    if (!w->faults_left) {
        w->calm = true;
        w->calm_since = w->time;
        return;
    }
    w->faults_left--;
    schedule(w, &(struct scheduled){.at = w->time + 1 +
                                          dice_below(&w->dice, w->fault_ms),
                                    .what = HAPPEN_FAULT});
}

/* ---- running ---------------------------------------------------------------
 */

static void
on_deliver(struct world *w, struct scheduled *s)
{
    struct node *n = &w->nodes[s->node];

    if (n->up && n->incarnation == s->incarnation)
        node_push(w, n, &s->event);
    event_free(&s->event);
}

static void
happen(struct world *w, struct scheduled *s)
{
    struct node *n = &w->nodes[s->node];
    bool current = n->up && n->incarnation == s->incarnation;

    switch (s->what) {
    case HAPPEN_DELIVER:
        on_deliver(w, s);
        break;
    case HAPPEN_TURN:
        if (current)
            node_turn(w, n);
        break;
    case HAPPEN_SIGN:
        if (current)
            node_sign(w, n, s);
        event_free(&s->event);
        break;
    case HAPPEN_RESTART:
        if (!n->up && n->incarnation == s->incarnation)
            node_start(w, n);
        break;
    case HAPPEN_TICK:
        if (current && n->tick_at == s->at)
            node_push(w, n, &(struct event){.type = EVENT_TICK});
        break;
    case HAPPEN_FAULT:
        fault(w);
        fault_next(w);
        break;
    case HAPPEN_CLIENT:
        if (current)
            client_poke(w, n);
        break;
    }
}

static bool
all_done(const struct world *w)
{
    if (!w->calm)
        return false;
    for (unsigned i = 0; i < NODES; i++) {
        const struct node *n = &w->nodes[i];
        if (!n->up || n->event_count ||
            (!w->counts.restores && !client_done(n)))
            return false;
    }
    return truth_at_rest(w);
}

void
world_run(struct world *w)
{
    while (!w->violation.invariant) {
        if (all_done(w)) {
            truth_end(w);
            return;
        }
        if (!w->heap_count || w->counts.events == EVENTS_MAX) {
            violate(w, "I13",
                    w->heap_count ? "it does not come to rest"
                                  : "nothing happens any more, not all is "
                                    "delivered");
            return;
        }
        struct scheduled s = take_first(w);
        w->time = s.at;
        if (w->time > RUN_MS_MAX)
            violate(w, "I13", "not all is delivered in two hours");
        w->counts.events++;
        happen(w, &s);
    }
}

void
world_init(struct world *w, uint64_t seed, struct team teams[NODES])
{
    bool trace_on = w->trace;
    struct rules_off off = w->off;

    *w = (struct world){.seed = seed, .trace = trace_on, .off = off};
    w->dice.state = seed * 0x2545f4914f6cdd1du + 1;
    w->faults_left = dice_below(&w->dice, 9);
    w->may_restore = seed % 7 == 0;
    w->slow_clients = w->may_restore || seed % 3 == 0;
    w->fault_ms = w->may_restore || seed % 4 == 0 ? 4000 : 400;
    if (w->may_restore)
        w->faults_left += 8;
    /* One signer is slow, so that several batches wait for one receipt. */
    w->signer_ms[seed % NODES] = seed % 5 == 0 || w->may_restore ? 400 : 0;
    for (unsigned i = 0; i < NODES; i++) {
        struct node *n = &w->nodes[i];
        n->team = &teams[i];
        n->index = i;
        n->store = memory_store_new();
        memory_store_port(n->store, &n->port);
        n->client.total = dice_below(&w->dice, 40);
        n->client.pages = 1 + dice_below(&w->dice, w->may_restore ? 2 : 12);
        arena_init(&n->event_bytes, (size_t)1 << 30);
        outcome_init(&n->out);
        for (unsigned e = 0; e < 16; e++) {
            table_init(&w->said[i][e].roots, 16);
            frontier_init(&w->said[i][e].at);
        }
        schedule(w, &(struct scheduled){.at = dice_below(&w->dice, 20),
                                        .what = HAPPEN_RESTART,
                                        .node = i});
    }
    schedule(w, &(struct scheduled){.at = FAULTS_FIRST_MS +
                                          dice_below(&w->dice, 200),
                                    .what = HAPPEN_FAULT});
}

void
world_clear(struct world *w)
{
    for (size_t i = 0; i < w->heap_count; i++)
        event_free(&w->heap[i].event);
    mem_free(w->heap);
    for (unsigned i = 0; i < NODES; i++) {
        node_clear(&w->nodes[i]);
        for (unsigned e = 0; e < 16; e++)
            said_clear(&w->said[i][e]);
    }
}
