/*
 * pki - a team's own X.509 authority: root, TLS certificate, revocation list.
 *
 * Holds:      Ed25519 throughout; a certificate verifies in full under its
 *             root as edge/net checks it.
 * Trusts:     the kernel for randomness.
 * Leaves out: where the keys are kept (init.c).
 * Spec:       docs/PROTOCOL.md#cards; RFC 5280
 */
#ifndef CLI_PKI_H
#define CLI_PKI_H

#include "core/base/buf.h"
#include "core/base/instant.h"
#include "core/crypto/crypto.h"

/* The longest common name of a certificate (RFC 5280, ub-common-name). */
#define PKI_NAME_MAX 64

struct pki;

/* Make keys and certificates of `team`, whose name is at most PKI_NAME_MAX;
 * the root is valid until `root_end`, the rest until `end`. NULL if the
 * library refuses: it says why on standard error. */
struct pki *pki_new(const struct team_name *team, struct wall now,
                    struct wall end, struct wall root_end);
void pki_free(struct pki *p);

/* Append what was made: PEM of keys and certificates, DER for the card. */
void pki_root_key_pem(const struct pki *p, struct buf *out);
void pki_root_pem(const struct pki *p, struct buf *out);
void pki_root_der(const struct pki *p, struct buf *out);
void pki_tls_key_pem(const struct pki *p, struct buf *out);
void pki_tls_pem(const struct pki *p, struct buf *out);
void pki_tls_der(const struct pki *p, struct buf *out);
void pki_crl_der(const struct pki *p, struct buf *out);

/* See the root's private key, which signs the card. */
const struct secret_key *pki_root_secret(const struct pki *p);

/* Fill a key with fresh randomness. */
void pki_random(void *out, size_t size);

#endif
