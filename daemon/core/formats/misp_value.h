/*
 * misp_value - what the value of an attribute is about, by its type.
 *
 * Trusts:     nothing.
 * Leaves out: the types (misp_types.h), what a value of each kind looks like
 *             (value.h).
 * Spec:       docs/PROTOCOL.md#misp-events
 */
#ifndef CORE_FORMATS_MISP_VALUE_H
#define CORE_FORMATS_MISP_VALUE_H

#include "core/formats/misp_types.h"
#include "core/model/message.h"

/*
 * Put what `text` is about into the head: its value or pattern, and what it
 * mentions; nothing of a type whose values no message has a kind for. On an
 * error the head stays as it was.
 *
 * ERR_BUDGET  the arena is spent
 * others      it is no good value of its type
 */
MUST_USE enum err misp_value_take(const struct misp_type *type,
                                  struct slice text, struct arena *arena,
                                  struct head *h);

#endif
