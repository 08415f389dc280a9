#include "edge/net/trust.h"

#include "core/base/mem.h"

#include <assert.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define CHAIN_DEPTH_MAX 2
#define SUBJECT_MAX 160
#define TIME_TEXT_MAX 32

struct trusted {
    struct team_name team;
    bool confirmed;
    X509 *root;
    X509_STORE *store;
    struct slice pins[CARD_CERTIFICATES_MAX]; /* own memory */
    size_t pin_count;
};

struct trust {
    struct trusted *peers[PEERS_MAX];
    size_t count;
};

/* The alert is chosen so that as few defects as possible share one; 46
 * (unknown) is what OpenSSL makes of an error that it has no alert for. */
static const struct {
    const char *name;
    int x509_error;
} defects[DEFECT_COUNT] = {
    [DEFECT_NONE] = {"none", X509_V_OK},
    [DEFECT_EXPIRED] = {"expired", X509_V_ERR_CERT_HAS_EXPIRED},
    [DEFECT_NOT_YET_VALID] = {"not yet valid", X509_V_ERR_CERT_NOT_YET_VALID},
    [DEFECT_WRONG_AUTHORITY] = {"wrong authority",
                                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    [DEFECT_WRONG_NAME] = {"wrong name", X509_V_ERR_HOSTNAME_MISMATCH},
    [DEFECT_NOT_PINNED] = {"not pinned", X509_V_ERR_PERMITTED_VIOLATION},
    [DEFECT_NOT_CONFIRMED] = {"not confirmed",
                              X509_V_ERR_APPLICATION_VERIFICATION},
    [DEFECT_REVOKED] = {"revoked", X509_V_ERR_CERT_REVOKED},
    [DEFECT_NO_REVOCATION_LIST] = {"no revocation list",
                                   X509_V_ERR_CERT_REVOKED},
    [DEFECT_OLD_REVOCATION_LIST] = {"revocation list expired",
                                    X509_V_ERR_CERT_REVOKED},
    [DEFECT_WRONG_USE] = {"wrong use", X509_V_ERR_INVALID_PURPOSE},
    [DEFECT_OTHER] = {"bad certificate", X509_V_ERR_CERT_REJECTED},
};

static const struct {
    int x509_error;
    enum defect defect;
} causes[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, DEFECT_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, DEFECT_NOT_YET_VALID},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_INVALID_CA, DEFECT_WRONG_AUTHORITY},
    {X509_V_ERR_CERT_REVOKED, DEFECT_REVOKED},
    {X509_V_ERR_UNABLE_TO_GET_CRL, DEFECT_NO_REVOCATION_LIST},
    {X509_V_ERR_CRL_HAS_EXPIRED, DEFECT_OLD_REVOCATION_LIST},
    {X509_V_ERR_INVALID_PURPOSE, DEFECT_WRONG_USE},
};

const char *
defect_name(enum defect d)
{
    assert(d < DEFECT_COUNT);
    return defects[d].name;
}

int
defect_x509_error(enum defect d)
{
    assert(d < DEFECT_COUNT);
    return defects[d].x509_error;
}

/* ---- the peers ---- */

static void
trusted_free(struct trusted *p)
{
    for (size_t i = 0; i < p->pin_count; i++)
        mem_free((void *)(uintptr_t)p->pins[i].data);
    X509_STORE_free(p->store);
    X509_free(p->root);
    mem_free(p);
}

struct trust *
trust_new(void)
{
    return mem_new(sizeof(struct trust));
}

void
trust_reset(struct trust *t)
{
    for (size_t i = 0; i < t->count; i++)
        trusted_free(t->peers[i]);
    t->count = 0;
}

void
trust_free(struct trust *t)
{
    if (!t)
        return;
    trust_reset(t);
    mem_free(t);
}

static X509 *
certificate_read(struct slice der)
{
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.size);

    if (x && at != der.data + der.size) {
        X509_free(x);
        return NULL;
    }
    return x;
}

/* Put root and revocation list into the peer's store; without a list every
 * chain fails, which is what a missing list must do. */
static enum err
trusted_fill(struct trusted *p, const struct net_peer *from)
{
    const unsigned char *at = from->revocation_list.data;
    X509_CRL *list = NULL;
    bool good;

    p->root = certificate_read(from->root);
    p->store = X509_STORE_new();
    if (!p->root || !p->store || X509_STORE_add_cert(p->store, p->root) != 1)
        return ERR_FORMAT;
    if (from->revocation_list.size == 0)
        return OK;
    list = d2i_X509_CRL(NULL, &at, (long)from->revocation_list.size);
    good = list && X509_STORE_add_crl(p->store, list) == 1;
    X509_CRL_free(list);
    return good ? OK : ERR_FORMAT;
}

