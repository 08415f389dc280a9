/*
 * state - what an exchange knows; shared by the files of this room alone.
 *
 * Holds:      everything under "folded" follows from facts alone and changes
 *             only in fold.c; the rest lives as long as the process.
 * Leaves out: entries and bodies: those are read from the store.
 */
#ifndef CORE_EXCHANGE_STATE_H
#define CORE_EXCHANGE_STATE_H

#include "core/base/limits.h"
#include "core/base/table.h"
#include "core/crypto/seed.h"
#include "core/exchange/alarms.h"
#include "core/exchange/exchange.h"
#include "core/exchange/flows.h"
#include "core/exchange/submitted.h"
#include "core/ports/signer.h"

/* Two statements about a lane that contradict each other. */
struct contradiction {
    uint32_t lane;
    uint32_t row;
    uint8_t genesis[GENESIS_BYTES]; /* theirs */
    struct checkpoint theirs, ours;
};
#define ALARM_TEXT_BYTES 512

/* Alarms kept; beyond, those that ended longest ago are forgotten. */
#define ALARMS_KEPT_MAX 1024

struct alarm {
    /* folded */
    uint64_t number;
    struct alarm_cause cause;
    uint64_t count;
    uint64_t news; /* number of its last change, of all alarms */
    enum alarm_end end;
    bool taken;
    struct wall time, taken_time, end_time;
    uint64_t taken_uid, end_uid;
    char text[ALARM_TEXT_BYTES];
    char taken_with[WHY_BYTES];
    char end_with[WHY_BYTES];
    /* of this process */
    uint64_t repeats; /* not yet in `count` */
};

/* A card of our own that its keys have still to sign. */
struct import {
    bool on;
    uint64_t version;
    struct buf proof; /* with the root's signature */
};

/* A question to the signing journal. */
struct question {
    enum resume_asked what;
    size_t claim;
    struct lane_id lane;
    const uint8_t *genesis;
    uint64_t size;
    const struct hash *root;
};

/* What an operation of a sign request was for. */
struct asked {
    enum sign_op op;
    uint32_t lane;
    uint64_t link;
    uint64_t client, request; /* of a user who waits for it; 0: nobody */
    uint64_t from, size;
    enum resume_asked what; /* of SIGN_FIND and SIGN_EPOCH */
    size_t claim;
    bool last; /* of its request */
};

/* Answers of the signer that may be due before new links must wait. */
#define ASKED_MAX 2048

struct exchange {
    struct store store;
    /* folded */
    struct held_card card;
    struct key_history keys;
    struct peer *peers[PEERS_MAX];
    uint32_t peer_count;
    struct lane **lanes;
    uint32_t lane_count, lane_capacity;
    struct table streams; /* id -> position */
    struct stream *stream_list;
    size_t stream_count, stream_capacity;
    struct submission_state *submissions;
    size_t submission_count, submission_capacity;
    struct release *releases; /* by number */
    size_t release_count, release_capacity;
    struct user *users;
    size_t user_count, user_capacity;
    struct part *parts;
    size_t part_count, part_capacity;
    struct pass *passes;
    size_t pass_count, pass_capacity;
    uint64_t item_count;
    struct ring erasures; /* struct erasure: to do, in the order of facts */
    struct alarm *alarms; /* by number */
    size_t alarm_count, alarm_capacity;
    uint64_t incarnation;   /* restores so far */
    uint64_t restored_turn; /* with which this one began */
    bool restore_declared;  /* and the turn number is not settled yet */
    uint64_t run_ms;        /* that the node has run, at the last note */
    uint64_t mark_ms;       /* and at the last mark */
    struct contradiction *evidence;
    size_t evidence_count, evidence_capacity;
    uint64_t alarm_last; /* number of the newest */
    uint64_t alarm_news;
    /* of this process */
    bool started;
    bool opening; /* the gate has not taken all lanes yet */
    struct config config;
    struct buf config_bytes;
    struct team_id team_id;
    struct seed seed;
    uint8_t own_stream[STREAM_ID_BYTES];
    uint64_t own_sequence;
    struct link *links[CONNECTIONS_MAX];
    size_t link_count;
    uint64_t credit_used;
    uint64_t room;            /* as ROOM said, less what was written since */
    uint64_t in_flight_bytes; /* of bodies announced, all links */
    struct buf sign;          /* request being built in this step */
    size_t sign_ops;
    uint64_t sign_next;
    struct ring asked;    /* struct asked, in the order of requests */
    struct mono run_from; /* since the last note of it, or the start */
    uint64_t signed_turn; /* highest that the signing journal names */
    size_t erasing;       /* of `erasures`, the turn was told to do */
    struct import import;
    bool rotating; /* lanes may have to go on with another key of ours */
    /* of this step */
    uint64_t turn; /* number of its facts' turn */
    struct now now;
    struct mono next_watch; /* alarms that time brings about */
    bool again;             /* work is left for another step, at once */
    struct outcome *out;
    struct arena arena;  /* of one event */
    struct arena bodies; /* of one message */
    struct buf scratch;
    struct outbox_item *planned; /* of one batch */
    size_t planned_capacity;
    uint64_t turn_first_item;
    size_t *turn_items; /* place of each item's body in out->facts */
    size_t turn_item_capacity;
};

/* Tell whether there is room for `count` entries with `bytes` of bodies, and
 * for twice what was asked for already. */
static inline bool
has_room(const struct exchange *x, uint64_t count, uint64_t bytes)
{
    return x->room == ROOM_PLENTY ||
           bytes + count * FACT_ENTRY_BYTES + 2 * x->credit_used <= x->room;
}

#endif
