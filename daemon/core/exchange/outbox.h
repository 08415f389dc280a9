/*
 * outbox - the messages and own entries that wait for a peer.
 *
 * Holds:      each queue has its items in ascending order.
 * Leaves out: their bodies, which are read from the store; what changes an
 *             outbox (fold_outbox.c) and what empties it (sequence.c).
 */
#ifndef CORE_EXCHANGE_OUTBOX_H
#define CORE_EXCHANGE_OUTBOX_H

#include "core/base/instant.h"
#include "core/base/ring.h"

/* Queues of an outbox, in the order in which they are emptied. */
enum queue_name {
    QUEUE_OWN,   /* the node's own entries */
    QUEUE_AGAIN, /* stood in an epoch that was left */
    QUEUE_URGENT,
    QUEUE_NORMAL,
    QUEUE_COUNT
};

/* Number of the submission of a message whose submission is not known here
 * any more. */
#define NUMBER_UNKNOWN UINT64_MAX

struct outbox_item {
    uint64_t item;
    uint64_t number;   /* of the submission, 0 for own entries */
    uint32_t stream;   /* position in streams */
    uint64_t sequence; /* in it */
    uint64_t ref;
    struct wall time;
    uint32_t body_bytes;
    uint8_t kind, tlp, flags;
    bool urgent;
    bool gone; /* sequenced or cancelled; dropped when it can be */
};

/* How far the messages that wait were looked at. What may not go by now is
 * not looked at again before something else decides about it. */
struct outlook {
    uint64_t seen[QUEUE_COUNT];   /* items below: none of them may go */
    struct outbox_item too_large; /* the first of these; number 0: none is */
    struct outbox_item refused;   /* the same, by the handling rules */
};

/* Find the place in a queue of the first item that is `item` or above. */
size_t outbox_from(const struct ring *queue, uint64_t item);

/* Find the next item of a kind that waits in a queue, from the place *at on,
 * and put *at behind it; or NULL. Borrowed until the queue changes. */
struct outbox_item *outbox_next(const struct ring *queue, uint8_t kind,
                                size_t *at);

/* Find a message that waits for a peer; or NULL. */
struct exchange;
struct submission_id;
const struct outbox_item *outbox_waiting(const struct exchange *x,
                                         uint32_t peer,
                                         const struct submission_id *id);

#endif
