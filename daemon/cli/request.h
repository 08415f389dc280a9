/*
 * request - what a node asks its root to sign: the card in force and the keys
 *           of the next one, as a text that a person can read.
 *
 * Trusts:     nothing of the file: it comes from a machine with a network.
 * Leaves out: asking the node (renew.c), signing (sign.c).
 * Spec:       docs/man/sealane.1, card request
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/cards.h"

#define REQUEST_ROLES 3
#define REQUEST_TLS_MAX 2
#define REQUEST_BYTES_MAX KIB(64)

struct request {
    struct known_card card;                /* in force; checked */
    struct public_key keys[REQUEST_ROLES]; /* by role, from session on */
    bool compromised[REQUEST_ROLES];       /* the key that goes */
    bool tls_compromised;
    struct buf tls[REQUEST_TLS_MAX]; /* SubjectPublicKeyInfo; the last is the
                                        one that gets a new certificate */
    size_t tls_count;
};

void request_put(struct buf *out, const struct request *r);

/* Read it; false after saying what is wrong. */
MUST_USE bool request_get(struct slice text, struct request *out);
void request_clear(struct request *r);

#endif
