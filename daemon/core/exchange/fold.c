#include "core/exchange/inside.h"

#include "core/base/mem.h"

#include <assert.h>

typedef enum err (*fold_fn)(struct exchange *x, const struct fact *f);

struct submission_state *
submission_of(const struct exchange *x, uint64_t number)
{
    if (number == 0 || number > x->submission_count)
        return NULL;
    return &x->submissions[number - 1];
}

struct part *
part_of(const struct exchange *x, uint64_t number, uint32_t peer)
{
    const struct submission_state *s = submission_of(x, number);

    for (uint32_t i = s ? s->parts : NONE; i != NONE; i = x->parts[i].next)
        if (x->parts[i].peer == peer)
            return &x->parts[i];
    return NULL;
}

static struct part *
part_make(struct exchange *x, uint64_t number, uint32_t peer)
{
    struct submission_state *s = submission_of(x, number);
    struct part *p = part_of(x, number, peer);

    if (p || !s)
        return p;
    if (x->part_count == x->part_capacity) {
        x->part_capacity = x->part_capacity ? 2 * x->part_capacity : 16;
        x->parts = mem_resize(x->parts, x->part_capacity, sizeof *x->parts);
    }
    p = &x->parts[x->part_count];
    *p = (struct part){.peer = peer, .next = s->parts};
    s->parts = (uint32_t)x->part_count++;
    return p;
}

static void
tail_add(struct lane *l, const struct hash *leaf)
{
    if (l->tail_count == l->tail_capacity) {
        l->tail_capacity = l->tail_capacity ? 2 * l->tail_capacity : 16;
        l->tail = mem_resize(l->tail, l->tail_capacity, sizeof *l->tail);
    }
    l->tail[l->tail_count++] = *leaf;
    frontier_append(&l->at, leaf);
}

/* Find the place of the first range that ends above `index`. */
static size_t
declined_from(const struct lane *l, uint64_t index)
{
    size_t low = 0, high = l->decline_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->declines[mid].index + l->declines[mid].count <= index)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct declined *
declined_find(const struct lane *l, uint64_t index)
{
    size_t i = declined_from(l, index);

    return i < l->decline_count && l->declines[i].index <= index
               ? &l->declines[i]
               : NULL;
}

bool
declined_overlaps(const struct lane *l, uint64_t index, uint64_t count)
{
    size_t i = declined_from(l, index);

    return i < l->decline_count && l->declines[i].index < index + count;
}

static void
declined_add(struct lane *l, uint64_t index, uint64_t count, uint32_t code)
{
    size_t at = declined_from(l, index);

    if (l->decline_count == l->decline_capacity) {
        l->decline_capacity = l->decline_capacity ? 2 * l->decline_capacity : 8;
        l->declines =
            mem_resize(l->declines, l->decline_capacity, sizeof *l->declines);
    }
    memmove(l->declines + at + 1, l->declines + at,
            (l->decline_count - at) * sizeof *l->declines);
    l->declines[at] = (struct declined){index, count, code};
    l->decline_count++;
}

static void
remember_checkpoint(struct lane *l, const struct checkpoint *c)
{
    l->last = *c;
    l->recent[l->recent_count++ % RECENT_CHECKPOINTS] = *c;
}

/* Move `signed_at` up to `size`, and check that it gets there with `root`. */
static enum err
signed_up_to(struct lane *l, const struct checkpoint *c)
{
    struct hash root;

    if (c->size < l->signed_at.size || c->size > l->at.size)
        return ERR_DAMAGED;
    size_t n = (size_t)(c->size - l->signed_at.size);
    for (size_t i = 0; i < n; i++)
        frontier_append(&l->signed_at, &l->tail[i]);
    memmove(l->tail, l->tail + n, (l->tail_count - n) * sizeof *l->tail);
    l->tail_count -= n;
    frontier_root(&l->signed_at, &root);
    return hash_equal(&root, &c->root) ? OK : ERR_DAMAGED;
}

