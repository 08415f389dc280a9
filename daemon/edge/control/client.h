/*
 * client - the command's end of the control socket.
 *
 * Holds:      requests may be sent ahead of their answers; while one is
 *             written answers are read, so that neither side waits for the
 *             other.
 * Trusts:     nothing of the answers' bytes.
 * Leaves out: what the verbs mean (queries.h, core/exchange).
 * Spec:       proto/control.proto
 */
#ifndef EDGE_CONTROL_CLIENT_H
#define EDGE_CONTROL_CLIENT_H

#include "core/wire/control.h"

struct daemon;

/* Connect to the socket at `path`. ERR_IO: errno tells; ERR_LIMIT: the path
 * is too long. */
MUST_USE enum err daemon_open(const char *path, struct daemon **out);
void daemon_close(struct daemon *d);

/* The same over a socket that is connected; it is closed in the end. */
struct daemon *daemon_over(int fd);

/* Send a request; its id is set here and given back. Answers that come
 * meanwhile are kept. ERR_IO: the daemon hung up (its last answers can still
 * be read); ERR_LIMIT: larger than a frame. */
MUST_USE enum err daemon_send(struct daemon *d, struct control_request *r);

/* Wait for the next answer, whatever its id, at most `timeout_ms` (-1: for
 * ever). It lives until the next call. ERR_TIMEOUT, ERR_IO: the daemon hung
 * up; ERR_FORMAT and others: the bytes are not good. */
MUST_USE enum err daemon_receive(struct daemon *d, int timeout_ms,
                                 struct control_answer *out);

/* Give the socket, to wait for it together with others. Ask
 * daemon_has_answer first. */
int daemon_fd(const struct daemon *d);
bool daemon_has_answer(const struct daemon *d);

#endif
