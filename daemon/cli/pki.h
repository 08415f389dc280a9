/*
 * pki - a team's own X.509 authority: its root, and what the root issues.
 *
 * Holds:      Ed25519 roots; a certificate verifies in full under its root as
 *             edge/net checks it.
 * Trusts:     the kernel for randomness; nothing of certificates that are
 *             read.
 * Leaves out: where the keys are kept (init.c), cards (signing.h).
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

/* Make the root of `team`, whose name is at most PKI_NAME_MAX, valid until
 * `end`. NULL if the library refuses: it says why on standard error. */
struct pki *pki_new(const struct team_name *team, struct wall now,
                    struct wall end);

/* Read an Ed25519 private key (PEM); false after saying what is wrong. */
MUST_USE bool pki_key_read(const char *path, struct secret_key *out);

/* Read root.key and root.crt in a directory; NULL after saying why not. */
struct pki *pki_read(const char *directory);
void pki_free(struct pki *p);

/* Make a TLS key: its PEM, and its SubjectPublicKeyInfo (DER). */
void pki_tls_key(struct buf *pem, struct buf *spki);

/* Issue a TLS certificate, as DER; false after saying why not. */
struct pki_wish {
    const struct team_name *team;
    struct slice spki; /* DER */
    struct wall begin, end;
};
MUST_USE bool pki_issue(const struct pki *p, const struct pki_wish *wish,
                        struct buf *der);

/* Make a revocation list, as DER: all that the old one names, and these
 * certificates; false after saying why not. */
struct pki_list {
    struct slice old; /* may be empty */
    uint64_t number;
    struct wall now, end;
    const struct slice *certificates;
    size_t count;
};
MUST_USE bool pki_revoke(const struct pki *p, const struct pki_list *list,
                         struct buf *der);

/* See when a certificate begins and ends, and its key; false if it cannot be
 * read. */
struct pki_about {
    struct wall begin, end;
    struct buf spki;
};
MUST_USE bool pki_about(struct slice der, struct pki_about *out);

/* Append what was made: PEM of keys and certificates, DER for the card. */
void pki_root_key_pem(const struct pki *p, struct buf *out);
void pki_root_der(const struct pki *p, struct buf *out);
void pki_pem(struct slice der, struct buf *out);

/* See the root's private key, which signs the card. */
const struct secret_key *pki_root_secret(const struct pki *p);

/* Fill a key with fresh randomness. */
void pki_random(void *out, size_t size);

#endif
