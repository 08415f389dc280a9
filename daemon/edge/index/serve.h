/*
 * serve - the unix socket on which commands search the index.
 *
 * Holds:      every client is a user of this machine with a right; clients,
 *             bytes and work in one go are bounded.
 * Trusts:     the kernel for who the client is; nothing that a client says.
 * Leaves out: what is found (search.h, sent.h, ours.h), reading the journal
 * (process.c). Spec:       proto/control.proto, with the verbs "search",
 * "sent", "ours", "entry" and "status"
 */
#ifndef EDGE_INDEX_SERVE_H
#define EDGE_INDEX_SERVE_H

#include "core/base/limits.h"
#include "edge/index/index.h"
#include "edge/index/rows.h"

#define SERVE_CLIENTS_MAX 32
#define SERVE_CLIENTS_OF_USER_MAX 24
#define SERVE_FRAME_MAX MIB(1)
#define SERVE_BUDGET MIB(64)

/* How far the index is, for those who ask. */
struct serve_status {
    uint64_t committed; /* turn that the daemon said to be on disk */
};

struct serve;
struct event_base;

/* Listen; an old socket there is replaced. `status` is read when asked for.
 * ERR_LIMIT: the path is too long; ERR_IO: errno tells. */
MUST_USE enum err serve_new(struct event_base *base,
                            const struct index_config *config,
                            struct rows *rows,
                            const struct serve_status *status,
                            struct serve **out);
void serve_free(struct serve *s);

/* Answer one request: a payload without its length; the answer is a whole
 * frame. Gives false where the connection is to be closed after it. `red` is
 * the right to read what is red. */
MUST_USE bool serve_answer(struct serve *s, struct slice payload, bool red,
                           struct buf *out);

#endif
