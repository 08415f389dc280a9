#include "edge/turn/turn.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/exchange/capture.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of events that wait: what all windows together may bring in, bounded
 * so that one turn's memory is. */
#define TURN_BYTES_MAX ((size_t)MIB(64))

struct turn {
    struct exchange *exchange;
    struct store store;
    struct event *events;
    size_t count;
    struct arena bytes;
    struct outcome out;
    struct turn_sink sinks[EFFECT_TYPE_COUNT];
    turn_after_fn after;
    void *after_self;
    int capture;
    struct buf captured;
};

struct turn *
turn_new(struct exchange *exchange, const struct store *store)
{
    struct turn *t = mem_new(sizeof *t);

    t->exchange = exchange;
    t->store = *store;
    t->events = mem_new(TURN_EVENTS_MAX * sizeof *t->events);
    t->capture = -1;
    /* One event over the bound is taken, so that a large one is not stuck. */
    arena_init(&t->bytes, TURN_BYTES_MAX + 2 * (size_t)CONTROL_FRAME_MAX);
    outcome_init(&t->out);
    return t;
}

void
turn_free(struct turn *t)
{
    arena_clear(&t->bytes);
    outcome_clear(&t->out);
    buf_clear(&t->captured);
    mem_free(t->events);
    mem_free(t);
}

void
turn_sink_set(struct turn *t, enum effect_type type, struct turn_sink sink)
{
    assert(type < EFFECT_TYPE_COUNT);
    t->sinks[type] = sink;
}

void
turn_after(struct turn *t, turn_after_fn fn, void *self)
{
    t->after = fn;
    t->after_self = self;
}

bool
turn_room(const struct turn *t)
{
    /* A few places are kept for events that cannot wait: signer, timer. */
    return t->count + 64 < TURN_EVENTS_MAX && t->bytes.used < TURN_BYTES_MAX;
}

bool
turn_push(struct turn *t, const struct event *event)
{
    struct event *e = &t->events[t->count];

    if (t->count == TURN_EVENTS_MAX)
        return false;
    *e = *event;
    if (!arena_copy(&t->bytes, event->data, &e->data) ||
        !arena_copy(&t->bytes, event->more, &e->more))
        return false;
    t->count++;
    return true;
}

bool
turn_waiting(const struct turn *t)
{
    return t->count > 0;
}

/* A capture that cannot be written is ended and said, the exchange goes on. */
static void
capture_flush(struct turn *t)
{
    struct slice rest = buf_slice(&t->captured);

    while (t->capture >= 0 && rest.size) {
        ssize_t n = write(t->capture, rest.data, rest.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fprintf(stderr,
                    "sealaned: the capture ends here, it cannot be "
                    "written: %s\n",
                    strerror(errno));
            t->capture = -1;
            break;
        }
        rest = slice_of(rest.data + n, rest.size - (size_t)n);
    }
    buf_reset(&t->captured);
}

void
turn_capture(struct turn *t, int fd, const struct team_name *team)
{
    t->capture = fd;
    if (fd >= 0)
        capture_header_put(&t->captured, team);
    capture_flush(t);
}

enum err
turn_restore(struct turn *t, const struct fact *f)
{
    if (t->capture >= 0) {
        struct buf fact = {0};
        fact_put(&fact, f);
        capture_facts_put(&t->captured, buf_slice(&fact));
        buf_clear(&fact);
        capture_flush(t);
    }
    return exchange_restore(t->exchange, f);
}

static void
capture_turn(struct turn *t, uint64_t number, struct now now)
{
    if (t->capture < 0)
        return;
    capture_turn_put(&t->captured, &(struct capture_turn){
                                       .number = number,
                                       .now = now,
                                       .events = t->events,
                                       .event_count = t->count,
                                       .facts = buf_slice(&t->out.facts),
                                       .effects = t->out.effects,
                                       .effect_count = t->out.effect_count,
                                   });
    capture_flush(t);
}

/* What is expunged is erased once the entry that says so is on disk. */
static void
erase(struct turn *t, const struct outcome *out)
{
    struct event done = {.type = EVENT_ERASED, .a = out->erasure_count};

    if (!out->erasure_count)
        return;
    t->store.ops->erase(t->store.self, out->erasures, out->erasure_count);
    bool pushed = turn_push(t, &done);
    assert(pushed); /* the turn's events have just been taken off */
}

static void
effects_perform(struct turn *t)
{
    for (size_t i = 0; i < t->out.effect_count; i++) {
        const struct effect *e = &t->out.effects[i];
        const struct turn_sink *sink = &t->sinks[e->type];
        assert(sink->perform);
        sink->perform(sink->self, e);
    }
}

/* PROTOCOL turn: "No byte leaves before what it claims is on disk." */
void
turn_run(struct turn *t, struct now now)
{
    uint64_t number = t->store.ops->turn(t->store.self);

    exchange_step(t->exchange, t->events, t->count, now, &t->out);
    if (t->out.facts.size) {
        t->store.ops->append(t->store.self, buf_slice(&t->out.facts));
        /* PROTOCOL checkpoints: "An origin MUST have its entries synced to disk
         * before a checkpoint that covers them leaves it." */
        /* PROTOCOL receipts: "A holder MUST have leaf records, bodies and the
         * checkpoint synced to disk before a receipt that covers them leaves
         * it." */
        /* PROTOCOL batches: "The holder MUST have S synced before a WANT for
         * that batch leaves it." */
        /* PROTOCOL turn: "A byte MUST NOT leave a node before what it claims is
         * synced." */
        t->store.ops->sync(t->store.self); /* ends us if the disk says no */
    }
    capture_turn(t, number, now);
    /* Sinks may push new events: those are of the next turn. */
    arena_reset(&t->bytes);
    t->count = 0;
    erase(t, &t->out);
    effects_perform(t);
    outcome_reset(&t->out);
    if (t->after)
        t->after(t->after_self);
}

struct mono
turn_deadline(const struct turn *t)
{
    return exchange_deadline(t->exchange);
}

const struct exchange *
turn_exchange(const struct turn *t)
{
    return t->exchange;
}

const struct store *
turn_store(const struct turn *t)
{
    return &t->store;
}
