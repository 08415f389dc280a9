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

static struct outbox_item *
next_item(struct peer *p)
{
    for (size_t i = 0; i < QUEUE_COUNT; i++) {
        struct outbox_item *first;
        while ((first = ring_at(&p->queues[i], 0)) && first->cancelled)
            ring_pop(&p->queues[i]);
        if (first)
            return first;
    }
    return NULL;
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

    if (item->body_bytes < SUBMISSION_ID_BYTES || body.size < item->body_bytes)
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

/* Tell whether the batch must end after `item`: PROTOCOL's 1,024 leaves or
 * 4 MiB of bodies, where one larger body goes alone. */
static bool
batch_is_full(const struct batch_plan *plan, const struct outbox_item *next)
{
    return plan->leaves == BATCH_LEAVES_MAX ||
           plan->bytes + next->body_bytes > BATCH_BODIES_MAX;
}

/* The items of a queue are looked at twice: once to know where the batch
 * ends, once to give them their places. */
static struct outbox_item *
peek(struct peer *p, size_t places[QUEUE_COUNT])
{
    struct outbox_item *o;

    for (size_t i = 0; i < QUEUE_COUNT; i++)
        while ((o = ring_at(&p->queues[i], places[i]))) {
            ++places[i];
            if (!o->cancelled)
                return o;
        }
    return NULL;
}

static struct batch_plan
plan_batch(struct peer *p)
{
    struct batch_plan plan = {0};
    size_t places[QUEUE_COUNT] = {0};
    struct outbox_item *o;

    while ((o = peek(p, places))) {
        if (plan.leaves && batch_is_full(&plan, o))
            break;
        plan.leaves++;
        plan.bytes += o->body_bytes;
    }
    return plan;
}

static bool
sequence_batch(struct exchange *x, uint32_t lane)
{
    struct peer *p = x->peers[x->lanes[lane]->peer];
    struct batch_plan plan = plan_batch(p);

    for (size_t i = 0; i < plan.leaves; i++) {
        struct outbox_item item = *next_item(p);
        if (!sequence_one(x, lane, &item, i + 1 == plan.leaves)) {
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

    if (!k->out.agreed || k->out.lane != lane || !l || l->frozen ||
        x->peers[k->peer]->again_lane != NONE)
        return;
    /* What is signed goes first, so that urgent messages can still overtake
     * what is not. */
    while (k->out.sent >= l->signed_at.size &&
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
