/*
 * turn - one turn of the house: collect events, step, append, sync, and only
 *        then perform the effects.
 *
 * Holds:      no byte leaves before what it claims is on disk; one sync
 *             serves all events of a turn.
 * Trusts:     the sinks to copy what they keep.
 * Leaves out: who makes events (edge/net, edge/control, edge/signer).
 * Spec:       docs/PROTOCOL.md#turn
 */
#ifndef EDGE_TURN_TURN_H
#define EDGE_TURN_TURN_H

#include "core/exchange/exchange.h"

struct turn;

/* Where effects go; one function for each kind of effect. */
struct turn_sink {
    void (*perform)(void *self, const struct effect *effect);
    void *self;
};

/* Is told after each turn, when effects are performed: readers that wait for
 * news (watch) look then. */
typedef void (*turn_after_fn)(void *self);

struct turn *turn_new(struct exchange *exchange, const struct store *store);
void turn_free(struct turn *t);

/* Say who performs effects of a type; each must be set before a turn runs. */
void turn_sink_set(struct turn *t, enum effect_type type,
                   struct turn_sink sink);
void turn_after(struct turn *t, turn_after_fn fn, void *self);

/* Queue an event; its bytes are copied. False when the turn is full: stop
 * reading that source until the next turn has run (turn_room tells). */
MUST_USE bool turn_push(struct turn *t, const struct event *event);
bool turn_room(const struct turn *t);

/* Tell whether events wait. */
bool turn_waiting(const struct turn *t);

/* Run one turn over the events that wait; `now` is read by the caller. */
void turn_run(struct turn *t, struct now now);

/* When a TICK is due at the latest; MONO_NEVER for never. */
struct mono turn_deadline(const struct turn *t);

/* Record from now on to a file descriptor that the caller owns; -1 stops. To
 * be replayed, a capture begins before the first fact is restored. */
void turn_capture(struct turn *t, int fd, const struct team_name *team);

/* Hand one fact of the journal to the exchange (and to the capture). */
MUST_USE enum err turn_restore(struct turn *t, const struct fact *f);

const struct exchange *turn_exchange(const struct turn *t);
const struct store *turn_store(const struct turn *t);

#endif
