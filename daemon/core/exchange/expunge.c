#include "core/exchange/inside.h"

#include "core/base/mem.h"
#include "core/wire/message.h"

/* What one turn erases before others have theirs: some seconds of a slow
 * disk. */
#define ERASURES_STEP_MAX 8192

static void
erasure_add(struct outcome *o, const struct erasure *what)
{
    if (o->erasure_count == o->erasure_capacity) {
        o->erasure_capacity =
            o->erasure_capacity ? 2 * o->erasure_capacity : 16;
        o->erasures =
            mem_resize(o->erasures, o->erasure_capacity, sizeof *o->erasures);
    }
    o->erasures[o->erasure_count++] = *what;
}

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that, and note that it was done; what a crash left
 * without that note is done again." */
/* The first turn of a start finds what has no note yet; one that may not start
 * may have another team's journal before it. */
void
expunge_pump(struct exchange *x)
{
    if (x->erasing || !x->started)
        return;
    while (x->erasing < x->erasures.count && x->erasing < ERASURES_STEP_MAX)
        erasure_add(x->out, ring_at(&x->erasures, x->erasing++));
}

/* PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever its
 * node keeps them, sync that, and note that it was done; what a crash left
 * without that note is done again." */
void
expunge_erased(struct exchange *x, uint64_t count)
{
    for (; count && x->erasing; count--, x->erasing--) {
        const struct erasure *first = ring_at(&x->erasures, 0);
        emit(x, &(struct fact){.type = FACT_ERASED,
                               .lane = first->lane,
                               .index = first->index});
    }
}

/* ---- our own ------------------------------------------------------------- */

/* PROTOCOL expunge: "An expunge MUST be written by the origin alone: its ref is
 * the index of an earlier entry of kind 0 of the same lane, its body empty;
 * where that entry lies in an earlier epoch, ref is 2^64 - 1 and the body a
 * submission id and a message of kind 5 whose expunge note cites it, with count
 * 1." */
/* Queue an entry without a body: its ref says all. */
static void
queue_with_ref(struct exchange *x, uint32_t peer, uint64_t index)
{
    uint8_t pad[32];

    seed_take(&x->seed, pad, sizeof pad);
    emit(x, &(struct fact){.type = FACT_SUBMITTED,
                           .item = x->item_count,
                           .peer = peer,
                           .kind = LEAF_EXPUNGE,
                           .ref = index,
                           .urgent = true,
                           .time = x->now.wall,
                           .blob_head = SLICE_ARRAY(pad)});
}

/* PROTOCOL expunge: "An expunge MUST be written by the origin alone: its ref is
 * the index of an earlier entry of kind 0 of the same lane, its body empty;
 * where that entry lies in an earlier epoch, ref is 2^64 - 1 and the body a
 * submission id and a message of kind 5 whose expunge note cites it, with count
 * 1." */
enum err
expunge_queue(struct exchange *x, uint32_t lane, uint64_t index)
{
    const struct lane *l = x->lanes[lane];
    struct message m = {.kind = MESSAGE_EXPUNGE_NOTE, .has_expunge = true};
    uint8_t record[LEAF_BYTES];

    if (lane == x->peers[l->peer]->lane_out) {
        queue_with_ref(x, l->peer, index);
        return OK;
    }
    enum err e = x->store.ops->record(x->store.self, lane, index, record);
    if (e != OK)
        return e;
    m.expunge.entry =
        (struct citation){.lane = l->id, .first = index, .count = 1};
    leaf_hash(record, &m.expunge.entry.leaf);
    own_message_queue(x, l->peer, LEAF_EXPUNGE, &m);
    return OK;
}

bool
expunge_again(struct exchange *x, uint32_t lane, const struct leaf *leaf)
{
    const struct lane *l = x->lanes[lane];

    if (leaf->kind == LEAF_EXPUNGE && leaf->ref < leaf->index &&
        expunge_queue(x, lane, leaf->ref) != OK)
        stop_node(x, ERR_DAMAGED,
                  "a leaf record cannot be read back from the journal: the "
                  "disk is damaged");
    return expunged_find(&l->expunges, leaf->index) != NULL;
}

/* Give the first expunge that waits and has a ref; NULL for none. */
static const struct outbox_item *
first_with_ref(const struct peer *p)
{
    const struct outbox_item *o;
    size_t at = 0;

    do
        o = outbox_next(&p->queues[QUEUE_OWN], LEAF_EXPUNGE, &at);
    while (o && o->ref == LEAF_REF_NONE);
    return o;
}

