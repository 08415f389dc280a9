#include "core/exchange/inside.h"

#include "core/base/limits.h"

#include <assert.h>

/* See the body of an outbox item: in this turn's facts, or in the store. The
 * slice holds until the next fact. */
struct slice
item_body(struct exchange *x, uint64_t item, struct buf *scratch)
{
    if (item >= x->turn_first_item) {
        size_t at = x->turn_items[item - x->turn_first_item];
        return slice_of(x->out->facts.data + at, x->out->facts.size - at);
    }
    buf_reset(scratch);
    enum err e = x->store.ops->item(x->store.self, item, scratch);
    assert(e != ERR_NOT_FOUND); /* the fact of the item was folded */
    return e == OK ? buf_slice(scratch) : (struct slice){0};
}

/* Tell whether an item can become an entry: the one that closes an epoch has
 * no body, all else begins with a submission id. */
static bool
is_complete(const struct outbox_item *item, struct slice body)
{
    bool bare = item->kind == LEAF_EPOCH_CLOSE;

    return body.size >= item->body_bytes &&
           (bare ? item->body_bytes == 0
                 : item->body_bytes >= SUBMISSION_ID_BYTES);
}

/* Give one message its place: index, salt, leaf record (rule R2: only inside
 * a session). False if its body cannot be read. */
static bool
sequence_one(struct exchange *x, uint32_t lane, const struct outbox_item *item,
             bool ends_batch)
{
    struct lane *l = x->lanes[lane];
    struct slice body = item_body(x, item->item, &x->scratch);
    uint8_t salt[SALT_BYTES];
    struct fact f = {.type = FACT_SEQUENCED,
                     .lane = lane,
                     .index = l->at.size,
                     .item = item->item,
                     .ends_batch = ends_batch};
    struct leaf leaf = {
        .kind = item->kind,
        .tlp = item->tlp,
        .flags = item->flags,
        .body_bytes = item->body_bytes,
        .index = l->at.size,
        .time = x->now.wall,
        .ref = item->ref,
    };

    if (!is_complete(item, body))
        return false;
    seed_take(&x->seed, salt, sizeof salt);
    leaf_commit(salt, slice_of(body.data, item->body_bytes), &leaf.commitment);
    leaf_encode(&leaf, f.record);
    f.blob_head = SLICE_ARRAY(salt);
    emit(x, &f);
    return true;
}

struct batch_plan {
    size_t leaves;
    uint64_t bytes;
};

/* Where a look through the queues has come to. */
struct look {
    size_t places[QUEUE_COUNT];
    const struct outbox_item *too_large; /* the first that was passed over */
};

/* Tell whether the batch must end after `item`: PROTOCOL's 1,024 leaves or
 * 4 MiB of bodies, where one larger body goes alone. */
static bool
batch_is_full(const struct batch_plan *plan, const struct outbox_item *next)
{
    return plan->leaves == BATCH_LEAVES_MAX ||
           plan->bytes + next->body_bytes > BATCH_BODIES_MAX;
}

static struct outbox_item *
next_of(const struct peer *p, const struct ring *queue, size_t *at,
        struct look *look)
{
    struct outbox_item *o;

    while ((o = ring_at(queue, *at))) {
        ++*at;
        if (o->gone)
            continue;
        if (!peer_takes_size(p, o))
            look->too_large = look->too_large ? look->too_large : o;
        else
            return o;
    }
    return NULL;
}

static struct outbox_item *
next_item(const struct peer *p, struct look *look)
{
    struct outbox_item *o = NULL;

    for (size_t i = 0; !o && i < QUEUE_COUNT; i++)
        o = next_of(p, &p->queues[i], &look->places[i], look);
    return o;
}

/* Choose the items of the next batch. They are copied, since what has its
 * place leaves the queue. */
static struct batch_plan
plan_batch(struct exchange *x, const struct peer *p, struct look *look)
{
    struct batch_plan plan = {0};
    const struct outbox_item *o;

    while ((o = next_item(p, look))) {
        if (plan.leaves && batch_is_full(&plan, o))
            break;
        x->planned[plan.leaves++] = *o;
        plan.bytes += o->body_bytes;
        /* PROTOCOL resume: "Nothing MUST be sequenced behind the entry that
         * closes an epoch." */
        if (o->kind == LEAF_EPOCH_CLOSE)
            break;
    }
    return plan;
}

/* PROTOCOL batches: "Bodies above the own `body_bytes` MUST NOT be sequenced,
 * and above that of the peer's HELLO SHOULD NOT be" */
/* What was queued before that limit was known waits, and people are told. */
static void
tell_held_back(struct exchange *x, uint32_t peer, const struct look *look)
{
    struct peer *p = x->peers[peer];
    struct alarm_cause cause = alarm_of_peer(ALARM_TOO_LARGE, peer);
    struct buf what = {0};
    uint64_t number = look->too_large ? look->too_large->number : 0;

    if (number == p->held_back)
        return;
    p->held_back = number;
    if (number) {
        buf_put_str(&what, "a message of S-");
        buf_put_decimal(&what, number);
        buf_put_str(&what, " takes ");
        buf_put_decimal(&what, look->too_large->body_bytes);
        buf_put_str(&what, " bytes; they take at most ");
        buf_put_decimal(&what, p->body_bytes_max);
    }
    buf_put_u8(&what, 0);
    alarm_while(x, &cause, number != 0, (const char *)what.data);
    buf_clear(&what);
}

static bool
sequence_batch(struct exchange *x, uint32_t lane)
{
    struct peer *p = x->peers[x->lanes[lane]->peer];
    struct look look = {0};
    struct batch_plan plan = plan_batch(x, p, &look);

    tell_held_back(x, x->lanes[lane]->peer, &look);
    for (size_t i = 0; i < plan.leaves; i++) {
        if (!sequence_one(x, lane, &x->planned[i], i + 1 == plan.leaves)) {
            stop_node(x, ERR_DAMAGED,
                      "a queued message cannot be read back from the journal: "
                      "the disk is damaged; restore from the backup");
            return false;
        }
    }
    return plan.leaves > 0;
}

/* Sequence what waits, as far as batches may be on their way. */
void
sequence_pump(struct exchange *x, struct link *k)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    struct lane *l = lane_at(x, lane);

    if (!k->out.agreed || k->out.stands || k->out.lane != lane || !l ||
        l->frozen || x->peers[k->peer]->again_lane != NONE)
        return;
    if (!has_room(x, BATCH_LEAVES_MAX, 0)) {
        ask_extend(x, lane);
        return;
    }
    /* What is signed goes first, so that urgent messages can still overtake
     * what is not. */
    while (k->out.sent >= l->signed_at.size && !l->closed &&
           l->ends.count + k->out.outgoing.count < session_window(k->session) &&
           l->numbers.count < UNRECEIPTED_MAX &&
           k->out.outgoing_bytes < IN_FLIGHT_BYTES_MAX) {
        if (x->out->facts.size > FACTS_STEP_MAX) {
            x->again = true;
            break;
        }
        if (!sequence_batch(x, lane))
            break;
    }
    ask_extend(x, lane);
}
