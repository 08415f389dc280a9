/*
 * rules_core - rules that the core alone keeps: functions that the linker puts
 *              in front of it let it break them.
 *
 * Holds:      without --without they call the true ones and nothing else.
 */
#include "core/exchange/inside.h"
#include "sim/sim.h"

static const struct world *watched;

void
rules_watch(const struct world *w)
{
    watched = w;
}

static bool
off(enum rule rule)
{
    return watched && watched->options->without[rule];
}

uint64_t
core_own_waiting(const struct exchange *x, uint32_t peer)
{
    return x->peers[peer]->own_waiting;
}

uint64_t
core_part_size(const struct exchange *x, uint64_t number, uint32_t peer)
{
    const struct part *part = part_of(x, number, peer);

    return part ? part->queued + part->sequenced : 0;
}

void __real_sequence_pump(struct exchange *x, struct link *k);
void __wrap_sequence_pump(struct exchange *x, struct link *k);
enum err __real_holder_header(struct exchange *x, struct link *k,
                              const struct frame_batch *f);
enum err __wrap_holder_header(struct exchange *x, struct link *k,
                              const struct frame_batch *f);

void
__wrap_sequence_pump(struct exchange *x, struct link *k)
{
    bool agreed = k->out.agreed;

    if (off(WITHOUT_R2))
        k->out.agreed = true;
    __real_sequence_pump(x, k);
    if (off(WITHOUT_R2))
        k->out.agreed = agreed;
}

/* Sign in the name of a lane's origin, as only a simulation can. */
static void
sign_as(const struct team_name *origin, const struct lane_id *lane,
        struct checkpoint *c)
{
    struct buf text = {0};

    for (unsigned i = 0; i < watched->node_count; i++) {
        const struct team *t = watched->nodes[i].team;
        if (!team_name_equal(&t->name, origin))
            continue;
        const struct lane_truth *l = truth_lane(&watched->truth, lane);
        const struct known_key *key = keys_of_lane(&watched->nodes[i], l);
        c->key = key->id;
        checkpoint_signed_text(origin, lane, c, &text);
        crypto_sign(&key->secret, buf_slice(&text), &c->signature);
    }
    buf_clear(&text);
}

/* A holder that checks neither start nor root takes the records as if they
 * fitted: they are given the places and the root that it would look for. */
enum err
__wrap_holder_header(struct exchange *x, struct link *k,
                     const struct frame_batch *f)
{
    static uint8_t records[BATCH_LEAVES_MAX * LEAF_BYTES];
    size_t count = f->records.size / LEAF_BYTES;
    struct frame_batch b = *f;
    struct frontier at = k->in.expected;
    struct hash leaf;

    if (!off(WITHOUT_R9) || !k->in.accepted)
        return __real_holder_header(x, k, f);
    memcpy(records, f->records.data, f->records.size);
    for (size_t i = 0; i < count; i++) {
        put_be64(records + i * LEAF_BYTES + 16, k->in.expected.size + i);
        leaf_hash(records + i * LEAF_BYTES, &leaf);
        frontier_append(&at, &leaf);
    }
    struct checkpoint c = {.size = at.size, .time_s = f->time_s};
    frontier_root(&at, &c.root);
    sign_as(&x->peers[k->peer]->card.card.team, &f->lane, &c);
    b.start = k->in.expected.size;
    b.records.data = records;
    b.root = c.root;
    b.key = c.key;
    b.signature = c.signature;
    return __real_holder_header(x, k, &b);
}
