/*
 * commands - what a user asks of the exchange over the control socket.
 *
 * Holds:      a command changes state by facts alone, and its answer leaves
 *             with the turn that they are synced in.
 * Trusts:     nothing of the request; its role was found by the edge.
 * Leaves out: questions that change nothing (view.h, edge/control).
 */
#ifndef CORE_EXCHANGE_COMMANDS_H
#define CORE_EXCHANGE_COMMANDS_H

#include "core/exchange/inside.h"
#include "core/wire/control.h"

#define WORDS_MAX KIB(1)

/* One request of a user, while it is answered. */
struct asking {
    struct exchange *x;
    const struct event *event;
    struct control_request request;
    struct arena memory;
    struct control_builder answer;
    const char *text; /* what is wrong and what to do */
    bool later;       /* the answer comes when the signer has answered */
};

/* Read a value of the request; empty where it is missing. */
struct slice asking_value(const struct asking *a, const char *key);
struct slice asking_bytes(const struct asking *a, const char *key);

/* Refuse: say what is wrong and what to do, and return `e`. */
enum err asking_fail(struct asking *a, enum err e, const char *text);

/* Peers that a request names with "to", each once. */
struct named_peers {
    uint32_t at[PEERS_MAX];
    size_t count;
};

/* Find them; refuses where there is none, or one that is not confirmed. */
MUST_USE enum err asking_peers(struct asking *a, struct named_peers *out);

/* Answer a request with `a`, whose id and text are set here. */
void asking_answer(struct exchange *x, uint64_t client,
                   struct control_answer *a, const char *text);

/* ---- commands_keys.c ---- */
enum err answer_keys(struct asking *a);
enum err answer_card_import(struct asking *a);

/* Answer later: what the signer's keys are, and whether a card was taken. */
void answer_ring(struct exchange *x, const struct asked *a,
                 const struct sign_result *r);
void answer_imported(struct exchange *x, const struct asked *a, enum err e,
                     const char *why);

/* ---- commands_submit.c ---- */
enum err answer_submit_open(struct asking *a);
enum err answer_submit(struct asking *a);
enum err answer_cancel(struct asking *a);

/* Count the items in all outboxes, with the cancelled ones that wait for
 * their turn. */
uint64_t outbox_items(const struct exchange *x);

/* ---- commands_release.c ---- */
enum err answer_release(struct asking *a);
enum err answer_release_check(struct asking *a);

/* A release as its code says it; `text` is empty where a request has none. */
struct release_code {
    struct slice text, why;
    uint32_t uid;
    struct wall time;
};

/* Read the code that a request has under "release", and refuse one that does
 * not release that file, to those peers, by another user. */
MUST_USE enum err asking_release(struct asking *a, struct release_code *out);

/* Keep with a submission who released it. */
void release_keep(struct asking *a, uint64_t number,
                  const struct release_code *code);

/* ---- commands_expunge.c ---- */
enum err answer_expunge(struct asking *a);

/* ---- commands_peers.c ---- */
enum err answer_peer_add(struct asking *a);
enum err answer_peer_confirm(struct asking *a);
enum err answer_peer_pause(struct asking *a);
enum err answer_peer_resume(struct asking *a);

/* ---- commands_alarms.c ---- */
enum err answer_alarm_take(struct asking *a);
enum err answer_alarm_close(struct asking *a);

/* ---- commands_lanes.c ---- */
enum err answer_lane_adopt(struct asking *a);
enum err answer_lane_roll(struct asking *a);

#endif
