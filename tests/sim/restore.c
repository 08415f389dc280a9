/*
 * restore - backups, and putting them back where they are too old.
 */
#include "sim/roots.h"
#include "sim/sim.h"

static enum err
put_fact(void *context, const struct fact *f)
{
    fact_put(context, f);
    return OK;
}

/* Copy what is synced of the journal, and note how far the signing journal
 * goes: it is only added to. */
void
node_backup(struct node *n)
{
    memory_store_free(n->backup.store);
    n->backup.store = memory_store_clone(n->store);
    n->backup.sign_bytes = n->sign_journal.size;
}

/* Whoever puts a copy back may say so, as the command does. */
static void
declare(const struct node *n, struct buf *facts)
{
    struct fact f = {.type = FACT_RESTORED,
                     .item = n->kept.incarnation + 1,
                     .number = n->port.ops->turn(n->port.self),
                     .code = RESTORED_DECLARED};

    fact_put(facts, &f);
    n->port.ops->append(n->port.self, buf_slice(facts));
    n->port.ops->sync(n->port.self);
}

static void
journal_restore(struct world *w, struct node *n)
{
    struct buf facts = {0};

    memory_store_free(n->store);
    n->store = memory_store_clone(n->backup.store);
    memory_store_port(n->store, &n->port);
    if (memory_store_facts(n->store, put_fact, &facts) != OK)
        hold(w, INVARIANT_I17, false, "a backup cannot be read");
    kept_clear(&n->kept);
    truth_synced(w, n, buf_slice(&facts), false);
    buf_reset(&facts);
    if (dice_chance(&w->mishap, 50))
        declare(n, &facts);
    else
        n->undeclared = true;
    truth_synced(w, n, buf_slice(&facts), false);
    buf_clear(&facts);
}

/* What was in the journal and was never signed is gone for good, and another
 * history may take its place. */
static void
forget_sequenced(struct world *w, const struct node *n)
{
    for (size_t i = 0; i < w->truth.count; i++)
        if (w->truth.lanes[i]->origin == n->index)
            roots_clear(&w->truth.lanes[i]->sequenced);
}

/* Sizes that the oracle saw signed may be signed again. */
static void
forget_signed(struct world *w, const struct node *n)
{
    for (size_t i = 0; i < w->truth.count; i++) {
        struct lane_truth *l = w->truth.lanes[i];
        if (l->origin == n->index) {
            l->signed_size[0] = 0;
            l->begun = false;
        }
        if (l->holder == n->index) {
            l->signed_size[1] = 0;
            l->entered = false;
        }
    }
}

void
node_restore(struct world *w, struct node *n, enum staleness what)
{
    if (!n->up)
        return;
    node_crash(w, n, CRASH_BETWEEN_TURNS);
    tell(w, n, "is restored from its backup, part", what);
    if (what & STALE_SIGNER) {
        if (n->sign_journal.size > n->backup.sign_bytes)
            n->sign_journal.size = n->backup.sign_bytes;
        forget_signed(w, n);
        truth_signed(w, n, 0);
        lanes_caused(w, n, CAUSE_ORIGIN_SIGNER, CAUSE_HOLDER_SIGNER);
    }
    if (what & STALE_JOURNAL) {
        journal_restore(w, n);
        forget_sequenced(w, n);
        lanes_caused(w, n, CAUSE_ORIGIN_RESTORED, CAUSE_HOLDER_RESTORED);
    }
}
