#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

#define PLANNED_FIRST 16

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

/* Tell whether an item can become an entry: an expunge with a ref and the one
 * that closes an epoch have no body, all else begins with a submission id. */
static bool
is_complete(const struct outbox_item *item, struct slice body)
{
    bool bare = item->kind == LEAF_EPOCH_CLOSE ||
                (item->kind == LEAF_EXPUNGE && item->ref != LEAF_REF_NONE);

    return body.size >= item->body_bytes &&
           (bare ? item->body_bytes == 0
                 : item->body_bytes >= SUBMISSION_ID_BYTES);
}

/* What gives a message its place, before it is said. */
struct placed {
    struct fact fact;
    uint8_t salt[SALT_BYTES];
};

/* Give one message a place: index, salt, leaf record (rule R2: only inside a
 * session). False if its body cannot be read. */
static bool
place(struct exchange *x, uint64_t index, const struct outbox_item *item,
      struct placed *out)
{
    struct slice body = item_body(x, item->item, &x->scratch);
    struct leaf leaf = {
        .kind = item->kind,
        .tlp = item->tlp,
        .flags = item->flags,
        .body_bytes = item->body_bytes,
        .index = index,
        .time = x->now.wall,
        .ref = item->ref,
    };

    if (!is_complete(item, body))
        return false;
    /* PROTOCOL leaf-records: "The salt MUST be 32 fresh random bytes for each
     * entry." */
    seed_take(&x->seed, out->salt, sizeof out->salt);
    leaf_commit(out->salt, slice_of(body.data, item->body_bytes),
                &leaf.commitment);
    out->fact = (struct fact){.type = FACT_SEQUENCED,
                              .index = index,
                              .item = item->item,
                              .blob_head = SLICE_ARRAY(out->salt)};
    leaf_encode(&leaf, out->fact.record);
    return true;
}

struct batch_plan {
    size_t leaves;
    uint64_t bytes;
    bool cites; /* an entry that expunges one of an earlier epoch */
};

/* Where a look through the queues has come to. */
struct look {
    size_t places[QUEUE_COUNT];
    size_t queue; /* of the item that was found last, at its place */
    bool whole;   /* nothing was left unseen */
};

static bool
still_waits(const struct peer *p, const struct outbox_item *first)
{
    for (size_t q = 0; first->number && q < QUEUE_COUNT; q++) {
        const struct outbox_item *o =
            ring_at(&p->queues[q], outbox_from(&p->queues[q], first->item));
        if (o && o->item == first->item)
            return !o->gone;
    }
    return !first->number;
}

/* Go on where the last look ended. With the first that was held back gone,
 * all others are looked at, for the next. */
static void
look_begin(struct peer *p, struct look *look)
{
    const struct outlook *o = &p->outlook;

    if (!still_waits(p, &o->too_large) || !still_waits(p, &o->refused))
        peer_look_again(p);
    *look = (struct look){0};
    for (size_t q = 0; q < QUEUE_COUNT; q++)
        look->places[q] = outbox_from(&p->queues[q], o->seen[q]);
}

static void
look_end(const struct exchange *x, struct peer *p, const struct look *look)
{
    for (size_t q = 0; q < QUEUE_COUNT; q++) {
        const struct outbox_item *next =
            ring_at(&p->queues[q], look->places[q]);
        p->outlook.seen[q] = next ? next->item : x->item_count;
    }
}

/* PROTOCOL batches: "A batch MUST have at most 1,024 entries and at most 4 MiB
 * (4,194,304 bytes) of bodies, but for one larger body that goes alone." */
/* Tell whether the batch must end after `item`: PROTOCOL's 1,024 leaves or
 * 4 MiB of bodies, where one larger body goes alone. */
static bool
batch_is_full(const struct batch_plan *plan, const struct outbox_item *next)
{
    return plan->leaves == BATCH_LEAVES_MAX ||
           plan->bytes + next->body_bytes > BATCH_BODIES_MAX;
}

/* PROTOCOL batches: "Bodies above the own `body_bytes` MUST NOT be sequenced,
 * and above that of the peer's HELLO SHOULD NOT be" */
static bool
is_too_large(const struct exchange *x, const struct peer *p,
             const struct outbox_item *o)
{
    return o->number &&
           (o->body_bytes > x->config.body_bytes_max || !peer_takes_size(p, o));
}

/* PROTOCOL handling: "An origin MUST NOT sequence a message that these rules
 * refuse." */
