/*
 * sanity - what is hardly ever meant as an indicator is asked about before it
 *          goes.
 *
 * Holds:      lists are read by the command, as the user who submits.
 * Leaves out: reading and matching lists (core/formats/warning.h).
 * Spec:       docs/PROTOCOL.md#sanity
 */
#ifndef CLI_SANITY_H
#define CLI_SANITY_H

#include "core/base/buf.h"
#include "core/formats/warning.h"
#include "core/model/message.h"

/* Read the lists in a folder, or in folders in it; `folder` is "" where no
 * setting names one. NULL after saying which list cannot be read. */
struct warnings *sanity_read(const char *folder, bool documentation);

/* Find a value of an indicator that a list has, where more may be done by it
 * than to tell people; an address that nobody else reaches always counts. */
MUST_USE bool sanity_find(const struct warnings *w, const struct message *m,
                          struct observed *value, struct warning *out);

/* Write why it is held back, and what to do about it; texts that live as long
 * as the buffer. `value` may be NULL. */
void sanity_put(struct buf *out, const struct warning *w,
                const struct observed *value);
const char *sanity_advice(const struct warning *w);

#endif
