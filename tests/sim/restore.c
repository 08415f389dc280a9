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
    if (n->sign_lost.size)
        return; /* its signing journal is not whole */
    memory_store_free(n->backup.store);
    n->backup.store = memory_store_clone(n->store);
    n->backup.sign_bytes = n->sign_journal.size;
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
    buf_clear(&facts);
}

/* The end of the signing journal is put aside: whoever sees that it is too
 * old can put it back. */
static void
signer_restore_old(struct node *n)
{
    struct buf *j = &n->sign_journal;

    if (n->sign_lost.size || j->size <= n->backup.sign_bytes)
        return;
    buf_put(&n->sign_lost, slice_of(j->data + n->backup.sign_bytes,
                                    j->size - n->backup.sign_bytes));
    j->size = n->sign_kept = n->backup.sign_bytes;
}

void
node_signer_back(struct node *n)
{
    n->sign_journal.size = n->sign_kept;
    buf_put(&n->sign_journal, buf_slice(&n->sign_lost));
    buf_reset(&n->sign_lost);
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
        if (l->origin == n->index)
            l->signed_size[0] = 0;
        if (l->holder == n->index)
            l->signed_size[1] = 0;
    }
}

void
node_restore(struct world *w, struct node *n, enum restored what)
{
    if (!n->up)
        return;
    node_crash(w, n, CRASH_BETWEEN_TURNS);
    tell(w, n, "is restored from its backup, part", what);
    n->restored |= what;
    if (what & RESTORED_SIGNER) {
        signer_restore_old(n);
        forget_signed(w, n);
    }
    if (what == RESTORED_MACHINE)
        buf_reset(&n->sign_lost); /* nobody has it any more */
    if (what & RESTORED_JOURNAL) {
        journal_restore(w, n);
        forget_sequenced(w, n);
        lanes_caused(w, n, CAUSE_ORIGIN_RESTORED, CAUSE_HOLDER_RESTORED);
    }
    /* One after the other is as bad as both at once. */
    if (n->restored == RESTORED_MACHINE)
        lanes_caused(w, n, CAUSE_ORIGIN_SIGNER, CAUSE_HOLDER_SIGNER);
}
