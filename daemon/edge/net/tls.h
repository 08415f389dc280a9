/*
 * tls - TLS 1.3 as both ends of a session use it, and words for its failures.
 *
 * Holds:      one version, one protocol name, both sides authenticated; no
 *             tickets, no resumption, no early data, no renegotiation.
 * Trusts:     trust.h for whose certificate is taken.
 * Leaves out: sockets (channel.h).
 * Spec:       docs/PROTOCOL.md#tls
 */
#ifndef EDGE_NET_TLS_H
#define EDGE_NET_TLS_H

#include "edge/net/keys.h"
#include "edge/net/trust.h"

#include <openssl/ssl.h>

#define TLS_ALPN "sealane/1"
#define TLS_EXPORTER_BYTES 32
#define TLS_WHY_MAX 768
#define TLS_CHAIN_BYTES_MAX KIB(16)
#define TLS_ALERT_NONE (-1)

/* The other end of one TLS session, as it shows itself in the handshake. */
struct tls_peer {
    bool we_dialled;           /* we are the TLS client */
    struct team_name expected; /* whom we dialled */
    struct verdict verdict;    /* of its certificate */
    bool judged;
    int alert;        /* that it sent, or TLS_ALERT_NONE */
    char offered[64]; /* protocol names, for a log line */
};

struct tls;

/* Make it; `trust` is asked at each handshake and outlives this. */
struct tls *tls_new(const struct trust *trust);
void tls_free(struct tls *t);

/* Show this certificate from the next session on; what is open goes on as it
 * began. False, with the reason, if the library refuses it: nothing changes
 * then. */
MUST_USE bool tls_show(struct tls *t, const struct keys_identity *identity,
                       char why[TLS_WHY_MAX]);

/* Make one session; `peer` outlives it, with we_dialled and expected set. */
SSL *tls_session(struct tls *t, struct tls_peer *peer);

/* Judge our own certificate as a peer would that holds `own`'s card. */
void tls_judge_own(const struct tls *t, const struct trust *own,
                   const struct team_name *team, struct verdict *out);

/* Tell whether both agreed on our protocol; a client must ask. */
bool tls_protocol_agreed(const SSL *ssl);

/* Take 32 bytes that only the two ends of this session know. */
MUST_USE bool tls_exporter(SSL *ssl, uint8_t out[TLS_EXPORTER_BYTES]);

/* Say why a session failed: `code` is the first error of OpenSSL's queue,
 * `error` an errno; either may be 0. */
void tls_explain(const struct tls_peer *peer, unsigned long code, int error,
                 char why[TLS_WHY_MAX]);

/* Tell whether the peer's alert speaks of our certificate. */
bool tls_alert_is_about_us(int alert);

/* Read the clock that certificates are judged by. */
struct wall tls_clock(void);

#endif
