#include "sim/sim.h"

#include "core/base/mem.h"
#include "sim/stub_hash.h"

#include <inttypes.h>
#include <stdio.h>

/* Virtual time that may pass from the end of the faults to rest: the longest
 * back-off several times over. */
#define CALM_MS_MAX (uint64_t)3600000
#define EVENTS_MAX 2000000
#define FIRST_MS 200

void
violate(struct world *w, const char *invariant, const char *text)
{
    if (w->violation.invariant)
        return;
    w->violation.invariant = invariant;
    snprintf(w->violation.text, sizeof w->violation.text,
             "%s (at %" PRIu64 " ms, event %" PRIu64 ")", text, w->time,
             w->counts.events);
}

bool
without(const struct world *w, enum rule rule)
{
    return w->options->without[rule];
}

/* Write one line of the story, or keep it. */
static void
tell_line(const struct world *w, const struct node *n, struct slice words)
{
    char line[STORY_COLUMNS];
    char *to = w->story ? story_line(w->story) : line;

    int size = snprintf(to, STORY_COLUMNS, "%9" PRIu64 " ms  %-16s %.*s",
                        w->time, n ? n->team->name.text : "", (int)words.size,
                        (const char *)words.data);
    if (!w->story && size > 0)
        puts(to);
}

void
tell_words(const struct world *w, const struct node *n, struct slice words)
{
    if (w->options->trace || w->story)
        tell_line(w, n, words);
}

void
tell(const struct world *w, const struct node *n, const char *what,
     uint64_t number)
{
    char words[STORY_COLUMNS];

    if (!w->options->trace && !w->story)
        return;
    snprintf(words, sizeof words, "%s %" PRIu64, what, number);
    tell_line(w, n, slice_str(words));
}

struct now
node_now(const struct world *w, const struct node *n)
{
    uint64_t wall = n->wall_frozen
                        ? n->wall_ms
                        : 1800000000000u + w->time + (uint64_t)n->wall_offset;

    return (struct now){.mono = {w->time + 1}, .wall = {wall}};
}

/* ---- what the seed says -------------------------------------------------- */

static unsigned
teams_of(struct dice *d)
{
    static const unsigned sizes[] = {2, 2, 2, 2, 2, 2, 2, 2, 3, 3,
                                     3, 3, 4, 4, 4, 5, 5, 6, 8, 12};

    return sizes[dice_below(d, ARRAY_SIZE(sizes))];
}

static bool
are_peers(const struct world *w, unsigned a, unsigned b)
{
    unsigned low = a < b ? a : b, high = a < b ? b : a;

    switch (w->topology) {
    case PAIR:
    case MESH:
        return true;
    case STAR:
        return low == 0;
    case LINE:
        return high == low + 1;
    case TOPOLOGY_COUNT:
        break;
    }
    return false;
}

static void
network_make(struct world *w)
{
    const struct profile *p = w->options->profile;
    unsigned form = (unsigned)(STAR + dice_below(&w->dice, 3));

    w->node_count = teams_of(&w->dice);
    if (p->teams)
        w->node_count = p->teams;
    if (p->topology < TOPOLOGY_COUNT)
        form = p->topology;
    /* Of all meshes the large ones cost most and show least. */
    if (form == MESH && w->node_count > 6 && !p->teams)
        w->node_count = 5;
    w->topology = w->node_count == 2 ? PAIR : (enum topology)form;
    w->counts.topologies[w->topology]++;
    w->counts.teams[w->node_count]++;
    for (unsigned a = 0; a < w->node_count; a++)
        for (unsigned b = 0; b < w->node_count; b++)
            if (a != b && are_peers(w, a, b))
                w->nodes[a].peers[w->nodes[a].peer_count++] = b;
}

