#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

const struct team_name *
lane_origin(const struct exchange *x, const struct lane *l)
{
    return l->ours ? &x->config.team : &x->peers[l->peer]->card.card.team;
}

void
lane_freeze(struct exchange *x, uint32_t lane, uint32_t row, const char *why)
{
    const struct lane *l = x->lanes[lane];

    if (l->frozen)
        return;
    emit(x, &(struct fact){.type = FACT_FROZEN,
                           .lane = lane,
                           .code = row,
                           .text = slice_str(why)});
    alarm_row(x, lane, row, why);
}

void
checkpoint_of(const struct frame_signed *s, struct checkpoint *out)
{
    *out = (struct checkpoint){.size = s->size,
                               .root = s->root,
                               .time_s = s->time_s,
                               .key = s->key,
                               .signature = s->signature};
}

/* Find the origin's checkpoint of exactly `size`, at which a batch ended. Of
 * size 0 there is only the root. */
bool
kept_at(const struct exchange *x, uint32_t lane, uint64_t size,
        struct checkpoint *out)
{
    const struct lane *l = x->lanes[lane];
    struct checkpoint c = {0};

    if (size == 0) {
        struct frontier empty;
        frontier_init(&empty);
        frontier_root(&empty, &c.root);
        *out = c;
        return true;
    }
    for (size_t i = 0; i < RECENT_CHECKPOINTS && i < l->recent_count; i++)
        if (l->recent[i].size == size) {
            *out = l->recent[i];
            return true;
        }
    if (x->store.ops->checkpoint(x->store.self, lane, size, &c) != OK ||
        c.size != size)
        return false;
    *out = c;
    return true;
}

/* Check that a checkpoint was made by our key in force. */
bool
checkpoint_is_ours(const struct exchange *x, const struct lane *l,
                   const struct checkpoint *c)
{
    const struct key_era *era =
        history_find(&x->keys, KEY_ROLE_CHECKPOINT, &c->key);
    struct signatory by = {&x->config.team, KEY_ROLE_CHECKPOINT,
                           era ? &era->key : NULL};

    return era && checkpoint_verify(c, &x->config.team, &l->id, &by) == OK;
}

/* PROTOCOL checkpoints: "An origin MUST keep every checkpoint that ended a
 * batch." */
void
origin_checkpoint(struct exchange *x, uint32_t lane, const struct checkpoint *c)
{
    emit(x, &(struct fact){
                .type = FACT_CHECKPOINT, .lane = lane, .checkpoint = *c});
}

uint32_t
lane_find(const struct exchange *x, uint32_t peer, bool ours,
          const struct lane_id *id)
{
    for (uint32_t i = x->lane_count; i-- > 0;) {
        const struct lane *l = x->lanes[i];
        if (l->peer == peer && l->ours == ours && lane_id_equal(&l->id, id))
            return i;
    }
    return NONE;
}

/* PROTOCOL receipts: "A receipt MUST be signed by the receipt key of the
 * card in force, or by an earlier one that is not called compromised, as
 * long as no smaller size was receipted under a later key." */
static const struct key_era *
receipt_key(const struct exchange *x, const struct lane *l,
            const struct checkpoint *c)
{
    const struct key_history *h = &x->peers[l->peer]->keys;
    const struct key_era *era = history_find(h, KEY_ROLE_RECEIPT, &c->key);

    if (!era || era->compromised)
        return NULL;
    if (l->has_receipt && c->size > l->receipt.at.size &&
        history_is_before(h, KEY_ROLE_RECEIPT, &c->key, &l->receipt.at.key))
        return NULL;
    return era;
}

/* PROTOCOL receipts: "An origin MUST check of a receipt that its key id is that
 * of the holder's receipt key, that size and root are those of a checkpoint of
 * its own, and that the holder's signature is good." */
static enum err
receipt_check(const struct exchange *x, uint32_t lane,
              const struct checkpoint *c, struct checkpoint *ours)
{
    const struct lane *l = x->lanes[lane];
    const struct key_era *era = receipt_key(x, l, c);

    if (!era)
        return ERR_KEY;
    if (c->size > l->signed_at.size)
        return ERR_AHEAD;
    if (!kept_at(x, lane, c->size, ours))
        return ERR_RANGE;
    if (!hash_equal(&ours->root, &c->root))
        return ERR_FORKED;
    struct signatory by = {&x->peers[l->peer]->card.card.team, KEY_ROLE_RECEIPT,
                           &era->key};
    return checkpoint_verify(c, &x->config.team, &l->id, &by);
}

/* Keep a receipt for a lane of ours, of whatever epoch, if it is good and
 * reaches further than the last one. */
static enum err
receipt_take(struct exchange *x, uint32_t lane, const struct checkpoint *c)
{
    struct lane *l = x->lanes[lane];
    struct fact f = {
        .type = FACT_RECEIPT_TAKEN, .lane = lane, .checkpoint = *c};
    enum err e = receipt_check(x, lane, c, &f.answers);

    if (e == OK)
        alarm_caught_up(x, lane, c->size);
    if (e != OK || (l->has_receipt && c->size <= l->receipt.at.size))
        return e;
    /* What was queued again must not be counted twice. */
    if (l->next != NONE && c->size > x->lanes[l->next]->prev_size)
        return OK;
    emit(x, &f);
    return OK;
}

/* The last receipt stands in RESUME too. */
void
origin_claimed_receipt(struct exchange *x, uint32_t lane,
                       const struct checkpoint *c)
{
    const struct lane *l = x->lanes[lane];

    if (c->size <= l->signed_at.size && receipt_take(x, lane, c) != OK)
        notice(x, NOTICE_WARNING, "the receipt in its RESUME is not good",
               x->peers[l->peer]->card.card.team.text);
}

enum err
origin_receipt(struct exchange *x, struct link *k,
               const struct frame_receipt *r)
{
    uint32_t lane = lane_find(x, k->peer, true, &r->lane);
    struct checkpoint c;

    if (lane == NONE)
        return ERR_UNKNOWN_LANE;
    checkpoint_of(&r->receipt, &c);
    enum err e = receipt_take(x, lane, &c);
    if (e == OK && lane == k->out.lane)
        giving_landed(x, &k->out, c.size);
    return e;
}
