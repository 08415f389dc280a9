#include "core/exchange/fold.h"

#include "core/base/mem.h"

static void
tail_add(struct lane *l, const struct hash *leaf)
{
    if (l->tail_count == l->tail_capacity) {
        l->tail_capacity = l->tail_capacity ? 2 * l->tail_capacity : 16;
        l->tail = mem_resize(l->tail, l->tail_capacity, sizeof *l->tail);
        if (!l->ours)
            l->tail_bytes = mem_resize(l->tail_bytes, l->tail_capacity,
                                       sizeof *l->tail_bytes);
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
    for (size_t i = 0; i < n; i++) {
        frontier_append(&l->signed_at, &l->tail[i]);
        l->signed_bytes += l->ours ? 0 : l->tail_bytes[i];
    }
    l->tail_count -= n;
    if (l->tail_count)
        memmove(l->tail, l->tail + n, l->tail_count * sizeof *l->tail);
    if (l->tail_count && !l->ours)
        memmove(l->tail_bytes, l->tail_bytes + n,
                l->tail_count * sizeof *l->tail_bytes);
    frontier_root(&l->signed_at, &root);
    return hash_equal(&root, &c->root) ? OK : ERR_DAMAGED;
}

struct lane *
lane_add(struct exchange *x, const uint8_t genesis[GENESIS_BYTES],
         const struct genesis *g)
{
    if (x->lane_count == x->lane_capacity) {
        x->lane_capacity = x->lane_capacity ? 2 * x->lane_capacity : 8;
        x->lanes =
            mem_resize(x->lanes, x->lane_capacity, sizeof(struct lane *));
    }
    struct lane *l = mem_new(sizeof *l);
    l->epoch = g->epoch;
    l->prev_size = g->prev_size;
    l->next = NONE;
    l->left_from = UINT64_MAX;
    l->follows = NONE;
    memcpy(l->genesis, genesis, GENESIS_BYTES);
    lane_id_of(l->genesis, &l->id);
    frontier_init(&l->at);
    frontier_init(&l->signed_at);
    ring_init(&l->numbers, sizeof(uint64_t), UNRECEIPTED_KEPT_MAX);
    ring_init(&l->marks, sizeof(struct mark), RETENTION_MARKS);
    ring_init(&l->ends, sizeof(struct batch_end), OUTBOX_ITEMS_MAX);
    expunges_init(&l->expunges);
    x->lanes[x->lane_count++] = l;
    return l;
}

enum err
fold_lane(struct exchange *x, const struct fact *f)
{
    struct genesis g;

    if (f->lane != x->lane_count || f->peer >= x->peer_count ||
        genesis_decode(SLICE_ARRAY(f->genesis), &g) != OK)
        return ERR_DAMAGED;
    uint32_t *current =
        f->ours ? &x->peers[f->peer]->lane_out : &x->peers[f->peer]->lane_in;
    struct lane *before = lane_at(x, *current);
    if (before && before->epoch >= g.epoch)
        return ERR_DAMAGED;
    if (before)
        before->next = f->lane;
    *current = f->lane;
    struct lane *l = lane_add(x, f->genesis, &g);
    l->peer = f->peer;
    l->ours = f->ours;
    return OK;
}

/* Note where in a lane a submission stands. */
static void
part_placed(struct part *part, uint32_t lane, uint64_t index)
{
    if (!part)
        return;
    if (!part->sequenced++) {
        part->first_lane = lane;
        part->first_index = index;
    }
    part->lane = lane;
    part->last_index = index;
}

static bool
end_push(struct lane *l)
{
    struct batch_end end = {.size = l->at.size};

    frontier_root(&l->at, &end.root);
    return ring_push(&l->ends, &end);
}

enum err
fold_sequenced(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct outbox_item item;
    struct hash leaf;

    if (!l || !l->ours || l->closed || f->index != l->at.size ||
        outbox_take(x, l->peer, f->item, &item) != OK)
        return ERR_DAMAGED;
    l->closed = item.kind == LEAF_EPOCH_CLOSE;
    leaf_hash(f->record, &leaf);
    tail_add(l, &leaf);
    if (item.kind == LEAF_EXPUNGE)
        item.number = NUMBER_UNKNOWN;
    if (!ring_push(&l->numbers, &item.number) ||
        (f->ends_batch && !end_push(l)))
        return ERR_LIMIT;
    struct part *part = part_of(x, item.number, l->peer);
    part_placed(part, f->lane, f->index);
    if (part)
        part->queued--;
    return expunge_fold_entry(x, f);
}

enum err
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
    lane_key_first(x, l, &f->checkpoint);
    return OK;
}

enum err
fold_seen(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || l->ours)
        return ERR_DAMAGED;
    if (f->checkpoint.size >= l->seen.size)
        l->seen = f->checkpoint;
    return OK;
}

/* Count what an entry of a peer takes of the disk, for ever or until its body
 * goes; what is declined costs a Decline of ours. */
static void
count_taken(struct peer *p, struct lane *l, const struct fact *f,
            const struct leaf *leaf)
{
    uint32_t bytes = f->state == BODY_HELD ? SALT_BYTES + leaf->body_bytes : 0;

    l->tail_bytes[l->tail_count - 1] = bytes;
    p->taken_bytes += HELD_ENTRY_BYTES + bytes;
    if (f->state != BODY_DECLINED)
        return;
    p->taken_bytes += FACT_ENTRY_BYTES;
    p->declined_by_us++;
}

