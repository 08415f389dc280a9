/*
 * newer - what a message of a newer schema says that has no name here.
 *
 * Holds:      kinds, types and fields without a name are shown by number, and
 *             fields with their bytes as they came.
 * Trusts:     nothing of the message.
 * Spec:       docs/PROTOCOL.md#messages
 */
#ifndef CLI_NEWER_H
#define CLI_NEWER_H

#include "cli/json_out.h"
#include "core/base/buf.h"
#include "core/model/message.h"

/* Write the number of a kind or type that has no name: "unknown-kind-99".
 * False, and nothing, where both have one. */
bool newer_put_what(struct buf *out, const struct message *m);

/* Write for people: "kind 99; fields 900, head.901 (2)"; nothing where all is
 * known. `bytes` are those of the message. */
void newer_put(struct buf *out, const struct message *m, struct slice bytes);

/* Add the same to an open document, fields with their bytes. */
void newer_json(struct json_out *j, const struct message *m,
                struct slice bytes);

#endif
