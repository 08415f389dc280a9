/*
 * faults - one function for each row of faults.def: what goes wrong then.
 *
 * Holds:      all chance here is the dice `mishap`.
 */
#include "sim/sim.h"

#define MINUTE_MS 60000
#define TEN_YEARS_MS 315360000000
#define HUNDRED_YEARS_MS 3155760000000

typedef void (*inject_fn)(struct world *w, struct node *n);

static uint64_t
below(struct world *w, uint64_t n)
{
    return dice_below(&w->mishap, n);
}

/* ---- the network --------------------------------------------------------- */

static void
refuse(struct world *w, struct node *n)
{
    n->refuses_until = w->time + below(w, 20000);
}

static void
met(struct world *w, const struct conn *c, enum fault fault)
{
    w->nodes[c->node[0]].met = w->nodes[c->node[1]].met = fault;
}

static void
cut_one(struct world *w, enum silence silence, enum fault fault)
{
    struct conn *c = net_pick(w, &w->mishap);

    if (!c)
        return;
    met(w, c, fault);
    tell(w, &w->nodes[c->node[0]], "loses its link, learning", silence);
    conn_cut(w, c, silence);
}

static void
reset(struct world *w, struct node *n)
{
    (void)n;
    cut_one(w, BOTH_LEARN, FAULT_RESET);
}

static void
half_open(struct world *w, struct node *n)
{
    (void)n;
    cut_one(w, ONE_LEARNS, FAULT_HALF_OPEN);
}

static void
silent(struct world *w, struct node *n)
{
    (void)n;
    cut_one(w, NONE_LEARNS, FAULT_SILENT);
}

static void
delay(struct world *w, struct node *n)
{
    struct conn *c = net_pick(w, &w->mishap);

    (void)n;
    if (!c)
        return;
    c->delay_ms = below(w, 3000);
    met(w, c, FAULT_DELAY);
}

static void
clog_link(struct world *w, struct node *n)
{
    struct conn *c = net_pick(w, &w->mishap);
    unsigned side = (unsigned)below(w, 2);

    (void)n;
    if (!c)
        return;
    c->clear[side] = w->time + below(w, 30000);
    met(w, c, FAULT_CLOG);
}

/* It reads nothing from anybody, longer than keepalive allows. */
static void
deaf(struct world *w, struct node *n)
{
    uint64_t until = w->time + 30000 + below(w, 3 * MINUTE_MS);

    for (size_t i = 0; i < w->conn_count; i++) {
        struct conn *c = &w->conns[i];
        if (c->up && (c->node[0] == n->index || c->node[1] == n->index))
            c->clear[conn_side(c, n)] = until;
    }
}

/* Every link of a team stops, one after another, and each comes back at a
 * time of its own. */
static void
island(struct world *w, struct node *n)
{
    for (size_t i = 0; i < w->conn_count; i++) {
        struct conn *c = &w->conns[i];
        if (c->node[0] == n->index || c->node[1] == n->index)
            conn_cut(w, c, NONE_LEARNS);
    }
    for (unsigned p = 0; p < n->peer_count; p++) {
        uint64_t until = w->time + below(w, 2 * MINUTE_MS);
        w->blocked[n->index][n->peers[p]] = until;
        w->blocked[n->peers[p]][n->index] = until;
    }
}

static void
crossing(struct world *w, struct node *n)
{
    struct conn *c = net_pick(w, &w->mishap);

    if (!c)
        return;
    for (unsigned side = 0; side < 2; side++) {
        n = &w->nodes[c->node[side]];
        n->crossing_until = w->time + 3000;
    }
    met(w, c, FAULT_CROSSING);
    conn_cut(w, c, BOTH_LEARN);
}

/* A frame that was sent once comes again: in the same link or another one, of
 * the same lane or another. */
static void
replay(struct world *w, struct node *n)
{
    struct conn *c = net_pick(w, &w->mishap);
    size_t count =
        w->recorded_count < RECORDED_MAX ? w->recorded_count : RECORDED_MAX;

    (void)n;
    if (!c || !count)
        return;
    const struct recorded *r = &w->recorded[below(w, count)];
    unsigned side = (unsigned)below(w, 2);
    if (c->node[!side] == r->to)
        side = !side;
    met(w, c, FAULT_REPLAY);
    tell(w, &w->nodes[c->node[side]], "gets again an old frame of type",
         r->bytes.data[4]);
    c->garbled = true;
    truth_garbled(w, r->bytes.data[4], c->node[!side], c->node[side]);
    conn_deliver(w, c, side, buf_slice(&r->bytes));
}

static void
flip(struct world *w, struct node *n)
{
    struct conn *c = net_pick(w, &w->mishap);

    (void)n;
    if (!c)
        return;
    c->flip = true;
    met(w, c, FAULT_FLIP);
}

