/*
 * One node: its process is made of the journal, the signer's half, the
 * exchange and the turn, in the order of edge/daemon.
 */
#include "pair.h"

#include "core/base/mem.h"
#include "core/exchange/config.h"
#include "core/wire/frames.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER CALLS_ROOT "/journal"
#define RESTART_MS 100
#define STOP_STATUS 3

/* Ends of a process after which what fails for ever is mended. */
#define ENDS_MOST 6

/* ---- what waits ---- */

void
inbox_put(struct inbox *b, const struct event *e)
{
    if (b->count == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 16;
        b->list = mem_resize(b->list, b->capacity, sizeof *b->list);
    }
    struct event *to = &b->list[b->count++];
    *to = *e;
    to->data.data = mem_copy(e->data.data, e->data.size);
    to->more.data = mem_copy(e->more.data, e->more.size);
}

void
inbox_drop(struct inbox *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free((void *)(uintptr_t)b->list[i].data.data);
        mem_free((void *)(uintptr_t)b->list[i].more.data);
    }
    b->count -= count;
    for (size_t i = 0; i < b->count; i++)
        b->list[i] = b->list[i + count];
}

void
inbox_clear(struct inbox *b)
{
    inbox_drop(b, b->count);
    mem_free(b->list);
    *b = (struct inbox){0};
}

void
node_push(struct node *n, const struct event *e)
{
    if (n->up)
        inbox_put(&n->inbox, e);
}

/* ---- effects: the sinks of the turn, inside the process ---- */

static void
perform(void *self, const struct effect *e)
{
    struct node *n = self;
    struct process *p = process_pause();
    bool cut = false;

    switch (e->type) {
    case EFFECT_SEND:
        network_send(n, e);
        for (struct slice rest = e->data; rest.size >= FRAME_HEADER_BYTES;) {
            size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
            cut |= point_of_frame(n, rest.data[4]);
            rest = slice_of(rest.data + size, rest.size - size);
        }
        break;
    case EFFECT_CLOSE:
        network_close(n, e->id);
        break;
    case EFFECT_DIAL:
        network_dial(n, e);
        break;
    case EFFECT_SIGN:
        inbox_put(&n->asks, &(struct event){.id = e->id, .data = e->data});
        break;
    case EFFECT_ANSWER:
        client_answer(n, e);
        cut = point_done(n, POINT_SUBMISSION_ANSWERED);
        break;
    case EFFECT_NOTICE:
        if (e->a == NOTICE_ALARM && !n->pair->expects_alarms)
            pair_wrong(n->pair, "I14: an alarm: %.*s", (int)e->data.size,
                       (const char *)e->data.data);
        break;
    case EFFECT_STOP:
        pair_told(n->pair, n, "stops itself", err_name((enum err)e->a));
        n->stopping = true;
        break;
    case EFFECT_TYPE_COUNT:
        break;
    }
    process_resume(p);
    if (cut)
        process_end(ENDED_CUT, 0);
}

/* ---- starting ---- */

static enum err
restore_one(void *context, const struct fact *f)
{
    struct node *n = context;

    n->restored++;
    n->declined += f->type == FACT_DECLINED ? f->number : 0;
    if (f->type == FACT_ENTRY)
        n->held = f->index + 1;
    return turn_restore(n->turn, f);
}

_Noreturn void
node_give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    _exit(STOP_STATUS);
}

