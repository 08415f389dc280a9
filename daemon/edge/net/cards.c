#include "edge/net/inside.h"

#include "core/exchange/view.h"

#include <stdio.h>

/* Everything that a card's change shows in, folded into one number. */
static uint64_t
cards_print(const struct exchange *x)
{
    struct view_node node;
    struct view_peer peer;
    uint64_t print;

    view_node(x, &node);
    print = 0xcbf29ce484222325u ^ node.card_version;
    for (uint32_t i = 0; i < node.peer_count; i++) {
        if (view_peer(x, i, &peer) != OK)
            continue;
        print = (print ^ peer.card_version) * 0x100000001b3u;
        print = (print ^ peer.confirmed) * 0x100000001b3u;
        print = (print ^ peer.holds_card) * 0x100000001b3u;
    }
    return print;
}

static void
known_addresses(struct net *n, const struct card *card)
{
    char host[ADDRESS_HOST_MAX];
    struct address address;
    uint16_t port;

    for (size_t i = 0; i < card->address_count; i++)
        if (address_split(card->addresses[i], host, &port) &&
            address_numeric(host, port, &address))
            admission_know(&n->admission, &address);
}

static void
card_trust(struct net *n, struct trust *into, const struct card *card,
           bool confirmed)
{
    struct net_peer peer = {
        .team = card->team,
        .confirmed = confirmed,
        .root = card->root_certificate,
        .revocation_list = card->revocation_list,
        .certificates = card->certificates,
        .certificate_count = card->certificate_count,
    };
    char text[TEAM_NAME_MAX + 96];

    if (trust_add(into, &peer) == OK)
        return;
    (void)snprintf(
        text, sizeof text,
        "root certificate or revocation list in the card of %s cannot "
        "be read",
        card->team.text);
    n->config.notice(n->config.self, NOTICE_WARNING, text);
}

/* Tell whether every peer that we exchange with has the card in force. */
static bool
all_hold(const struct exchange *x, const struct card *card)
{
    struct view_node node;
    struct view_peer peer;

    view_node(x, &node);
    for (uint32_t i = 0; i < node.peer_count; i++)
        if (view_peer(x, i, &peer) == OK && peer.confirmed &&
            peer.holds_card < card->version)
            return false;
    return true;
}

bool
cards_show(struct net *n, char why[TLS_WHY_MAX])
{
    const struct exchange *x = turn_exchange(n->turn);
    struct keys_question q = {.at = tls_clock()};
    struct keys_identity identity;
    struct slice proof;
    bool changed;

    if (view_card_own(x, &q.card, &proof) != OK)
        q.card = NULL;
    q.all_hold = q.card && all_hold(x, q.card);
    if (!keys_choose(n->keys, &q, &identity, &changed, why))
        return false;
    if (!changed)
        return true;
    n->own_judged = false;
    return tls_show(n->tls, &identity, why);
}

void
cards_refresh(struct net *n)
{
    const struct exchange *x = turn_exchange(n->turn);
    uint64_t print = cards_print(x);
    const struct card *card;
    char why[TLS_WHY_MAX];
    struct view_node node;
    struct view_peer peer;
    struct slice proof;

    if (print == n->trusted)
        return;
    n->trusted = print;
    if (!cards_show(n, why))
        n->config.notice(n->config.self, NOTICE_ALARM, why);
    trust_reset(n->trust);
    trust_reset(n->own);
    view_node(x, &node);
    for (uint32_t i = 0; i < node.peer_count; i++) {
        if (view_peer(x, i, &peer) != OK || view_card(x, i, &card, &proof))
            continue;
        card_trust(n, n->trust, card, peer.confirmed);
        if (peer.confirmed)
            known_addresses(n, card);
    }
    if (view_card_own(x, &card, &proof) == OK)
        card_trust(n, n->own, card, true);
}

void
cards_judge_own(struct net *n)
{
    struct verdict verdict;
    char text[VERDICT_WHY_MAX + 64];
    struct view_node node;

    if (n->own_judged)
        return;
    view_node(turn_exchange(n->turn), &node);
    if (node.card_version == 0)
        return;
    n->own_judged = true;
    cards_refresh(n);
    tls_judge_own(n->tls, n->own, &n->config.team, &verdict);
    if (verdict.defect == DEFECT_NONE)
        return;
    (void)snprintf(text, sizeof text,
                   "peers will refuse our TLS certificate: %s", verdict.why);
    n->config.notice(n->config.self, NOTICE_WARNING, text);
}

void
cards_explain_alert(struct net *n, int alert, char why[TLS_WHY_MAX])
{
    struct verdict verdict;
    size_t used = strlen(why);

    if (!tls_alert_is_about_us(alert))
        return;
    cards_refresh(n);
    tls_judge_own(n->tls, n->own, &n->config.team, &verdict);
    if (verdict.defect != DEFECT_NONE && used + 1 < TLS_WHY_MAX)
        (void)snprintf(why + used, TLS_WHY_MAX - used, " (we find: %s)",
                       verdict.why);
}