/* Whose it is and for whom was judged when it was queued; ceiling and
 * community may be others by now. */
static bool
is_refused(const struct peer *p, const struct outbox_item *o)
{
    struct marking m = {.tlp = tlp_from_byte(o->tlp), .recipient_count = 1};
    struct verdict v;

    policy_may_send(&p->agreement, &m, ORIGIN_OWN, &v);
    return o->number && !v.allowed;
}

/* Tell whether an item waits for something else to be decided, and keep the
 * first of its kind. */
static bool
is_held_back(const struct exchange *x, struct peer *p,
             const struct outbox_item *o)
{
    bool large = is_too_large(x, p, o);
    struct outbox_item *first =
        large ? &p->outlook.too_large : &p->outlook.refused;

    if (!large && !is_refused(p, o))
        return false;
    if (!first->number)
        *first = *o;
    return true;
}

static struct outbox_item *
next_of(const struct exchange *x, struct peer *p, size_t queue,
        struct look *look)
{
    struct outbox_item *o;

    while ((o = ring_at(&p->queues[queue], look->places[queue])) &&
           (o->gone || is_held_back(x, p, o)))
        look->places[queue]++;
    look->queue = queue;
    return o;
}

/* PROTOCOL batches: "An origin MUST sequence its own entries before any
 * message." */
static struct outbox_item *
next_item(const struct exchange *x, struct peer *p, struct look *look)
{
    struct outbox_item *o = NULL;

    for (size_t i = 0; !o && i < QUEUE_COUNT; i++)
        o = next_of(x, p, i, look);
    return o;
}

static bool
cites(const struct outbox_item *o)
{
    return o->kind == LEAF_EXPUNGE && o->ref == LEAF_REF_NONE;
}

static void
plan_add(struct exchange *x, struct batch_plan *plan,
         const struct outbox_item *o)
{
    if (plan->leaves == x->planned_capacity) {
        x->planned_capacity =
            x->planned_capacity ? 2 * x->planned_capacity : PLANNED_FIRST;
        x->planned =
            mem_resize(x->planned, x->planned_capacity, sizeof *x->planned);
    }
    x->planned[plan->leaves++] = *o;
    plan->bytes += o->body_bytes;
    plan->cites = plan->cites || cites(o);
}

/* Choose the items of the next batch. They are copied, since what has its
 * place leaves the queue. */
static struct batch_plan
plan_batch(struct exchange *x, struct peer *p, struct look *look)
{
    struct batch_plan plan = {0};
    const struct outbox_item *o;

    while ((o = next_item(x, p, look))) {
        /* What an expunge cites may wait here again: it is recalled first. */
        if ((plan.leaves && batch_is_full(&plan, o)) ||
            (plan.cites && look->queue != QUEUE_OWN))
            return plan;
        look->places[look->queue]++;
        plan_add(x, &plan, o);
        /* PROTOCOL resume: "Nothing MUST be sequenced behind the entry that
         * closes an epoch." */
        /* PROTOCOL rotation: "An entry of kind 1 MUST be the last of its
         * batch." */
        if (o->kind == LEAF_EPOCH_CLOSE || o->kind == LEAF_CARD)
            return plan;
    }
    look->whole = true;
    return plan;
}

/* What was queued before that limit was known waits, and people are told. */
static void
tell_too_large(struct exchange *x, uint32_t peer, const struct look *look)
{
    struct peer *p = x->peers[peer];
    struct alarm_cause cause = alarm_of_peer(ALARM_TOO_LARGE, peer);
    struct buf what = {0};
    const struct outbox_item *first = &p->outlook.too_large;
    uint64_t number = first->number;

    if (number == p->held_back || (!number && !look->whole))
        return;
    p->held_back = number;
    if (number) {
        bool ours = peer_takes_size(p, first);
        buf_put_str(&what, "a message of S-");
        buf_put_decimal(&what, number);
        buf_put_str(&what, " takes ");
        buf_put_decimal(&what, first->body_bytes);
        buf_put_str(&what, ours ? " bytes; we send at most "
                                : " bytes; they take at most ");
        buf_put_decimal(&what,
                        ours ? x->config.body_bytes_max : p->body_bytes_max);
    }
    buf_put_u8(&what, 0);
    alarm_while(x, &cause, number != 0, (const char *)what.data);
    buf_clear(&what);
}

