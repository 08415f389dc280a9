#include "core/exchange/own.h"
#include "core/exchange/snapshot.h"

/* ---- numbers that lead somewhere ---------------------------------------- */

static bool
is_peer(const struct exchange *x, uint32_t peer)
{
    return peer < x->peer_count;
}

static bool
is_lane(const struct exchange *x, uint32_t lane)
{
    return lane < x->lane_count;
}

static bool
is_none_or_below(uint32_t number, uint64_t limit)
{
    return number == NONE || number < limit;
}

static bool
is_lane_of(const struct exchange *x, uint32_t lane, uint32_t peer, bool ours)
{
    return is_lane(x, lane) && x->lanes[lane]->peer == peer &&
           x->lanes[lane]->ours == ours;
}

/* ---- submissions -------------------------------------------------------- */

/* What follows in a chain is older, so that every chain ends. */
static bool
part_fits(const struct exchange *x, size_t i)
{
    const struct part *p = &x->parts[i];
    bool placed = p->sequenced || p->lane || p->first_lane;

    return is_peer(x, p->peer) && is_none_or_below(p->next, i) &&
           (!placed || (is_lane(x, p->lane) && is_lane(x, p->first_lane)));
}

static bool
pass_fits(const struct exchange *x, size_t i)
{
    const struct pass *p = &x->passes[i];

    for (size_t k = 0; k < p->count; k++) {
        const struct span *s = &p->spans[k];
        if (!s->count || !s->bits || s->first > UINT64_MAX - s->count ||
            (k && s[-1].first + s[-1].count > s->first))
            return false;
    }
    return is_peer(x, p->peer) && is_none_or_below(p->next, i);
}

static bool
submissions_fit(const struct exchange *x)
{
    bool fit =
        x->stream_count < NONE && x->part_count < NONE && x->pass_count < NONE;

    for (size_t i = 0; fit && i < x->stream_count; i++)
        fit = is_none_or_below(x->stream_list[i].passes, x->pass_count) &&
              x->stream_list[i].number <= x->submission_count;
    for (size_t i = 0; fit && i < x->submission_count; i++)
        fit = x->submissions[i].stream < x->stream_count &&
              is_none_or_below(x->submissions[i].parts, x->part_count) &&
              is_none_or_below(x->submissions[i].user, x->user_count);
    for (size_t i = 0; fit && i < x->release_count; i++)
        fit = x->releases[i].number <= x->submission_count &&
              x->releases[i].number > (i ? x->releases[i - 1].number : 0);
    for (size_t i = 0; fit && i < x->part_count; i++)
        fit = part_fits(x, i);
    for (size_t i = 0; fit && i < x->pass_count; i++)
        fit = pass_fits(x, i);
    return fit;
}

/* ---- peers -------------------------------------------------------------- */

static bool
queue_fits(const struct exchange *x, const struct ring *r, uint64_t *cards)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct outbox_item *o = ring_at(r, i);
        const struct outbox_item *before = i ? ring_at(r, i - 1) : NULL;
        if (o->item >= x->item_count || o->stream >= x->stream_count ||
            (before && before->item >= o->item))
            return false;
        *cards += !o->gone && o->kind == LEAF_CARD;
    }
    return true;
}

static bool
again_fits(const struct exchange *x, uint32_t peer)
{
    const struct peer *p = x->peers[peer];

    if (p->again_lane == NONE)
        return true;
    return is_lane_of(x, p->again_lane, peer, true) &&
           p->again_lane != p->lane_out &&
           p->again_index < x->lanes[p->again_lane]->at.size;
}

static bool
peer_fits(const struct exchange *x, uint32_t peer)
{
    const struct peer *p = x->peers[peer];
    uint64_t cards = 0;

    for (size_t i = 0; i < QUEUE_COUNT; i++)
        if (!queue_fits(x, &p->queues[i], &cards))
            return false;
    return p->card.present && p->keys.count <= KEY_ERAS_MAX &&
           cards == p->cards_waiting && again_fits(x, peer) &&
           (p->lane_out == NONE || is_lane_of(x, p->lane_out, peer, true)) &&
           (p->lane_in == NONE || is_lane_of(x, p->lane_in, peer, false));
}

/* ---- lanes -------------------------------------------------------------- */

#define TREE_SIZE_MAX (UINT64_C(1) << 63)

/* The tail leads from one tree to the other. */
static bool
trees_fit(const struct lane *l)
{
    struct frontier tree = l->signed_at;
    struct hash a, b;

    if (l->at.size > TREE_SIZE_MAX || tree.size > l->at.size ||
        l->at.size - tree.size != l->tail_count)
        return false;
    for (size_t i = 0; i < l->tail_count; i++)
        frontier_append(&tree, &l->tail[i]);
    frontier_root(&tree, &a);
    frontier_root(&l->at, &b);
    return hash_equal(&a, &b);
}

