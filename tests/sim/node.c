#include "sim/sim.h"

#include "core/base/mem.h"
#include "core/wire/control.h"
#include "sim/stub_hash.h"

#include <assert.h>

#define RESTART_MS 2000
#define EVENTS_FIRST 32
#define TURN_MS 3

/* Of turns that a snapshot follows. */
#define SNAPSHOT_PERCENT 4

static void
signer_start(struct world *w, struct node *n)
{
    static struct buf journal;

    buf_reset(&journal);
    rules_sign_journal(w, n, &journal);
    struct slice rest = buf_slice(&journal);
    n->signer = keys_signer(n);
    while (rest.size)
        if (signer_restore(n->signer, &rest) != OK)
            assert(false && "the signing journal is read back");
    hold(w, INVARIANT_I16, signer_settle(n->signer) == OK,
         "a key that is in use is missing");
}

static enum err
restore_one(void *context, const struct fact *f)
{
    struct node *n = context;

    if (n->capture.size) {
        struct buf one = {0};
        fact_put(&one, f);
        capture_facts_put(&n->capture, buf_slice(&one));
        buf_clear(&one);
    }
    return exchange_restore(n->exchange, f);
}

unsigned
node_peer(const struct node *n, unsigned team)
{
    for (unsigned p = 0; p < n->peer_count; p++)
        if (n->peers[p] == team)
            return p;
    return TEAMS_MAX;
}

void
node_init(struct world *w, struct node *n, unsigned index)
{
    n->index = index;
    keys_init(n);
    n->store = memory_store_new();
    memory_store_port(n->store, &n->port);
    n->client.total = dice_below(&w->dice, w->node_count > 4 ? 16 : 40);
    n->client.pages =
        1 + dice_below(&w->dice, w->faulty[FAULT_BACKUP] ? 2 : 12);
    n->signer_ms =
        dice_chance(&w->dice, w->faulty[FAULT_BACKUP] ? 50 : 20) ? 400 : 0;
    arena_init(&n->event_bytes, (size_t)1 << 30);
    outcome_init(&n->out);
    queue_add(&w->queue, &(struct scheduled){.at = dice_below(&w->dice, 20),
                                             .what = HAPPEN_RESTART,
                                             .node = index});
}

static void
first_events(struct world *w, struct node *n)
{
    struct buf config = {0};
    uint8_t fresh[32];

    node_config(w, n, &config);
    for (size_t i = 0; i < 4; i++)
        put_be64(fresh + 8 * i, dice_next(&w->dice));
    node_push(w, n,
              &(struct event){.type = EVENT_START, .data = buf_slice(&config)});
    node_push(
        w, n,
        &(struct event){.type = EVENT_RANDOM, .data = SLICE_ARRAY(fresh)});
    buf_clear(&config);
}

void
node_start(struct world *w, struct node *n)
{
    if (n->incarnation == 0 && !n->kept.lane_count) {
        node_pair(w, n);
        node_backup(n);
    }
    n->up = true;
    w->counts.starts++;
    tell(w, n, "starts", n->incarnation);
    signer_start(w, n);
    rules_port(w, n, &n->seen_port);
    n->exchange = exchange_new(&n->seen_port);
    buf_reset(&n->capture);
    if (w->recording)
        capture_header_put(&n->capture, &n->team->name);
    const struct memory_store *from =
        n->foreign ? w->nodes[n->foreign - 1].store : n->store;
    enum err e = memory_store_facts(from, restore_one, n);
    hold(w, INVARIANT_I17, e == OK, "the journal is not folded back");
    if (n->snapshot.state.size && !n->foreign)
        node_snapshot_use(w, n);
    first_events(w, n);
    if (w->calm)
        operator_resumes_all(w, n);
    n->client.opened = false;
    n->client.request = 0;
    client_poke(w, n);
    if (n->crash_again) {
        n->crash_again--;
        n->crash = CRASH_AMONG_EFFECTS;
    }
}

static void
event_add(struct node *n, const struct event *e)
{
    if (n->event_count == n->event_capacity) {
        n->event_capacity =
            n->event_capacity ? 2 * n->event_capacity : EVENTS_FIRST;
        n->events = mem_resize(n->events, n->event_capacity, sizeof *n->events);
    }
    struct event *to = &n->events[n->event_count++];
    *to = *e;
    if (!arena_copy(&n->event_bytes, e->data, &to->data) ||
        !arena_copy(&n->event_bytes, e->more, &to->more))
        assert(false && "a gigabyte of events in one turn");
}

