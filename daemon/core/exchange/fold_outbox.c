#include "core/exchange/fold.h"

#include "core/base/mem.h"

#include <assert.h>

struct submission_state *
submission_of(const struct exchange *x, uint64_t number)
{
    if (number == 0 || number > x->submission_count)
        return NULL;
    return &x->submissions[number - 1];
}

/* Find whose submission it is; NULL where that is not known. */
struct user *
user_of(const struct exchange *x, uint64_t number)
{
    const struct submission_state *s = submission_of(x, number);

    return s && s->user != NONE ? &x->users[s->user] : NULL;
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

static uint32_t
stream_find(const struct exchange *x, const uint8_t id[STREAM_ID_BYTES])
{
    const uint64_t *at = table_find(&x->streams, id);

    return at ? (uint32_t)*at : NONE;
}

/* Find a stream, or begin it: of no submission yet. */
static uint32_t
stream_make(struct exchange *x, const uint8_t id[STREAM_ID_BYTES])
{
    uint32_t known = stream_find(x, id);

    if (known != NONE)
        return known;
    if (x->stream_count == x->stream_capacity) {
        x->stream_capacity = x->stream_capacity ? 2 * x->stream_capacity : 16;
        x->stream_list = mem_resize(x->stream_list, x->stream_capacity,
                                    sizeof *x->stream_list);
    }
    struct stream *s = &x->stream_list[x->stream_count];
    *s = (struct stream){.passes = NONE};
    memcpy(s->id, id, STREAM_ID_BYTES);
    table_put(&x->streams, s->id, x->stream_count);
    return (uint32_t)x->stream_count++;
}

/* Note that a message is here: its stream goes on behind it. */
static uint32_t
stream_passed(struct exchange *x, uint32_t peer, const struct submission_id *id)
{
    uint32_t at = stream_make(x, id->stream);
    struct stream *s = &x->stream_list[at];

    if (s->next <= id->sequence)
        s->next = id->sequence + 1;
    pass_note(x, at, peer, id->sequence);
    return at;
}

enum err
fold_submission(struct exchange *x, const struct fact *f)
{
    if (f->number != x->submission_count + 1)
        return ERR_DAMAGED;
    if (x->submission_count == x->submission_capacity) {
        x->submission_capacity =
            x->submission_capacity ? 2 * x->submission_capacity : 16;
        x->submissions = mem_resize(x->submissions, x->submission_capacity,
                                    sizeof *x->submissions);
    }
    uint32_t stream = stream_make(x, f->submission.stream);
    if (x->stream_list[stream].number)
        return ERR_DAMAGED;
    x->stream_list[stream].number = f->number;
    x->submissions[x->submission_count++] = (struct submission_state){
        .stream = stream, .time = f->time, .parts = NONE, .user = NONE};
    return OK;
}

static uint32_t
user_make(struct exchange *x, uint64_t uid)
{
    uint32_t at = 0;

    while (at < x->user_count && x->users[at].uid != uid)
        at++;
    if (at < x->user_count)
        return at;
    if (x->user_count == x->user_capacity) {
        x->user_capacity = x->user_capacity ? 2 * x->user_capacity : 8;
        x->users = mem_resize(x->users, x->user_capacity, sizeof *x->users);
    }
    x->users[x->user_count++] = (struct user){.uid = uid};
    return at;
}

enum err
fold_submitter(struct exchange *x, const struct fact *f)
{
    struct submission_state *s = submission_of(x, f->number);

    if (!s || s->user != NONE)
        return ERR_DAMAGED;
    s->user = user_make(x, f->item);
    return OK;
}

/* Find where the release of a submission stands, or would: numbers rise. */
static size_t
release_from(const struct exchange *x, uint64_t number)
{
    size_t low = 0, high = x->release_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->releases[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct release *
release_of(const struct exchange *x, uint64_t number)
{
    size_t at = release_from(x, number);

    return at < x->release_count && x->releases[at].number == number
               ? &x->releases[at]
               : NULL;
}

enum err
fold_released(struct exchange *x, const struct fact *f)
{
    if (!submission_of(x, f->number) ||
        release_from(x, f->number) < x->release_count)
        return ERR_DAMAGED;
    if (x->release_count == x->release_capacity) {
        x->release_capacity = x->release_capacity ? 2 * x->release_capacity : 8;
        x->releases =
            mem_resize(x->releases, x->release_capacity, sizeof *x->releases);
    }
    struct release *r = &x->releases[x->release_count++];
    *r = (struct release){.number = f->number, .uid = f->item, .time = f->time};
    text_keep(r->why, sizeof r->why, f->text);
    return OK;
}

/* Count what waits of a user: 1 more, or 1 less. */
static void
user_count(struct exchange *x, const struct outbox_item *item, bool more)
{
    struct user *u = user_of(x, item->number);
    uint64_t bytes = FACT_ENTRY_BYTES + (uint64_t)item->body_bytes;

    if (!u)
        return;
    u->items = more ? u->items + 1 : u->items - 1;
    u->bytes = more ? u->bytes + bytes : u->bytes - bytes;
}

/* Put what a fact queues behind the others of its queue; own entries have
 * one of theirs, but what closes an epoch goes behind the messages. */
static enum err
outbox_put(struct exchange *x, const struct fact *f, enum queue_name queue)
{
    struct peer *p = x->peers[f->peer];
    struct outbox_item item = {
        .item = f->item,
        .number = f->number,
        .stream = stream_passed(x, f->peer, &f->submission),
        .sequence = f->submission.sequence,
        .ref = f->ref,
        .time = f->time,
        .body_bytes = (uint32_t)f->blob_body.size,
        .kind = f->kind,
        .tlp = f->tlp,
        .flags = f->flags,
        .urgent = f->urgent,
    };

    if (!f->number && f->kind != LEAF_EPOCH_CLOSE)
        queue = QUEUE_OWN;
    if (!ring_push(&p->queues[queue], &item))
        return ERR_LIMIT;
    x->item_count++;
    p->waiting[queue]++;
    p->cards_waiting += f->kind == LEAF_CARD;
    user_count(x, &item, true);
    return OK;
}

/* Own entries are counted until they are receipted; not expunges, which are
 * no answer to what the peer sends. */
static bool
is_counted(uint64_t number, uint8_t kind)
{
    return number == 0 && kind != LEAF_EXPUNGE;
}

enum err
fold_submitted(struct exchange *x, const struct fact *f)
{
    if (f->item != x->item_count || f->peer >= x->peer_count)
        return ERR_DAMAGED;
    enum err e = outbox_put(x, f, f->urgent ? QUEUE_URGENT : QUEUE_NORMAL);
    if (e != OK)
        return e;
    if (is_counted(f->number, f->kind))
        x->peers[f->peer]->own_waiting++;
    struct part *part = part_make(x, f->number, f->peer);
    if (part)
        part->queued++;
    return expunge_fold_item(x, f);
}

/* Drop what has gone at both ends of a queue, and inside of it where that is
 * more than half. */
static void
tidy_queue(struct ring *r, uint64_t waiting)
{
    struct outbox_item *end;
    size_t kept = 0;

    while ((end = ring_at(r, 0)) && end->gone)
        ring_pop(r);
    while (r->count && (end = ring_at(r, r->count - 1)) && end->gone)
        r->count--;
    if (waiting > r->count / 2)
        return;
    for (size_t i = 0; i < r->count; i++) {
        const struct outbox_item *o = ring_at(r, i);
        if (!o->gone)
            *(struct outbox_item *)ring_at(r, kept++) = *o;
    }
    r->count = kept;
}

/* Items are pushed in ascending order, hence bisection. */
size_t
outbox_from(const struct ring *r, uint64_t item)
{
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (((const struct outbox_item *)ring_at(r, mid))->item < item)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct outbox_item *
outbox_next(const struct ring *r, uint8_t kind, size_t *at)
{
    while (*at < r->count) {
        struct outbox_item *o = ring_at(r, (*at)++);
        if (o->kind == kind && !o->gone)
            return o;
    }
    return NULL;
}

static struct outbox_item *
outbox_find(const struct ring *r, uint64_t item)
{
    struct outbox_item *at = ring_at(r, outbox_from(r, item));

    return at && at->item == item ? at : NULL;
}

/* Take an item out of the middle of a queue. */
static void
outbox_remove(struct exchange *x, struct peer *p, size_t queue,
              struct outbox_item *at)
{
    user_count(x, at, false);
    at->gone = true;
    at->body_bytes = 0; /* as a fold finds it once the body is erased */
    p->waiting[queue]--;
    p->cards_waiting -= at->kind == LEAF_CARD;
    tidy_queue(&p->queues[queue], p->waiting[queue]);
}

enum err
outbox_take(struct exchange *x, uint32_t peer, uint64_t item,
            struct outbox_item *out)
{
    struct peer *p = x->peers[peer];

    for (size_t i = 0; i < QUEUE_COUNT; i++) {
        struct outbox_item *at = outbox_find(&p->queues[i], item);
        if (!at || at->gone)
            continue;
        *out = *at;
        outbox_remove(x, p, i, at);
        return OK;
    }
    return ERR_DAMAGED;
}

enum err
fold_cancelled(struct exchange *x, const struct fact *f)
{
    struct outbox_item item;

    for (uint32_t i = 0; i < x->peer_count; i++) {
        if (outbox_take(x, i, f->item, &item) != OK)
            continue;
        struct part *part = part_of(x, item.number, i);
        if (part) {
            part->queued--;
            part->cancelled++;
        }
        if (is_counted(item.number, item.kind))
            x->peers[i]->own_waiting--;
        return OK;
    }
    return ERR_DAMAGED;
}

/* A message that stood in an epoch that was left waits again. */
enum err
fold_requeued(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || f->item != x->item_count || f->peer >= x->peer_count ||
        lane_passed_again(x, f->peer, f->lane, f->index) != OK)
        return ERR_DAMAGED;
    bool receipted = l->has_receipt && f->index < l->receipt.at.size;
    struct part *part = part_of(x, f->number, f->peer);
    enum err e = outbox_put(x, f, QUEUE_AGAIN);
    if (e != OK)
        return e;
    if (is_counted(f->number, f->kind))
        x->peers[f->peer]->own_waiting++;
    if (part) {
        part->queued++;
        part->sequenced--;
        part->receipted -= receipted;
    }
    return OK;
}

/* Find a message in a queue. What is given back comes in the order in which
 * it was sequenced, hence is found in front; what is not here is not looked
 * for (outbox_adopt). */
static struct outbox_item *
outbox_search(const struct ring *r, uint32_t stream, uint64_t sequence)
{
    for (size_t i = 0; i < r->count; i++) {
        struct outbox_item *o = ring_at(r, i);
        if (o->stream == stream && o->sequence == sequence && !o->gone)
            return o;
    }
    return NULL;
}

/* Take an item out whose body is in a lane: an expunge must not miss the copy
 * that the outbox has. */
static void
outbox_drop_copy(struct exchange *x, struct peer *p, size_t queue,
                 struct outbox_item *at)
{
    struct erasure copy = {ERASE_ITEM, at->item};

    if (!ring_push(&x->erasures, &copy))
        assert(false && "more erasures than the outboxes have items");
    outbox_remove(x, p, queue, at);
}

void
outbox_adopt_expunge(struct exchange *x, uint32_t peer, uint64_t ref)
{
    struct peer *p = x->peers[peer];
    struct outbox_item *o;
    size_t at = 0;

    do
        o = outbox_next(&p->queues[QUEUE_OWN], LEAF_EXPUNGE, &at);
    while (o && o->ref != ref);
    if (o)
        outbox_remove(x, p, QUEUE_OWN, o);
}

/* Find a message that waits for a peer, and in which queue. */
static struct outbox_item *
find_waiting(const struct exchange *x, uint32_t peer,
             const struct submission_id *id, size_t *queue)
{
    uint32_t stream = stream_find(x, id->stream);
    struct outbox_item *found = NULL;

    if (stream == NONE || id->sequence >= x->stream_list[stream].next)
        return NULL;
    for (*queue = 0; *queue < QUEUE_COUNT; ++*queue) {
        found = outbox_search(&x->peers[peer]->queues[*queue], stream,
                              id->sequence);
        if (found)
            break;
    }
    return found;
}

const struct outbox_item *
outbox_waiting(const struct exchange *x, uint32_t peer,
               const struct submission_id *id)
{
    size_t queue;

    return find_waiting(x, peer, id, &queue);
}

void
outbox_adopt(struct exchange *x, uint32_t peer, const struct submission_id *id,
             uint64_t *number)
{
    size_t queue;
    struct outbox_item *found = find_waiting(x, peer, id, &queue);

    if (found) {
        *number = found->number;
        outbox_drop_copy(x, x->peers[peer], queue, found);
    }
    uint32_t stream = stream_passed(x, peer, id);
    if (!found && !(*number = x->stream_list[stream].number))
        *number = NUMBER_UNKNOWN;
    struct part *part = part_make(x, *number, peer);
    if (part && found)
        part->queued--;
}
