/*
 * sanity - what is hardly ever meant as an indicator is asked about before it
 *          goes.
 *
 * Holds:      lists are read by the command, as the user who submits.
 * Leaves out: reading the folder (edge/lists), which value a list has
 *             (core/formats/warning_judge.h).
 * Spec:       docs/PROTOCOL.md#sanity
 */
#ifndef CLI_SANITY_H
#define CLI_SANITY_H

#include "core/base/buf.h"
#include "core/formats/warning.h"
#include "core/model/message.h"

/* Write why it is held back, and what to do about it; texts that live as long
 * as the buffer. `value` may be NULL. */
void sanity_put(struct buf *out, const struct warning *w,
                const struct observed *value);
const char *sanity_advice(const struct warning *w);

#endif
