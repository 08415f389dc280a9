#include "core/exchange/inside.h"

#include "core/base/limits.h"

struct peer *
peer_named(const struct exchange *x, const struct team_name *name,
           uint32_t *number)
{
    for (uint32_t i = 0; i < x->peer_count; i++)
        if (team_name_equal(&x->peers[i]->card.card.team, name)) {
            if (number)
                *number = i;
            return x->peers[i];
        }
    return NULL;
}

void
peer_look_again(struct peer *p)
{
    p->outlook = (struct outlook){0};
}

/* Connect each peer with what sealane.yaml says of it; without a word there,
 * the default marking is its ceiling. */
void
peers_configure(struct exchange *x)
{
    for (uint32_t i = 0; i < x->peer_count; i++) {
        struct peer *p = x->peers[i];
        p->agreement = (struct agreement){.ceiling = x->config.default_tlp,
                                          .community = true};
        p->config = (struct config_peer){.dial = true,
                                         .disk_bytes = x->config.disk_bytes};
        for (size_t k = 0; k < x->config.peer_count; k++) {
            const struct config_peer *c = &x->config.peers[k];
            if (!team_name_equal(&c->team, &p->card.card.team))
                continue;
            p->config = *c;
            p->agreement = (struct agreement){c->ceiling, c->community};
        }
        p->configured = true;
        peer_look_again(p);
    }
}

static void
dial(struct exchange *x, struct peer *p)
{
    struct buf addresses = {0};
    const struct card *card = &p->card.card;

    if (p->config.address.size) {
        buf_put(&addresses, p->config.address);
        buf_put_u8(&addresses, '\n');
    }
    for (size_t i = 0; !addresses.size && i < card->address_count; i++) {
        buf_put(&addresses, card->addresses[i]);
        buf_put_u8(&addresses, '\n');
    }
    if (addresses.size) {
        p->dialling = true;
        effect_add(x, (struct effect){.type = EFFECT_DIAL,
                                      .data = slice_str(card->team.text),
                                      .more = buf_slice(&addresses)});
    }
    buf_clear(&addresses);
}

/* Tell whether a peer is to be dialled, now or later: it is confirmed, not
 * paused, not linked, and has an address. */
bool
peer_is_to_dial(const struct peer *p)
{
    return p->confirmed && !p->paused && !p->link && !p->dialling &&
           p->config.dial &&
           (p->config.address.size || p->card.card.address_count);
}

/* Tell whether an item is below what the peer said that it takes. Own entries
 * go in any case: what they say concerns both sides. */
bool
peer_takes_size(const struct peer *p, const struct outbox_item *o)
{
    return !o->number || !p->body_bytes_max ||
           o->body_bytes <= p->body_bytes_max;
}

/* Dial whoever is to be dialled and due. */
void
peers_dial(struct exchange *x)
{
    if (!x->started || x->opening)
        return;
    for (uint32_t i = 0; i < x->peer_count; i++) {
        struct peer *p = x->peers[i];
        if (!peer_is_to_dial(p))
            continue;
        if (p->next_dial.ms == UINT64_MAX)
            p->next_dial = x->now.mono;
        if (p->next_dial.ms <= x->now.mono.ms)
            dial(x, p);
    }
}

/* Note why a peer is not linked, and when to try again: twice as long each
 * time, within a quarter more or less so that two teams do not march in
 * step. */
void
peer_failed(struct exchange *x, struct peer *p, const char *why)
{
    uint8_t jitter = 0;
    size_t n = strlen(why);

    if (n >= sizeof p->trouble)
        n = sizeof p->trouble - 1;
    memcpy(p->trouble, why, n);
    p->trouble[n] = 0;
    p->since = x->now.wall;
    p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : REDIAL_MS_MIN;
    if (p->backoff_ms > REDIAL_MS_MAX)
        p->backoff_ms = REDIAL_MS_MAX;
    if (x->seed.ready)
        seed_take(&x->seed, &jitter, 1);
    uint64_t wait = p->backoff_ms * (192 + jitter / 2) / 256;
    p->next_dial = mono_after(x->now.mono, wait);
}

/* PROTOCOL cards: "A card that renews a pinned one MUST have the same team and
 * the same root key and a higher version; a new root is a new pin, which only a
 * person sets." */
enum err
peer_adopt_card(struct exchange *x, uint32_t peer, struct slice proof)
{
    struct peer *p = x->peers[peer];
    struct held_card fresh = {0};
    enum err e = held_card_set(&fresh, proof, &p->card.root_spki);

    if (e == OK && !team_name_equal(&fresh.card.team, &p->card.card.team))
        e = ERR_WRONG_TEAM;
    bool same = e == OK && hash_equal(&fresh.hash, &p->card.hash);
    if (e == OK && !same && fresh.card.version <= p->card.card.version)
        e = ERR_STALE;
    if (e == OK && !same)
        e = history_allows(&p->keys, &fresh.card);
    held_card_clear(&fresh);
    if (e != OK || same)
        return e;
    emit(x, &(struct fact){.type = FACT_PEER, .peer = peer, .text = proof});
    notice(x, NOTICE_INFO, "a newer card of theirs is in force",
           p->card.card.team.text);
    alarms_look(x);
    return OK;
}

/* PROTOCOL resume: "A holder that never saw a lane MUST make the genesis of
 * epoch 0 from the two cards, with itself as audience." */
static void
first_lane(struct exchange *x, uint32_t peer, bool ours)
{
    uint8_t bytes[GENESIS_BYTES];
    const struct held_card *origin = ours ? &x->card : &x->peers[peer]->card;
    const struct held_card *holder = ours ? &x->peers[peer]->card : &x->card;
    struct genesis g = {.root_spki = origin->root_spki};

    team_id_of(&origin->card.team, &g.origin);
    team_id_of(&holder->card.team, &g.audience);
    genesis_encode(&g, bytes);
    lane_make(x, peer, ours, bytes);
}

/* Both lanes of a pair begin when it is confirmed. */
void
peer_make_lanes(struct exchange *x, uint32_t peer)
{
    first_lane(x, peer, true);
    first_lane(x, peer, false);
}
