/*
 * lanes - what an exchange knows of a lane, a connection and a peer.
 *
 * Holds:      everything under "folded" follows from facts alone and changes
 *             only in fold.c; the rest lives as long as the process.
 * Leaves out: entries and bodies: those are read from the store.
 */
#ifndef CORE_EXCHANGE_LANES_H
#define CORE_EXCHANGE_LANES_H

#include "core/base/ring.h"
#include "core/exchange/config.h"
#include "core/exchange/expunges.h"
#include "core/exchange/held.h"
#include "core/exchange/outbox.h"
#include "core/exchange/resume.h"
#include "core/lane/merkle.h"
#include "core/model/card.h"
#include "core/policy/policy.h"
#include "core/session/session.h"

#define NONE UINT32_MAX
#define RECENT_CHECKPOINTS 128
#define IN_FLIGHT_BYTES_MAX MIB(16)

/* Bodies announced to all peers together, above which each has one batch at
 * a time: what one turn may have to send stays bounded. */
#define IN_FLIGHT_TOTAL_MAX MIB(1024)

/* Credit of one link: what a correct origin has in flight at most. */
#define LINK_CREDIT_MAX (2 * IN_FLIGHT_BYTES_MAX)

/* Entries that a holder may leave without a receipt. */
#define UNRECEIPTED_MAX (2 * BATCHES_IN_FLIGHT_MAX * BATCH_LEAVES_MAX)

/* Entries of a lane whose submissions are remembered until their receipt: all
 * that a restored node may find to be its own, eight bytes each. */
#define UNRECEIPTED_KEPT_MAX UINT32_MAX

/* Facts of a step beyond which work is left for the next one. */
#define FACTS_STEP_MAX MIB(512)

/* What an entry takes in the journal besides its body, at most. */
#define FACT_ENTRY_BYTES 512

/* What stays of a peer's messages for ever: of each entry its leaf record, of
 * each batch the checkpoints, the receipt and three turns that they are in. */
#define HELD_ENTRY_BYTES 160
#define HELD_BATCH_BYTES KIB(1)
#define WHY_BYTES 256

/* Entries that the holder refused. */
struct declined {
    uint64_t index, count;
    uint32_t code; /* as on the wire */
};

/* How far a lane was, when the node had run for so long. */
#define RETENTION_MARKS 64
struct mark {
    uint64_t run_ms;
    uint64_t size, receipted;
    uint64_t receipted_bytes; /* theirs: of bodies held below `receipted` */
    uint64_t item; /* of the peer's outbox: all below stand in the lane */
};

/* Where a batch ends that is not signed yet, and with which root. */
struct batch_end {
    uint64_t size;
    struct hash root;
};

/* A checkpoint key and the size above which it signs a lane. */
struct lane_key {
    uint64_t above;
    struct public_key key;
    struct key_id id;
};

/* A lane of either direction. */
struct lane {
    /* folded */
    uint32_t peer;
    uint32_t next; /* the lane of the epoch that followed, or NONE */
    bool ours;
    uint8_t genesis[GENESIS_BYTES];
    struct lane_id id;
    uint64_t epoch;
    uint64_t prev_size;        /* where it follows the epoch before */
    struct frontier at;        /* every entry sequenced or held */
    struct frontier signed_at; /* at our last checkpoint or receipt */
    struct hash *tail;         /* leaf hashes from signed_at to at */
    uint32_t *tail_bytes;      /* theirs: that the body of each takes */
    size_t tail_count, tail_capacity;
    uint64_t signed_bytes;  /* theirs: of bodies held below signed_at */
    struct checkpoint last; /* ours: our last; theirs: C of `at` */
    struct checkpoint seen; /* theirs: S */
    struct receipt receipt; /* ours: taken; theirs: given */
    bool has_receipt, frozen;
    uint32_t frozen_row;
    char frozen_why[WHY_BYTES];
    bool closed;                  /* its last entry closes the epoch */
    bool granted;                 /* a person lets it go on from here: */
    struct checkpoint granted_at; /* size 0: where both sides agree */
    uint64_t left_from;  /* ours: entries from here on were queued again */
    uint32_t follows;    /* ours: the epoch that was left for it, or NONE */
    struct ring numbers; /* ours: submission of each unreceipted entry */
    struct checkpoint recent[RECENT_CHECKPOINTS]; /* ends of batches */
    uint64_t recent_count;
    struct ring ends;          /* ours: struct batch_end, not yet signed */
    bool restored;             /* and its resume has not run since */
    uint64_t restored_size;    /* its end at the last restore */
    struct ring marks;         /* struct mark, ascending */
    struct declined *declines; /* ascending, apart; by the side that holds */
    size_t decline_count, decline_capacity;
    struct expunges expunges;
    struct lane_key *keys; /* of its origin, ascending; none before a batch */
    size_t key_count, key_capacity;
    /* of this process */
    bool opened, lost;       /* the gate took it; knows less than we: row 12 */
    bool key_refused;        /* ours: its first key, by a holder of nothing */
    bool claimed;            /* the holder said in this process that it has: */
    struct checkpoint claim; /* size and root alone */
    bool later;              /* the gate knows `latest`, of a later epoch */
    uint8_t latest[GENESIS_BYTES];
    uint64_t gate_size; /* last signed there, when opened */
    struct hash gate_root;
    uint64_t asked;        /* size up to which a signature is asked for */
    size_t asking;         /* requests on the way */
    uint64_t tried;        /* theirs: highest size refused from `asked` on */
    bool shut;             /* theirs: the gate refused since it is closed */
    uint64_t whole;        /* theirs: largest size known that misses no body */
    struct mono gap_since; /* it has gaps, in a session, or 0 */
};

struct link;

struct peer {
    /* folded */
    struct held_card card;
    struct key_history keys;
    bool confirmed;
    char confirmed_by[128];
    bool paused;
    struct wall paused_time;
    char paused_with[128];
    uint32_t lane_out, lane_in;
    struct ring queues[QUEUE_COUNT]; /* struct outbox_item */
    uint64_t waiting[QUEUE_COUNT];   /* of these, not cancelled */
    uint64_t own_waiting;            /* own entries not yet receipted */
    uint64_t cards_waiting;          /* cards among what waits */
    uint64_t declined_by_us;
    uint64_t taken_bytes; /* that its messages brought into the journal */
    uint32_t again_lane;  /* entries to be queued again: from here, or NONE */
    uint64_t again_index;
    /* of this process */
    struct agreement agreement;
    uint64_t freed_bytes; /* of taken_bytes, that need not be kept */
    bool disk_low;        /* it has been said that little is left */
    struct config_peer config;
    bool configured;
    struct link *link; /* the active one */
    bool dialling;
    struct mono next_dial;
    uint64_t body_bytes_max; /* of its last HELLO; 0: not known yet */
    struct outlook outlook;
    uint64_t held_back;     /* submission of one too large, as told; or 0 */
    uint64_t held_by_rules; /* of one that the handling rules hold; or 0 */
    struct mono away;       /* without a steady link since */
    uint64_t backoff_ms;
    struct wall since;
    char trouble[WHY_BYTES];
    uint64_t holds_card; /* version of our card that it is known to hold */
};

#endif