/* What stands in the journal of a node that was introduced to the other. */
static void
introduce(struct node *n)
{
    const struct team *other = &n->pair->nodes[!n->index].team;
    struct buf facts = {0};
    struct fact f = {.type = FACT_NODE, .text = buf_slice(&n->team.card)};

    fact_put(&facts, &f);
    f = (struct fact){.type = FACT_PEER, .text = buf_slice(&other->card)};
    fact_put(&facts, &f);
    f = (struct fact){.type = FACT_CONFIRMED, .text = slice_str("test")};
    fact_put(&facts, &f);
    for (unsigned ours = 0; ours < 2; ours++) {
        const struct team *origin = ours ? &n->team : other;
        const struct team *holder = ours ? other : &n->team;
        struct genesis g = {.root_spki = origin->root_spki};
        f = (struct fact){.type = FACT_LANE, .lane = ours, .ours = ours};
        team_id_of(&origin->name, &g.origin);
        team_id_of(&holder->name, &g.audience);
        genesis_encode(&g, f.genesis);
        fact_put(&facts, &f);
    }
    n->files.ops->append(n->files.self, buf_slice(&facts));
    n->files.ops->sync(n->files.self);
    for (struct slice rest = buf_slice(&facts); rest.size;) {
        bool erased = false;
        enum err e = fact_get(&rest, &f, &erased);
        if (!e)
            e = turn_restore(n->turn, &f);
        if (e)
            node_give_up("journal", err_text(e));
    }
    buf_clear(&facts);
}

static void
configure(struct node *n)
{
    struct config *c = mem_new(sizeof *c);
    struct buf bytes = {0};
    uint8_t fresh[32];

    *c = (struct config){
        .team = n->team.name,
        .card = buf_slice(&n->team.card),
        .boot_time = {1800000000000u + n->pair->time},
        .default_tlp = TLP_AMBER,
        .batches_in_flight = 2,
        .body_bytes_max = MIB(1),
        .peer_count = 1,
    };
    c->peers[0].team = n->pair->nodes[!n->index].team.name;
    c->peers[0].ceiling = n->index ? TLP_AMBER : TLP_RED;
    c->peers[0].community = true;
    c->peers[0].dial = n->index == 0;
    memset(c->boot_id, (int)(n->starts * 2 + n->index), sizeof c->boot_id);
    memset(fresh, (int)(n->starts * 2 + n->index + 77), sizeof fresh);
    config_put(&bytes, c);
    inbox_put(&n->inbox,
              &(struct event){.type = EVENT_START, .data = buf_slice(&bytes)});
    inbox_put(&n->inbox, &(struct event){.type = EVENT_RANDOM,
                                         .data = SLICE_ARRAY(fresh)});
    buf_clear(&bytes);
    mem_free(c);
}

static void
start(void *context)
{
    struct node *n = context;
    char message[256] = "";
    const struct journal_opening how = {FOLDER, restore_one, n,
                                        n->pair->segment_bytes, NULL};
    struct store store = {&watched_store, n};

    if (keeper_open(&n->keeper, &n->team))
        node_give_up("signer", "cannot open");
    n->exchange = exchange_new(&store);
    n->turn = turn_new(n->exchange, &store);
    for (unsigned t = 1; t < EFFECT_TYPE_COUNT; t++)
        turn_sink_set(n->turn, (enum effect_type)t,
                      (struct turn_sink){perform, n});
    n->restored = n->declined = 0;
    n->held = 0;
    if (journal_open(&how, &n->journal, message, sizeof message))
        node_give_up("journal", message);
    journal_store(n->journal, &n->files);
    if (!n->restored)
        introduce(n);
}

/* ---- running ---- */

/* Take what waits into a turn. Inside the process. */
static void
take(struct node *n)
{
    size_t taken = 0;
    uint64_t roles = 0;
    bool cut = false;

    while (taken < n->inbox.count && turn_room(n->turn)) {
        struct event e = n->inbox.list[taken];
        roles |= e.type == EVENT_SIGNED ? e.b : 0;
        if (e.type == EVENT_SIGNED)
            e.b = 0;
        if (!turn_push(n->turn, &e))
            break;
        taken++;
    }
    struct process *p = process_pause();
    inbox_drop(&n->inbox, taken);
    if (roles & 1u << KEY_ROLE_CHECKPOINT)
        cut |= point_done(n, POINT_CHECKPOINT_TAKEN);
    if (roles & 1u << KEY_ROLE_RECEIPT)
        cut |= point_done(n, POINT_RECEIPT_TAKEN);
    process_resume(p);
    if (cut)
        process_end(ENDED_CUT, 0);
}

