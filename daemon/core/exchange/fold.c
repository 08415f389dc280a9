#include "core/exchange/fold.h"

#include "core/base/mem.h"

#include <assert.h>

static enum err
fold_node(struct exchange *x, const struct fact *f)
{
    enum err e = held_card_set(&x->card, f->text, NULL);

    return e == OK ? history_note(&x->keys, &x->card.card) : e;
}

struct peer *
peer_add(struct exchange *x)
{
    struct peer *p = mem_new(sizeof *p);

    assert(x->peer_count < PEERS_MAX);
    p->lane_out = p->lane_in = p->again_lane = NONE;
    p->next_dial = p->away = MONO_NEVER;
    /* Own entries come on top of what users may queue. */
    for (size_t i = 0; i < QUEUE_COUNT; i++)
        ring_init(&p->queues[i], sizeof(struct outbox_item),
                  2 * OUTBOX_ITEMS_MAX);
    x->peers[x->peer_count++] = p;
    return p;
}

static enum err
fold_peer(struct exchange *x, const struct fact *f)
{
    if (f->peer > x->peer_count || f->peer >= PEERS_MAX)
        return ERR_DAMAGED;
    struct peer *p = f->peer == x->peer_count ? peer_add(x) : x->peers[f->peer];
    enum err e = held_card_set(&p->card, f->text,
                               p->card.present ? &p->card.root_spki : NULL);
    return e == OK ? history_note(&p->keys, &p->card.card) : e;
}

static enum err
fold_confirmed(struct exchange *x, const struct fact *f)
{
    if (f->peer >= x->peer_count)
        return ERR_DAMAGED;
    struct peer *p = x->peers[f->peer];
    p->confirmed = true;
    text_keep(p->confirmed_by, sizeof p->confirmed_by, f->text);
    return OK;
}

static enum err
fold_paused(struct exchange *x, const struct fact *f)
{
    if (f->peer >= x->peer_count || f->code > 1)
        return ERR_DAMAGED;
    struct peer *p = x->peers[f->peer];
    p->paused = f->code == 1;
    p->paused_time = f->time;
    text_keep(p->paused_with, sizeof p->paused_with, f->text);
    return OK;
}

static enum err
fold_evidence(struct exchange *x, const struct fact *f)
{
    if (f->lane >= x->lane_count)
        return ERR_DAMAGED;
    if (x->evidence_count == x->evidence_capacity) {
        x->evidence_capacity =
            x->evidence_capacity ? 2 * x->evidence_capacity : 8;
        x->evidence =
            mem_resize(x->evidence, x->evidence_capacity, sizeof *x->evidence);
    }
    struct contradiction *c = &x->evidence[x->evidence_count++];
    *c = (struct contradiction){.lane = f->lane,
                                .row = f->code,
                                .theirs = f->checkpoint,
                                .ours = f->answers};
    memcpy(c->genesis, f->genesis, GENESIS_BYTES);
    return OK;
}

static const fold_fn folds[FACT_TYPE_COUNT] = {
    [FACT_NODE] = fold_node,
    [FACT_PEER] = fold_peer,
    [FACT_CONFIRMED] = fold_confirmed,
    [FACT_LANE] = fold_lane,
    [FACT_SUBMISSION] = fold_submission,
    [FACT_SUBMITTER] = fold_submitter,
    [FACT_RELEASED] = fold_released,
    [FACT_SUBMITTED] = fold_submitted,
    [FACT_SEQUENCED] = fold_sequenced,
    [FACT_CHECKPOINT] = fold_checkpoint,
    [FACT_SEEN] = fold_seen,
    [FACT_ENTRY] = fold_entry,
    [FACT_BATCH] = fold_batch,
    [FACT_RECEIPT_GIVEN] = fold_receipt_given,
    [FACT_RECEIPT_TAKEN] = fold_receipt_taken,
    [FACT_FROZEN] = fold_frozen,
    [FACT_ALARM] = fold_alarm,
    [FACT_CANCELLED] = fold_cancelled,
    [FACT_DECLINED] = fold_declined,
    [FACT_ERASED] = fold_erased,
    [FACT_ERASE] = fold_erase,
    [FACT_RESTORED] = fold_restored,
    [FACT_RETENTION] = fold_retention,
    [FACT_RESUMED] = fold_resumed,
    [FACT_ADOPTED] = fold_adopted,
    [FACT_LANE_KEY] = fold_lane_key,
    [FACT_ROLLED] = fold_rolled,
    [FACT_REQUEUED] = fold_requeued,
    [FACT_GRANTED] = fold_granted,
    [FACT_EVIDENCE] = fold_evidence,
    [FACT_ALARM_NOTED] = fold_alarm_noted,
    [FACT_PAUSED] = fold_paused,
};

enum err
fold(struct exchange *x, const struct fact *f)
{
    if ((unsigned)f->type >= FACT_TYPE_COUNT || !folds[f->type])
        return ERR_DAMAGED;
    return folds[f->type](x, f);
}

static void
remember_place(struct exchange *x, uint64_t item, size_t place)
{
    size_t n = (size_t)(item - x->turn_first_item);

    if (n >= x->turn_item_capacity) {
        size_t capacity = x->turn_item_capacity ? x->turn_item_capacity : 64;
        while (capacity <= n)
            capacity *= 2;
        x->turn_items =
            mem_resize(x->turn_items, capacity, sizeof *x->turn_items);
        x->turn_item_capacity = capacity;
    }
    x->turn_items[n] = place;
}

void
emit(struct exchange *x, const struct fact *f)
{
    size_t start = x->out->facts.size;
    size_t blob = fact_put(&x->out->facts, f);

    if (f->type == FACT_SUBMITTED || f->type == FACT_REQUEUED)
        remember_place(x, f->item, start + blob + f->blob_head.size);
    enum err e = fold(x, f);
    assert(e == OK); /* what we state must fit what we know */
}
