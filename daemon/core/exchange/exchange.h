/*
 * exchange - the whole node as a state machine: events in, facts and effects
 *            out.
 *
 * Holds:      state is the fold over facts; the same events on the same state
 *             give the same facts and effects, byte for byte.
 * Trusts:     the turn: facts are synced before effects are performed.
 * Leaves out: sockets, files, clocks (edge); reading for people (view.h).
 * Spec:       docs/PROTOCOL.md
 */
#ifndef CORE_EXCHANGE_EXCHANGE_H
#define CORE_EXCHANGE_EXCHANGE_H

#include "core/base/arena.h"
#include "core/base/instant.h"
#include "core/exchange/config.h"
#include "core/exchange/event.h"
#include "core/ports/store.h"

struct exchange;

/* What a step wants: facts first, then erasures, then effects in their
 * order. Erasures that were done come back as one event ERASED. */
struct outcome {
    struct buf facts; /* fact_put, one after another */
    struct erasure *erasures;
    size_t erasure_count;
    size_t erasure_capacity;
    struct effect *effects; /* their bytes live in `bytes` until reset */
    size_t effect_count;
    size_t effect_capacity;
    struct arena bytes;
};

void outcome_init(struct outcome *o);
void outcome_reset(struct outcome *o);
void outcome_clear(struct outcome *o);

/* Make an exchange that reads from `store`. */
struct exchange *exchange_new(const struct store *store);
void exchange_free(struct exchange *x);

/* Take one fact of the journal, in order, before START. ERR_DAMAGED if it
 * contradicts the facts before it. */
MUST_USE enum err exchange_restore(struct exchange *x, const struct fact *f);

/* Append the whole state that follows from facts: equal facts, equal bytes.
 * Bodies and salts are none of it. */
void exchange_save(const struct exchange *x, struct buf *out);

/* Take over what exchange_save wrote, before any fact and before START: facts
 * go on behind those that it followed from. The memory that it takes is at most
 * 64 times the bytes. ERR_VERSION: another version of the program wrote it;
 * ERR_DAMAGED; after both nothing is changed. */
MUST_USE enum err exchange_load(struct exchange *x, struct slice state);

/* Step through events; what follows is added to `out`. */
void exchange_step(struct exchange *x, const struct event *events, size_t count,
                   struct now now, struct outcome *out);

/* Tell when a TICK is needed at the latest. */
struct mono exchange_deadline(const struct exchange *x);

#endif
