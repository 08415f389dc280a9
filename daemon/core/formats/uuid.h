/*
 * uuid - 00000000-0000-4000-8000-000000000000
 *
 * Leaves out: making them.
 * Spec:       RFC 9562
 */
#ifndef CORE_FORMATS_UUID_H
#define CORE_FORMATS_UUID_H

#include "core/base/slice.h"

#define UUID_BYTES 16
#define UUID_TEXT 36

/* Read one in any case, of any version; false for any other form. */
MUST_USE bool uuid_parse(struct slice text, uint8_t uuid[UUID_BYTES]);

/* Tell whether it is of a version and variant that RFC 9562 has. */
bool uuid_is_known(const uint8_t uuid[UUID_BYTES]);

#endif
