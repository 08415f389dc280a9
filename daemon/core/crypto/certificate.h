/*
 * certificate - the two things the core must know of an X.509 certificate.
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

#endif
