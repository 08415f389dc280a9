/*
 * json_check - is this one good JSON object?
 *
 * Holds:      no key stands twice in it.
 * Trusts:     nothing.
 */
#ifndef CORE_FORMATS_JSON_CHECK_H
#define CORE_FORMATS_JSON_CHECK_H

#include "core/base/slice.h"

struct json_check;

struct json_check *json_check_new(void);

/* Free it; NULL is nothing. */
void json_check_free(struct json_check *c);

/* Check bytes and give those of them that count, minified; they hold until
 * the next check. False for anything but one object. */
MUST_USE bool json_check(struct json_check *c, struct slice bytes,
                         struct slice *out);

#endif
