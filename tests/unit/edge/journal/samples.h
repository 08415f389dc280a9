/*
 * samples - a history of turns that every store of the room must give back.
 *
 * Holds:      turn 1 names node, peer and two lanes: lane 0 is ours, lane 1
 *             theirs. Every later turn submits and sequences one message and
 *             receives one entry; every fifth entry was declined.
 */
#ifndef UNIT_EDGE_JOURNAL_SAMPLES_H
#define UNIT_EDGE_JOURNAL_SAMPLES_H

#include "core/ports/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FACTS_OF_TURN_1 4
#define FACTS_OF_A_TURN 5

static inline bool
sample_declined(uint64_t n)
{
    return n % 5 == 0;
}

/* The body of message `n` of a lane, or of an outbox item: bytes above zero
 * that no other body holds. */
static inline struct slice
sample_body(uint32_t lane, uint64_t n)
{
    static uint8_t body[400];
    size_t size = (size_t)(n * 37 % 200) + lane;

    uint32_t x = (uint32_t)n * 2654435761u + lane;
    for (size_t i = 0; i < size; i++) {
        x = x * 1103515245u + 12345;
        body[i] = (uint8_t)(x >> 16 | 1);
    }
    return slice_of(body, size);
}

static inline struct slice
sample_salt(uint32_t lane, uint64_t n)
{
    static uint8_t salt[SALT_BYTES];

    memset(salt, (int)(n % 250) + 1, sizeof salt);
    salt[0] = (uint8_t)(lane + 1);
    salt[1] = 0xa5; /* in no record */
    return SLICE_ARRAY(salt);
}

static inline void
sample_record(uint32_t lane, uint64_t n, uint8_t out[LEAF_BYTES])
{
    memset(out, (int)(n % 256), LEAF_BYTES);
    out[0] = (uint8_t)lane;
}

static inline struct checkpoint
sample_checkpoint(uint32_t lane, uint64_t size)
{
    struct checkpoint c = {.size = size, .time_s = 1790000000u + lane};

    memset(c.root.b, (int)(size % 256), HASH_BYTES);
    memset(c.signature.b, 0x5a, SIGNATURE_BYTES);
    return c;
}

static inline void
history_turn_1(struct buf *out)
{
    struct fact f = {.type = FACT_NODE, .text = slice_str("card of ours")};

    fact_put(out, &f);
    f = (struct fact){.type = FACT_PEER, .text = slice_str("theirs")};
    fact_put(out, &f);
    f = (struct fact){.type = FACT_LANE, .ours = true};
    fact_put(out, &f);
    f = (struct fact){.type = FACT_LANE, .lane = 1};
    fact_put(out, &f);
}

/* Append the facts of turn `turn`, counted from 1. */
static inline void
history_turn(struct buf *out, uint64_t turn)
{
    if (turn == 1) {
        history_turn_1(out);
        return;
    }
    uint64_t n = turn - 2;
    struct fact f = {.type = FACT_SUBMITTED,
                     .item = n,
                     .number = n,
                     .blob_head = sample_salt(9, n),
                     .blob_body = sample_body(0, n)};
    fact_put(out, &f);
    f = (struct fact){.type = FACT_SEQUENCED,
                      .index = n,
                      .item = n,
                      .ends_batch = true,
                      .blob_head = sample_salt(0, n)};
    sample_record(0, n, f.record);
    fact_put(out, &f);
    f = (struct fact){.type = FACT_CHECKPOINT,
                      .checkpoint = sample_checkpoint(0, n + 1)};
    fact_put(out, &f);
    f = (struct fact){.type = FACT_ENTRY, .lane = 1, .index = n};
    sample_record(1, n, f.record);
    f.state = sample_declined(n) ? BODY_DECLINED : BODY_HELD;
    if (f.state == BODY_HELD) {
        f.blob_head = sample_salt(1, n);
        f.blob_body = sample_body(1, n);
    }
    fact_put(out, &f);
    f = (struct fact){.type = FACT_BATCH,
                      .lane = 1,
                      .index = n,
                      .checkpoint = sample_checkpoint(1, n + 1)};
    fact_put(out, &f);
}

static inline uint64_t
history_facts(uint64_t turns)
{
    return turns == 0 ? 0 : FACTS_OF_TURN_1 + (turns - 1) * FACTS_OF_A_TURN;
}

/* Append a turn of the history, without a sync. */
static inline void
history_append(const struct store *s, uint64_t turn)
{
    struct buf facts = {0};

    history_turn(&facts, turn);
    s->ops->append(s->self, buf_slice(&facts));
    buf_clear(&facts);
}

#endif
