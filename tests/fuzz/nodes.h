/*
 * nodes - two whole nodes, paired, with everything but a disk and a network.
 *
 * Holds:      a step is synced before its effects; the signer answers at once.
 * Leaves out: faults of disk and network (tests/sim).
 */
#ifndef TESTS_FUZZ_NODES_H
#define TESTS_FUZZ_NODES_H

#include "core/exchange/exchange.h"
#include "edge/journal/memory.h"
#include "edge/signer/signer.h"

struct node {
    unsigned team;
    struct memory_store *memory;
    struct store store;
    uint64_t card_version;
    struct buf card; /* payload of its CARD frame */
    struct signer *signer;
    struct buf sign_journal;
    struct exchange *exchange;
    struct outcome out;
    struct now now;
    uint64_t link; /* the connection to the other; 0: none */
    bool closed;   /* by this node, since the last look */
    struct buf sent;
    size_t taken;       /* bytes of `sent` */
    struct buf answers; /* control answers, whole frames */
    uint64_t erased;    /* by the last step; it was not told yet */
    bool captures;
    struct buf capture;
};

/* Make the node of a team, paired with the other, and start it. */
void nodes_start(struct node *n, unsigned team);
void nodes_clear(struct node *n);

/* Write the configuration of a team's node with the payload of its CARD
 * frame. */
void nodes_config(unsigned team, struct slice card, struct wall boot_time,
                  struct buf *out);

/* Let an event happen, and what follows from it. A node that stops itself
 * for anything that comes over a link or a socket is broken. */
void nodes_happen(struct node *n, const struct event *e);

/* Connect, or cut. */
void nodes_link_up(struct node *n, uint64_t link, bool dialled);
void nodes_link_down(struct node *n);

/* Let time pass. */
void nodes_wait(struct node *n, uint64_t ms);

/* Give a frame to a node, over its link. */
void nodes_frame(struct node *n, struct slice frame);

/* Take the next frame that it sent; false if there is none. The frame lives
 * until the node's next event. */
MUST_USE bool nodes_next(struct node *n, struct slice *frame);

/* Have a user with every role ask it for something; `frame` has the length in
 * front. */
void nodes_ask(struct node *n, struct slice frame);

/* Submit one message to the other team, as the command does. An empty one
 * stands for a small indicator. */
void nodes_submit(struct node *n, struct slice message);

/* Expunge an entry of the lane to the other team. */
void nodes_expunge(struct node *n, uint64_t index);

/* Start again with a newer card than before. */
void nodes_renew_card(struct node *n);

/* Start again from what was synced: it must fold back. */
void nodes_restart(struct node *n);

/* Look at all of an exchange as people do; start one, as a daemon does. */
void nodes_look(const struct exchange *x);
void nodes_begin(struct exchange *x);

#endif
