/*
 * truth_gone - bodies that are expunged, and those that never came.
 *
 * Leaves out: who expunges what (operator.c).
 */
#include "core/base/mem.h"
#include "sim/sim.h"

bool
gone_asked(const struct kept *k, uint32_t peer, uint64_t sequence)
{
    for (size_t i = 0; i < k->lane_count; i++) {
        const struct kept_lane *l = &k->lanes[i];
        for (uint64_t at = 0; l->ours && l->peer == peer && at < l->size; at++)
            if (l->entries[at].message == sequence &&
                (l->entries[at].asked || l->entries[at].expunged))
                return true;
    }
    return false;
}

/* Find an entry as a node keeps it; NULL if it does not. */
static const struct kept_entry *
entry_of(const struct world *w, const struct node *n,
         const struct lane_id *lane, uint64_t index)
{
    const struct lane_truth *l = truth_lane(&w->truth, lane);
    const struct kept_lane *k = l ? kept_find(&n->kept, l) : NULL;

    return k && index < k->size ? &k->entries[index] : NULL;
}

/* Nobody reads what is expunged: what leaves in the turn in which the expunge
 * came to stand was read before. GONE is said of it, or of what came without a
 * body; ABSENT of the latter alone. */
void
gone_sent(struct world *w, const struct node *n, unsigned type,
          struct slice payload)
{
    struct frame_body b;
    struct frame_mark m = {0};
    enum err e = type == FRAME_BODY
                     ? frame_body_get(payload, &w->truth.arena, &b)
                     : frame_mark_get(type, payload, &w->truth.arena, &m);

    if (!hold(w, INVARIANT_I6, e == OK, "a node sends what cannot be read"))
        return;
    if (type == FRAME_BODY)
        m = (struct frame_mark){b.lane, b.index};
    const struct kept_entry *at = entry_of(w, n, &m.lane, m.number);
    if (!hold(w, INVARIANT_I15, at != NULL, "a frame about an entry of nobody"))
        return;
    if (type == FRAME_BODY)
        hold(w, INVARIANT_I15, !at->expunged || at->turn == w->counts.turns,
             "a body is sent that is expunged");
    else if (type == FRAME_GONE)
        hold(w, INVARIANT_I15, at->expunged || at->state != BODY_HELD,
             "GONE is said of a body that is there");
    else
        hold(w, INVARIANT_I15, at->state != BODY_HELD,
             "ABSENT is said of a body that was held");
}

/* A receipt is not signed above a body that did not come, unless an expunge
 * below it says why, or an earlier one covers it. */
void
gone_signed(struct world *w, const struct lane_truth *l, uint64_t size)
{
    const struct kept_lane *k = kept_find(&w->nodes[l->holder].kept, l);
    uint64_t covered = l->signed_size[1];

    if (!k || covered >= size)
        return;
    if (covered < k->receipted)
        covered = k->receipted;
    for (uint64_t i = covered; i < size && i < k->size; i++)
        hold(w, INVARIANT_I15,
             k->entries[i].state != BODY_GONE || k->entries[i].expunged,
             "a receipt is signed above a body that did not come");
}

/* The note that an erasure is done. */
void
gone_erased(struct world *w, const struct node *n, const struct fact *f)
{
    struct buf bytes = {0};
    enum err e =
        f->lane == ERASE_ITEM
            ? n->port.ops->item(n->port.self, f->index, &bytes)
            : n->port.ops->body(n->port.self, f->lane, f->index, &bytes);

    hold(w, INVARIANT_I15, e == ERR_GONE || e == ERR_NOT_FOUND,
         "a body that was erased can be read");
    buf_clear(&bytes);
}

/* ---- the end ------------------------------------------------------------- */

struct search {
    struct world *w;
    const struct node *n;
};

/* No fact has the body of an entry that is expunged, nor of the message that
 * it was. */
static enum err
search_fact(void *context, const struct fact *f)
{
    const struct search *s = context;
    const struct kept *k = &s->n->kept;
    bool held = f->type == FACT_ENTRY || f->type == FACT_ADOPTED;
    bool waits = f->type == FACT_SUBMITTED || f->type == FACT_REQUEUED;
    bool gone = false;

    if (held && f->lane < k->lane_count && f->index < k->lanes[f->lane].size)
        gone = k->lanes[f->lane].entries[f->index].expunged;
    else if (waits && f->item < k->item_count && !k->items[f->item].own)
        gone = k->recalled[f->peer][f->submission.sequence];
    for (size_t i = 0; gone && i < f->blob_body.size; i++)
        if (f->blob_body.data[i])
            hold(s->w, INVARIANT_I15, false, "a journal has what is expunged");
    hold(s->w, INVARIANT_I15, true, "");
    return OK;
}

void
gone_end(struct world *w, const struct node *n)
{
    struct search s = {w, n};

    if (memory_store_facts(n->store, search_fact, &s) != OK)
        hold(w, INVARIANT_I17, false, "the journal is not read back");
}
