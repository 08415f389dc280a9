#include "core/exchange/fold.h"

#include "core/base/mem.h"

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

enum err
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

enum err
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
    if (!f->number && f->kind == LEAF_MESSAGE)
        p->own_waiting++;
    stream_passed(x, &f->submission);
    struct part *part = part_make(x, f->number, f->peer);
    if (part)
        part->queued++;
    return expunge_fold_item(x, f);
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

enum err
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

enum err
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
