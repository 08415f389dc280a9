/*
 * json_put - writes parts of JSON as RFC 8785 has them.
 *
 * Leaves out: numbers that are not whole, sorting keys (stix_id.h).
 * Spec:       RFC 8785, 3.2
 */
#ifndef CORE_FORMATS_JSON_PUT_H
#define CORE_FORMATS_JSON_PUT_H

#include "core/base/buf.h"

/* Write a string with its quotes; the text is UTF-8. */
void json_put_text(struct buf *out, struct slice text);

/* Write `,"key":"text"`. */
void json_put_member(struct buf *out, const char *key, struct slice text);

#endif