static void
tell_refused(struct exchange *x, uint32_t peer, const struct look *look)
{
    struct peer *p = x->peers[peer];
    struct alarm_cause cause = alarm_of_peer(ALARM_HELD_BACK, peer);
    struct buf what = {0};
    uint64_t number = p->outlook.refused.number;

    if (number == p->held_by_rules || (!number && !look->whole))
        return;
    p->held_by_rules = number;
    if (number) {
        buf_put_str(&what, "a message of S-");
        buf_put_decimal(&what, number);
        buf_put_str(&what, " is ");
        buf_put_str(&what, tlp_label(tlp_from_byte(p->outlook.refused.tlp)));
        buf_put_str(&what, "; the ceiling of this peer is ");
        buf_put_str(&what, tlp_label(p->agreement.ceiling));
        if (!p->agreement.community)
            buf_put_str(&what, ", and it is not of the community");
    }
    buf_put_u8(&what, 0);
    alarm_while(x, &cause, number != 0, (const char *)what.data);
    buf_clear(&what);
}

/* Say it, and do what the entry asks of ourselves: a citing expunge is obeyed
 * here as well, and behind a card the lane may go on with another key. */
static void
say_placed(struct exchange *x, uint32_t lane, const struct outbox_item *item,
           const struct placed *p)
{
    struct buf body = {0};

    emit(x, &p->fact);
    if (!cites(item) && item->kind != LEAF_CARD)
        return;
    buf_put(&body, slice_of(item_body(x, item->item, &x->scratch).data,
                            item->body_bytes));
    if (cites(item)) {
        expunge_own(x, lane, x->lanes[lane]->at.size - 1, buf_slice(&body));
    } else {
        rotation_note(x, lane, buf_slice(&body), NULL);
        ask_switch(x, lane);
    }
    buf_clear(&body);
}

/* Each place is said once the next message was read as well: a batch that
 * must stop short of one still has its end, and is signed at the next start. */
static size_t
place_planned(struct exchange *x, uint32_t lane, size_t leaves)
{
    const struct lane *l = x->lanes[lane];
    struct placed two[2];
    struct placed *last = NULL;
    size_t count = 0;

    for (; count < leaves; count++) {
        struct placed *next = &two[count % 2];
        if (!place(x, l->at.size + (last ? 1 : 0), &x->planned[count], next))
            break;
        next->fact.lane = lane;
        if (last)
            say_placed(x, lane, &x->planned[count - 1], last);
        last = next;
    }
    if (last) {
        last->fact.ends_batch = true;
        say_placed(x, lane, &x->planned[count - 1], last);
    }
    return count;
}

static bool
sequence_batch(struct exchange *x, uint32_t lane)
{
    struct peer *p = x->peers[x->lanes[lane]->peer];
    struct look look;

    look_begin(p, &look);
    struct batch_plan plan = plan_batch(x, p, &look);
    look_end(x, p, &look);
    tell_too_large(x, x->lanes[lane]->peer, &look);
    tell_refused(x, x->lanes[lane]->peer, &look);
    if (place_planned(x, lane, plan.leaves) < plan.leaves) {
        stop_node(x, ERR_DAMAGED,
                  "a queued message cannot be read back from the journal: the "
                  "disk is damaged; restore from the backup");
        return false;
    }
    return plan.leaves > 0;
}

/* Sequence what waits, as far as batches may be on their way. */
void
sequence_pump(struct exchange *x, struct link *k)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    struct lane *l = lane_at(x, lane);

    /* PROTOCOL resume: "On row 3, 5, 8 or 12, and on row 2 where the genesis
     * does not stand in its signing journal, the origin MUST freeze the lane:
     * it sequences, signs and sends nothing in it." */
    /* PROTOCOL resume: "Index, salt, leaf record and signature of a message
     * MUST be made only inside a session, after the verdict of row 4." */
    if (!k->out.agreed || k->out.stands || k->out.lane != lane || !l ||
        l->frozen || x->peers[k->peer]->again_lane != NONE)
        return;
    if (!has_room(x, BATCH_LEAVES_MAX, 0)) {
        ask_extend(x, lane);
        return;
    }
    /* What is signed goes first, so that urgent messages can still overtake
     * what is not. */
    /* PROTOCOL resume: "Nothing MUST be sequenced behind the entry that closes
     * an epoch." */
    /* PROTOCOL batches: "More batches than the smaller batches_in_flight of the
     * two HELLOs says MUST NOT be in flight in a lane." */
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
