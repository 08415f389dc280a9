/*
 * unknown - what a message says in fields of a newer schema.
 *
 * Holds:      every field that the schema here does not have is told once,
 *             those of a message before those of the messages in it.
 * Trusts:     nothing.
 * Leaves out: kinds and observables without a name: they are numbers in
 *             struct message.
 * Spec:       docs/PROTOCOL.md#messages
 */
#ifndef CORE_WIRE_UNKNOWN_H
#define CORE_WIRE_UNKNOWN_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct unknown {
    struct slice path; /* of the message that it is in: "head.marking" */
    uint32_t number;
    unsigned form;      /* wire type: 0 number, 1 and 5 fixed, 2 bytes */
    struct slice bytes; /* as they came, behind tag and length */
};

typedef void (*unknown_fn)(void *context, const struct unknown *u);

/* Call `each` for every such field of a message; slices live as long as the
 * call. Errors are those of message_get for bytes that are no message. */
MUST_USE enum err unknown_each(struct slice message, struct arena *arena,
                               unknown_fn each, void *context);

#endif
