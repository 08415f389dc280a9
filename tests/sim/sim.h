/*
 * sim - a network of teams in one process and what goes wrong, from a seed.
 *
 * Holds:      everything follows from the seed; time is virtual. Faults have
 *             dice of their own, so that fewer of them are the same ones.
 * Leaves out: real sockets, files and processes (tests/e2e); frames cut at
 *             any byte, which are the edge's matter (tests/e2e, tests/fuzz).
 * Spec:       docs/HACKING.md#the-simulator
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "core/base/table.h"
#include "core/exchange/exchange.h"
#include "core/exchange/resume.h"
#include "core/session/session.h"
#include "sim/adversary.h"
#include "sim/keys.h"
#include "sim/node.h"
#include "sim/queue.h"
#include "sim/rules.h"
#include "sim/story.h"
#include "sim/team.h"
#include "sim/truth.h"

enum topology { PAIR, STAR, MESH, LINE, TOPOLOGY_COUNT };

/* ---- faults.c: the table of faults stands in faults.def ---- */
enum fault {
#define FAULT(id, name, group, percent, weight, inject) FAULT_##id,
#include "sim/faults.def"
#undef FAULT
    FAULT_COUNT
};

enum fault_group {
    GROUP_NONE = 0,
    GROUP_NET = 1 << 0,
    GROUP_CRASH = 1 << 1,
    GROUP_SIGNER = 1 << 2,
    GROUP_CLOCK = 1 << 3,
    GROUP_PEER = 1 << 4,
    GROUP_RESTORE = 1 << 5,
    GROUP_LOAD = 1 << 6,
    GROUP_THEFT = 1 << 7,
    GROUP_DELETION = 1 << 8,
    GROUP_KEYS = 1 << 9,
    GROUP_QUOTA = 1 << 10,
    GROUP_ALL = (1 << 11) - 1,
    GROUP_PLAIN = GROUP_ALL & ~(GROUP_DELETION | GROUP_KEYS | GROUP_QUOTA),
};

const char *fault_name(unsigned fault);
unsigned faults_of(const struct world *w, struct dice *d, bool on[FAULT_COUNT]);
void fault_happens(struct world *w);

void faults_end(struct world *w);

/* ---- how a campaign is run ---- */
struct profile {
    const char *name;
    unsigned groups;   /* of faults */
    unsigned teams;    /* 0: the seed chooses */
    unsigned topology; /* TOPOLOGY_COUNT: the seed chooses */
    bool real_hash;
    const char *text;
};

struct options {
    uint64_t first, last;
    const struct profile *profile;
    unsigned jobs;
    bool trace, twice, hash;
    bool without[RULE_COUNT];
};

struct violation {
    const char *invariant; /* NULL: none */
    char text[200];
};

/* Sums over seeds: numbers alone, so that they can be added up. */
struct counts {
    uint64_t seeds, events, turns, frames, crashes, cuts, dials, starts;
    uint64_t receipts, declines, entries, messages, handed, replayed, compared;
    uint64_t snapshots; /* that a start began with */
    uint64_t topologies[TOPOLOGY_COUNT], teams[TEAMS_MAX + 1];
    uint64_t sent[FRAME_TYPE_COUNT];
    uint64_t rows[RESUME_ROW_COUNT];
    uint64_t crashed[CRASH_POINT_COUNT];
    uint64_t injected[FAULT_COUNT];
    uint64_t checked[INVARIANT_COUNT];
    uint64_t epochs, adopted, erased, rotations;
    uint64_t alarms, stops, trace_hash, shown;
    /* session state of the receiver, frame, last fault that met it */
    uint64_t met[SESSION_STATE_COUNT][FRAME_TYPE_COUNT][FAULT_COUNT];
};

/* More batches than any node here lets be in flight. */
#define FLIGHT_MAX 8

/* One connection; side 0 dialled. */
struct conn {
    uint64_t id;
    bool up;
    unsigned node[2];
    uint64_t incarnation[2];
    uint64_t last[2];  /* time of the last delivery to that side */
    uint64_t clear[2]; /* nothing reaches that side before */
    uint64_t delay_ms;
    bool flip;    /* a byte of the next frame is wrong */
    bool garbled; /* somebody sent over it what no node of ours does */
    /* ends of batches that a side sent, not yet answered to it */
    uint64_t flight[2][FLIGHT_MAX];
    size_t flights[2];
};

/* A frame that was on its way once. */
struct recorded {
    struct buf bytes;
    unsigned from, to;
};
#define RECORDED_MAX 16

struct world {
    uint64_t seed;
    const struct options *options;
    struct dice dice;   /* of the network and the nodes */
    struct dice mishap; /* of faults alone */
    struct dice aside;  /* of what changes nothing that nodes do */
    uint64_t time;      /* ms */
    struct queue queue;
    enum topology topology;
    unsigned node_count;
    struct node nodes[TEAMS_MAX];
    uint64_t blocked[TEAMS_MAX][TEAMS_MAX]; /* no dial before */
    struct conn *conns;
    size_t conn_count, conn_capacity;
    struct recorded recorded[RECORDED_MAX];
    size_t recorded_count;
    struct forged forged;
    struct truth truth;
    bool faulty[FAULT_COUNT]; /* which ones this seed has */
    unsigned fault_kinds;
    uint64_t faults_left, faults_had, fault_ms;
    bool calm; /* the liveness phase: no faults any more */
    uint64_t calm_since;
    bool misbehaved; /* somebody sent what no node of ours does */
    bool slow_clients;
    bool recording;    /* captures are run again */
    bool clocks_right; /* faults of clocks are not done, all else is */
    unsigned meeting;  /* the node that takes events now */
    struct counts counts;
    uint64_t fingerprint;
    uint64_t outcome;    /* of what happened, without times */
    struct story *story; /* lines kept, or NULL */
    struct violation violation;
};

/* ---- world.c ---- */

/* Run seed `w->seed`; no more than `faults_max` faults of those that it has.
 * Clear the world afterwards. */
void world_run(struct world *w, struct team *teams, uint64_t faults_max);
void world_clear(struct world *w);
void violate(struct world *w, const char *invariant, const char *text);
struct now node_now(const struct world *w, const struct node *n);
bool without(const struct world *w, enum rule rule);

/* Tell the story, if it is wanted; a whole line in another's words. */
void tell(const struct world *w, const struct node *n, const char *what,
          uint64_t number);
void tell_words(const struct world *w, const struct node *n,
                struct slice words);

/* ---- net.c ---- */
struct conn *conn_of(const struct world *w, uint64_t id);
unsigned conn_side(const struct conn *c, const struct node *n);
bool conn_reaches(const struct world *w, const struct conn *c, unsigned side);
enum silence {
    BOTH_LEARN,
    ONE_LEARNS,
    NONE_LEARNS,
};
void conn_cut(struct world *w, struct conn *c, enum silence silence);
void conn_deliver(struct world *w, struct conn *c, unsigned side,
                  struct slice frame);
void deliver(struct world *w, struct node *n, const struct event *e,
             uint64_t delay_ms);
void net_send(struct world *w, struct node *n, const struct effect *e);
void net_dial(struct world *w, struct node *n, const struct effect *e);
void net_close(struct world *w, struct node *n, const struct effect *e);
void net_node_gone(struct world *w, struct node *n);
struct conn *net_pick(struct world *w, struct dice *d);
void net_clear(struct world *w);

#endif
