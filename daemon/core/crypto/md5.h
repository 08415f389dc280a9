/*
 * md5 - the hash by which feeds of MISP let others look values up.
 *
 * Holds:      it names, and protects nothing: who wants two texts of one hash
 *             makes them.
 * Spec:       RFC 1321
 */
#ifndef CORE_CRYPTO_MD5_H
#define CORE_CRYPTO_MD5_H

#include "core/base/slice.h"

#include <stdbool.h>

#define MD5_BYTES 16

/* Hash a text; false where the library may not (FIPS). */
MUST_USE bool crypto_md5(struct slice text, uint8_t out[MD5_BYTES]);

#endif
