/*
 * capture - the record of one node at the boundary of the exchange, and
 *           running it again.
 *
 * Holds:      a header with the team, the facts before the start, then each
 *             turn: time, events, and the facts and effects that followed.
 * Trusts:     nothing when reading: a capture is a file like any other.
 * Leaves out: opening files (edge/turn, cli).
 * Spec:       docs/PROTOCOL.md#capture
 */
#ifndef CORE_EXCHANGE_CAPTURE_H
#define CORE_EXCHANGE_CAPTURE_H

#include "core/exchange/exchange.h"

enum capture_kind {
    CAPTURE_HEADER = 1,
    CAPTURE_FACTS = 2, /* facts of the journal before the start */
    CAPTURE_TURN = 3,
};

/* Bytes of one block; larger ones are not ours. */
#define CAPTURE_BLOCK_MAX MIB(256)

void capture_header_put(struct buf *out, const struct team_name *team);
void capture_facts_put(struct buf *out, struct slice facts);

struct capture_turn {
    uint64_t number; /* of the journal's turn */
    struct now now;
    const struct event *events;
    size_t event_count;
    struct slice facts;
    const struct effect *effects;
    size_t effect_count;
};

void capture_turn_put(struct buf *out, const struct capture_turn *t);

struct capture_block {
    enum capture_kind kind;
    struct team_name team;    /* of HEADER */
    struct slice facts;       /* of FACTS */
    struct capture_turn turn; /* of TURN; memory of the arena */
};

/* Take the first block of `*bytes` off. ERR_TRUNCATED, ERR_FORMAT,
 * ERR_BUDGET. */
MUST_USE enum err capture_get(struct slice *bytes, struct arena *arena,
                              struct capture_block *out);

/* How a replay went. */
struct replay_report {
    uint64_t turns, events, effects, facts_bytes;
    uint64_t differs_at;    /* turn, counted from 1; 0: nothing differed */
    const char *difference; /* "facts", "effects"; NULL */
    struct team_name team;
};

/* Run the exchange over a capture with `store` (empty, in memory) and compare
 * every byte. ERR_FORMAT, ERR_TRUNCATED: not a whole capture; ERR_STALE:
 * something differed, the report says where. */
MUST_USE enum err capture_replay(struct slice capture,
                                 const struct store *store,
                                 struct replay_report *report);

#endif
