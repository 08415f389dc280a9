#include "edge/journal/index.h"

#include "core/base/mem.h"

#define FIRST_CAPACITY 16

void
index_init(struct index *x)
{
    *x = (struct index){0};
}

static void
lane_clear(struct index_lane *lane)
{
    mem_free(lane->entries.at);
    mem_free(lane->kept);
}

void
index_clear(struct index *x)
{
    for (size_t i = 0; i < x->lane_count; i++)
        lane_clear(&x->lanes[i]);
    mem_free(x->lanes);
    mem_free(x->items.at);
    index_init(x);
}

void *
index_room(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    return mem_resize(array, *capacity, size);
}

/* Numbers have no gaps: anything but the next one is a contradiction. */
static enum err
places_add(struct places *p, uint64_t number, uint64_t place)
{
    if (number != p->count)
        return ERR_DAMAGED;
    p->at = index_room(p->at, p->count, &p->capacity, sizeof *p->at);
    p->at[p->count++] = place;
    return OK;
}

bool
places_find(const struct places *p, uint64_t number, uint64_t *out)
{
    if (number >= p->count)
        return false;
    *out = p->at[number];
    return true;
}

static struct index_lane *
lane_of(const struct index *x, uint32_t lane)
{
    return lane < x->lane_count ? &x->lanes[lane] : NULL;
}

const struct index_lane *
index_lane(const struct index *x, uint32_t lane)
{
    return lane_of(x, lane);
}

static enum err
lane_add(struct index *x, const struct fact *f, uint64_t place)
{
    if (f->lane != x->lane_count)
        return ERR_DAMAGED;
    x->lanes = index_room(x->lanes, x->lane_count, &x->lane_capacity,
                          sizeof *x->lanes);
    x->lanes[x->lane_count++] =
        (struct index_lane){.ours = f->ours, .place = place};
    return OK;
}

static enum err
entry_add(struct index *x, const struct fact *f, uint64_t place)
{
    struct index_lane *lane = lane_of(x, f->lane);

    if (!lane || lane->ours != (f->type != FACT_ENTRY))
        return ERR_DAMAGED;
    if (f->type == FACT_SEQUENCED && f->item >= x->items.count)
        return ERR_DAMAGED;
    return places_add(&lane->entries, f->index, place);
}

static enum err
kept_add(struct index *x, const struct fact *f, uint64_t place)
{
    struct index_lane *lane = lane_of(x, f->lane);
    uint64_t size = f->checkpoint.size;

    if (!lane || lane->ours != (f->type == FACT_CHECKPOINT))
        return ERR_DAMAGED;
    if (size > lane->entries.count)
        return ERR_DAMAGED;
    if (lane->kept_count && size < lane->kept[lane->kept_count - 1].size)
        return ERR_DAMAGED;
    lane->kept = index_room(lane->kept, lane->kept_count, &lane->kept_capacity,
                            sizeof *lane->kept);
    lane->kept[lane->kept_count++] = (struct kept_checkpoint){size, place};
    return OK;
}

enum err
index_add(struct index *x, const struct fact *f, uint64_t place)
{
    switch (f->type) {
    case FACT_LANE:
        return lane_add(x, f, place);
    case FACT_SUBMITTED:
    case FACT_REQUEUED:
        return places_add(&x->items, f->item, place);
    case FACT_SEQUENCED:
    case FACT_ADOPTED:
    case FACT_ENTRY:
        return entry_add(x, f, place);
    case FACT_CHECKPOINT:
    case FACT_BATCH:
        return kept_add(x, f, place);
    case FACT_NODE:
    case FACT_PEER:
    case FACT_CONFIRMED:
    case FACT_SUBMISSION:
    case FACT_SEEN:
    case FACT_RECEIPT_GIVEN:
    case FACT_RECEIPT_TAKEN:
    case FACT_FROZEN:
    case FACT_ALARM:
    case FACT_CANCELLED:
    case FACT_DECLINED:
    case FACT_ERASED:
    case FACT_ERASE:
    case FACT_LANE_KEY:
    case FACT_RESTORED:
    case FACT_RETENTION:
    case FACT_RESUMED:
    case FACT_ROLLED:
    case FACT_GRANTED:
    case FACT_EVIDENCE:
    case FACT_ALARM_NOTED:
    case FACT_PAUSED:
    case FACT_SUBMITTER:
    case FACT_RELEASED:
    case FACT_TYPE_COUNT:
        break;
    }
    return OK;
}

size_t
places_below(const struct places *p, uint64_t place)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->at[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
place_move(uint64_t *at, const struct index_range *range, uint64_t place)
{
    if (*at >= range->low && *at < range->high)
        *at = place;
}

static void
places_move(struct places *p, uint64_t number, const struct index_range *range,
            uint64_t place)
{
    if (number < p->count)
        place_move(&p->at[number], range, place);
}

/* Of one size several may be kept: any of them is as good. */
static void
kept_move(struct index_lane *lane, uint64_t size,
          const struct index_range *range, uint64_t place)
{
    const struct kept_checkpoint *first = index_kept(lane, size);
    size_t i = first ? (size_t)(first - lane->kept) : lane->kept_count;

    for (; i < lane->kept_count && lane->kept[i].size == size; i++)
        place_move(&lane->kept[i].place, range, place);
}

void
index_move(struct index *x, const struct fact *f,
           const struct index_range *range, uint64_t place)
{
    struct index_lane *lane = lane_of(x, f->lane);

    if (f->type == FACT_SUBMITTED || f->type == FACT_REQUEUED)
        places_move(&x->items, f->item, range, place);
    else if (!lane)
        return;
    else if (f->type == FACT_LANE)
        place_move(&lane->place, range, place);
    else if (f->type == FACT_SEQUENCED || f->type == FACT_ADOPTED ||
             f->type == FACT_ENTRY)
        places_move(&lane->entries, f->index, range, place);
    else if (f->type == FACT_CHECKPOINT || f->type == FACT_BATCH)
        kept_move(lane, f->checkpoint.size, range, place);
}

static void
places_cut(struct places *p, uint64_t place)
{
    while (p->count && p->at[p->count - 1] >= place)
        p->count--;
}

void
index_cut(struct index *x, uint64_t place)
{
    places_cut(&x->items, place);
    while (x->lane_count && x->lanes[x->lane_count - 1].place >= place)
        lane_clear(&x->lanes[--x->lane_count]);
    for (size_t i = 0; i < x->lane_count; i++) {
        struct index_lane *lane = &x->lanes[i];
        places_cut(&lane->entries, place);
        while (lane->kept_count &&
               lane->kept[lane->kept_count - 1].place >= place)
            lane->kept_count--;
    }
}

const struct kept_checkpoint *
index_kept(const struct index_lane *lane, uint64_t size)
{
    size_t low = 0, high = lane->kept_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lane->kept[middle].size < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lane->kept_count ? &lane->kept[low] : NULL;
}
