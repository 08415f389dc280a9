#include "edge/net/tls.h"

#include "core/base/mem.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"

struct tls {
    SSL_CTX *contexts[2]; /* as server, as client */
    const struct trust *trust;
};

static const unsigned char protocol[] = "\x09" TLS_ALPN;
#define PROTOCOL_BYTES (sizeof protocol - 1)

static int
peer_slot(void)
{
    static int slot = -1;

    if (slot < 0)
        slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    assert(slot >= 0);
    return slot;
}

static struct tls_peer *
peer_of(const SSL *ssl)
{
    return SSL_get_ex_data(ssl, peer_slot());
}

struct wall
tls_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (struct wall){(uint64_t)t.tv_sec * 1000 +
                         (uint64_t)t.tv_nsec / 1000000};
}

/* ---- what happens in a handshake ---- */

/* Replaces OpenSSL's own verification: there is no one store for all peers. */
static int
on_verify(X509_STORE_CTX *ctx, void *self)
{
    const struct tls *t = self;
    const SSL *ssl =
        X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_peer *peer = peer_of(ssl);
    struct trust_question q = {
        .leaf = X509_STORE_CTX_get0_cert(ctx),
        .chain = X509_STORE_CTX_get0_untrusted(ctx),
        .of_client = !peer->we_dialled,
        .expected = peer->we_dialled ? &peer->expected : NULL,
        .at = tls_clock(),
    };

    trust_judge(t->trust, &q, &peer->verdict);
    peer->judged = true;
    /* PROTOCOL tls: "A certificate that passes every other check opens a
     * card-only connection." */
    bool taken = peer->verdict.defect == DEFECT_NONE || peer->verdict.card_only;
    X509_STORE_CTX_set_error(
        ctx, taken ? X509_V_OK : defect_x509_error(peer->verdict.defect));
    return taken;
}

/* Keep the offered protocol names for the log: a stranger wrote them. */
static void
offered_keep(struct tls_peer *peer, const unsigned char *names, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i += names[i] + 1u)
        for (size_t k = i; k <= i + names[i] && k < size; k++) {
            unsigned char c = k == i ? ' ' : names[k];
            if ((k == i && used == 0) || used + 1 >= sizeof peer->offered)
                continue;
            peer->offered[used++] = c >= ' ' && c < 0x7f ? (char)c : '?';
        }
    peer->offered[used] = 0;
}

/* OpenSSL asks for a protocol only where the client offers one, so the offer
 * of none is refused here. */
static int
on_client_hello(SSL *ssl, int *alert, void *self)
{
    const unsigned char *bytes;
    size_t size;

    (void)self;
    if (SSL_client_hello_get0_ext(
            ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes,
            &size) == 1 &&
        size > 2) {
        offered_keep(peer_of(ssl), bytes + 2, size - 2);
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL);
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

static int
on_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
            const unsigned char *in, unsigned in_size, void *self)
{
    (void)ssl;
    (void)self;
    for (unsigned i = 0; i + PROTOCOL_BYTES <= in_size; i += in[i] + 1u)
        if (memcmp(in + i, protocol, PROTOCOL_BYTES) == 0) {
            *out = in + i + 1;
            *out_size = PROTOCOL_BYTES - 1;
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void
on_info(const SSL *ssl, int where, int value)
{
    int alert = value & 0xff;

    if (where != SSL_CB_READ_ALERT || alert == SSL_AD_CLOSE_NOTIFY ||
        alert == SSL_AD_USER_CANCELLED)
        return;
    peer_of(ssl)->alert = alert;
}

/* ---- settings ---- */

static bool
suites_set(SSL_CTX *ctx)
{
    static const char hybrid[] = "X25519MLKEM768:X25519:P-256";

    if (SSL_CTX_set1_groups_list(ctx, hybrid) != 1 &&
        SSL_CTX_set1_groups_list(ctx, "X25519:P-256") != 1)
        return false;
    ERR_clear_error();
    return SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:"
                                         "TLS_CHACHA20_POLY1305_SHA256:"
                                         "TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, "ed25519:ecdsa_secp256r1_sha256") ==
               1 &&
           SSL_CTX_set1_client_sigalgs_list(
               ctx, "ed25519:ecdsa_secp256r1_sha256") == 1;
}

static bool
context_set(SSL_CTX *ctx, struct tls *t)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_recv_max_early_data(ctx, 0);
    SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_BYTES_MAX);
    /* PROTOCOL tls: "or without a certificate of the other side" */
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_verify, t);
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_protocol, NULL);
    SSL_CTX_set_info_callback(ctx, on_info);
    /* PROTOCOL tls: "Both sides MUST refuse a TLS connection below 1.3,
     * without the protocol name sealane/1, or without a certificate of the
     * other side." */
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && suites_set(ctx) &&
           SSL_CTX_set_alpn_protos(ctx, protocol, PROTOCOL_BYTES) == 0;
}

struct tls *
tls_new(const struct trust *trust)
{
    struct tls *t = mem_new(sizeof *t);

    t->trust = trust;
    return t;
}

/* Each identity has contexts of its own: OpenSSL would keep one certificate
 * for each kind of key. */