static void
mishaps_make(struct world *w, uint64_t faults_max)
{
    w->fault_kinds = faults_of(w, &w->mishap, w->faulty);
    w->truth.expunges = w->faulty[FAULT_EXPUNGE] ||
                        w->faulty[FAULT_EXPUNGE_ALL] ||
                        w->faulty[FAULT_ERASING];
    w->faults_left = dice_below(&w->mishap, 8 + 2 * w->node_count);
    w->fault_ms =
        dice_chance(&w->mishap, w->faulty[FAULT_BACKUP] ? 20 : 50) ? 400 : 5000;
    if (!w->fault_kinds)
        w->faults_left = 0;
    if (w->faults_left > faults_max)
        w->faults_left = faults_max;
    queue_add(&w->queue,
              &(struct scheduled){.at = FIRST_MS / 4 +
                                        dice_below(&w->mishap, FIRST_MS),
                                  .what = HAPPEN_FAULT});
}

static void
world_make(struct world *w, struct team *teams, uint64_t faults_max)
{
    w->dice.state = w->seed * 0x2545f4914f6cdd1du + 1;
    w->mishap.state = w->seed * 0x9e3779b97f4a7c15u + 7;
    w->aside.state = w->seed * 0x9e3779b97f4a7c15u + 11;
    w->slow_clients = dice_chance(&w->dice, 40);
    w->recording = w->seed % 16 == 3;
    truth_init(&w->truth);
    for (unsigned i = 0; i < TEAMS_MAX; i++)
        w->nodes[i].team = &teams[i];
    network_make(w);
    mishaps_make(w, faults_max);
    /* What a backup loses shows best where many small batches wait for one
     * receipt. */
    w->slow_clients |= w->faulty[FAULT_BACKUP];
    for (unsigned i = 0; i < w->node_count; i++)
        node_init(w, &w->nodes[i], i);
}

/* ---- running ------------------------------------------------------------- */

/* Let one thing happen; false if it came too late to mean anything. */
static bool
happen(struct world *w, struct scheduled *s)
{
    struct node *n = &w->nodes[s->node];
    bool current = n->up && n->incarnation == s->incarnation;

    switch (s->what) {
    case HAPPEN_DELIVER:
        if (current)
            node_push(w, n, &s->event);
        return current;
    case HAPPEN_TURN:
        if (current)
            node_turn(w, n);
        return current;
    case HAPPEN_SIGN:
        if (current)
            node_sign(w, n, s);
        return current;
    case HAPPEN_RESTART:
        if (n->up || n->incarnation != s->incarnation)
            return false;
        node_start(w, n);
        return true;
    case HAPPEN_TICK:
        if (!current || n->tick_at != s->at)
            return false;
        node_push(w, n, &(struct event){.type = EVENT_TICK});
        return true;
    case HAPPEN_FAULT:
        fault_happens(w);
        return true;
    case HAPPEN_CLIENT:
        if (current)
            client_poke(w, n);
        return current;
    case HAPPEN_IMPORT:
        if (current)
            keys_import(w, n);
        return current;
    case HAPPEN_CONSUME:
        if (current)
            truth_consume(w, n);
        return current;
    case HAPPENING_COUNT:
        break;
    }
    return false;
}

static bool
all_rest(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *n = &w->nodes[i];
        if (!n->rests)
            n->rests = truth_at_rest(w, n);
        if (!n->rests)
            return false;
    }
    return true;
}

static void
run(struct world *w)
{
    struct scheduled s;

    while (!w->violation.invariant) {
        if (w->calm && all_rest(w)) {
            truth_end(w);
            return;
        }
        if (!queue_take(&w->queue, &s)) {
            hold(w, INVARIANT_I13, false, "nothing happens any more");
            return;
        }
        w->time = s.at;
        if (happen(w, &s))
            w->counts.events++;
        scheduled_clear(&s);
        if (w->calm && w->time - w->calm_since > CALM_MS_MAX) {
            truth_unrest(w);
            hold(w, INVARIANT_I13, false, "not all is at rest in an hour");
        }
        if (w->counts.events > EVENTS_MAX)
            hold(w, INVARIANT_I13, false, "it does not come to rest");
    }
}

void
world_run(struct world *w, struct team *teams, uint64_t faults_max)
{
    stub_hash_real(w->options->profile->real_hash);
    world_make(w, teams, faults_max);
    run(w);
    w->counts.seeds = 1;
}

void
world_clear(struct world *w)
{
    queue_clear(&w->queue);
    net_clear(w);
    for (unsigned i = 0; i < w->node_count; i++)
        node_clear(&w->nodes[i]);
    truth_clear(&w->truth);
}
