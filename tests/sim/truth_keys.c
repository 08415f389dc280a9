/*
 * truth_keys - I16: which key a signature must be of.
 *
 * Holds:      of a lane's checkpoints the key follows from the position: it
 *             changes right behind an entry with a card, and there alone.
 */
#include "core/lane/checkpoint.h"
#include "sim/sim.h"

static const struct era_seen *
era_at(const struct lane_truth *l, uint64_t size)
{
    size_t i = l->era_count;

    while (i > 1 && l->eras[i - 1].above >= size)
        i--;
    return i ? &l->eras[i - 1] : NULL;
}

void
key_said(struct world *w, struct lane_truth *l, uint64_t size,
         const struct key_id *id)
{
    const struct era_seen *era = era_at(l, size);
    const struct node *origin = &w->nodes[l->origin];

    hold(w, INVARIANT_I16, keys_find(origin, KEY_ROLE_CHECKPOINT, id) != NULL,
         "a checkpoint under a key of nobody");
    if (era && key_id_equal(&era->id, id))
        return;
    if (era && !hold(w, INVARIANT_I16,
                     l->card_above && l->card_above < size &&
                         l->card_above > l->eras[l->era_count - 1].above &&
                         l->era_count < ERAS_MAX,
                     "a key changes where no card stands in the lane"))
        return;
    l->eras[l->era_count++] = (struct era_seen){l->card_above, *id};
}

/* What a card in force calls compromised is accepted no more. */
void
key_kept(struct world *w, const struct node *holder, const struct lane_truth *l,
         const struct checkpoint *c)
{
    const struct node *origin = &w->nodes[l->origin];
    const struct known_key *k = keys_find(origin, KEY_ROLE_CHECKPOINT, &c->key);
    uint64_t version =
        holder->kept.card_version[node_peer(holder, origin->index)];

    if (!hold(w, INVARIANT_I16, k != NULL, "a batch is kept of no known key"))
        return;
    hold(w, INVARIANT_I16, !k->bad_since || k->bad_since > version,
         "a batch is kept under a key that was called compromised");
    struct signatory by = {&origin->team->name, KEY_ROLE_CHECKPOINT, &k->key};
    hold(w, INVARIANT_I6,
         checkpoint_verify(c, &origin->team->name, &l->id, &by) == OK,
         "a batch is kept that its origin did not sign");
}

/* Receipts of a later key are for larger sizes. */
void
key_receipted(struct world *w, const struct node *holder, struct lane_truth *l,
              const struct checkpoint *c)
{
    const struct team_name *origin = &w->nodes[l->origin].team->name;
    const struct known_key *k = keys_find(holder, KEY_ROLE_RECEIPT, &c->key);

    if (!hold(w, INVARIANT_I16, k != NULL, "a receipt of no known key"))
        return;
    struct signatory by = {&holder->team->name, KEY_ROLE_RECEIPT, &k->key};
    hold(w, INVARIANT_I16, checkpoint_verify(c, origin, &l->id, &by) == OK,
         "a receipt that its holder did not sign");
    if (c->size <= l->receipt_size || l->causes & CAUSE_HOLDER_SIGNER)
        return;
    size_t at = (size_t)(k - holder->keys.known);
    hold(w, INVARIANT_I16, at >= l->receipt_key,
         "a receipt of a larger size under an earlier key");
    l->receipt_size = c->size;
    l->receipt_key = at;
}
