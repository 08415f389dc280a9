/*
 * node - one team: an exchange, its journal, its signer, the person who
 *        submits and the consumer who takes what came.
 *
 * Holds:      a turn runs as edge/turn runs it, but for the crash that a
 *             fault armed.
 */
#ifndef TESTS_SIM_NODE_H
#define TESTS_SIM_NODE_H

#include "core/exchange/capture.h"
#include "core/exchange/exchange.h"
#include "core/wire/control.h"
#include "edge/journal/memory.h"
#include "edge/signer/signer.h"
#include "sim/keys.h"
#include "sim/team.h"
#include "sim/truth.h"

enum crash_point {
    CRASH_NOWHERE,
    CRASH_BEFORE_SYNC,    /* the turn is lost */
    CRASH_SYNC_FAILS,     /* the turn is lost, the node ends itself */
    CRASH_GHOST,          /* it fails too, but the turn reappears */
    CRASH_AFTER_SYNC,     /* nothing of the effects */
    CRASH_AMONG_EFFECTS,  /* some of the effects */
    CRASH_BEFORE_SIGNING, /* the request is lost */
    CRASH_AFTER_SIGNING,  /* the signing journal knows, nobody else */
    CRASH_BETWEEN_TURNS,
    CRASH_AMONG_ERASURES, /* some of them are done, none is noted */
    CRASH_POINT_COUNT
};

/* A person's command that submits one file to some peers. */
struct client {
    uint64_t total;
    uint64_t at;       /* sequences below are answered in this run */
    uint64_t accepted; /* below are accepted for sure */
    uint64_t request;  /* id of the one that waits, 0 for none */
    bool opened;
    uint64_t number;
    uint8_t stream[STREAM_ID_BYTES];
    uint64_t pages;
};

/* State, and where the facts end that it follows from. */
struct node_snapshot {
    struct buf state; /* empty: there is none */
    size_t end;
};

struct backup {
    struct node_snapshot snapshot;
    struct memory_store *store;
    size_t sign_bytes; /* the signing journal is only added to */
    struct secret_key places[KEYRING_ROLES][KEYRING_PLACES];
};

struct node {
    struct team *team;
    unsigned index;
    unsigned peers[TEAMS_MAX]; /* team of each peer, by number */
    unsigned peer_count;
    bool up;
    uint64_t incarnation;
    struct memory_store *store;
    struct store port;
    struct store seen_port; /* as the exchange sees it */
    struct signer *signer;
    struct buf sign_journal;
    struct exchange *exchange;
    struct outcome out;
    struct event *events;
    size_t event_count, event_capacity;
    struct arena event_bytes;
    bool turn_scheduled;
    uint64_t tick_at;
    struct buf unsynced; /* facts that only a rule left out can leave here */
    struct kept kept;
    struct backup backup;
    struct node_snapshot snapshot;
    struct client client;
    struct keys keys;
    struct buf capture;
    bool rests;
    bool consume_wanted, consume_scheduled;
    unsigned alarms_due; /* they must follow */
    /* faults that last */
    enum crash_point crash;
    unsigned crash_again; /* more crashes, right after the next starts */
    unsigned met;         /* the fault that came last */
    bool undeclared;      /* its journal was put back and nobody said so */
    bool ending;          /* it said that it stops */
    bool renewed;         /* has the newer card */
    unsigned foreign;     /* 1 + the team whose state it comes up with */
    int64_t wall_offset;
    bool wall_frozen;
    uint64_t wall_ms; /* while it is frozen */
    uint64_t paused_until, refuses_until, crossing_until, signer_slow_until;
    uint64_t signer_ms; /* how slow it is, at most */
    uint64_t signed_at; /* time of the signer's last answer */
    unsigned consumer_crashes;
    bool sync_failed;                /* and nobody minded */
    bool mute;                       /* gives no receipts */
    uint64_t peer_bytes, user_bytes; /* what each may take; 0: any */
};

struct world;
struct scheduled;

void node_init(struct world *w, struct node *n, unsigned index);
void node_clear(struct node *n);
void node_start(struct world *w, struct node *n);
void node_crash(struct world *w, struct node *n, enum crash_point where);
void node_turn(struct world *w, struct node *n);
void node_sign(struct world *w, struct node *n, const struct scheduled *s);
void node_push(struct world *w, struct node *n, const struct event *e);

/* Ask it over the control socket, as a user with a role. */
void node_asks(struct world *w, struct node *n, uint64_t role,
               const struct control_request *r);
unsigned node_peer(const struct node *n, unsigned team);

/* ---- setup.c: what a node starts with ---- */
void node_pair(struct world *w, struct node *n);
size_t node_window(const struct world *w, const struct node *n);
void node_config(struct world *w, const struct node *n, struct buf *out);

/* ---- restore.c ---- */
void node_backup(struct node *n);
enum staleness {
    STALE_JOURNAL = 1,
    STALE_SIGNER = 2,
    STALE_MACHINE = 3,
};
void node_restore(struct world *w, struct node *n, unsigned what);

/* ---- snapshot.c ---- */
void node_snapshot(struct world *w, struct node *n);
void node_snapshot_use(struct world *w, struct node *n);
void node_snapshot_copy(struct node_snapshot *to,
                        const struct node_snapshot *from);

/* ---- operator.c ---- */
void operator_says(struct world *w, struct node *n, const char *verb,
                   unsigned peer);
void operator_expunges(struct world *w, struct node *n, bool submission);
void operator_resumes_all(struct world *w, struct node *n);

/* Requests of the person: ids above what the client counts with. */
#define OPERATOR_ID ((uint64_t)1 << 40)
#define OPERATOR_MAKES (OPERATOR_ID + 1000)
#define OPERATOR_IMPORTS (OPERATOR_ID + 1001)

/* ---- client.c ---- */
void client_poke(struct world *w, struct node *n);
void client_answer(struct world *w, struct node *n, const struct effect *e);
bool client_done(const struct node *n);

/* Tell whether message `sequence` of team `origin` goes to team `to`. */
bool client_sends(const struct world *w, const struct node *origin,
                  uint64_t sequence, unsigned to);

#endif
