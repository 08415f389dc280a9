/*
 * hex - lower-case hexadecimal to bytes and back.
 */
#ifndef CORE_BASE_HEX_H
#define CORE_BASE_HEX_H

#include "core/base/slice.h"

/* Write 2 * size digits and a NUL to `out`. */
void hex_encode(struct slice bytes, char *out);

/* Read exactly 2 * `size` lower-case digits; false on anything else. */
MUST_USE bool hex_decode(struct slice text, uint8_t *out, size_t size);

#endif