static enum err
fold_node(struct exchange *x, const struct fact *f)
{
    return held_card_set(&x->card, f->text, NULL);
}

static enum err
fold_peer(struct exchange *x, const struct fact *f)
{
    if (f->peer > x->peer_count || f->peer >= PEERS_MAX)
        return ERR_DAMAGED;
    if (f->peer == x->peer_count) {
        struct peer *p = mem_new(sizeof *p);
        p->lane_out = p->lane_in = NONE;
        p->next_dial = MONO_NEVER;
        /* Own entries come on top of what users may queue. */
        ring_init(&p->urgent, sizeof(struct outbox_item), 2 * OUTBOX_ITEMS_MAX);
        ring_init(&p->normal, sizeof(struct outbox_item), 2 * OUTBOX_ITEMS_MAX);
        x->peers[x->peer_count++] = p;
    }
    struct held_card *card = &x->peers[f->peer]->card;
    return held_card_set(card, f->text,
                         card->present ? &card->root_spki : NULL);
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
fold_lane(struct exchange *x, const struct fact *f)
{
    struct genesis g;

    if (f->lane != x->lane_count || f->peer >= x->peer_count ||
        genesis_decode(SLICE_ARRAY(f->genesis), &g) != OK)
        return ERR_DAMAGED;
    if (x->lane_count == x->lane_capacity) {
        x->lane_capacity = x->lane_capacity ? 2 * x->lane_capacity : 8;
        x->lanes = mem_resize(x->lanes, x->lane_capacity, sizeof *x->lanes);
    }
    struct lane *l = mem_new(sizeof *l);
    l->peer = f->peer;
    l->ours = f->ours;
    l->epoch = g.epoch;
    memcpy(l->genesis, f->genesis, GENESIS_BYTES);
    lane_id_of(l->genesis, &l->id);
    frontier_init(&l->at);
    frontier_init(&l->signed_at);
    ring_init(&l->numbers, sizeof(uint64_t), OUTBOX_ITEMS_MAX);
    ring_init(&l->ends, sizeof(struct batch_end), OUTBOX_ITEMS_MAX);
    *(f->ours ? &x->peers[f->peer]->lane_out : &x->peers[f->peer]->lane_in) =
        x->lane_count;
    x->lanes[x->lane_count++] = l;
    return OK;
}

static enum err
fold_submission(struct exchange *x, const struct fact *f)
{
    if (f->number != x->submission_count + 1)
        return ERR_DAMAGED;
    if (x->stream_count == x->stream_capacity) {
        x->stream_capacity = x->stream_capacity ? 2 * x->stream_capacity : 16;
        x->stream_list = mem_resize(x->stream_list, x->stream_capacity,
                                    sizeof *x->stream_list);
    }
    if (x->submission_count == x->submission_capacity) {
        x->submission_capacity =
            x->submission_capacity ? 2 * x->submission_capacity : 16;
        x->submissions = mem_resize(x->submissions, x->submission_capacity,
                                    sizeof *x->submissions);
    }
    struct stream *s = &x->stream_list[x->stream_count];
    *s = (struct stream){.number = f->number};
    memcpy(s->id, f->submission.stream, STREAM_ID_BYTES);
    table_put(&x->streams, s->id, x->stream_count);
    x->submissions[x->submission_count++] = (struct submission_state){
        .stream = x->stream_count++, .time = f->time, .parts = NONE};
    return OK;
}

static void
stream_passed(struct exchange *x, const struct submission_id *id)
{
    uint64_t *at = table_find(&x->streams, id->stream);

    if (at && x->stream_list[*at].next <= id->sequence)
        x->stream_list[*at].next = id->sequence + 1;
}

static enum err
fold_submitted(struct exchange *x, const struct fact *f)
{
    if (f->item != x->item_count || f->peer >= x->peer_count)
        return ERR_DAMAGED;
    struct peer *p = x->peers[f->peer];
    struct outbox_item item = {
        .item = f->item,
        .number = f->number,
        .ref = f->ref,
        .time = f->time,
        .body_bytes = (uint32_t)f->blob_body.size,
        .kind = f->kind,
        .tlp = f->tlp,
        .flags = f->flags,
        .urgent = f->urgent,
    };
    if (!ring_push(f->urgent ? &p->urgent : &p->normal, &item))
        return ERR_LIMIT;
    x->item_count++;
    p->waiting[f->urgent ? 0 : 1]++;
    if (!f->number)
        p->own_waiting++;
    stream_passed(x, &f->submission);
    struct part *part = part_make(x, f->number, f->peer);
    if (part)
        part->queued++;
    return OK;
}

/* Drop cancelled items at both ends of a queue. */
static void
drop_cancelled(struct ring *r)
{
    struct outbox_item *end;

    while ((end = ring_at(r, 0)) && end->cancelled)
        ring_pop(r);
    while (r->count && (end = ring_at(r, r->count - 1)) && end->cancelled)
        r->count--;
}

/* Take an item off the front of the queue in which it waits. */
static enum err
outbox_take(struct peer *p, uint64_t item, struct outbox_item *out)
{
    struct ring *queues[] = {&p->urgent, &p->normal};

    for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
        drop_cancelled(queues[i]);
        struct outbox_item *first = ring_at(queues[i], 0);
        if (first && first->item == item) {
            *out = *first;
            ring_pop(queues[i]);
            p->waiting[i]--;
            return OK;
        }
    }
    return ERR_DAMAGED;
}