enum err
fold_entry(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct leaf entry;
    struct hash leaf;

    if (!l || l->ours || f->index != l->at.size ||
        leaf_decode(SLICE_ARRAY(f->record), f->index, &entry) != OK)
        return ERR_DAMAGED;
    leaf_hash(f->record, &leaf);
    tail_add(l, &leaf);
    count_taken(x->peers[l->peer], l, f, &entry);
    if (f->state == BODY_DECLINED)
        declined_add(l, f->index, 1, f->code);
    return expunge_fold_entry(x, f);
}

enum err
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
    x->peers[l->peer]->taken_bytes += HELD_BATCH_BYTES;
    lane_key_first(x, l, &f->checkpoint);
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

enum err
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
    expunge_fold_receipt(l);
    return OK;
}

/* PROTOCOL receipts: "Receipts are cumulative: a receipt MUST be taken as one
 * for every entry below its size, and sizes may be skipped." */
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

enum err
fold_receipt_taken(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours || f->checkpoint.size > l->signed_at.size)
        return ERR_DAMAGED;
    if (l->has_receipt && f->checkpoint.size <= l->receipt.at.size)
        return OK;
    /* PROTOCOL tls: "nor an entry as delivered before its receipt was" */
    receipted(x, l, f->checkpoint.size);
    receipt_of(f, &l->receipt);
    l->has_receipt = true;
    return OK;
}

enum err
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

enum err
fold_declined(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours || f->index >= l->at.size ||
        f->number > l->at.size - f->index)
        return ERR_DAMAGED;
    declined_add(l, f->index, f->number, f->code);
    return OK;
}

enum err
fold_adopted(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    uint64_t number = NUMBER_UNKNOWN;
    struct leaf entry;
    struct hash leaf;

    if (!l || !l->ours || f->index != l->at.size ||
        leaf_decode(SLICE_ARRAY(f->record), f->index, &entry) != OK)
        return ERR_DAMAGED;
    if (f->state == BODY_HELD &&
        (entry.kind == LEAF_MESSAGE || entry.kind == LEAF_CARD))
        /* PROTOCOL resume: "What stands in a fetched tail MUST leave the outbox
         * by its submission id." */
        outbox_adopt(x, l->peer, &f->submission, &number);
    part_placed(part_of(x, number, l->peer), f->lane, f->index);
    l->closed = entry.kind == LEAF_EPOCH_CLOSE;
    /* Their Decline said more, and may be among what was lost. */
    if (f->state == BODY_ABSENT)
        declined_add(l, f->index, 1, err_code(ERR_POLICY));
    leaf_hash(f->record, &leaf);
    tail_add(l, &leaf);
    if (!ring_push(&l->numbers, &number) || (f->ends_batch && !end_push(l)))
        return ERR_LIMIT;
    return expunge_fold_entry(x, f);
}

/* Find the epoch in which what stands in a lane was queued again, from its
 * prev_size on: the latest one but that which is filled now. */
static uint32_t
taken_over_by(const struct exchange *x, uint32_t lane, uint32_t filled)
{
    uint32_t found = NONE;

    for (uint32_t i = x->lanes[lane]->next; i != NONE; i = x->lanes[i]->next)
        if (i != filled && x->lanes[i]->follows == lane)
            found = i;
    return found;
}

/* Pass over what is not queued again, as it was before. */
static void
again_settle(struct exchange *x, struct peer *p)
{
    while (p->again_lane != NONE) {
        const struct lane *l = x->lanes[p->again_lane];
        uint32_t later = taken_over_by(x, p->again_lane, p->lane_out);
        uint64_t end = l->at.size;
        if (later != NONE && x->lanes[later]->prev_size < end)
            end = x->lanes[later]->prev_size;
        if (p->again_lane != p->lane_out && p->again_index < end)
            return;
        p->again_lane = p->again_lane == p->lane_out ? NONE : later;
        p->again_index = 0;
    }
}

static bool
is_ours_with(const struct exchange *x, uint32_t lane, uint32_t peer)
{
    const struct lane *l = lane_at(x, lane);

    return l && l->ours && l->peer == peer;
}

/* Own entries that stand from `index` on wait for no receipt any more: those
 * that are queued again are counted anew, the others are not missed. */
static void
uncount_left(struct peer *p, struct lane *l, uint64_t index)
{
    uint64_t base = l->at.size - l->numbers.count;

    if (index >= l->left_from)
        return;
    l->left_from = index;
    for (uint64_t i = index > base ? index - base : 0; i < l->numbers.count;
         i++) {
        uint64_t *number = ring_at(&l->numbers, (size_t)i);
        if (*number)
            continue;
        *number = NUMBER_UNKNOWN;
        p->own_waiting--;
    }
}

enum err
fold_rolled(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || f->number > UINT32_MAX ||
        !is_ours_with(x, (uint32_t)f->number, l->peer))
        return ERR_DAMAGED;
    struct peer *p = x->peers[l->peer];
    if (l->follows == NONE && f->number < f->lane)
        l->follows = (uint32_t)f->number;
    p->again_lane = (uint32_t)f->number;
    p->again_index = f->index;
    for (uint32_t i = p->again_lane; i != NONE && i != p->lane_out;
         i = x->lanes[i]->next)
        uncount_left(p, x->lanes[i], i == p->again_lane ? f->index : 0);
    again_settle(x, p);
    return OK;
}

enum err
lane_passed_again(struct exchange *x, uint32_t peer, uint32_t lane,
                  uint64_t index)
{
    struct peer *p = x->peers[peer];

    if (p->again_lane != lane || index < p->again_index ||
        index >= x->lanes[lane]->at.size)
        return ERR_DAMAGED;
    p->again_index = index + 1;
    again_settle(x, p);
    return OK;
}

enum err
fold_granted(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->ours)
        return ERR_DAMAGED;
    l->granted = true;
    l->granted_at = f->checkpoint;
    return OK;
}
