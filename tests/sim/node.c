#include "sim.h"

#include "core/base/crc.h"
#include "core/base/mem.h"
#include "core/exchange/view.h"

#include <assert.h>
#include <stdio.h>

static void
signer_start(struct node *n)
{
    struct slice rest = buf_slice(&n->sign_journal);

    n->signer = signer_new(&n->team->name, n->team->seeds);
    while (rest.size)
        if (signer_restore(n->signer, &rest) != OK)
            assert(false && "the signing journal is read back");
}

static enum err
restore_one(void *context, const struct fact *f)
{
    return exchange_restore(context, f);
}

static void
config_of(struct world *w, const struct node *n, struct buf *out)
{
    struct config *c = mem_new(sizeof *c);

    *c = (struct config){
        .team = n->team->name,
        .card = buf_slice(n->renewed ? &n->team->renewed : &n->team->card),
        .boot_time = world_now(w).wall,
        .default_tlp = TLP_AMBER,
        .batches_in_flight = 1 + (uint32_t)(w->seed % 4),
        .body_bytes_max = MIB(1),
        .peer_count = 1,
    };
    c->peers[0].team = w->nodes[!n->index].team->name;
    /* What one may send and the other does not take is declined. */
    c->peers[0].ceiling = n->index ? TLP_AMBER : TLP_RED;
    c->peers[0].community = true;
    c->peers[0].dial = n->index == 0 || w->seed % 3 == 0;
    uint64_t boot = dice_next(&w->dice);
    memcpy(c->boot_id, &boot, sizeof boot);
    config_put(out, c);
    mem_free(c);
}

/* The facts of a pairing, as they stand before the first start. */
static void
pair(struct world *w, struct node *n)
{
    const struct team *other = w->nodes[!n->index].team;
    struct buf facts = {0};
    struct fact f = {.type = FACT_NODE, .text = buf_slice(&n->team->card)};

    fact_put(&facts, &f);
    f = (struct fact){.type = FACT_PEER, .text = buf_slice(&other->card)};
    fact_put(&facts, &f);
    f = (struct fact){.type = FACT_CONFIRMED, .text = slice_str("sim")};
    fact_put(&facts, &f);
    for (unsigned ours = 0; ours < 2; ours++) {
        const struct team *origin = ours ? n->team : other;
        const struct team *holder = ours ? other : n->team;
        struct genesis g = {.root_spki = origin->root_spki};
        f = (struct fact){.type = FACT_LANE, .lane = ours, .ours = ours};
        team_id_of(&origin->name, &g.origin);
        team_id_of(&holder->name, &g.audience);
        genesis_encode(&g, f.genesis);
        fact_put(&facts, &f);
    }
    n->port.ops->append(n->port.self, buf_slice(&facts));
    n->port.ops->sync(n->port.self);
    buf_clear(&facts);
}

void
node_start(struct world *w, struct node *n)
{
    struct buf config = {0};
    uint8_t fresh[32];

    if (n->incarnation == 0) {
        pair(w, n);
        node_backup(n);
    } else if (dice_chance(&w->dice, 20)) {
        n->renewed = true;
    }
    n->up = true;
    w->counts.restarts++;
    trace(w, n->index, "starts", n->incarnation);
    signer_start(n);
    n->exchange = exchange_new(&n->port);
    if (memory_store_facts(n->store, restore_one, n->exchange) != OK)
        violate(w, "I17", "the journal is not folded back");
    for (uint32_t i = 0; i < 64; i++) {
        struct view_lane l;
        n->held[i] = view_lane(n->exchange, i, &l) == OK ? l.size : 0;
    }
    config_of(w, n, &config);
    for (size_t i = 0; i < 4; i++) {
        uint64_t r = dice_next(&w->dice);
        memcpy(fresh + 8 * i, &r, sizeof r);
    }
    node_push(w, n,
              &(struct event){.type = EVENT_START, .data = buf_slice(&config)});
    node_push(
        w, n,
        &(struct event){.type = EVENT_RANDOM, .data = SLICE_ARRAY(fresh)});
    buf_clear(&config);
    n->client.opened = false;
    n->client.request = 0;
    client_poke(w, n);
}

void
node_push(struct world *w, struct node *n, const struct event *e)
{
    if (n->event_count == ARRAY_SIZE(n->events))
        node_turn(w, n);
    if (!n->up)
        return;
    struct event *to = &n->events[n->event_count++];
    *to = *e;
    if (!arena_copy(&n->event_bytes, e->data, &to->data) ||
        !arena_copy(&n->event_bytes, e->more, &to->more))
        assert(false && "a gigabyte of events in one turn");
    if (n->turn_scheduled)
        return;
    n->turn_scheduled = true;
    schedule(w, &(struct scheduled){.at = w->time + dice_below(&w->dice, 3),
                                    .what = HAPPEN_TURN,
                                    .node = n->index,
                                    .incarnation = n->incarnation});
}

