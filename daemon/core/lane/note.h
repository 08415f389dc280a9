/*
 * note - lines of the files that third parties check: texts of checkpoints and
 *        signature lines, written and read.
 *
 * Trusts:     nothing when reading. Leading zeros of a decimal pass: whoever
 *             reads a file writes it again and compares the whole.
 * Leaves out: which lines a file has (evidence.h, conflict.h).
 * Spec:       C2SP signed-note, tlog-checkpoint; docs/PROTOCOL.md#evidence
 */
#ifndef CORE_LANE_NOTE_H
#define CORE_LANE_NOTE_H

#include "core/lane/checkpoint.h"

/* Write the signature line of `team` in `role`. */
void note_put_signature(struct buf *out, const struct team_name *team,
                        enum key_role role, const struct checkpoint *c);

/* Take the next line off `file`, without its end; false if there is none. */
MUST_USE bool note_take_line(struct slice *file, struct slice *line);

/* Take words off the front of a line; false if it does not begin so. */
MUST_USE bool note_skip(struct slice *line, const char *words);

/* Read a whole text as a decimal, or as base64 of exactly `size` bytes. */
MUST_USE bool note_decimal(struct slice text, uint64_t *out);
MUST_USE bool note_bytes(struct slice text, void *out, size_t size);

/* Take the three lines of a checkpoint's text: origin, lane, and size and
 * root of `out`. */
MUST_USE bool note_take_text(struct slice *file, struct team_name *origin,
                             struct lane_id *lane, struct checkpoint *out);

/* Take a signature line in `role`: who made it, and time, key id and
 * signature of `out`. */
MUST_USE bool note_take_signature(struct slice *file, enum key_role role,
                                  struct team_name *team,
                                  struct checkpoint *out);

#endif
