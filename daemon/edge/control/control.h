/*
 * control - the unix socket on which commands talk to the daemon.
 *
 * Holds:      every client is a user of this machine with a role; bytes,
 *             clients and work in one go are bounded, and a client that asks
 *             nonsense harms itself alone.
 * Trusts:     the kernel for who the client is; nothing that a client says.
 * Leaves out: what requests change (core/exchange), the command's end
 *             (client.h), what may be read (queries.h).
 * Spec:       proto/control.proto
 */
#ifndef EDGE_CONTROL_CONTROL_H
#define EDGE_CONTROL_CONTROL_H

#include "core/ports/backup.h"
#include "edge/turn/settings.h"
#include "edge/turn/turn.h"

struct control;
struct event_base;

/* Listen at `path` with mode 0660; an old socket there is replaced (the lock
 * of the state directory says that nobody serves it). Becomes the sink of
 * EFFECT_ANSWER; the caller calls control_after_turn after each turn.
 * ERR_LIMIT: the path is too long; ERR_IO: errno tells. */
MUST_USE enum err control_new(struct event_base *base, struct turn *turn,
                              const struct settings *settings, const char *path,
                              struct control **out);

/* Who sees our TLS keys, one a place from 0 on, after making the next one where
 * `make` says so: its state in a word, empty where there is none, and its
 * SubjectPublicKeyInfo. */
struct control_tls {
    enum err (*key)(void *self, bool make, size_t place, const char **state,
                    struct buf *spki);
    void *self;
};
void control_tls_set(struct control *c, const struct control_tls *tls);

/* Say what copies are made from; it outlives `c`. */
void control_backup(struct control *c, const struct backup *from);

/* Look for news for those who wait: fits turn_after. */
void control_after_turn(void *control);

/* Close every client and stop listening. The socket stays: a confined daemon
 * cannot remove it. */
void control_free(struct control *c);

#endif