static void
forge_one(struct world *w, enum forgery how, enum fault fault)
{
    struct conn *c = net_pick(w, &w->mishap);

    if (!c)
        return;
    met(w, c, fault);
    forge(w, c, how);
}

static void
forge_tail(struct world *w, struct node *n)
{
    (void)n;
    forge_one(w, FORGED_TAIL, FAULT_FORGED_TAIL);
}

static void
forge_seen(struct world *w, struct node *n)
{
    (void)n;
    forge_one(w, FORGED_SEEN, FAULT_FORGED_SEEN);
}

static void
forge_gap(struct world *w, struct node *n)
{
    (void)n;
    forge_one(w, FORGED_GAP, FAULT_FORGED_GAP);
}

static void
forge_root(struct world *w, struct node *n)
{
    (void)n;
    forge_one(w, FORGED_ROOT, FAULT_FORGED_ROOT);
}

static void
mute(struct world *w, struct node *n)
{
    (void)w;
    n->mute = true;
}

/* ---- crashes ------------------------------------------------------------- */

static void
power(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_BEFORE_SYNC;
}

static void
sync_fails(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_SYNC_FAILS;
}

static void
ghost(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_GHOST;
}

static void
after_sync(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_AFTER_SYNC;
}

static void
among_effects(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_AMONG_EFFECTS;
}

static void
before_signing(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_BEFORE_SIGNING;
}

static void
after_signing(struct world *w, struct node *n)
{
    (void)w;
    n->crash = CRASH_AFTER_SIGNING;
}

static void
between_turns(struct world *w, struct node *n)
{
    if (n->up)
        node_crash(w, n, CRASH_BETWEEN_TURNS);
}

static void
twice(struct world *w, struct node *n)
{
    n->crash_again = 1 + (unsigned)below(w, 3);
    between_turns(w, n);
}

/* ---- signer, load, clocks ------------------------------------------------ */

static void
slow_signer(struct world *w, struct node *n)
{
    n->signer_slow_until = w->time + below(w, MINUTE_MS);
}

static void
pause_node(struct world *w, struct node *n)
{
    n->paused_until = w->time + below(w, 3 * MINUTE_MS);
}

static void
operator_pauses(struct world *w, struct node *n)
{
    const char *verb = below(w, 2) ? "peer-pause" : "peer-resume";

    operator_says(w, n, verb, (unsigned)below(w, n->peer_count));
}

/* The disk fills up, and room is made again. */
static void
disk_full(struct world *w, struct node *n)
{
    uint64_t room = below(w, 3) ? below(w, 20000) : ROOM_PLENTY;

    node_push(w, n, &(struct event){.type = EVENT_ROOM, .a = room});
}

/* Bounds are configuration: a node takes them when it starts. */
static void
peer_quota(struct world *w, struct node *n)
{
    n->peer_bytes = 1 + below(w, KIB(24));
    between_turns(w, n);
}

static void
user_quota(struct world *w, struct node *n)
{
    n->user_bytes = 1 + below(w, KIB(16));
    between_turns(w, n);
}

static void
unbounded(struct world *w, struct node *n)
{
    if (!n->peer_bytes && !n->user_bytes)
        return;
    n->peer_bytes = n->user_bytes = 0;
    between_turns(w, n);
}

static void
consumer_crash(struct world *w, struct node *n)
{
    n->consumer_crashes = 1 + (unsigned)below(w, 3);
}

static void
renew(struct world *w, struct node *n)
{
    n->renewed = true;
    between_turns(w, n);
}

static void
clock_step(struct world *w, struct node *n)
{
    int64_t step = (int64_t)below(w, TEN_YEARS_MS);

    if (!w->clocks_right)
        n->wall_offset = step;
}

static void
clock_back(struct world *w, struct node *n)
{
    int64_t step = (int64_t)below(w, TEN_YEARS_MS);

    if (!w->clocks_right)
        n->wall_offset = -step;
}

static void
clock_frozen(struct world *w, struct node *n)
{
    if (w->clocks_right)
        return;
    n->wall_ms = node_now(w, n).wall.ms;
    n->wall_frozen = true;
}

static void
expired(struct world *w, struct node *n)
{
    if (!w->clocks_right)
        n->wall_offset = HUNDRED_YEARS_MS;
}

/* ---- expunges ------------------------------------------------------------ */

static void
expunge_one(struct world *w, struct node *n)
{
    operator_expunges(w, n, false);
}

static void
expunge_all(struct world *w, struct node *n)
{
    operator_expunges(w, n, true);
}

static void
among_erasures(struct world *w, struct node *n)
{
    n->crash = CRASH_AMONG_ERASURES;
    operator_expunges(w, n, true);
}

/* ---- keys ---------------------------------------------------------------- */

static enum key_role
some_role(struct world *w)
{
    return (enum key_role)(KEY_ROLE_SESSION + below(w, KEYRING_ROLES));
}

