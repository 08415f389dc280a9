/*
 * keys - our TLS keys, two places for them, and which certificate is shown.
 *
 * Holds:      a certificate is shown only with its private key; a key goes
 *             for ever once every peer has the card with its successor.
 * Trusts:     our own card, which the exchange has verified.
 * Leaves out: handshakes (tls.h), what peers make of a certificate (trust.h).
 * Spec:       docs/PROTOCOL.md#rotation
 */
#ifndef EDGE_NET_KEYS_H
#define EDGE_NET_KEYS_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/model/card.h"

#include <openssl/x509.h>

#define KEYS_PLACES 2
#define KEYS_WHY_MAX 768

/* What a handshake needs; lives as long as the keys, or until the next
 * choice. */
struct keys_identity {
    X509 *certificate;
    STACK_OF(X509) * chain; /* sent behind it; may be NULL */
    EVP_PKEY *key;
};

struct keys;

struct keys_files {
    const char *places[KEYS_PLACES]; /* PEM; the second is made if need be */
    const char *certificate;         /* PEM, with what is sent behind it */
};

/* Open the files, which are kept open: a confined daemon opens no other. NULL
 * if the second place cannot be made; `why` says so. */
struct keys *keys_new(const struct keys_files *files, char why[KEYS_WHY_MAX]);
void keys_free(struct keys *k);

struct keys_question {
    const struct card *card; /* our own; NULL: there is none yet */
    bool all_hold;           /* every confirmed peer has that card */
    struct wall at;
};

/* Choose what to show: the certificate file, and beyond it those of the card,
 * in the order of their beginning: the first that peers without the card take,
 * the last once all have it; with that, what went before it loses its key.
 * False, with the reason, if no certificate goes with a key. `*changed` tells
 * whether it is another one than at the last choice. */
MUST_USE bool keys_choose(struct keys *k, const struct keys_question *q,
                          struct keys_identity *out, bool *changed,
                          char why[KEYS_WHY_MAX]);

/* Make the next key, in the place whose key no certificate shows, or find the
 * one that was made there before. ERR_NOT_NOW: both are in use; ERR_IO. */
MUST_USE enum err keys_make(struct keys *k, const struct card *card);

/* See a key: what becomes of it, and its SubjectPublicKeyInfo (DER). */
enum keys_state { KEYS_NONE, KEYS_MADE, KEYS_LISTED, KEYS_SHOWN };
enum keys_state keys_at(const struct keys *k, const struct card *card,
                        size_t place, struct buf *spki);

#endif
