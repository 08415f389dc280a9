/*
 * message - the bytes of a body: submission id, then the message.
 *
 * Trusts:     nothing. Kinds, observables and fields of a newer schema are
 *             no error.
 * Spec:       proto/message.proto, docs/PROTOCOL.md#messages
 */
#ifndef CORE_WIRE_MESSAGE_H
#define CORE_WIRE_MESSAGE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/message.h"

/* Tell whether a message may be written, where its texts come out of a
 * document: ERR_UTF8 (a text is not UTF-8 or holds a NUL), ERR_LIMIT (labels,
 * recipients), ERR_VALUE (no kind, a confidence above 100). */
MUST_USE enum err message_check(const struct message *m);

/* Write the protobuf message alone; the same values give the same bytes. What
 * message_check refuses is our bug. */
void message_put(struct buf *out, const struct message *m);

/*
 * Read it; slices point into `bytes` or the arena. A TLP or PAP that is not
 * known is red, and so is the TLP of a head that does not say it.
 *
 * ERR_MISSING  no kind, or a Decline without the entry, its lane, place,
 *              count, leaf or code
 * ERR_VALUE    a hash of another size, a confidence above 100
 * ERR_LIMIT    more recipients or labels than their maximum
 *
 * and the pre-scan's.
 */
MUST_USE enum err message_get(struct slice bytes, struct arena *arena,
                              struct message *out);

/* Write a submission id. */
void submission_id_put(struct buf *out, const struct submission_id *id);

/* Split a body. ERR_TRUNCATED if it is shorter than a submission id. */
MUST_USE enum err body_split(struct slice body, struct submission_id *id,
                             struct slice *message);

#endif