static bool
end_push(struct lane *l)
{
    struct batch_end end = {.size = l->at.size};

    frontier_root(&l->at, &end.root);
    return ring_push(&l->ends, &end);
}

static enum err
fold_sequenced(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct outbox_item item;
    struct hash leaf;

    if (!l || !l->ours || f->index != l->at.size ||
        outbox_take(x->peers[l->peer], f->item, &item) != OK)
        return ERR_DAMAGED;
    leaf_hash(f->record, &leaf);
    tail_add(l, &leaf);
    if (!ring_push(&l->numbers, &item.number) ||
        (f->ends_batch && !end_push(l)))
        return ERR_LIMIT;
    struct part *part = part_of(x, item.number, l->peer);
    if (part) {
        if (!part->sequenced++)
            part->first_index = f->index;
        part->last_index = f->index;
        part->queued--;
    }
    return OK;
}

static enum err
fold_checkpoint(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours)
        return ERR_DAMAGED;
    enum err e = signed_up_to(l, &f->checkpoint);
    if (e != OK)
        return e;
    while (l->ends.count && ((struct batch_end *)ring_at(&l->ends, 0))->size <=
                                f->checkpoint.size)
        ring_pop(&l->ends);
    remember_checkpoint(l, &f->checkpoint);
    return OK;
}

static enum err
fold_seen(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || l->ours)
        return ERR_DAMAGED;
    if (f->checkpoint.size >= l->seen.size)
        l->seen = f->checkpoint;
    return OK;
}

static enum err
fold_entry(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct hash leaf;

    if (!l || l->ours || f->index != l->at.size)
        return ERR_DAMAGED;
    leaf_hash(f->record, &leaf);
    tail_add(l, &leaf);
    if (f->state == BODY_DECLINED) {
        x->peers[l->peer]->declined_by_us++;
        declined_add(l, f->index, 1, f->code);
    }
    return OK;
}

static enum err
fold_batch(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct hash root;

    if (!l || l->ours || f->checkpoint.size != l->at.size)
        return ERR_DAMAGED;
    frontier_root(&l->at, &root);
    if (!hash_equal(&root, &f->checkpoint.root))
        return ERR_DAMAGED;
    remember_checkpoint(l, &f->checkpoint);
    return OK;
}

