/*
 * truth - lanes as they were said, signed and kept.
 */
#include "sim/sim.h"

#include "core/base/mem.h"
#include "core/lane/checkpoint.h"
#include "core/wire/card.h"
#include "core/wire/message.h"
#include "sim/roots.h"

#include <assert.h>

#define ARENA_BYTES MIB(8)

static const char *const names[INVARIANT_COUNT] = {
#define INVARIANT(id, text, when) #id,
#include "sim/invariants.def"
#undef INVARIANT
};

bool
hold(struct world *w, enum invariant i, bool good, const char *text)
{
    w->counts.checked[i]++;
    if (!good)
        violate(w, names[i], text);
    return good;
}

void
truth_init(struct truth *t)
{
    *t = (struct truth){0};
    table_init(&t->ids, sizeof(struct lane_id));
    arena_init(&t->arena, ARENA_BYTES);
}

void
truth_clear(struct truth *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct lane_truth *l = t->lanes[i];
        mem_free(l->leaves);
        roots_clear(&l->released);
        roots_clear(&l->receipted);
        roots_clear(&l->sequenced);
        roots_clear(&l->endorsed);
        roots_clear(&l->verified);
        mem_free(l);
    }
    mem_free(t->lanes);
    table_clear(&t->ids);
    arena_clear(&t->arena);
}

void
kept_clear(struct kept *k)
{
    for (size_t i = 0; i < k->lane_count; i++)
        mem_free(k->lanes[i].entries);
    mem_free(k->lanes);
    mem_free(k->items);
    *k = (struct kept){0};
}

struct kept_lane *
kept_find(const struct kept *k, const struct lane_truth *l)
{
    for (size_t i = 0; i < k->lane_count; i++)
        if (k->lanes[i].truth == l)
            return &k->lanes[i];
    return NULL;
}

struct kept_lane *
kept_current(const struct kept *k, uint32_t peer, bool ours)
{
    uint32_t at = k->current[peer][ours];

    return at ? &k->lanes[at - 1] : NULL;
}

static bool
is_item_of(const struct kept_item *item, const struct fact *f,
           const struct leaf *leaf)
{
    if (leaf->kind == LEAF_EXPUNGE && leaf->ref != LEAF_REF_NONE)
        return item->own && item->ref == leaf->ref;
    return item->id.sequence == f->submission.sequence &&
           memcmp(item->id.stream, f->submission.stream, STREAM_ID_BYTES) == 0;
}

struct kept_item *
kept_waiting(const struct kept *k, uint32_t peer, const struct fact *adopted)
{
    struct leaf leaf;

    if (leaf_decode(SLICE_ARRAY(adopted->record), adopted->index, &leaf) != OK)
        return NULL;
    for (size_t i = 0; i < k->item_count; i++)
        if (k->items[i].waits && k->items[i].peer == peer &&
            is_item_of(&k->items[i], adopted, &leaf))
            return &k->items[i];
    return NULL;
}

struct lane_truth *
truth_lane(const struct truth *t, const struct lane_id *id)
{
    const uint64_t *at = table_find(&t->ids, id->b);

    return at ? t->lanes[*at] : NULL;
}

/* A new epoch bears the causes of those before it. */
static unsigned
causes_before(const struct truth *t, unsigned origin, unsigned holder)
{
    unsigned causes = 0;

    for (size_t i = 0; i < t->count; i++)
        if (t->lanes[i]->origin == origin && t->lanes[i]->holder == holder)
            causes |= t->lanes[i]->causes;
    return causes;
}

struct lane_truth *
truth_lane_make(struct truth *t, const uint8_t genesis[GENESIS_BYTES],
                unsigned origin, unsigned holder)
{
    struct lane_truth *l = mem_new(sizeof *l);
    struct genesis g = {0};

    if (genesis_decode(slice_of(genesis, GENESIS_BYTES), &g) != OK)
        assert(false && "a fact has a good genesis");
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        t->lanes =
            mem_resize(t->lanes, t->capacity, sizeof(struct lane_truth *));
    }
    *l = (struct lane_truth){.origin = origin,
                             .holder = holder,
                             .epoch = g.epoch,
                             .prev_size = g.prev_size};
    lane_id_of(genesis, &l->id);
    l->causes = causes_before(t, origin, holder);
    frontier_init(&l->said);
    table_put(&t->ids, l->id.b, t->count);
    t->lanes[t->count++] = l;
    return l;
}

void
truth_garbled(struct world *w, unsigned type, unsigned from, unsigned to)
{
    for (size_t i = 0; i < w->truth.count; i++) {
        struct lane_truth *l = w->truth.lanes[i];
        if (type == FRAME_RESUME && l->origin == to && l->holder == from)
            l->causes |= CAUSE_CLAIM_FLIPPED;
        if (type == FRAME_VERDICT && l->origin == from && l->holder == to)
            l->causes |= CAUSE_VERDICT_FLIPPED;
    }
}

void
lanes_caused(struct world *w, const struct node *n, unsigned of_ours,
             unsigned of_theirs)
{
    for (size_t i = 0; i < w->truth.count; i++) {
        struct lane_truth *l = w->truth.lanes[i];
        if (l->origin == n->index)
            l->causes |= of_ours;
        if (l->holder == n->index)
            l->causes |= of_theirs;
    }
}