static void
turn_schedule(struct world *w, struct node *n, uint64_t at)
{
    if (at < n->paused_until)
        at = n->paused_until;
    n->turn_scheduled = true;
    queue_add(&w->queue, &(struct scheduled){.at = at,
                                             .what = HAPPEN_TURN,
                                             .node = n->index,
                                             .incarnation = n->incarnation});
}

void
node_push(struct world *w, struct node *n, const struct event *e)
{
    if (!n->up)
        return;
    event_add(n, e);
    if (!n->turn_scheduled)
        turn_schedule(w, n, w->time + dice_below(&w->dice, TURN_MS));
}

void
node_asks(struct world *w, struct node *n, uint64_t role,
          const struct control_request *r)
{
    struct buf frame = {0};

    control_request_put(&frame, r);
    node_push(
        w, n,
        &(struct event){.type = EVENT_REQUEST,
                        .id = r->id,
                        .a = role,
                        .b = 1000,
                        .data = slice_of(frame.data + 4, frame.size - 4)});
    buf_clear(&frame);
}

/* I11: what a life of a node did is done again, byte for byte. */
static void
replay(struct world *w, struct node *n)
{
    struct memory_store *m = memory_store_new();
    struct replay_report report;
    struct store port;

    if (n->capture.size) {
        memory_store_port(m, &port);
        enum err e = capture_replay(buf_slice(&n->capture), &port, &report);
        w->counts.replayed++;
        hold(w, INVARIANT_I11, e == OK || (e == ERR_TRUNCATED && !report.turns),
             "a capture run again gives other bytes");
    }
    memory_store_free(m);
    buf_reset(&n->capture);
}

static void
stop(struct world *w, struct node *n)
{
    replay(w, n);
    exchange_free(n->exchange);
    signer_free(n->signer);
    n->exchange = NULL;
    n->signer = NULL;
    n->up = false;
    n->event_count = 0;
    n->turn_scheduled = false;
    n->crash = CRASH_NOWHERE;
    n->tick_at = 0;
    n->foreign = 0;
    n->ending = n->sync_failed = false;
    n->consume_wanted = true;
    n->consume_scheduled = false;
    buf_reset(&n->unsynced);
    arena_reset(&n->event_bytes);
    outcome_reset(&n->out);
}

/* What was not synced is lost, links die. */
void
node_crash(struct world *w, struct node *n, enum crash_point where)
{
    tell(w, n, "crashes, point", where);
    w->counts.crashes++;
    w->counts.crashed[where]++;
    net_node_gone(w, n);
    stop(w, n);
    memory_store_crash(n->store);
    n->incarnation++;
    n->rests = false;
    uint64_t at = w->time + 1 + dice_below(&w->dice, RESTART_MS);
    queue_add(&w->queue, &(struct scheduled){.at = at,
                                             .what = HAPPEN_RESTART,
                                             .node = n->index,
                                             .incarnation = n->incarnation});
}

void
node_clear(struct node *n)
{
    if (n->exchange)
        exchange_free(n->exchange);
    signer_free(n->signer);
    memory_store_free(n->store);
    memory_store_free(n->backup.store);
    buf_clear(&n->snapshot.state);
    buf_clear(&n->backup.snapshot.state);
    kept_clear(&n->kept);
    keys_clear(n);
    mem_free(n->events);
    buf_clear(&n->sign_journal);
    buf_clear(&n->unsynced);
    buf_clear(&n->capture);
    arena_clear(&n->event_bytes);
    outcome_clear(&n->out);
}

/* ---- effects ------------------------------------------------------------- */

static void
ask_signer(struct world *w, struct node *n, const struct effect *e)
{
    uint64_t most = n->signer_ms;

    if (w->time < n->signer_slow_until)
        most = 5000;
    /* One signer, one queue: answers come in the order of the requests. */
    uint64_t at = w->time + 1 + dice_below(&w->dice, most + 1);
    if (at < n->signed_at)
        at = n->signed_at;
    n->signed_at = at;
    queue_add(&w->queue, &(struct scheduled){.at = at,
                                             .what = HAPPEN_SIGN,
                                             .node = n->index,
                                             .incarnation = n->incarnation,
                                             .event = {.type = EVENT_SIGNED,
                                                       .id = e->id,
                                                       .data = e->data}});
}

