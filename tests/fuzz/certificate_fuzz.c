/*
 * certificate - DER as a TLS peer or a card brings it, and the judgement over
 *               the chain.
 *
 * Steps give leaf, chain, root, revocation list and pins; what no step gives
 * is honest. A chain is taken only where root and list are the honest ones
 * and the leaf is the one honest certificate, or where the steps brought a
 * root of their own.
 */
#include "harness.h"

#include "certs.h"
#include "core/crypto/certificate.h"
#include "edge/net/trust.h"
#include "script.h"

#include <openssl/err.h>

enum { LEAF, CHAIN, ROOT, LIST, PIN, WHATS };

#define CHAIN_MAX 4

struct brought {
    struct slice leaf, root, list;
    struct slice chain[CHAIN_MAX], pins[CARD_CERTIFICATES_MAX];
    size_t chain_count, pin_count;
    uint8_t how;
};

static void
bring(struct brought *b, const struct step *s)
{
    struct public_key key;

    uint64_t end;
    (void)!certificate_key(s->bytes, &key);
    (void)!certificate_end(s->bytes, &end);
    (void)!revocation_list_end(s->bytes, &end);
    switch (s->what % WHATS) {
    case LEAF:
        b->leaf = s->bytes;
        b->how = s->how;
        break;
    case CHAIN:
        if (b->chain_count < CHAIN_MAX)
            b->chain[b->chain_count++] = s->bytes;
        break;
    case ROOT:
        b->root = s->bytes;
        break;
    case LIST:
        b->list = s->bytes;
        break;
    case PIN:
        if (b->pin_count < CARD_CERTIFICATES_MAX)
            b->pins[b->pin_count++] = s->bytes;
        break;
    }
}

static X509 *
read_der(struct slice der)
{
    const unsigned char *at = der.data;

    return der.size ? d2i_X509(NULL, &at, (long)der.size) : NULL;
}

static void
judge(const struct trust *t, const struct brought *b, X509 *leaf)
{
    static const struct team_name team = {CERTS_TEAM};
    STACK_OF(X509) *chain = sk_X509_new_null();
    struct verdict v;

    for (size_t i = 0; i < b->chain_count; i++) {
        X509 *x = read_der(b->chain[i]);
        if (x)
            sk_X509_push(chain, x);
    }
    const struct trust_question q = {
        .leaf = leaf,
        .chain = chain,
        .of_client = b->how & 1,
        .expected = b->how & 2 ? &team : NULL,
        .at = {(uint64_t)(CERTS_NOW_S + (b->how & 4 ? 86400 * 365 : 0)) *
               1000}};
    trust_judge(t, &q, &v);
    assert(v.defect < DEFECT_COUNT && defect_name(v.defect));
    assert(memchr(v.why, 0, sizeof v.why));
    assert((v.defect == DEFECT_NONE) == (v.why[0] == 0));
    for (size_t i = 0; v.why[i]; i++)
        assert((uint8_t)v.why[i] >= 0x20 && v.why[i] != 0x7f);
    if (v.defect == DEFECT_NONE && !b->root.size && !b->list.size)
        assert(slice_equal(b->leaf, buf_slice(&certs_all()->leaf)) ||
               slice_equal(b->leaf, buf_slice(&certs_all()->server_only)));
    sk_X509_pop_free(chain, X509_free);
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct brought b = {0};
    const struct certs *honest = certs_all();
    struct step s;

    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &s); n++)
        bring(&b, &s);
    struct trust *t = trust_new();
    struct net_peer peer = {
        .team = {CERTS_TEAM},
        .confirmed = true,
        .root = b.root.size ? b.root : buf_slice(&honest->root),
        .revocation_list = b.list.size ? b.list : buf_slice(&honest->list),
        .certificates = b.pin_count ? b.pins : &b.leaf,
        .certificate_count = b.pin_count ? b.pin_count : 1};
    X509 *leaf = read_der(b.leaf);
    (void)!trust_add(t, &peer);
    if (leaf)
        judge(t, &b, leaf);
    X509_free(leaf);
    trust_free(t);
    ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
