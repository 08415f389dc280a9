/*
 * trust - whose certificates are taken, and the precise reason when not.
 *
 * Holds:      each peer's certificates are judged under its own pinned root
 *             and revocation list alone, never under another peer's.
 * Trusts:     nothing of a chain; the cards were verified before.
 * Leaves out: the handshake (tls.h), cards (core/exchange/view.h).
 * Spec:       docs/PROTOCOL.md#tls
 */
#ifndef EDGE_NET_TRUST_H
#define EDGE_NET_TRUST_H

#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/model/card.h"

#include <openssl/x509.h>

enum defect {
    DEFECT_NONE,
    DEFECT_EXPIRED,
    DEFECT_NOT_YET_VALID,
    DEFECT_WRONG_AUTHORITY,
    DEFECT_WRONG_NAME,
    DEFECT_NOT_PINNED,
    DEFECT_NOT_CONFIRMED,
    DEFECT_REVOKED,
    DEFECT_NO_REVOCATION_LIST,
    DEFECT_OLD_REVOCATION_LIST,
    DEFECT_WRONG_USE,
    DEFECT_OTHER,
    DEFECT_COUNT
};

#define VERDICT_WHY_MAX 640

struct verdict {
    enum defect defect;
    bool card_only;        /* good but for DEFECT_NOT_PINNED: a newer card may
                              be taken from whoever shows it */
    struct team_name team; /* whose it is; empty where nobody's */
    char why[VERDICT_WHY_MAX];
};

/* What a peer's card says of its TLS; all DER. */
struct net_peer {
    struct team_name team;
    bool confirmed;
    struct slice root;
    struct slice revocation_list;
    const struct slice *certificates;
    size_t certificate_count;
};

struct trust;

struct trust *trust_new(void);
void trust_free(struct trust *t);

/* Forget all peers. */
void trust_reset(struct trust *t);

/* Add a peer, whose bytes are copied. ERR_FORMAT if root or revocation list
 * cannot be read; such a peer is not added and every chain of it is refused. */
MUST_USE enum err trust_add(struct trust *t, const struct net_peer *peer);

struct trust_question {
    X509 *leaf;
    STACK_OF(X509) * chain;           /* as sent, may be NULL */
    bool of_client;                   /* the leaf is a TLS client's */
    const struct team_name *expected; /* NULL: any peer */
    struct wall at;
};

/* Judge a chain: under the root of the expected peer, or of the peer that
 * pinned the leaf, or else of the peer that it comes nearest to. */
void trust_judge(const struct trust *t, const struct trust_question *q,
                 struct verdict *out);

/* Give the words in which every log names a defect: "wrong name". */
const char *defect_name(enum defect d);

/* Give the X509_V_ERR_* by which OpenSSL chooses the alert for the peer. */
int defect_x509_error(enum defect d);

#endif
