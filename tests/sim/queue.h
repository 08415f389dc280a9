/*
 * queue - what will happen, in the order of its time.
 *
 * Holds:      of two things at one time the one scheduled first comes first;
 *             bytes of an event are the queue's until it is taken.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include "core/exchange/event.h"

enum happening {
    HAPPEN_DELIVER, /* an event reaches a node */
    HAPPEN_TURN,
    HAPPEN_SIGN, /* a request reaches the signer */
    HAPPEN_RESTART,
    HAPPEN_TICK,
    HAPPEN_FAULT,
    HAPPEN_CLIENT,
    HAPPEN_IMPORT, /* of the newest card, once more */
    HAPPEN_CONSUME,
    HAPPENING_COUNT
};

struct scheduled {
    uint64_t at;
    enum happening what;
    unsigned node;
    uint64_t incarnation;

    struct event event;
};

struct queue_place {
    uint64_t at, order;
    uint32_t slot;
};

struct queue {
    struct queue_place *heap;
    struct scheduled *slots;
    uint32_t *free;
    size_t count, capacity, free_count;
    uint64_t order;
};

/* Copy `s` in; the bytes of its event are copied too. */
void queue_add(struct queue *q, const struct scheduled *s);

/* Take the first one; the caller calls scheduled_clear. False: nothing is
 * left. */
bool queue_take(struct queue *q, struct scheduled *out);

void scheduled_clear(struct scheduled *s);
void queue_clear(struct queue *q);

#endif