void
node_sign(struct world *w, struct node *n, const struct scheduled *s)
{
    static struct buf answer;
    uint64_t clock_s = node_now(w, n).wall.ms / 1000;
    size_t from = n->sign_journal.size;

    if (n->crash == CRASH_BEFORE_SIGNING) {
        node_crash(w, n, CRASH_BEFORE_SIGNING);
        return;
    }
    buf_reset(&answer);
    enum err e = signer_answer(n->signer, s->event.data, clock_s,
                               &n->sign_journal, &answer);
    if (!hold(w, INVARIANT_I10, e == OK, "the signer cannot read a request"))
        return;
    truth_signed(w, n, from);
    hold(w, INVARIANT_I16, signer_settle(n->signer) == OK,
         "a key that is in use is missing");
    rules_answer(w, s->event.data, &answer);
    if (n->crash == CRASH_AFTER_SIGNING)
        node_crash(w, n, CRASH_AFTER_SIGNING);
    else
        node_push(w, n,
                  &(struct event){.type = EVENT_SIGNED,
                                  .id = s->event.id,
                                  .data = buf_slice(&answer)});
}

/* A node ends itself: where its state is another team's, or its signing
 * journal too old, and only there. */
static void
stops(struct world *w, struct node *n, const struct effect *e)
{
    tell_words(w, n, e->data);
    w->counts.stops++;
    if (n->ending)
        return;
    n->ending = true;
    if (n->foreign) {
        n->foreign = 0;
    } else {
        hold(w, INVARIANT_I17, false, "the node stops itself");
        return;
    }
    n->crash = CRASH_BETWEEN_TURNS;
}

static void
on_notice(struct world *w, struct node *n, const struct effect *e)
{
    tell_words(w, n, e->data);
}

static void
perform(struct world *w, struct node *n, const struct effect *e)
{
    if (n->foreign && e->type != EFFECT_NOTICE && e->type != EFFECT_STOP &&
        e->type != EFFECT_ANSWER)
        hold(w, INVARIANT_I17, false, "a node acts on another team's state");
    switch (e->type) {
    case EFFECT_SEND:
        net_send(w, n, e);
        break;
    case EFFECT_CLOSE:
        net_close(w, n, e);
        break;
    case EFFECT_DIAL:
        net_dial(w, n, e);
        break;
    case EFFECT_SIGN:
        ask_signer(w, n, e);
        break;
    case EFFECT_ANSWER:
        if (e->id < OPERATOR_ID)
            client_answer(w, n, e);
        else if (e->id >= OPERATOR_MAKES)
            keys_answer(w, n, e);
        break;
    case EFFECT_NOTICE:
        on_notice(w, n, e);
        break;
    case EFFECT_STOP:
        stops(w, n, e);
        break;
    case EFFECT_TYPE_COUNT:
        break;
    }
}

static void
fingerprint(struct world *w, const struct node *n)
{
    uint64_t f = stub_mix(w->fingerprint + n->index, buf_slice(&n->out.facts));

    for (size_t i = 0; i < n->out.effect_count; i++) {
        const struct effect *e = &n->out.effects[i];
        f = stub_mix(f + (unsigned)e->type + (e->id << 8), e->data);
    }
    w->fingerprint = f;
}

static void
arm_timer(struct world *w, struct node *n)
{
    struct mono due = exchange_deadline(n->exchange);
    uint64_t at = due.ms > w->time + 1 ? due.ms : w->time + 1;

    if (due.ms == UINT64_MAX || at == n->tick_at)
        return;
    n->tick_at = at;
    queue_add(&w->queue, &(struct scheduled){.at = at,
                                             .what = HAPPEN_TICK,
                                             .node = n->index,
                                             .incarnation = n->incarnation});
}

