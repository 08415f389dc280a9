/*
 * base64 - RFC 4648 part 4, padded, canonical: one text for one value.
 */
#ifndef CORE_CRYPTO_BASE64_H
#define CORE_CRYPTO_BASE64_H

#include "core/base/buf.h"

/* Write the text of `bytes`. */
void base64_put(struct buf *out, struct slice bytes);

/* Append the bytes of `text`; false, with `out` as it was, on white space,
 * missing padding, or bits that do not count being set. */
MUST_USE bool base64_get(struct slice text, struct buf *out);

#endif
