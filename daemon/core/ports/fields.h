/*
 * fields - the parts that facts and signer messages share, as bytes.
 *
 * Trusts:     the cursor to say at its end whether everything was there.
 * Leaves out: texts that are signed (core/lane/checkpoint.h).
 */
#ifndef CORE_PORTS_FIELDS_H
#define CORE_PORTS_FIELDS_H

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/lane/checkpoint.h"

/* Write or read a checkpoint in its fixed size. */
void field_put_checkpoint(struct buf *out, const struct checkpoint *c);
void field_get_checkpoint(struct cursor *from, struct checkpoint *out);

/* Read a byte that is 0 or 1; any other sets `*wrong`. */
bool field_get_bool(struct cursor *from, bool *wrong);

#endif
