/*
 * uuid - names made from texts: the same text, the same name, everywhere.
 *
 * Leaves out: security: SHA-1 stands here because the format of such names
 *             has it, and nothing is proven by one.
 * Spec:       RFC 9562, 5.5
 */
#ifndef CORE_CRYPTO_UUID_H
#define CORE_CRYPTO_UUID_H

#include "core/base/slice.h"

#define UUID_SIZE 16

/* Make the UUID, version 5, of a text in a name space. */
void crypto_uuid5(const uint8_t space[UUID_SIZE], struct slice text,
                  uint8_t out[UUID_SIZE]);

#endif
