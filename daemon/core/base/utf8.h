/*
 * utf8 - is this text? (RFC 3629: no overlong forms, no surrogates)
 */
#ifndef CORE_BASE_UTF8_H
#define CORE_BASE_UTF8_H

#include "core/base/slice.h"

/* Find the first byte that is not UTF-8; `bytes.size` if all of it is. */
size_t utf8_bad_at(struct slice bytes);

#endif
