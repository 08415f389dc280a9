/*
 * setup - what a node starts with: its pairings and its configuration.
 */
#include "core/base/mem.h"
#include "sim/sim.h"

/* Odd teams take nothing stricter than amber: what they get is declined. */
static enum tlp
ceiling_of(const struct node *n)
{
    return n->index % 2 ? TLP_AMBER : TLP_RED;
}

/* Batches that a node lets be in flight. */
size_t
node_window(const struct world *w, const struct node *n)
{
    return 1 + (size_t)((w->seed + n->index) % 4);
}

void
node_config(struct world *w, const struct node *n, struct buf *out)
{
    static struct config c;
    uint64_t boot = dice_next(&w->dice);

    c.team = n->team->name;
    c.card = buf_slice(n->keys.card.size ? &n->keys.card
                       : n->renewed      ? &n->team->renewed
                                         : &n->team->card);
    c.boot_time = node_now(w, n).wall;
    c.default_tlp = TLP_AMBER;
    c.batches_in_flight = (uint32_t)node_window(w, n);
    c.body_bytes_max = MIB(1);
    c.user_bytes = n->user_bytes;
    c.peer_count = n->peer_count;
    for (unsigned p = 0; p < n->peer_count; p++) {
        unsigned other = n->peers[p];
        c.peers[p] = (struct config_peer){
            .team = w->nodes[other].team->name,
            .ceiling = ceiling_of(n),
            .community = true,
            .disk_bytes = n->peer_bytes,
            .dial = n->index < other || (w->seed + n->index) % 3 == 0,
        };
    }
    memcpy(c.boot_id, &boot, sizeof boot);
    config_put(out, &c);
}

static void
put_lane(struct buf *facts, uint32_t number, uint32_t peer,
         const struct team *teams[2], bool ours)
{
    struct fact f = {
        .type = FACT_LANE, .lane = number, .peer = peer, .ours = ours};
    struct genesis g = {.root_spki = teams[0]->root_spki};

    team_id_of(&teams[0]->name, &g.origin);
    team_id_of(&teams[1]->name, &g.audience);
    genesis_encode(&g, f.genesis);
    fact_put(facts, &f);
}

static void
put_peer(struct buf *facts, const struct node *n, const struct team *other,
         uint32_t peer)
{
    const struct team *out[2] = {n->team, other}, *in[2] = {other, n->team};
    struct fact f = {
        .type = FACT_PEER, .peer = peer, .text = buf_slice(&other->card)};

    fact_put(facts, &f);
    f = (struct fact){
        .type = FACT_CONFIRMED, .peer = peer, .text = slice_str("sim")};
    fact_put(facts, &f);
    put_lane(facts, 2 * peer, peer, out, true);
    put_lane(facts, 2 * peer + 1, peer, in, false);
}

/* The facts of the pairings, as they stand before the first start. */
void
node_pair(struct world *w, struct node *n)
{
    struct buf facts = {0};
    struct fact f = {.type = FACT_NODE, .text = buf_slice(&n->team->card)};

    fact_put(&facts, &f);
    for (uint32_t p = 0; p < n->peer_count; p++)
        put_peer(&facts, n, w->nodes[n->peers[p]].team, p);
    n->port.ops->append(n->port.self, buf_slice(&facts));
    n->port.ops->sync(n->port.self);
    truth_synced(w, n, buf_slice(&facts), true);
    buf_clear(&facts);
}
