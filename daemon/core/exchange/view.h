/*
 * view - what people may ask of a running exchange, without changing it.
 *
 * Holds:      values as they stand after a turn.
 * Leaves out: reading entries (core/ports/store.h), rendering (cli).
 */
#ifndef CORE_EXCHANGE_VIEW_H
#define CORE_EXCHANGE_VIEW_H

#include "core/exchange/alarms.h"
#include "core/exchange/exchange.h"
#include "core/model/card.h"

#define VIEW_NONE UINT32_MAX

struct view_node {
    struct team_name team;
    char short_name[SHORT_NAME_MAX + 1];
    uint64_t card_version;
    uint64_t card_expires_s;
    size_t peer_count;
    size_t lane_count;
    size_t alarm_count; /* kept, open or not */
    size_t alarms_open;
    uint64_t alarm_news; /* changes of alarms so far */
    uint64_t submission_count;
    uint64_t incarnation; /* restores so far */
    uint64_t run_ms;      /* that the node has run, at the last note of it */
};

struct view_peer {
    struct team_name team;
    char short_name[SHORT_NAME_MAX + 1];
    uint64_t card_version;
    uint64_t card_expires_s;
    bool confirmed;
    char confirmed_by[128];
    enum tlp ceiling;
    bool community;
    bool paused;
    struct wall paused_time;
    char paused_with[128];
    bool up;           /* a session is open */
    struct wall since; /* of the session, or of the last failure */
    char trouble[256]; /* why it is not up; empty otherwise */
    struct mono next_try;
    uint32_t lane_out; /* lane number, VIEW_NONE */
    uint32_t lane_in;
    uint64_t queued; /* waiting in the outbox */
    struct wall oldest_queued;
    uint64_t declined_by_us;
    uint64_t holds_card; /* version of ours that it has, as far as known */
    uint64_t disk_used;  /* bytes that its messages take */
    uint64_t disk_most;  /* and may; 0: no bound */
};

struct view_lane {
    uint32_t peer;
    bool ours;
    struct lane_id id;
    uint64_t epoch;
    uint32_t next;        /* lane of the epoch that followed, VIEW_NONE */
    uint64_t prev_size;   /* where it follows the epoch before */
    uint64_t size;        /* entries sequenced, or held */
    uint64_t signed_size; /* ours: under a checkpoint */
    uint64_t receipted;   /* receipt taken (ours) or given (theirs) */
    struct wall receipt_time;
    bool has_receipt;
    struct receipt receipt; /* the latest */
    bool frozen;
    unsigned frozen_row; /* of the resume table */
    char frozen_why[256];
    bool withheld; /* restored, and its resume has not run: not to be shown */
    uint64_t free_below;    /* bodies need not be kept below this index */
    uint64_t restored_size; /* its end at the last restore */
    bool closed;            /* its last entry closes the epoch */
    bool granted;           /* a person let it go on: at the next resume */
    uint64_t granted_size;
    bool claimed;            /* since the start the holder said: */
    struct checkpoint claim; /* its size and root, no signature */
    uint64_t counts_to;      /* entries from here on were queued again */
};

/* Two statements that contradict each other, and what became of it. A
 * checkpoint of size 0 is none. */
struct view_evidence {
    uint32_t lane;
    unsigned row;
    uint8_t genesis[GENESIS_BYTES]; /* of the lane of `theirs` */
    uint8_t our_genesis[GENESIS_BYTES];
    struct checkpoint theirs, ours;
};

struct view_alarm {
    uint64_t number;
    struct alarm_cause cause;
    const struct alarm_words *words;
    char about[TEAM_NAME_MAX + 32]; /* a team, or the messages of a lane */
    char text[512];                 /* what was seen */
    struct wall time;
    uint64_t count; /* times that it was raised */
    uint64_t news;  /* number of its last change, of all alarms */
    enum alarm_end end;
    struct wall end_time;
    uint64_t end_uid;
    char end_with[256];
    bool taken;
    struct wall taken_time;
    uint64_t taken_uid;
    char taken_with[256];
    uint64_t waiting; /* messages in the queue for that team */
};

/* Where a submission stands with one peer. */
struct view_submission {
    uint64_t number;
    struct wall time;
    uint64_t queued, sent, receipted, cancelled;
    uint32_t first_lane, lane; /* of the first and the last that was sent;
                                  `lane` is VIEW_NONE before that */
    uint64_t first_index, last_index; /* in these */
    /* Who let go what its source holds back; `released_why` is
     * NULL where nobody did. */
    const char *released_why;
    uint64_t released_uid;
    struct wall released_time;
};

void view_node(const struct exchange *x, struct view_node *out);
MUST_USE enum err view_peer(const struct exchange *x, uint32_t peer,
                            struct view_peer *out);
MUST_USE enum err view_lane(const struct exchange *x, uint32_t lane,
                            struct view_lane *out);
MUST_USE enum err view_evidence(const struct exchange *x, size_t i,
                                struct view_evidence *out);

/* Alarms by position, oldest first; by their number; and the one that
 * changed next after `news` changes. ERR_NOT_FOUND */
MUST_USE enum err view_alarm(const struct exchange *x, size_t i,
                             struct view_alarm *out);
MUST_USE enum err view_alarm_numbered(const struct exchange *x, uint64_t number,
                                      struct view_alarm *out);
MUST_USE enum err view_alarm_after(const struct exchange *x, uint64_t news,
                                   struct view_alarm *out);

/* Give one of the submissions by its number, for one peer. ERR_NOT_FOUND */
MUST_USE enum err view_submission(const struct exchange *x, uint64_t number,
                                  uint32_t peer, struct view_submission *out);

/* Find a peer by team name or short name. ERR_NOT_FOUND */
MUST_USE enum err view_find_peer(const struct exchange *x, struct slice name,
                                 uint32_t *peer);

/* See a card, own or a peer's, decoded; `proof` is its CARD payload. */
MUST_USE enum err view_card_own(const struct exchange *x,
                                const struct card **card, struct slice *proof);
MUST_USE enum err view_card(const struct exchange *x, uint32_t peer,
                            const struct card **card, struct slice *proof);

/* Give the `i`th key that cards of a peer, or of ours (VIEW_NONE), have named
 * as in use, in their order; ERR_NOT_FOUND beyond the last. */
struct view_key {
    enum key_role role;
    struct public_key key;
    uint64_t since, until; /* versions of cards; 0: still in use */
    bool compromised;
};
MUST_USE enum err view_key(const struct exchange *x, uint32_t peer, size_t i,
                           struct view_key *out);

/* Give the `i`th key that signs a lane, and above which size; ERR_NOT_FOUND
 * beyond the last. */
MUST_USE enum err view_lane_key(const struct exchange *x, uint32_t lane,
                                size_t i, uint64_t *above,
                                struct public_key *key);

#include "core/exchange/view_more.h"

#endif