void
expunge_rolled(struct exchange *x, uint32_t lane)
{
    struct peer *p = x->peers[x->lanes[lane]->peer];
    const struct outbox_item *o;

    while ((o = first_with_ref(p))) {
        uint64_t ref = o->ref;
        emit(x, &(struct fact){.type = FACT_CANCELLED, .item = o->item});
        if (expunge_queue(x, lane, ref) != OK)
            stop_node(x, ERR_DAMAGED,
                      "a leaf record cannot be read back from the journal: "
                      "the disk is damaged");
    }
}

void
expunge_item(struct exchange *x, uint64_t item)
{
    emit(x, &(struct fact){.type = FACT_CANCELLED, .item = item});
    emit(x,
         &(struct fact){.type = FACT_ERASE, .lane = ERASE_ITEM, .index = item});
}

/* ---- of either side ------------------------------------------------------ */

/* PROTOCOL expunge: "An expunge whose ref is not below its own index, whose
 * citation is not an entry of an earlier epoch of its own lane, or that names
 * what is expunged already MUST be kept as an entry, without effect." */
/* Find the lane of an earlier epoch that an expunge in the lane `by` cites. */
static uint32_t
cited_lane(const struct exchange *x, uint32_t by, const struct lane_id *id)
{
    const struct lane *from = x->lanes[by];

    for (uint32_t i = 0; i < x->lane_count; i++) {
        const struct lane *l = x->lanes[i];
        if (l->peer == from->peer && l->ours == from->ours &&
            l->epoch < from->epoch && lane_id_equal(&l->id, id))
            return i;
    }
    return NONE;
}

/* Obey a citing expunge. Tell whether it has an effect, and on which entry. */
static bool
obey(struct exchange *x, struct erasure by, struct slice body,
     struct erasure *what)
{
    struct submission_id id;
    uint8_t record[LEAF_BYTES];
    struct slice bytes;
    struct message m;
    struct hash leaf;

    if (body_split(body, &id, &bytes) != OK ||
        message_read(x, bytes, &m) != OK || !m.has_expunge)
        return false;
    const struct citation *c = &m.expunge.entry;
    uint32_t lane = cited_lane(x, by.lane, &c->lane);
    if (lane == NONE || c->count != 1 || c->first >= x->lanes[lane]->at.size ||
        is_expunged(&x->lanes[lane]->expunges, c->first) ||
        x->store.ops->record(x->store.self, lane, c->first, record) != OK)
        return false;
    leaf_hash(record, &leaf);
    if (!hash_equal(&leaf, &c->leaf))
        return false;
    *what = (struct erasure){lane, c->first};
    emit(x, &(struct fact){.type = FACT_ERASE,
                           .lane = what->lane,
                           .index = what->index,
                           .number = by.lane,
                           .ref = by.index});
    return true;
}

void
expunge_obey(struct exchange *x, uint32_t by, uint64_t index, struct slice body)
{
    struct erasure what;

    (void)obey(x, (struct erasure){by, index}, body, &what);
}

/* It may have been queued again before. */
static void
recall_copy(struct exchange *x, const struct erasure *of)
{
    struct submission_id id;
    struct slice message;

    buf_reset(&x->scratch);
    if (x->store.ops->body(x->store.self, of->lane, of->index, &x->scratch) !=
            OK ||
        body_split(slice_of(x->scratch.data + SALT_BYTES,
                            x->scratch.size - SALT_BYTES),
                   &id, &message) != OK)
        return;
    const struct outbox_item *o =
        outbox_waiting(x, x->lanes[of->lane]->peer, &id);
    if (o)
        expunge_item(x, o->item);
}

void
expunge_own(struct exchange *x, uint32_t by, uint64_t index, struct slice body)
{
    struct erasure what;

    if (obey(x, (struct erasure){by, index}, body, &what))
        recall_copy(x, &what);
}

void
expunge_adopted(struct exchange *x, uint32_t lane, uint64_t index,
                const struct fact *f)
{
    struct leaf leaf;

    if (f->blob_body.size &&
        leaf_decode(SLICE_ARRAY(f->record), index, &leaf) == OK &&
        leaf.kind == LEAF_EXPUNGE && leaf.ref == LEAF_REF_NONE)
        expunge_own(x, lane, index, f->blob_body);
}