static void
receipt_of(const struct fact *f, struct receipt *out)
{
    *out = (struct receipt){
        .at = f->checkpoint,
        .origin_time_s = f->answers.time_s,
        .origin_key = f->answers.key,
        .origin_signature = f->answers.signature,
    };
}

static enum err
fold_receipt_given(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || l->ours)
        return ERR_DAMAGED;
    enum err e = signed_up_to(l, &f->checkpoint);
    if (e != OK)
        return e;
    receipt_of(f, &l->receipt);
    l->has_receipt = true;
    return OK;
}

static void
receipted(struct exchange *x, struct lane *l, uint64_t upto)
{
    uint64_t base = l->at.size - l->numbers.count;

    for (; base < upto; base++) {
        uint64_t number = *(uint64_t *)ring_at(&l->numbers, 0);
        struct part *part = part_of(x, number, l->peer);
        if (part)
            part->receipted++;
        if (!number)
            x->peers[l->peer]->own_waiting--;
        ring_pop(&l->numbers);
    }
}

static enum err
fold_receipt_taken(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours || f->checkpoint.size > l->signed_at.size)
        return ERR_DAMAGED;
    if (l->has_receipt && f->checkpoint.size <= l->receipt.at.size)
        return OK;
    receipted(x, l, f->checkpoint.size);
    receipt_of(f, &l->receipt);
    l->has_receipt = true;
    return OK;
}

static enum err
fold_frozen(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l)
        return ERR_DAMAGED;
    l->frozen = true;
    l->frozen_row = f->code;
    text_keep(l->frozen_why, sizeof l->frozen_why, f->text);
    return OK;
}

static enum err
fold_alarm(struct exchange *x, const struct fact *f)
{
    if (x->alarm_count == x->alarm_capacity) {
        x->alarm_capacity = x->alarm_capacity ? 2 * x->alarm_capacity : 8;
        x->alarms = mem_resize(x->alarms, x->alarm_capacity, sizeof *x->alarms);
    }
    struct alarm *a = &x->alarms[x->alarm_count++];
    *a = (struct alarm){
        .number = f->number, .time = f->time, .code = err_from_code(f->code)};
    text_keep(a->text, sizeof a->text, f->text);
    return OK;
}

/* Items are pushed in ascending order: find one by bisection. */
static struct outbox_item *
outbox_find(struct ring *r, uint64_t item)
{
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct outbox_item *at = ring_at(r, mid);
        if (at->item == item)
            return at;
        if (at->item < item)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static enum err
fold_cancelled(struct exchange *x, const struct fact *f)
{
    for (uint32_t i = 0; i < x->peer_count; i++) {
        struct peer *p = x->peers[i];
        struct ring *queue = &p->urgent;
        struct outbox_item *at = outbox_find(queue, f->item);
        if (!at)
            at = outbox_find(queue = &p->normal, f->item);
        if (!at || at->cancelled)
            continue;
        struct part *part = part_of(x, at->number, i);
        at->cancelled = true;
        p->waiting[queue == &p->urgent ? 0 : 1]--;
        drop_cancelled(queue);
        if (part) {
            part->queued--;
            part->cancelled++;
        }
        return OK;
    }
    return ERR_DAMAGED;
}

static enum err
fold_declined(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours || f->index >= l->at.size ||
        f->number > l->at.size - f->index)
        return ERR_DAMAGED;
    declined_add(l, f->index, f->number, f->code);
    return OK;
}

static const fold_fn folds[FACT_TYPE_COUNT] = {
    [FACT_NODE] = fold_node,
    [FACT_PEER] = fold_peer,
    [FACT_CONFIRMED] = fold_confirmed,
    [FACT_LANE] = fold_lane,
    [FACT_SUBMISSION] = fold_submission,
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

    if (f->type == FACT_SUBMITTED)
        remember_place(x, f->item, start + blob + f->blob_head.size);
    enum err e = fold(x, f);
    assert(e == OK); /* what we state must fit what we know */
}
