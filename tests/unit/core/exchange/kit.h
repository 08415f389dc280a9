/*
 * kit - a node of the exchange, driven by hand-made events, and the peer at
 *       the other end of its link: frames made by hand.
 *
 * Holds:      the node is krcert.or.kr, the peer cert.gov.au; lane 0 is the
 *             peer's, lane 1 ours, as the facts of a pairing make them.
 * Leaves out: X.509 and Ed25519: signatures are hashes (tests/sim).
 */
#ifndef TESTS_UNIT_CORE_EXCHANGE_KIT_H
#define TESTS_UNIT_CORE_EXCHANGE_KIT_H

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/ring.h"
#include "core/exchange/capture.h"
#include "core/exchange/exchange.h"
#include "core/exchange/resume.h"
#include "core/exchange/view.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"
#include "core/session/session.h"
#include "core/wire/card.h"
#include "core/wire/control.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"
#include "edge/journal/memory.h"
#include "edge/signer/signer.h"
#include "kit_epoch.h"
#include "kit_talk.h"
#include "sim/team.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KIT_LANE_IN 0
#define KIT_LANE_OUT 1

struct kit {
    struct team us, them, third;
    /* the node */
    struct memory_store *store;
    struct store port;
    struct signer *signer;
    struct buf sign_journal;
    struct exchange *x;
    struct outcome out;
    struct now now;
    uint64_t window, retention_ms, disk_bytes, user_bytes, uid, own_body_bytes;
    enum tlp ceiling;
    bool dials, hold_signer;         /* its answers wait in `signs` */
    bool hold_erasures, hold_erased; /* not done; done, and nobody told */
    bool aside;                      /* the store has a test's facts */
    uint64_t boots, erased;          /* erased: by the last turn */
    int keys_made;                   /* by the signer */
    struct ring signs;               /* struct buf: u64 id, request */
    struct buf capture;              /* of everything since the start */
    struct buf spoken;               /* frames that the peer sent */
    /* what it did */
    struct buf sent; /* on the link `link`, frames */
    size_t read;     /* of `sent` */
    size_t headers;  /* of `sent`, looking for HEADERs to take */
    uint64_t link, links;
    bool down; /* the node closed it */
    enum err why;
    unsigned alarms, stops, dialled, closes;
    struct buf log; /* notices, a line each */
    struct arena reply_memory;
    struct control_answer reply;
    struct arena arena; /* of frames read */
    /* the peer */
    uint8_t boot;
    uint64_t card_version, body_bytes; /* that it announces */
    bool is_server;
    struct frame_lane_state resume; /* the node's, without genesis */
    struct frame_verdict verdict;   /* the node's */
    struct kit_entry *entries;
    size_t entry_count, entry_capacity;
    uint8_t genesis[GENESIS_BYTES]; /* of its lane */
    struct frontier held;           /* what it holds of our latest epoch */
    struct checkpoint held_at;
    struct kit_epoch epochs[KIT_EPOCHS_MAX]; /* of ours, all that it holds */
    size_t epoch;                            /* the latest */
    struct ring bodies; /* struct buf: bodies of our lane, as they came */
};

/* ---- the node ---- */

/* Make a node that is paired, and start it. */
void kit_open(struct kit *k);
void kit_close(struct kit *k);

/* Stop and start again from what is synced; or from a store that was cloned
 * before: the signer keeps its journal. */
void kit_restart(struct kit *k);
void kit_restore(struct kit *k, struct memory_store *backup);

void kit_expect_recovers(const struct kit *k); /* with a snapshot, without */
/* Run a turn over one event, then the turns that the signer causes. */
void kit_event(struct kit *k, const struct event *e);
void kit_tick(struct kit *k, uint64_t ms);
/* Let the signer answer what it held back. */
void kit_release(struct kit *k);
uint64_t kit_turns(const struct kit *k);
bool kit_said(const struct kit *k, const char *words);
/* Ask the node as a user; the answer is in k->reply. */
enum err kit_request(struct kit *k, unsigned roles,
                     const struct control_request *r);

/* ---- the link ---- */

void kit_link(struct kit *k);
void kit_greet(struct kit *k);

/* All up to both AUTHs; k->resume is what the node says then. */
void kit_prove(struct kit *k);

void kit_claim(struct kit *k, struct frame_lane_state *s);
void kit_resume(struct kit *k, const struct frame_lane_state *s);

/* The same with any lanes, and wait for nothing. */
void kit_say_resume(struct kit *k, const struct frame_lane_state *lanes,
                    size_t count);
void kit_accept(struct kit *k);

/* RESUME without a lane: ours is not agreed. */
void kit_resume_nothing(struct kit *k);
/* All of it: both lanes agreed. */
void kit_connect(struct kit *k);
void kit_hang_up(struct kit *k);

/* Send frames; clear the buffer. */
void kit_send(struct kit *k, struct buf *frames);

/* Find the next frame of a type among what was sent and not read; what
 * stands before it is passed over. */
bool kit_next(struct kit *k, enum frame_type type, struct slice *payload);
void kit_expect_close(struct kit *k, enum err e);

/* ---- the peer as origin ---- */
struct kit_body {
    unsigned kind; /* of the message */
    enum tlp tlp;
    size_t size;
};

/* Append an entry with a message of ours, or with any body at all. */
void kit_entry(struct kit *k, const struct kit_body *b);
void kit_entry_of(struct kit *k, const struct leaf *like, struct slice body);

/* Put a HEADER of `count` entries from `start` on, signed. */
void kit_header(struct kit *k, struct buf *out, uint64_t start, size_t count);
void kit_header_of(struct kit *k, struct frame_batch *f, struct buf *records,
                   uint64_t start, size_t count);
void kit_sign(const struct team *t, enum key_role role,
              const struct team_name *origin, const struct lane_id *lane,
              struct checkpoint *c);
void kit_body(struct kit *k, struct buf *out, uint64_t index);

/* Send entries as one batch and all their bodies, as WANT asks. */
void kit_batch(struct kit *k, uint64_t start, size_t count);
void kit_expect_receipt(struct kit *k, uint64_t size);

/* ---- the peer as holder ---- */
void kit_lane_id(const struct kit *k, bool ours, struct lane_id *out);

/* Take the next HEADER and all its bodies. */
bool kit_take(struct kit *k);
void kit_receipt_of(struct kit *k, struct frame_receipt *r);
void kit_give_receipt(struct kit *k);

/* All must be accepted; or one, and why it was refused ("": it was not). */
void kit_submit(struct kit *k, size_t count, size_t size, enum tlp tlp);
struct slice kit_offer(struct kit *k, size_t size, enum tlp tlp);

/* Recall a submission; give how many of its messages. */
uint64_t kit_cancel(struct kit *k, int64_t number);

/* ---- tests ---- */
int kit_setup(void **state);
int kit_teardown(void **state);
struct view_lane kit_lane(const struct kit *k, uint32_t number);
struct view_peer kit_peer(const struct kit *k);
enum err kit_peer_add(struct kit *k, struct slice card);
enum err kit_peer_confirm(struct kit *k, const char *team, struct slice groups,
                          struct slice with);
void kit_confirm_third(struct kit *k, struct slice card);

#endif
