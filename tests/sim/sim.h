/*
 * sim - two teams, a network between them and what goes wrong, from a seed.
 *
 * Holds:      everything follows from the seed; time is virtual.
 * Leaves out: real sockets, files and processes (tests/e2e).
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "core/base/cursor.h"
#include "core/base/table.h"
#include "core/exchange/capture.h"
#include "core/exchange/exchange.h"
#include "core/exchange/resume.h"
#include "core/wire/frames.h"
#include "edge/journal/memory.h"
#include "edge/signer/signer.h"
#include "sim/team.h"

#define NODES 2
#define CONNS_MAX 512

/* ---- faults that rules are measured with ---- */
struct rules_off {
    bool sync_before_receipt; /* R4 */
};

/* ---- truth.c: what was said and what must hold ---- */

/* Everything that left the origin of a lane, by index and size. */
struct said {
    struct hash *leaves;
    uint64_t leaf_count, leaf_capacity;
    struct table roots; /* size (8 bytes, twice) -> position in list */
    struct hash *root_list;
    size_t root_count, root_capacity;
    struct frontier at;
};

struct violation {
    const char *invariant; /* NULL: none */
    char text[200];
};

/* ---- node.c ---- */
enum crash_point {
    CRASH_NOWHERE,
    CRASH_BEFORE_SYNC,
    CRASH_AFTER_SYNC,
    CRASH_AMONG_EFFECTS,
    CRASH_AFTER_SIGNING,
    CRASH_BETWEEN_TURNS,
    CRASH_POINT_COUNT
};

/* A person's command that submits one file to the other team. */
struct client {
    uint64_t total;
    uint64_t answered; /* sequences below are accepted for sure */
    uint64_t request;  /* id of the one that waits, 0 for none */
    bool opened;
    uint64_t number;
    uint8_t stream[STREAM_ID_BYTES];
    uint64_t pages;
};

struct node {
    struct team *team;
    unsigned index;
    bool up;
    uint64_t incarnation;
    struct memory_store *store;
    struct store port;
    struct signer *signer;
    struct buf sign_journal;
    struct exchange *exchange;
    struct outcome out;
    struct event events[256];
    size_t event_count;
    struct arena event_bytes;
    bool turn_scheduled;
    uint64_t tick_at;
    enum crash_point crash;
    bool renewed;                /* has the newer card */
    uint64_t signed_at;          /* time of the signer's last answer */
    struct memory_store *backup; /* and what was held and declined then */
    uint64_t backup_held;
    struct client client;
    uint64_t held[64]; /* entries of the other's lane that are synced */
};

/* ---- world.c ---- */
enum happening {
    HAPPEN_DELIVER,
    HAPPEN_TURN,
    HAPPEN_SIGN,
    HAPPEN_RESTART,
    HAPPEN_TICK,
    HAPPEN_FAULT,
    HAPPEN_CLIENT,
};

struct scheduled {
    uint64_t at, order;
    enum happening what;
    unsigned node;
    uint64_t incarnation;
    struct event event; /* of DELIVER and SIGN; bytes are owned */
    uint64_t conn;      /* of DELIVER: dropped if the link is dead; or 0 */
};

struct conn {
    uint64_t id;
    bool up;
    uint64_t incarnation[NODES];
    uint64_t last[NODES]; /* time of the last delivery to that node */
};

struct counts {
    uint64_t events, turns, frames, crashes, cuts, dials, restarts;
    uint64_t receipts, declines, entries, restores;
    /* rare states that a campaign must reach */
    uint64_t sent[FRAME_TYPE_COUNT];
    uint64_t rows[RESUME_ROW_COUNT];
    uint64_t crashed[CRASH_POINT_COUNT];
};

struct world {
    uint64_t seed;
    struct dice dice;
    struct rules_off off;
    bool trace;
    uint64_t time; /* ms */
    uint64_t wall_offset;
    uint64_t order;
    struct scheduled *heap;
    size_t heap_count, heap_capacity;
    struct node nodes[NODES];
    struct conn conns[CONNS_MAX];
    size_t conn_count;
    struct said said[NODES][16]; /* by origin and epoch */
    uint64_t faults_left;
    bool calm; /* the liveness phase: no faults any more */
    uint64_t calm_since;
    bool may_restore;          /* stale backups are put back: lanes may stop */
    uint64_t fault_ms;         /* between two faults, at most */
    bool slow_clients;         /* many small batches */
    uint64_t signer_ms[NODES]; /* how slow it is, at most */
    struct counts counts;
    uint32_t fingerprint;
    struct violation violation;
};

void world_init(struct world *w, uint64_t seed, struct team teams[NODES]);
void world_run(struct world *w);
void world_clear(struct world *w);

void schedule(struct world *w, const struct scheduled *s);
void deliver(struct world *w, unsigned node, const struct event *e,
             uint64_t delay_ms);
void violate(struct world *w, const char *invariant, const char *text);
void trace(struct world *w, unsigned node, const char *what, uint64_t n);
struct now world_now(const struct world *w);
void conn_cut(struct world *w, struct conn *c, bool silent_one);

void node_start(struct world *w, struct node *n);
void node_crash(struct world *w, struct node *n, enum crash_point where);
void node_backup(struct node *n);
void node_restore(struct world *w, struct node *n);
void node_turn(struct world *w, struct node *n);
void node_sign(struct world *w, struct node *n, const struct scheduled *s);
void node_push(struct world *w, struct node *n, const struct event *e);
void node_clear(struct node *n);

void client_poke(struct world *w, struct node *n);
void client_answer(struct world *w, struct node *n, const struct effect *e);
bool client_done(const struct node *n);

void truth_sent(struct world *w, struct node *n, struct slice frames);
void truth_synced(struct world *w, struct node *n, struct slice facts);
bool truth_at_rest(const struct world *w);
void truth_end(struct world *w);
void said_clear(struct said *s);

#endif
