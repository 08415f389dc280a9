/*
 * warning_judge - which value of a message a list has.
 *
 * Holds:      an indicator alone is asked about; where no more may be done by
 *             a value than to tell people, ranges alone count.
 * Trusts:     nothing of the message; its values are in normal form, or match
 *             nothing.
 * Leaves out: what follows from a match.
 * Spec:       docs/PROTOCOL.md#sanity
 */
#ifndef CORE_FORMATS_WARNING_JUDGE_H
#define CORE_FORMATS_WARNING_JUDGE_H

#include "core/formats/warning.h"
#include "core/model/message.h"

/* Find the first value of an indicator that a list has; false for none. */
MUST_USE bool warning_judge(const struct warnings *w, const struct message *m,
                            struct observed *value, struct warning *out);

#endif