static bool
ends_fit(const struct lane *l)
{
    uint64_t before = l->signed_at.size;

    for (size_t i = 0; i < l->ends.count; i++) {
        const struct batch_end *end = ring_at(&l->ends, i);
        if (end->size <= before || end->size > l->at.size)
            return false;
        before = end->size;
    }
    return l->ours || !l->ends.count;
}

static bool
declines_fit(const struct lane *l)
{
    for (size_t i = 0; i < l->decline_count; i++)
        if (l->declines[i].index >= l->at.size ||
            l->declines[i].count > l->at.size - l->declines[i].index)
            return false;
    return true;
}

/* Ascending, apart, and none is empty. */
static bool
gaps_fit(const struct lane *l)
{
    const struct expunges *e = &l->expunges;
    uint64_t end = 0;

    for (size_t i = 0; i < e->gap_count; i++) {
        const struct gap *g = &e->gaps[i];
        if (!g->count || g->index >= l->at.size ||
            g->count > l->at.size - g->index || (i && g->index <= end))
            return false;
        end = g->index + g->count;
    }
    return !l->ours || !e->gap_count;
}

static bool
expunges_fit(const struct exchange *x, const struct lane *l)
{
    const struct expunges *e = &l->expunges;

    for (size_t i = 0; i < e->count; i++)
        if (e->list[i].index >= l->at.size || !is_lane(x, e->list[i].by_lane))
            return false;
    for (size_t i = 0; i < e->missing_count; i++)
        if (e->missing[i].index >= l->at.size ||
            (i && e->missing[i - 1].index >= e->missing[i].index))
            return false;
    return gaps_fit(l);
}

static bool
keys_fit(const struct lane *l)
{
    for (size_t i = 1; i < l->key_count; i++)
        if (l->keys[i - 1].above > l->keys[i].above)
            return false;
    return !l->key_count || l->keys[l->key_count - 1].above <= l->at.size;
}

/* The epoch that follows stands behind it, so that every chain ends. */
static bool
next_fits(const struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];

    return l->next == NONE ||
           (l->next > lane && is_lane_of(x, l->next, l->peer, l->ours) &&
            x->lanes[l->next]->epoch > l->epoch);
}

static bool
lane_fits(const struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];

    return is_peer(x, l->peer) && next_fits(x, lane) && trees_fit(l) &&
           l->last.size <= l->at.size &&
           (!l->has_receipt || l->receipt.at.size <= l->signed_at.size) &&
           l->numbers.count <= l->at.size && (l->ours || !l->numbers.count) &&
           ends_fit(l) && declines_fit(l) && expunges_fit(x, l) && keys_fit(l);
}

/* ---- the node ----------------------------------------------------------- */

static bool
alarms_fit(const struct exchange *x)
{
    uint64_t before = 0;

    for (size_t i = 0; i < x->alarm_count; i++) {
        const struct alarm *a = &x->alarms[i];
        if (a->number <= before || a->number > x->alarm_last ||
            !alarm_words(a->cause.kind) ||
            !is_none_or_below(a->cause.peer, x->peer_count) ||
            !is_none_or_below(a->cause.lane, x->lane_count))
            return false;
        before = a->number;
    }
    for (size_t i = 0; i < x->evidence_count; i++)
        if (!is_lane(x, x->evidence[i].lane))
            return false;
    return x->alarm_count <= ALARMS_KEPT_MAX;
}

/* What is to be erased of a lane is known as expunged there. */
static bool
erasures_fit(const struct exchange *x)
{
    for (size_t i = 0; i < x->erasures.count; i++) {
        const struct erasure *e = ring_at(&x->erasures, i);
        const struct lane *l = lane_at(x, e->lane);
        if (e->lane == ERASE_ITEM ? e->index >= x->item_count
                                  : !l || !is_expunged(&l->expunges, e->index))
            return false;
    }
    return true;
}

enum err
snapshot_check(const struct exchange *x)
{
    bool fits = submissions_fit(x) && x->keys.count <= KEY_ERAS_MAX;

    for (uint32_t i = 0; fits && i < x->peer_count; i++)
        fits = peer_fits(x, i);
    for (uint32_t i = 0; fits && i < x->lane_count; i++)
        fits = lane_fits(x, i);
    return fits && alarms_fit(x) && erasures_fit(x) ? OK : ERR_DAMAGED;
}
