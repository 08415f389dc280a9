/*
 * client - the daemon's end of the signer.
 *
 * Holds:      answers come in the order of the requests, each with the id
 *             that its request was given.
 * Trusts:     nothing of the answers' bytes (decode with sign_answer_get).
 * Leaves out: waiting for the socket: the owner's loop does that.
 * Spec:       docs/PROTOCOL.md#signer
 */
#ifndef EDGE_SIGNER_CLIENT_H
#define EDGE_SIGNER_CLIENT_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* Takes an answer; `answer` holds until it returns. It may send, and must
 * not free the client. */
typedef void (*signer_answer_fn)(void *context, uint64_t id,
                                 struct slice answer);

struct signer_client;

/* Begin on a connected stream socket, which is made non-blocking. The client
 * owns it from then on. */
struct signer_client *signer_client_new(int fd, signer_answer_fn answer,
                                        void *context);

/* Close the socket; requests in flight are forgotten. */
void signer_client_free(struct signer_client *c);

/* The socket, to wait on: always for reading, and for writing while
 * signer_client_wants_write. */
int signer_client_fd(const struct signer_client *c);
MUST_USE bool signer_client_wants_write(const struct signer_client *c);

/* Count the requests that are not yet answered. */
size_t signer_client_in_flight(const struct signer_client *c);

/* Send a request (sign_request_begin and _add) of at most SIGN_FRAME_MAX
 * bytes; what the socket does not take at once is kept. ERR_LIMIT: too many
 * are in flight, send it later; ERR_IO: the signer died, exit. */
MUST_USE enum err signer_client_send(struct signer_client *c, uint64_t id,
                                     struct slice request);

/* Write what is kept. ERR_IO: the signer died, exit. */
MUST_USE enum err signer_client_writable(struct signer_client *c);

/* Read what there is and hand over every whole answer. ERR_IO: the signer
 * died, exit; ERR_FORMAT: it answers what nobody asked, exit. */
MUST_USE enum err signer_client_readable(struct signer_client *c);

#endif