static void
go(void *context)
{
    struct node *n = context;
    struct now now = {{n->pair->time + 1}, {1800000000000u + n->pair->time}};

    take(n);
    if (turn_deadline(n->turn).ms <= now.mono.ms) {
        bool pushed = turn_push(n->turn, &(struct event){.type = EVENT_TICK});
        assert(pushed);
    }
    if (turn_waiting(n->turn))
        turn_run(n->turn, now);
    if (n->stopping)
        _exit(STOP_STATUS);
    if (n->asks.count)
        node_sign(n);
}

/* ---- ends ---- */

void
node_dead(struct node *n)
{
    struct pair *p = n->pair;

    n->up = false;
    p->counts.ends++;
    n->ends++;
    process_bury(&n->process);
    inbox_drop(&n->inbox, n->inbox.count);
    inbox_drop(&n->asks, n->asks.count);
    n->facts = n->signing = 0;
    n->rolling = n->stopping = false;
    n->client.opened = false;
    n->client.request = 0;
    network_lost(n);
    if (p->power != SURVIVAL_COUNT)
        disk_power_loss(n->disk, p->power);
    n->restart_at = p->time + RESTART_MS;
}

/* What a process said and how it ended must fit. */
static void
ended(struct node *n, enum ending how)
{
    struct pair *p = n->pair;
    const char *said = n->process.said;
    bool journal = n->process.status == JOURNAL_EXIT_STATUS;

    if (how == ENDED_NOT)
        return;
    pair_told(p, n, "ends", *said ? said : "without a word");
    p->counts.stops += n->stopping;
    if (n->stopping && !p->expects_stops)
        pair_wrong(p, "I17: node %u stops itself", n->index);
    if (how == ENDED_EXIT && !n->stopping && !*said)
        pair_wrong(p, "node %u ends without a word", n->index);
    if (how == ENDED_EXIT && journal && !strstr(said, "journal segment"))
        pair_wrong(p, "node %u ends with the journal's status: %s", n->index,
                   said);
    p->struck = p->struck || calls_made().struck;
    node_dead(n);
}

static void
node_start(struct node *n)
{
    struct pair *p = n->pair;

    n->starts++;
    p->counts.starts++;
    if (n->ends == ENDS_MOST) {
        pair_told(p, n, "is mended", "");
        p->mended = true;
        pair_mend(p);
    }
    process_begin(&n->process, n->disk);
    inbox_drop(&n->inbox, n->inbox.count);
    enum ending how = process_run(&n->process, start, n);
    ended(n, how);
    if (how != ENDED_NOT)
        return;
    n->up = true;
    configure(n);
}

void
node_go(struct node *n)
{
    if (!n->up && n->pair->time >= n->restart_at)
        node_start(n);
    if (!n->up)
        return;
    client_poke(n);
    ended(n, process_run(&n->process, go, n));
}

uint64_t
node_due(const struct node *n)
{
    if (!n->up)
        return n->restart_at;
    if (n->inbox.count || n->asks.count)
        return n->pair->time;
    uint64_t due = turn_deadline(n->turn).ms;
    if (n->client.not_before > n->pair->time && n->client.not_before < due)
        due = n->client.not_before;
    return due;
}

static void
close_all(void *context)
{
    struct node *n = context;

    turn_free(n->turn);
    exchange_free(n->exchange);
    journal_close(n->journal);
    keeper_close(&n->keeper);
}

void
node_close(struct node *n)
{
    enum ending how = process_run(&n->process, close_all, n);

    if (how != ENDED_NOT || process_leaks(&n->process))
        pair_wrong(n->pair, "node %u leaks %zu blocks or files", n->index,
                   process_leaks(&n->process));
    node_dead(n);
}

void
node_look(const struct node *n, struct shown *out)
{
    struct view_peer peer;
    struct view_lane lane;

    memset(out, 0, sizeof *out);
    view_node(n->exchange, &out->node);
    for (uint32_t i = 0; i < 2; i++) {
        if (view_lane(n->exchange, i, &lane))
            continue;
        out->size[i] = lane.size;
        out->receipted[i] = lane.receipted;
        out->frozen[i] = lane.frozen;
    }
    if (view_peer(n->exchange, 0, &peer) == OK)
        out->queued = peer.queued;
}
