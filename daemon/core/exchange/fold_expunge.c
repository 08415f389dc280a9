#include "core/exchange/fold.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

void
expunges_init(struct expunges *e)
{
    *e = (struct expunges){0};
    table_init(&e->at, sizeof(uint64_t));
}

void
expunges_clear(struct expunges *e)
{
    table_clear(&e->at);
    mem_free(e->list);
    mem_free(e->missing);
}

static struct expunged *
find(const struct expunges *e, uint64_t index)
{
    uint8_t key[sizeof index];

    put_be64(key, index);
    const uint64_t *at = table_find(&e->at, key);
    return at ? &e->list[*at] : NULL;
}

const struct expunged *
expunged_find(const struct expunges *e, uint64_t index)
{
    return find(e, index);
}

bool
is_expunged(const struct expunges *e, uint64_t index)
{
    const struct expunged *found = find(e, index);

    return found && found->state != EXPUNGE_QUEUED;
}

static struct expunged *
add(struct expunges *e, uint64_t index)
{
    uint8_t key[sizeof index];

    if (e->count == e->capacity) {
        e->capacity = e->capacity ? 2 * e->capacity : 8;
        e->list = mem_resize(e->list, e->capacity, sizeof *e->list);
    }
    put_be64(key, index);
    table_put(&e->at, key, e->count);
    e->list[e->count] =
        (struct expunged){.index = index, .state = EXPUNGE_QUEUED};
    return &e->list[e->count++];
}

/* ---- bodies that did not come -------------------------------------------- */

static void
missing_add(struct expunges *e, uint64_t index)
{
    if (e->missing_count == e->missing_capacity) {
        e->missing_capacity = e->missing_capacity ? 2 * e->missing_capacity : 8;
        e->missing =
            mem_resize(e->missing, e->missing_capacity, sizeof *e->missing);
    }
    e->missing[e->missing_count++] = (struct missing){.index = index};
}

static void
missing_expunged(struct expunges *e, uint64_t index)
{
    size_t low = 0, high = e->missing_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (e->missing[mid].index < index)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < e->missing_count && e->missing[low].index == index)
        e->missing[low].expunged = true;
}

void
expunge_fold_receipt(struct lane *l)
{
    struct expunges *e = &l->expunges;

    if (e->missing_count &&
        e->missing[e->missing_count - 1].index < l->receipt.at.size)
        e->missing_count = 0;
}

/* ---- expunges ------------------------------------------------------------ */

/* PROTOCOL expunge: "An expunge whose ref is not below its own index, whose
 * citation is not an entry of an earlier epoch of its own lane, or that names
 * what is expunged already MUST be kept as an entry, without effect." */
/* An expunge of (lane, index) has its place: what it names is to be erased.
 * A second one changes nothing. */
static enum err
stands(struct exchange *x, uint32_t lane, uint64_t index,
       const struct expunged *by)
{
    struct expunges *in = &x->lanes[lane]->expunges;
    struct erasure what = {lane, index};
    struct expunged *e = find(in, index);

    if (e && e->state != EXPUNGE_QUEUED)
        return OK;
    if (!e)
        e = add(in, index);
    e->by_lane = by->by_lane;
    e->by_index = by->by_index;
    e->state = EXPUNGE_STANDS;
    missing_expunged(in, index);
    return ring_push(&x->erasures, &what) ? OK : ERR_LIMIT;
}

enum err
expunge_fold_item(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, x->peers[f->peer]->lane_out);

    if (l && f->kind == LEAF_EXPUNGE && f->ref < l->at.size &&
        !find(&l->expunges, f->ref))
        add(&l->expunges, f->ref);
    return OK;
}

/* PROTOCOL expunge: "An expunge whose ref is not below its own index, whose
 * citation is not an entry of an earlier epoch of its own lane, or that names
 * what is expunged already MUST be kept as an entry, without effect." */
enum err
expunge_fold_entry(struct exchange *x, const struct fact *f)
{
    struct expunged by = {.by_lane = f->lane, .by_index = f->index};
    struct leaf leaf;

    if (leaf_decode(SLICE_ARRAY(f->record), f->index, &leaf) != OK)
        return ERR_DAMAGED;
    if (f->type == FACT_ENTRY && f->state == BODY_GONE)
        missing_add(&x->lanes[f->lane]->expunges, f->index);
    if (leaf.kind != LEAF_EXPUNGE || leaf.ref >= f->index)
        return OK;
    if (f->type == FACT_ADOPTED)
        outbox_adopt_expunge(x, x->lanes[f->lane]->peer, leaf.ref);
    return stands(x, f->lane, leaf.ref, &by);
}

enum err
fold_erase(struct exchange *x, const struct fact *f)
{
    const struct lane *l = lane_at(x, f->lane);
    struct erasure what = {f->lane, f->index};
    struct expunged by = {.by_lane = (uint32_t)f->number, .by_index = f->ref};

    if (f->lane == ERASE_ITEM)
        return f->index < x->item_count && ring_push(&x->erasures, &what)
                   ? OK
                   : ERR_DAMAGED;
    if (!l || f->index >= l->at.size || f->number >= x->lane_count)
        return ERR_DAMAGED;
    return stands(x, f->lane, f->index, &by);
}

enum err
fold_erased(struct exchange *x, const struct fact *f)
{
    const struct erasure *first = ring_at(&x->erasures, 0);

    if (!first || first->lane != f->lane || first->index != f->index)
        return ERR_DAMAGED;
    ring_pop(&x->erasures);
    if (f->lane != ERASE_ITEM)
        find(&x->lanes[f->lane]->expunges, f->index)->state = EXPUNGE_DONE;
    return OK;
}
