/*
 * pair - two whole nodes over disks in memory, and a network between them.
 *
 * Holds:      the real exchange, turn, journal, gate and signing journal, each
 *             node in a process of its own that may end inside any call and is
 *             started again from its files. Nothing is left to chance.
 * Leaves out: sockets, TLS and the kernel's processes (tests/e2e).
 */
#ifndef TESTS_FAULTS_PAIR_H
#define TESTS_FAULTS_PAIR_H

#include "core/base/cursor.h"
#include "core/exchange/exchange.h"
#include "core/exchange/view.h"
#include "edge/journal/journal.h"
#include "edge/turn/turn.h"
#include "keeper.h"
#include "points.h"

#define NODES 2
#define MESSAGES_MAX 64
#define ENTRIES_MAX 256
#define REASON_MAX 512

/* What waits to be told to a node, oldest first. */
struct inbox {
    struct event *list;
    size_t count, capacity;
};

/* A person's command that submits one file to the other team. */
struct client {
    uint64_t total;
    uint64_t answered; /* sequences below are accepted for sure */
    uint64_t request;  /* that waits for its answer; 0: none */
    uint64_t not_before;
    bool opened;
    uint64_t number;
    uint8_t stream[STREAM_ID_BYTES];
};

/* How a call of the signer goes wrong. */
enum signer_fault {
    SIGNER_WORKS,
    SIGNER_LOSES_REQUEST, /* it is gone before it reads */
    SIGNER_LOSES_ANSWER,  /* it is gone after its sync */
    SIGNER_REFUSES,       /* every operation */
    SIGNER_GARBLES,       /* its answer cannot be read */
    SIGNER_FAULT_COUNT
};

struct signer_plan {
    enum signer_fault what;
    uint64_t left; /* the so manieth call, 1 the next; 0: none */
    bool for_ever;
    uint64_t struck;
};

/* What a node shows; the same after a restart as before. */
struct shown {
    struct view_node node;
    uint64_t size[2], receipted[2], queued;
    bool frozen[2];
};

struct pair;

struct node {
    struct pair *pair;
    unsigned index;
    struct team team;
    struct disk *disk;
    struct process process;
    bool up;
    uint64_t starts, restart_at;
    unsigned ends;
    struct signer_plan signer_plan;
    /* of the process that runs */
    struct journal *journal;
    struct store files;
    struct exchange *exchange;
    struct turn *turn;
    struct keeper keeper;
    /* of the test */
    struct inbox inbox; /* events */
    struct inbox asks;  /* requests to the signer, as events */
    bool stopping;      /* the exchange wants the process to end */
    uint64_t restored;  /* facts, by the start */
    uint64_t declined;  /* entries of ours, by those facts */
    bool rolling;       /* a new segment is being made */
    uint64_t facts;     /* types in the turn that is being written */
    uint32_t signing;   /* roles in the request that is being answered */
    uint64_t held;      /* entries of the other's lane that were synced */
    uint64_t held_next; /* with those of the turn that is being written */
    struct client client;
    struct shown shown;
};

struct said {
    struct hash leaves[ENTRIES_MAX];
    uint64_t leaf_count;
    struct hash roots[ENTRIES_MAX + 1];
    bool has_root[ENTRIES_MAX + 1];
};

struct counts {
    uint64_t rounds, starts, ends, stops, entries, receipts, links;
};

struct pair {
    struct node nodes[NODES];
    struct said said[NODES]; /* by origin */
    uint64_t time;           /* ms */
    size_t segment_bytes;
    bool declines;
    uint64_t link; /* the last; 0: none yet */
    bool link_up;
    struct cut_plan cut;
    uint64_t visited[POINT_COUNT];
    struct counts counts;
    bool trace;
    bool mended;          /* something failed for ever until it was mended */
    bool mercy;           /* what failed for ever was mended */
    bool struck;          /* something went wrong, as planned */
    struct node *running; /* NULL: none */
    bool expects_alarms;  /* what cannot be read is said */
    bool expects_stops;   /* the node may stop itself */
    enum survival power;  /* with each end of a process; COUNT: it stays on */
    char reason[REASON_MAX]; /* of what must not be; empty: nothing */
};

struct pair_options {
    uint64_t messages; /* in each direction */
    size_t segment_bytes;
    bool declines; /* the second node declines one message */
};

/* Make a pair that was introduced, with empty disks. */
void pair_begin(struct pair *p, const struct pair_options *o);
void pair_clear(struct pair *p);

/* Run until every message is receipted, then end both nodes cleanly, start
 * them once more and compare. False: `reason` says what is wrong. */
bool pair_run(struct pair *p);

/* Let nothing go wrong any more. */
void pair_mend(struct pair *p);

/* After the death of the program that ran it: its processes are gone. */
void pair_revive(struct pair *p);

/* Note what must not be, in printf's form; the first counts. */
void pair_wrong(struct pair *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void pair_told(const struct pair *p, const struct node *n, const char *what,
               const char *more);

/* ---- node.c ---- */
void node_go(struct node *n);
void node_push(struct node *n, const struct event *e);
void node_dead(struct node *n);
void node_close(struct node *n);
void node_look(const struct node *n, struct shown *out);
uint64_t node_due(const struct node *n);
/* End the process as a daemon that cannot go on. Inside the process. */
_Noreturn void node_give_up(const char *what, const char *why);
void inbox_drop(struct inbox *b, size_t count);
void inbox_put(struct inbox *b, const struct event *e);
void inbox_clear(struct inbox *b);

/* ---- watched.c: the journal's port, whose `self` is the node ---- */
extern const struct store_ops watched_store;

/* ---- sign.c ---- */
/* Let the signer answer the oldest request. Inside the process. */
void node_sign(struct node *n);

/* ---- network.c ---- */
void network_send(struct node *n, const struct effect *e);
void network_dial(struct node *n, const struct effect *e);
void network_close(struct node *n, uint64_t link);
void network_lost(struct node *n);
void network_cut(struct pair *p);

/* ---- client.c ---- */
void client_poke(struct node *n);
bool client_is_declined(const struct node *n, uint64_t sequence);
void client_answer(struct node *n, const struct effect *e);

/* ---- truth.c ---- */
void truth_sent(struct node *n, struct slice frames);
void truth_end(struct node *n);

#endif
