/*
 * certificate - what the core must know of X.509 certificates and lists.
 *
 * Trusts:     nothing of the bytes (DER).
 * Leaves out: verifying chains, names and revocation (edge/net).
 */
#ifndef CORE_CRYPTO_CERTIFICATE_H
#define CORE_CRYPTO_CERTIFICATE_H

#include "core/crypto/crypto.h"

/* Take the Ed25519 public key out of a DER certificate. ERR_FORMAT if it is
 * none or there are bytes behind it, ERR_UNSUPPORTED for another algorithm. */
MUST_USE enum err certificate_key(struct slice der, struct public_key *out);

/* Say until when a DER certificate or revocation list holds, in seconds since
 * 1970. ERR_FORMAT if it is none, or does not say. */
MUST_USE enum err certificate_end(struct slice der, uint64_t *end_s);
MUST_USE enum err revocation_list_end(struct slice der, uint64_t *end_s);

#endif