enum err
trust_add(struct trust *t, const struct net_peer *peer)
{
    struct trusted *p;

    if (t->count == PEERS_MAX)
        return ERR_LIMIT;
    p = mem_new(sizeof *p);
    p->team = peer->team;
    p->confirmed = peer->confirmed;
    if (trusted_fill(p, peer) != OK) {
        trusted_free(p);
        return ERR_FORMAT;
    }
    for (size_t i = 0; i < peer->certificate_count && i < CARD_CERTIFICATES_MAX;
         i++) {
        struct slice pin = peer->certificates[i];
        p->pins[p->pin_count++] =
            slice_of(mem_copy(pin.data, pin.size), pin.size);
    }
    t->peers[t->count++] = p;
    return OK;
}

/* ---- what a certificate says ---- */

static bool
name_stands_in(X509 *leaf, const struct team_name *team)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        found = slice_is(slice_of(ASN1_STRING_get0_data(name->d.dNSName),
                                  (size_t)ASN1_STRING_length(name->d.dNSName)),
                         team->text);
    }
    GENERAL_NAMES_free(names);
    return found;
}

static void
subject_text(X509 *leaf, char out[SUBJECT_MAX])
{
    BIO *memory = BIO_new(BIO_s_mem());
    int n = 0;

    if (memory && X509_NAME_print_ex(memory, X509_get_subject_name(leaf), 0,
                                     XN_FLAG_RFC2253) >= 0)
        n = BIO_read(memory, out, SUBJECT_MAX - 1);
    out[n > 0 ? n : 0] = 0;
    BIO_free(memory);
}

/* Names as a peer wrote them, made harmless for a log line. */
static void
names_text(X509 *leaf, char out[SUBJECT_MAX])
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    size_t used = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS || used + 2 >= SUBJECT_MAX)
            continue;
        if (used)
            out[used++] = ' ';
        const uint8_t *text = ASN1_STRING_get0_data(name->d.dNSName);
        int size = ASN1_STRING_length(name->d.dNSName);
        for (int k = 0; k < size && used + 1 < SUBJECT_MAX; k++)
            out[used++] = text[k] > ' ' && text[k] < 0x7f ? (char)text[k] : '?';
    }
    out[used] = 0;
    if (used == 0)
        snprintf(out, SUBJECT_MAX, "no name");
    GENERAL_NAMES_free(names);
}

static void
time_text(const ASN1_TIME *time, char out[TIME_TEXT_MAX])
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1 ||
        strftime(out, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        snprintf(out, TIME_TEXT_MAX, "an unreadable time");
}

/* ---- judging ---- */

static bool
is_pinned(const struct trusted *p, struct slice der)
{
    for (size_t i = 0; i < p->pin_count; i++)
        if (slice_equal(p->pins[i], der))
            return true;
    return false;
}

static bool
is_issued_by(X509 *leaf, const struct trusted *p)
{
    return X509_NAME_cmp(X509_get_issuer_name(leaf),
                         X509_get_subject_name(p->root)) == 0 &&
           X509_verify(leaf, X509_get0_pubkey(p->root)) == 1;
}

/* Find the peer under whose root the leaf is judged: the closer the claim,
 * the more precise the reason. A pin or a root alone says little, since a
 * peer may list another's in its card. */
static const struct trusted *
candidate(const struct trust *t, const struct trust_question *q,
          struct slice der)
{
    const struct trusted *best = NULL;
    int best_score = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct trusted *p = t->peers[i];
        int score = 0;
        if (q->expected) {
            if (team_name_equal(&p->team, q->expected))
                return p;
            continue;
        }
        score += is_issued_by(q->leaf, p) ? 4 : 0;
        score += name_stands_in(q->leaf, &p->team) ? 2 : 0;
        score += is_pinned(p, der) ? 1 : 0;
        if (score > best_score) {
            best = p;
            best_score = score;
        }
    }
    return best;
}

static enum defect
defect_of(int x509_error)
{
    for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
        if (causes[i].x509_error == x509_error)
            return causes[i].defect;
    return DEFECT_OTHER;
}

/* PROTOCOL tls: "A peer's certificate MUST verify in full, at depth 2 at most,
 * with strict checking and for the use as TLS client or server that it is put
 * to, under the root certificate of the card held of that peer alone, and never
 * under a store of the machine or another peer's root." */