static void
stop(struct node *n)
{
    exchange_free(n->exchange);
    signer_free(n->signer);
    n->exchange = NULL;
    n->signer = NULL;
    n->up = false;
    n->event_count = 0;
    n->turn_scheduled = false;
    n->crash = CRASH_NOWHERE;
    arena_reset(&n->event_bytes);
    outcome_reset(&n->out);
}

/* Power is gone: what was not synced is lost, links die. */
void
node_crash(struct world *w, struct node *n, enum crash_point where)
{
    trace(w, n->index, "crashes", n->incarnation);
    w->counts.crashes++;
    w->counts.crashed[where]++;
    for (size_t i = 0; i < w->conn_count; i++)
        if (w->conns[i].up &&
            w->conns[i].incarnation[n->index] == n->incarnation)
            conn_cut(w, &w->conns[i], dice_chance(&w->dice, 25));
    stop(n);
    memory_store_crash(n->store);
    n->incarnation++;
    schedule(w,
             &(struct scheduled){.at = w->time + 1 + dice_below(&w->dice, 2000),
                                 .what = HAPPEN_RESTART,
                                 .node = n->index,
                                 .incarnation = n->incarnation});
}

/* Copy what is synced. */
void
node_backup(struct node *n)
{
    memory_store_free(n->backup);
    n->backup = memory_store_clone(n->store);
}

/* The disk is lost and the backup is put back; the signer keeps its own
 * journal. */
void
node_restore(struct world *w, struct node *n)
{
    if (!n->up)
        return;
    node_crash(w, n, CRASH_BETWEEN_TURNS);
    trace(w, n->index, "is restored", 0);
    memory_store_free(n->store);
    n->store = memory_store_clone(n->backup);
    memory_store_port(n->store, &n->port);
    w->counts.restores++;
}

void
node_clear(struct node *n)
{
    if (n->up)
        stop(n);
    memory_store_free(n->store);
    memory_store_free(n->backup);
    buf_clear(&n->sign_journal);
    arena_clear(&n->event_bytes);
    outcome_clear(&n->out);
}

/* ---- effects ---------------------------------------------------------------
 */

static struct conn *
conn_of(struct world *w, uint64_t id)
{
    return id && id <= w->conn_count ? &w->conns[id - 1] : NULL;
}

/* Cut what was sent into frames and let each travel, in order. */
static void
send_frames(struct world *w, struct node *n, const struct effect *e)
{
    struct conn *c = conn_of(w, e->id);
    unsigned to = !n->index;
    struct slice rest = e->data;

    truth_sent(w, n, rest);
    while (rest.size >= FRAME_HEADER_BYTES) {
        size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
        struct event f = {.type = EVENT_FRAME,
                          .id = e->id,
                          .data = slice_of(rest.data, size)};
        rest = slice_of(rest.data + size, rest.size - size);
        w->counts.frames++;
        trace(w, n->index, frame_name(f.data.data[4]), size);
        if (!c->up || w->nodes[to].incarnation != c->incarnation[to])
            continue;
        uint64_t at = w->time + 1 + dice_below(&w->dice, 8);
        if (at < c->last[to])
            at = c->last[to];
        c->last[to] = at;
        deliver(w, to, &f, at - w->time);
    }
}

static void
dial(struct world *w, struct node *n, const struct effect *e)
{
    struct node *other = &w->nodes[!n->index];
    uint8_t exporter[32];
    uint64_t delay = 1 + dice_below(&w->dice, 30);

    w->counts.dials++;
    if (!other->up || w->conn_count == CONNS_MAX ||
        (!w->calm && dice_chance(&w->dice, 10))) {
        deliver(w, n->index,
                &(struct event){.type = EVENT_DIAL_FAILED,
                                .a = ERR_IO,
                                .data = e->data,
                                .more = slice_str("refused")},
                delay);
        return;
    }
    struct conn *c = &w->conns[w->conn_count++];
    *c = (struct conn){.id = w->conn_count, .up = true};
    memset(exporter, (int)(c->id & 255), sizeof exporter);
    for (unsigned i = 0; i < NODES; i++) {
        struct node *end = &w->nodes[i];
        c->incarnation[i] = end->incarnation;
        c->last[i] = w->time + delay;
        deliver(w, i,
                &(struct event){.type = EVENT_LINK_UP,
                                .id = c->id,
                                .a = i == n->index,
                                .data = slice_str(w->nodes[!i].team->name.text),
                                .more = SLICE_ARRAY(exporter)},
                delay);
    }
}

static void
close_conn(struct world *w, struct node *n, const struct effect *e)
{
    struct conn *c = conn_of(w, e->id);
    unsigned to = !n->index;
    struct event down = {.type = EVENT_LINK_DOWN,
                         .id = e->id,
                         .a = ERR_IO,
                         .data = slice_str("the peer closed")};

    if (!c->up)
        return;
    c->up = false;
    uint64_t at = w->time + 1;
    if (at < c->last[to])
        at = c->last[to];
    if (w->nodes[to].up && w->nodes[to].incarnation == c->incarnation[to])
        deliver(w, to, &down, at - w->time);
}