static void
rotate(struct world *w, struct node *n)
{
    keys_rotate(w, n, some_role(w), false);
}

static void
compromise(struct world *w, struct node *n)
{
    keys_rotate(w, n, some_role(w), true);
}

/* ---- backups ------------------------------------------------------------- */

static void
backup(struct world *w, struct node *n)
{
    (void)w;
    node_backup(n);
}

static void
journal_stale(struct world *w, struct node *n)
{
    node_restore(w, n, STALE_JOURNAL);
}

static void
signer_stale(struct world *w, struct node *n)
{
    node_restore(w, n, STALE_SIGNER);
}

static void
machine_stale(struct world *w, struct node *n)
{
    node_restore(w, n, STALE_MACHINE);
}

static void
peers_stale(struct world *w, struct node *n)
{
    node_restore(w, n, STALE_JOURNAL);
    node_restore(w, &w->nodes[n->peers[below(w, n->peer_count)]],
                 STALE_JOURNAL);
}

static void
foreign_state(struct world *w, struct node *n)
{
    if (!n->up)
        return;
    node_crash(w, n, CRASH_BETWEEN_TURNS);
    n->foreign = 1 + n->peers[below(w, n->peer_count)];
}

/* ---- the table ----------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned group, percent, weight;
    inject_fn inject;
} table[FAULT_COUNT] = {
#define FAULT(id, name, group, percent, weight, inject)                        \
    [FAULT_##id] = {name, group, percent, weight, inject},
#include "sim/faults.def"
#undef FAULT
};

const char *
fault_name(unsigned fault)
{
    return fault < FAULT_COUNT ? table[fault].name : "?";
}

/* Choose which faults a seed has; give how many. */
unsigned
faults_of(const struct world *w, struct dice *d, bool on[FAULT_COUNT])
{
    unsigned groups = w->options->profile->groups, count = 0;

    for (unsigned i = 1; i < FAULT_COUNT; i++) {
        struct dice own = {w->seed * 0x9e3779b97f4a7c15u + i};
        bool wanted =
            dice_chance(i < FAULT_EXPUNGE ? d : &own, table[i].percent);
        on[i] = wanted && groups & table[i].group;
        count += on[i];
        /* Who puts backups back makes some. */
        if (on[i] && table[i].group == GROUP_RESTORE)
            on[FAULT_BACKUP] = true;
    }
    return count;
}

static unsigned
fault_pick(struct world *w)
{
    uint64_t sum = 0;

    for (unsigned i = 1; i < FAULT_COUNT; i++)
        sum += w->faulty[i] ? table[i].weight : 0;
    uint64_t at = below(w, sum);
    for (unsigned i = 1; i < FAULT_COUNT; i++) {
        uint64_t weight = w->faulty[i] ? table[i].weight : 0;
        if (at < weight)
            return i;
        at -= weight;
    }
    return FAULT_NONE;
}

/* Let one of the seed's faults happen, or be over with them. */
void
fault_happens(struct world *w)
{
    struct node *n = &w->nodes[below(w, w->node_count)];

    if (!w->faults_left) {
        faults_end(w);
        return;
    }
    w->faults_left--;
    w->faults_had++;
    unsigned fault = fault_pick(w);
    w->counts.injected[fault]++;
    w->misbehaved |= (table[fault].group & (GROUP_PEER | GROUP_THEFT)) != 0;
    tell(w, n, fault_name(fault), w->faults_left);
    n->met = fault;
    table[fault].inject(w, n);
    queue_add(&w->queue,
              &(struct scheduled){.at = w->time + 1 + below(w, w->fault_ms),
                                  .what = HAPPEN_FAULT});
}

/* From now on everything works: what lasts ends. */
void
faults_end(struct world *w)
{
    tell(w, NULL, "faults are over", 0);
    w->calm = true;
    w->calm_since = w->time;
    memset(w->blocked, 0, sizeof w->blocked);
    for (size_t i = 0; i < w->conn_count; i++) {
        w->conns[i].delay_ms = 0;
        w->conns[i].flip = false;
        /* A buggy peer is mended and started again; else a session that
         * waits for what was garbled would wait for a day. */
        if (w->misbehaved)
            conn_cut(w, &w->conns[i], BOTH_LEARN);
    }
    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *n = &w->nodes[i];
        unbounded(w, n);
        node_push(w, n, &(struct event){.type = EVENT_ROOM, .a = ROOM_PLENTY});
        operator_resumes_all(w, n);
        keys_import(w, n);
        n->crash = CRASH_NOWHERE;
        n->crash_again = n->consumer_crashes = 0;
        n->wall_frozen = n->mute = false;
        n->wall_offset = 0;
        n->refuses_until = n->crossing_until = n->signer_slow_until = 0;
    }
}