/* Verify the chain under one root. Returns X509_V_OK or the first error. */
static int
chain_error(const struct trusted *p, const struct trust_question *q)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM;

    if (ctx && X509_STORE_CTX_init(ctx, p->store, q->leaf, q->chain) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        /* PROTOCOL tls: "The certificate MUST NOT be revoked by the revocation
         * list of that card, and a list that is missing or out of date refuses
         * it." */
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT |
                                               X509_V_FLAG_CRL_CHECK |
                                               X509_V_FLAG_CRL_CHECK_ALL);
        X509_VERIFY_PARAM_set_purpose(param, q->of_client
                                                 ? X509_PURPOSE_SSL_CLIENT
                                                 : X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
        X509_VERIFY_PARAM_set_time(param, (time_t)(q->at.ms / 1000));
        error = X509_verify_cert(ctx) == 1 ? X509_V_OK
                                           : X509_STORE_CTX_get_error(ctx);
    }
    X509_STORE_CTX_free(ctx);
    return error;
}

static void
explain(const struct trust_question *q, const struct team_name *team,
        int x509_error, struct verdict *v)
{
    char subject[SUBJECT_MAX], more[SUBJECT_MAX], time[TIME_TEXT_MAX];
    const char *of = team ? team->text : "any peer";
    const char *name = defect_name(v->defect);

    subject_text(q->leaf, subject);
    switch (v->defect) {
    case DEFECT_NONE:
        v->why[0] = 0;
        return;
    case DEFECT_EXPIRED:
        time_text(X509_get0_notAfter(q->leaf), time);
        snprintf(v->why, sizeof v->why, "%s: %s ended on %s", name, subject,
                 time);
        return;
    case DEFECT_NOT_YET_VALID:
        time_text(X509_get0_notBefore(q->leaf), time);
        snprintf(v->why, sizeof v->why, "%s: %s begins on %s", name, subject,
                 time);
        return;
    case DEFECT_WRONG_AUTHORITY:
        snprintf(v->why, sizeof v->why,
                 "%s: %s is not signed by the root of %s", name, subject, of);
        return;
    case DEFECT_WRONG_NAME:
        names_text(q->leaf, more);
        snprintf(v->why, sizeof v->why, "%s: %s names %s, not %s", name,
                 subject, more, of);
        return;
    case DEFECT_NOT_PINNED:
        snprintf(v->why, sizeof v->why,
                 "%s: %s is not in the card that we hold of %s", name, subject,
                 of);
        return;
    case DEFECT_NOT_CONFIRMED:
        snprintf(v->why, sizeof v->why,
                 "%s: the pairing with %s waits for `sealane peer confirm`",
                 name, of);
        return;
    case DEFECT_REVOKED:
    case DEFECT_NO_REVOCATION_LIST:
    case DEFECT_OLD_REVOCATION_LIST:
        snprintf(v->why, sizeof v->why, "%s: %s, by the card of %s", name,
                 subject, of);
        return;
    case DEFECT_WRONG_USE:
        snprintf(v->why, sizeof v->why, "%s: %s is not for TLS %s", name,
                 subject, q->of_client ? "clients" : "servers");
        return;
    case DEFECT_OTHER:
    case DEFECT_COUNT:
        snprintf(v->why, sizeof v->why, "%s: %s: %s", name, subject,
                 X509_verify_cert_error_string(x509_error));
        return;
    }
}

void
trust_judge(const struct trust *t, const struct trust_question *q,
            struct verdict *out)
{
    unsigned char *bytes = NULL;
    int size = i2d_X509(q->leaf, &bytes);
    struct slice der = slice_of(bytes, size > 0 ? (size_t)size : 0);
    const struct trusted *p = candidate(t, q, der);
    const struct team_name *team = p ? &p->team : q->expected;
    int error = X509_V_OK;

    *out = (struct verdict){.defect = DEFECT_WRONG_AUTHORITY};
    if (p) {
        out->team = p->team;
        error = chain_error(p, q);
        if (error != X509_V_OK)
            out->defect = defect_of(error);
        /* PROTOCOL tls: "The certificate MUST carry the team's name, exactly
         * and without wildcard, as a dNSName in its subject alternative
         * name." */
        else if (!name_stands_in(q->leaf, &p->team))
            out->defect = DEFECT_WRONG_NAME;
        /* PROTOCOL tls: "The certificate MUST be, byte for byte, one of the
         * tls_certificates of the card held." */
        else if (!is_pinned(p, der))
            out->defect = DEFECT_NOT_PINNED;
        /* PROTOCOL pairing: "Frames of a lane MUST NOT be sent to or taken from
         * a team before a person on this side has confirmed it." */
        else if (!p->confirmed)
            out->defect = DEFECT_NOT_CONFIRMED;
        else
            out->defect = DEFECT_NONE;
        out->card_only = out->defect == DEFECT_NOT_PINNED && p->confirmed;
    }
    explain(q, team, error, out);
    OPENSSL_free(bytes);
}