static void
ask_signer(struct world *w, struct node *n, const struct effect *e)
{
    /* One signer, one queue: answers come in the order of the requests. */
    uint64_t at =
        w->time + 1 + dice_below(&w->dice, w->signer_ms[n->index] + 1);
    if (at < n->signed_at)
        at = n->signed_at;
    n->signed_at = at;
    struct scheduled s = {.at = at,
                          .what = HAPPEN_SIGN,
                          .node = n->index,
                          .incarnation = n->incarnation,
                          .event = {.type = EVENT_SIGNED, .id = e->id}};

    s.event.data = slice_of(mem_copy(e->data.data, e->data.size), e->data.size);
    schedule(w, &s);
}

void
node_sign(struct world *w, struct node *n, const struct scheduled *s)
{
    struct buf answer = {0};
    uint64_t clock_s = world_now(w).wall.ms / 1000;

    if (signer_answer(n->signer, s->event.data, clock_s, &n->sign_journal,
                      &answer) != OK)
        violate(w, "I10", "the signer cannot read a request");
    else if (n->crash == CRASH_AFTER_SIGNING)
        node_crash(w, n, CRASH_AFTER_SIGNING);
    else
        deliver(w, n->index,
                &(struct event){.type = EVENT_SIGNED,
                                .id = s->event.id,
                                .data = buf_slice(&answer)},
                0);
    buf_clear(&answer);
}

static void
perform(struct world *w, struct node *n, const struct effect *e)
{
    switch (e->type) {
    case EFFECT_SEND:
        send_frames(w, n, e);
        break;
    case EFFECT_CLOSE:
        close_conn(w, n, e);
        break;
    case EFFECT_DIAL:
        dial(w, n, e);
        break;
    case EFFECT_SIGN:
        ask_signer(w, n, e);
        break;
    case EFFECT_ANSWER:
        client_answer(w, n, e);
        break;
    case EFFECT_NOTICE:
        if (w->trace) {
            trace(w, n->index, "notice", e->a);
            fwrite(e->data.data, 1, e->data.size, stdout);
            putchar('\n');
        }
        if (e->a == NOTICE_ALARM && !w->counts.restores)
            violate(w, "I14", "an alarm without a cause");
        break;
    case EFFECT_STOP:
        violate(w, "I17", "the node stops itself");
        break;
    case EFFECT_TYPE_COUNT:
        break;
    }
}

static void
fingerprint(struct world *w, const struct node *n)
{
    uint8_t head[9] = {(uint8_t)n->index};

    w->fingerprint = crc32c(w->fingerprint + 1, buf_slice(&n->out.facts));
    for (size_t i = 0; i < n->out.effect_count; i++) {
        const struct effect *e = &n->out.effects[i];
        head[0] = (uint8_t)e->type;
        put_be64(head + 1, e->id);
        w->fingerprint = crc32c(w->fingerprint, SLICE_ARRAY(head));
        w->fingerprint = crc32c(w->fingerprint, e->data);
    }
}

static void
arm_timer(struct world *w, struct node *n)
{
    struct mono due = exchange_deadline(n->exchange);

    if (due.ms == UINT64_MAX)
        return;
    n->tick_at = due.ms > w->time + 1 ? due.ms : w->time + 1;
    schedule(w, &(struct scheduled){.at = n->tick_at,
                                    .what = HAPPEN_TICK,
                                    .node = n->index,
                                    .incarnation = n->incarnation});
}

/* One turn, as edge/turn runs it, with a crash at a point of its order. */
void
node_turn(struct world *w, struct node *n)
{
    enum crash_point crash = n->crash;
    size_t until;

    n->turn_scheduled = false;
    w->counts.turns++;
    exchange_step(n->exchange, n->events, n->event_count, world_now(w),
                  &n->out);
    n->event_count = 0;
    arena_reset(&n->event_bytes);
    fingerprint(w, n);
    n->port.ops->append(n->port.self, buf_slice(&n->out.facts));
    if (crash == CRASH_BEFORE_SYNC && n->out.facts.size) {
        node_crash(w, n, crash);
        return;
    }
    if (!w->off.sync_before_receipt)
        n->port.ops->sync(n->port.self);
    truth_synced(w, n, buf_slice(&n->out.facts));
    if (crash == CRASH_AFTER_SYNC) {
        node_crash(w, n, crash);
        return;
    }
    until = n->out.effect_count;
    if (crash == CRASH_AMONG_EFFECTS)
        until = until ? (size_t)dice_below(&w->dice, until) : 0;
    for (size_t i = 0; i < until && !w->violation.invariant; i++)
        perform(w, n, &n->out.effects[i]);
    if (crash == CRASH_AMONG_EFFECTS) {
        node_crash(w, n, crash);
        return;
    }
    outcome_reset(&n->out);
    arm_timer(w, n);
}