static SSL_CTX *
context_new(struct tls *t, const SSL_METHOD *method,
            const struct keys_identity *i)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (ctx && context_set(ctx, t) &&
        SSL_CTX_use_cert_and_key(ctx, i->certificate, i->key, i->chain, 1) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

bool
tls_show(struct tls *t, const struct keys_identity *identity,
         char why[TLS_WHY_MAX])
{
    SSL_CTX *fresh[2] = {context_new(t, TLS_server_method(), identity),
                         context_new(t, TLS_client_method(), identity)};

    if (fresh[0] && fresh[1]) {
        for (int i = 0; i < 2; i++) {
            SSL_CTX_free(t->contexts[i]);
            t->contexts[i] = fresh[i];
        }
        return true;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    snprintf(why, TLS_WHY_MAX,
             "OpenSSL does not take our TLS certificate and settings: %s",
             reason ? reason : "no further reason");
    ERR_clear_error();
    SSL_CTX_free(fresh[0]);
    SSL_CTX_free(fresh[1]);
    return false;
}

void
tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->contexts[0]);
    SSL_CTX_free(t->contexts[1]);
    mem_free(t);
}

SSL *
tls_session(struct tls *t, struct tls_peer *peer)
{
    SSL *ssl = SSL_new(t->contexts[peer->we_dialled]);

    bool kept = ssl && SSL_set_ex_data(ssl, peer_slot(), peer) == 1;

    assert(kept);
    peer->alert = TLS_ALERT_NONE;
    if (peer->we_dialled)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ssl;
}

void
tls_judge_own(const struct tls *t, const struct trust *own,
              const struct team_name *team, struct verdict *out)
{
    struct trust_question q = {
        .leaf = SSL_CTX_get0_certificate(t->contexts[0]),
        .expected = team,
        .at = tls_clock(),
    };

    trust_judge(own, &q, out);
}

/* PROTOCOL tls: "without the protocol name sealane/1" */
bool
tls_protocol_agreed(const SSL *ssl)
{
    const unsigned char *name;
    unsigned size;

    SSL_get0_alpn_selected(ssl, &name, &size);
    return slice_is(slice_of(name, size), TLS_ALPN);
}

bool
tls_exporter(SSL *ssl, uint8_t out[TLS_EXPORTER_BYTES])
{
    return SSL_export_keying_material(ssl, out, TLS_EXPORTER_BYTES,
                                      EXPORTER_LABEL, sizeof EXPORTER_LABEL - 1,
                                      (const unsigned char *)"", 0, 1) == 1;
}

/* ---- words ---- */

static const struct {
    int alert;
    bool about_us;
    const char *words;
} alerts[] = {
    {SSL_AD_BAD_CERTIFICATE, true, "not good"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, true, "wrong use"},
    {SSL_AD_CERTIFICATE_REVOKED, true,
     "revoked, or no valid revocation list stands in our card"},
    {SSL_AD_CERTIFICATE_EXPIRED, true, "expired"},
    {SSL_AD_CERTIFICATE_UNKNOWN, true,
     "not pinned: it is not in the card that the peer holds of us"},
    {SSL_AD_UNKNOWN_CA, true, "wrong authority"},
    {SSL_AD_CERTIFICATE_REQUIRED, true, "none was sent"},
    {SSL_AD_HANDSHAKE_FAILURE, false,
     "not confirmed: the pairing with us waits there, or the two have no TLS "
     "settings in common"},
    {SSL_AD_PROTOCOL_VERSION, false,
     "wrong TLS version: one side does not speak TLS 1.3"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, false,
     "wrong ALPN: it does not speak " TLS_ALPN},
    {SSL_AD_DECRYPT_ERROR, false, "a signature or checksum was not good"},
    {SSL_AD_INTERNAL_ERROR, false, "it has an internal error"},
};

static const struct {
    int reason;
    const char *words;
} reasons[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL,
     "wrong TLS version: the peer does not speak TLS 1.3"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
     "no certificate: the peer sent none"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE,
     "too long: the peer's certificates exceed 16 KiB"},
    {SSL_R_WRONG_VERSION_NUMBER, "not TLS: the peer speaks something else"},
    {SSL_R_HTTP_REQUEST, "not TLS: the peer speaks HTTP"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the connection was cut"},
};

bool
tls_alert_is_about_us(int alert)
{
    for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
        if (alerts[i].alert == alert)
            return alerts[i].about_us;
    return false;
}

static void
alert_explain(int alert, char why[TLS_WHY_MAX])
{
    for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
        if (alerts[i].alert == alert) {
            snprintf(why, TLS_WHY_MAX, "the peer refused our %s: %s",
                     alerts[i].about_us ? "certificate" : "TLS",
                     alerts[i].words);
            return;
        }
    snprintf(why, TLS_WHY_MAX, "the peer refused our TLS: %s (alert %d)",
             SSL_alert_desc_string_long(alert), alert);
}

void
tls_explain(const struct tls_peer *peer, unsigned long code, int error,
            char why[TLS_WHY_MAX])
{
    int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    const char *words = code ? ERR_reason_error_string(code) : NULL;

    if (peer->alert != TLS_ALERT_NONE) {
        alert_explain(peer->alert, why);
        return;
    }
    if (peer->judged && peer->verdict.defect != DEFECT_NONE &&
        !peer->verdict.card_only) {
        snprintf(why, TLS_WHY_MAX, "we refused the peer's certificate: %s",
                 peer->verdict.why);
        return;
    }
    if (reason == SSL_R_NO_APPLICATION_PROTOCOL) {
        snprintf(why, TLS_WHY_MAX,
                 "wrong ALPN: the peer offers %s; only " TLS_ALPN
                 " is spoken here",
                 peer->offered[0] ? peer->offered : "none");
        return;
    }
    for (size_t i = 0; reason && i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].reason == reason)
            words = reasons[i].words;
    if (!words)
        words = error ? strerror(error) : "the connection was cut";
    snprintf(why, TLS_WHY_MAX, "%s", words);
}