/* What came is handed on a little later. */
static void
consume_later(struct world *w, struct node *n)
{
    if (!n->consume_wanted || n->consume_scheduled)
        return;
    n->consume_wanted = false;
    n->consume_scheduled = true;
    queue_add(&w->queue,
              &(struct scheduled){.at = w->time + dice_below(&w->dice, 50),
                                  .what = HAPPEN_CONSUME,
                                  .node = n->index,
                                  .incarnation = n->incarnation});
}

static void
capture(struct world *w, struct node *n, struct now now)
{
    if (!w->recording)
        return;
    capture_turn_put(&n->capture, &(struct capture_turn){
                                      .number = n->port.ops->turn(n->port.self),
                                      .now = now,
                                      .events = n->events,
                                      .event_count = n->event_count,
                                      .facts = buf_slice(&n->out.facts),
                                      .effects = n->out.effects,
                                      .effect_count = n->out.effect_count,
                                  });
}

/* Append and sync, as far as the crash that is armed lets it. False if the
 * node is gone. */
static bool
make_durable(struct world *w, struct node *n)
{
    static struct buf memory;
    struct slice facts = rules_forget(w, buf_slice(&n->out.facts), &memory);

    hold(w, INVARIANT_I17, !n->foreign || !facts.size,
         "a node writes on another team's state");
    n->port.ops->append(n->port.self, facts);
    buf_put(&n->unsynced, buf_slice(&n->out.facts));
    if (n->crash == CRASH_SYNC_FAILS && without(w, WITHOUT_R10)) {
        n->crash = CRASH_NOWHERE;
        n->sync_failed = true;
    }
    if (facts.size &&
        (n->crash == CRASH_BEFORE_SYNC || n->crash == CRASH_SYNC_FAILS)) {
        node_crash(w, n, n->crash);
        return false;
    }
    if (!rules_skip_sync(w, n, facts)) {
        n->port.ops->sync(n->port.self);
        truth_synced(w, n, buf_slice(&n->unsynced), true);
        buf_reset(&n->unsynced);
    }
    if (n->crash == CRASH_AFTER_SYNC ||
        (n->crash == CRASH_GHOST && facts.size)) {
        node_crash(w, n, n->crash);
        return false;
    }
    return true;
}

/* What is expunged is erased once the entry that says so is on disk; a crash
 * may come in between. False if the node is gone. */
static bool
erase(struct world *w, struct node *n)
{
    size_t count = n->out.erasure_count, until = count;

    if (!count)
        return true;
    hold(w, INVARIANT_I15, !n->foreign,
         "a node erases on another team's state");
    if (n->crash == CRASH_AMONG_ERASURES)
        until = (size_t)dice_below(&w->mishap, count + 1);
    n->port.ops->erase(n->port.self, n->out.erasures, until);
    w->counts.erased += until;
    if (n->crash == CRASH_AMONG_ERASURES) {
        node_crash(w, n, CRASH_AMONG_ERASURES);
        return false;
    }
    node_push(w, n, &(struct event){.type = EVENT_ERASED, .a = count});
    return true;
}

/* One turn, as edge/turn runs it, with a crash at a point of its order. */
void
node_turn(struct world *w, struct node *n)
{
    struct now now = node_now(w, n);

    n->turn_scheduled = false;
    if (w->time < n->paused_until) {
        turn_schedule(w, n, n->paused_until);
        return;
    }
    w->counts.turns++;
    w->meeting = n->index;
    n->rests = false;
    exchange_step(n->exchange, n->events, n->event_count, now, &n->out);
    capture(w, n, now);
    n->event_count = 0;
    n->tick_at = 0;
    arena_reset(&n->event_bytes);
    fingerprint(w, n);
    if (!make_durable(w, n) || !erase(w, n))
        return;
    size_t until = n->out.effect_count;
    if (n->crash == CRASH_AMONG_EFFECTS)
        until = until ? (size_t)dice_below(&w->mishap, until) : 0;
    for (size_t i = 0; i < until && !w->violation.invariant; i++)
        perform(w, n, &n->out.effects[i]);
    if (n->crash == CRASH_AMONG_EFFECTS || n->crash == CRASH_BETWEEN_TURNS) {
        node_crash(w, n, n->crash);
        return;
    }
    outcome_reset(&n->out);
    if (dice_chance(&w->aside, SNAPSHOT_PERCENT))
        node_snapshot(w, n);
    consume_later(w, n);
    arm_timer(w, n);
}
