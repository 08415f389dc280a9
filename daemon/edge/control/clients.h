/*
 * clients - who is connected to the control socket, and what they wait for.
 *
 * Holds:      work in one go is bounded: so many frames, one page; who does
 *             not read his answers is not read from.
 * Trusts:     nothing that a client sends.
 * Leaves out: who may connect (control.c), answers (queries.h).
 */
#ifndef EDGE_CONTROL_CLIENTS_H
#define EDGE_CONTROL_CLIENTS_H

#include "core/base/arena.h"
#include "edge/control/control.h"

#include <sys/un.h>

struct client;
struct evconnlistener;

struct control {
    struct event_base *base;
    struct turn *turn;
    const struct settings *settings;
    const struct backup *backup;
    struct evconnlistener *listener;
    struct control_tls tls;
    struct mono started;
    struct client *clients[CONTROL_CLIENTS_MAX];
    size_t client_count;
    uint32_t last_number; /* of a client */
    struct arena arena;   /* for one request and its answer */
};

/* Read both clocks. */
struct now control_now(void);

/* Take in a client; there must be room. */
void client_new(struct control *c, int fd, unsigned uid, unsigned roles);

/* Count those of a user. */
size_t clients_of(const struct control *c, unsigned uid);

/* Find a client by its number; NULL once it is gone. */
struct client *clients_find(const struct control *c, uint32_t number);

/* Pass whole frames of the exchange on. */
void client_answer(struct client *client, struct slice frames);

/* Have everyone look for news, or go on where the turn was full. */
void clients_wake(struct control *c);

/* Drop everybody. */
void clients_clear(struct control *c);

#endif
