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

/* Facts of a step beyond which work is left for the next one. */
#define FACTS_STEP_MAX MIB(512)
#define WHY_BYTES 256

/* A card that is held, with its own memory. */
struct held_card {
    struct buf proof; /* payload of a CARD frame */
    struct arena arena;
    struct card card;
    struct hash hash; /* H(card bytes) */
    struct public_key root;
    struct hash root_spki;
    bool present;
};

/* A key that a team's cards have named as in use, in the order in which they
 * did. Positions tell which of them a signature may be of. */
struct key_era {
    enum key_role role;
    struct public_key key;
    struct key_id id;
    uint64_t since; /* version of the first card that we held with it */
    uint64_t until; /* of the first without it; 0: in use */
    bool compromised;
};

struct key_history {
    struct key_era *list;
    size_t count, capacity;
};

struct outbox_item {
    uint64_t item;
    uint64_t number; /* of the submission, 0 for own entries */
    uint64_t ref;
    struct wall time;
    uint32_t body_bytes;
    uint8_t kind, tlp, flags;
    bool urgent, cancelled;
};

/* Entries that the holder refused. */
struct declined {
    uint64_t index, count;
    uint32_t code; /* as on the wire */
};

/* Where a batch ends that is not signed yet, and with which root. */
struct batch_end {
    uint64_t size;
    struct hash root;
};

/* A lane of either direction. */
struct lane {
    /* folded */
    uint32_t peer;
    bool ours;
    uint8_t genesis[GENESIS_BYTES];
    struct lane_id id;
    uint64_t epoch;
    struct frontier at;        /* every entry sequenced or held */
    struct frontier signed_at; /* at our last checkpoint or receipt */
    struct hash *tail;         /* leaf hashes from signed_at to at */
    size_t tail_count, tail_capacity;
    struct checkpoint last; /* ours: our last; theirs: C of `at` */
    struct checkpoint seen; /* theirs: S */
    struct receipt receipt; /* ours: taken; theirs: given */
    bool has_receipt;
    bool frozen;
    uint32_t frozen_row;
    char frozen_why[WHY_BYTES];
    struct ring numbers; /* ours: submission of each unreceipted entry */
    struct checkpoint recent[RECENT_CHECKPOINTS]; /* ends of batches */
    uint64_t recent_count;
    struct ring ends;          /* ours: struct batch_end, not yet signed */
    struct declined *declines; /* ascending, apart; by the side that holds */
    size_t decline_count, decline_capacity;
    /* of this process */
    bool opened;        /* the gate took it */
    uint64_t gate_size; /* last signed there, when opened */
    struct hash gate_root;
    uint64_t asked; /* size up to which a signature is asked for */
    size_t asking;  /* requests on the way */
    uint64_t tried; /* theirs: highest size refused from `asked` on */
};

/* A batch that the peer announced and we collect. */
struct incoming {
    uint64_t start;
    size_t count;
    uint8_t *records; /* LEAF_BYTES each */
    struct hash *leaves;
    uint8_t *states; /* enum body_state */
    uint32_t *codes; /* why declined, as on the wire */
    uint8_t *obeys;  /* the body is a Decline of ours */
    size_t *places;  /* of salt || body in `bodies` */
    struct buf bodies;
    struct checkpoint checkpoint;
    struct frontier end;
    uint64_t credit; /* reserved from WANT on */
    bool wanted;
    size_t next; /* next entry whose body is to come */
    size_t got;  /* bytes of that body so far */
};

/* A batch that we announced. */
struct outgoing {
    uint64_t start, end;
    uint64_t bytes;
};

/* One connection. */
struct link {
    uint64_t id;
    uint32_t peer;
    struct session *session;
    struct mono since, heard, deadline;
    struct buf send; /* of this step */
    bool closing;
    bool active;    /* the peer's link: its session carries lanes */
    bool card_only; /* its certificate is not in the card that we hold */
    /* as origin */
    bool agreed;
    bool resume_waits; /* the peer's RESUME waits for the signer */
    struct resume_claim claim;
    uint64_t sent;        /* HEADERs are sent up to here */
    uint64_t want_next;   /* lowest index that may still be wanted */
    struct ring outgoing; /* struct outgoing, in flight */
    uint64_t outgoing_bytes;
    /* as holder */
    bool judged;            /* its VERDICT came */
    bool accepted;          /* a VERDICT lets us take batches */
    struct ring incoming;   /* struct incoming *, in order */
    struct ring unanswered; /* ends of batches: no RECEIPT or HELD yet */
    uint64_t credit;        /* bytes of credit_used that are this link's */
    struct frontier expected;
};

struct peer {
    /* folded */
    struct held_card card;
    struct key_history keys;
    bool confirmed;
    char confirmed_by[128];
    uint32_t lane_out, lane_in;
    struct ring urgent, normal; /* struct outbox_item */
    uint64_t waiting[2];        /* of these, not cancelled */
    uint64_t own_waiting;       /* own entries not yet receipted */
    uint64_t declined_by_us;
    /* of this process */
    struct agreement agreement;
    struct config_peer config;
    bool configured;
    struct link *link; /* the active one */
    bool dialling;
    struct mono next_dial;
    uint64_t backoff_ms;
    struct wall since;
    char trouble[WHY_BYTES];
    uint64_t holds_card; /* version of our card that it is known to hold */
};

#endif
