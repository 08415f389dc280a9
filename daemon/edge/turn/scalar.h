/*
 * scalar - one value of the settings out of its text.
 *
 * Trusts:     nothing; false for a text that is no such value.
 * Leaves out: where the text stands in the file (settings.c).
 */
#ifndef EDGE_TURN_SCALAR_H
#define EDGE_TURN_SCALAR_H

#include "core/base/slice.h"

/* Take a decimal of at most 18 digits. */
MUST_USE bool scalar_number(struct slice text, uint64_t *out);

/* Take "true" or "false". */
MUST_USE bool scalar_truth(struct slice text, bool *out);

/* Copy a text that is neither empty nor larger than `size` with its NUL. */
MUST_USE bool scalar_text(struct slice text, char *out, size_t size);

/* Take a path. One that does not begin with a slash starts at the folder of
 * `file`, so that a state directory may be moved as a whole. */
MUST_USE bool scalar_path(struct slice text, const char *file, char *out,
                          size_t size);

/* Take "host:port", whatever the host. */
MUST_USE bool scalar_address(struct slice text, char *out, size_t size);

/* Read a time span: a number and s, min, h, d or w; or "forever", which is
 * 0. */
MUST_USE bool scalar_span(struct slice text, uint64_t *out_ms);

/* Take a user or group of this machine, by name or number. */
MUST_USE bool scalar_user(struct slice text, unsigned *out);
MUST_USE bool scalar_group(struct slice text, unsigned *out);

#endif
