/*
 * snapshot - the state of a node as bytes, taken at any moment, and a start
 *            from it and the facts behind it: the same as from all facts.
 */
#include "sim/sim.h"

struct tail {
    struct exchange *x;
    size_t facts;
};

static enum err
tail_one(void *context, const struct fact *f)
{
    struct tail *t = context;

    t->facts++;
    return exchange_restore(t->x, f);
}

static bool
follows_all_rules(const struct world *w)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (without(w, (enum rule)i))
            return false;
    return true;
}

/* What a rule left out keeps from the disk is in no snapshot either. */
void
node_snapshot(struct world *w, struct node *n)
{
    if (n->foreign || n->unsynced.size || !follows_all_rules(w))
        return;
    tell(w, n, "writes a snapshot", n->incarnation);
    buf_reset(&n->snapshot.state);
    exchange_save(n->exchange, &n->snapshot.state);
    n->snapshot.end = memory_store_end(n->store);
}

void
node_snapshot_copy(struct node_snapshot *to, const struct node_snapshot *from)
{
    buf_reset(&to->state);
    buf_put(&to->state, buf_slice(&from->state));
    to->end = from->end;
}

/* I17: the node goes on with the state that the snapshot and the facts behind
 * it give, which is the state that all facts gave. */
void
node_snapshot_use(struct world *w, struct node *n)
{
    struct exchange *x = exchange_new(&n->seen_port);
    struct tail tail = {x, 0};
    struct buf want = {0}, is = {0};

    enum err e = exchange_load(x, buf_slice(&n->snapshot.state));
    if (!e)
        e = memory_store_facts_from(n->store, n->snapshot.end, tail_one, &tail);
    exchange_save(n->exchange, &want);
    exchange_save(x, &is);
    hold(w, INVARIANT_I17,
         e == OK && slice_equal(buf_slice(&is), buf_slice(&want)),
         "a snapshot and the facts behind it give another state");
    exchange_free(n->exchange);
    n->exchange = x;
    w->counts.snapshots++;
    tell(w, n, "starts from a snapshot, facts behind it", tail.facts);
    buf_clear(&want);
    buf_clear(&is);
}
