/*
 * truth - what was said, signed and kept, beside the nodes and without asking
 *         them; and what must hold of it.
 *
 * Holds:      looked at after each event, touching only what it changed.
 * Leaves out: the rest of the invariants: I18 is the build with sanitizers; I20
 * is report.c. Spec:       invariants.def
 */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include "core/base/arena.h"
#include "core/base/table.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"
#include "core/ports/fact.h"
#include "sim/keys.h"
#include "sim/roots.h"
#include "sim/team.h"

#define TEAMS_MAX 12
#define MESSAGES_MAX 64
#define FORGED_KEPT 8

enum invariant {
#define INVARIANT(id, text, when) INVARIANT_##id,
#include "sim/invariants.def"
#undef INVARIANT
    INVARIANT_COUNT
};

/* What happened to a lane that explains what follows. */
enum cause {
    CAUSE_ORIGIN_RESTORED = 1 << 0, /* journal of the origin */
    CAUSE_ORIGIN_SIGNER = 1 << 1,   /* and its signing journal with it */
    CAUSE_HOLDER_RESTORED = 1 << 2,
    CAUSE_HOLDER_SIGNER = 1 << 3,
    CAUSE_CLAIM_FLIPPED = 1 << 4, /* a RESUME came in other words */
    CAUSE_VERDICT_FLIPPED = 1 << 5,
    CAUSE_FORGED = 1 << 6,   /* somebody else signed in the origin's name */
    CAUSE_DISOWNED = 1 << 7, /* a card called the origin's key compromised */
    CAUSE_KEY_REPLACED = 1 << 8, /* its key has left the card */
};

struct lane_truth {
    struct lane_id id;
    unsigned origin, holder;
    uint64_t epoch, prev_size;
    bool begun;   /* the origin's signing journal knows its genesis */
    bool entered; /* and the holder's */
    unsigned causes;
    struct hash *leaves; /* that left the origin */
    uint64_t leaf_count, leaf_capacity;
    struct frontier said;            /* over them */
    struct hash forged[FORGED_KEPT]; /* that others made, the last ones */
    size_t forged_count;
    struct roots released, receipted, sequenced, endorsed, verified;
    bool forked;             /* the holder verified two roots of one size */
    uint64_t signed_size[2]; /* by origin, by holder */
    uint64_t highest;        /* size in a VERDICT */
    unsigned alarms[2];      /* by origin, by holder */
    uint64_t cursor, handed; /* of the holder's consumer */
    struct era_seen eras[ERAS_MAX];
    size_t era_count;
    uint64_t card_above;      /* size after the last entry with a card */
    struct key_id receipt_id; /* of the key of the holder's last receipt */
    uint64_t receipt_size;
    size_t receipt_key; /* of the holder's, in the order of their making */
};

struct truth {
    struct lane_truth **lanes;
    size_t count, capacity;
    struct table ids; /* lane id -> position */
    struct arena arena;
    bool expunges; /* somebody expunges in this seed */
};

#define KEPT_NONE UINT32_MAX

/* An entry as one node has it on its disk. */
struct kept_entry {
    uint32_t message; /* its sequence, or KEPT_NONE */
    enum body_state state;
    bool again;    /* ours: it was queued again for a later epoch */
    bool asked;    /* ours: an expunge of it was queued */
    bool expunged; /* and stands in a lane, since that turn of the world */
    uint64_t turn;
};

/* A lane as one node has it on its disk. */
struct kept_lane {
    struct lane_truth *truth;
    bool ours, frozen;
    uint32_t peer;
    uint32_t next; /* lane of the epoch that follows, or KEPT_NONE */
    uint64_t size, receipted;
    struct frontier at;
    struct kept_entry *entries;
    size_t entry_capacity;
};

/* A message that waits or waited, on a disk. */
struct kept_item {
    uint32_t peer;
    bool own; /* a Decline of the node's own */
    bool waits;
    uint64_t ref; /* of an expunge, which has no id */
    struct submission_id id;
};

/* What a node has on its disk: the fold over its facts, by other code. */
struct kept {
    struct kept_lane *lanes;
    size_t lane_count, lane_capacity;
    struct kept_item *items;
    size_t item_count, item_capacity;
    uint64_t incarnation;
    uint64_t queued[TEAMS_MAX];
    uint64_t card_version[TEAMS_MAX]; /* of each peer's card in force */
    uint64_t keys_seen[TEAMS_MAX];    /* bits: its keys that a card named */
    uint8_t submitted[TEAMS_MAX][MESSAGES_MAX];
    bool recalled[TEAMS_MAX][MESSAGES_MAX]; /* before it had a place */
    uint32_t current[TEAMS_MAX][2]; /* by peer; theirs, ours: 1 + lane */
};

struct world;
struct node;
struct conn;

void truth_init(struct truth *t);
void truth_clear(struct truth *t);
void kept_clear(struct kept *k);

/* Find a lane of a node, or the lane of a peer that goes on; or NULL. */
struct kept_lane *kept_find(const struct kept *k, const struct lane_truth *l);
struct kept_lane *kept_current(const struct kept *k, uint32_t peer, bool ours);

/* Find what waits of an entry that is given back; or NULL. */
struct kept_item *kept_waiting(const struct kept *k, uint32_t peer,
                               const struct fact *adopted);

/* Check: count it, and say what is wrong if `good` is false. */
bool hold(struct world *w, enum invariant i, bool good, const char *text);

/* Take facts that are synced now; `fresh` if they never were before. */
void truth_synced(struct world *w, struct node *n, struct slice facts,
                  bool fresh);

/* Look at frames that leave a node over `c`. */
void truth_sent(struct world *w, struct node *n, struct conn *c,
                struct slice frames);

/* Look at what a signer added to its journal from `from` on. */
void truth_signed(struct world *w, struct node *n, size_t from);

/* Look at what a node says about bodies that are gone: truth_gone.c. */
void gone_sent(struct world *w, const struct node *n, unsigned type,
               struct slice payload);
void gone_signed(struct world *w, const struct lane_truth *l, uint64_t size);
void gone_erased(struct world *w, const struct node *n, const struct fact *f);
void gone_end(struct world *w, const struct node *n);

/* Tell whether a message to a peer is expunged, or will be. */
bool gone_asked(const struct kept *k, uint32_t peer, uint64_t sequence);

/* Hand entries to the node's consumer, who may crash before he notes it. */
void truth_consume(struct world *w, struct node *n);

/* Tell whether node `n` has no more to say or to learn. */
bool truth_at_rest(const struct world *w, const struct node *n);

void truth_unrest(const struct world *w);

/* Look at everything once more when all is at rest. */
void truth_end(struct world *w);

/* Fold the journal anew and compare. */
void truth_recover(struct world *w, struct node *n);

struct lane_truth *truth_lane(const struct truth *t, const struct lane_id *id);
struct lane_truth *truth_lane_make(struct truth *t,
                                   const uint8_t genesis[GENESIS_BYTES],
                                   unsigned origin, unsigned holder);
void lanes_caused(struct world *w, const struct node *n, unsigned of_ours,
                  unsigned of_theirs);

/* Note that a frame of that type came in other words than its sender's. */
void truth_garbled(struct world *w, unsigned type, unsigned from, unsigned to);

#endif
