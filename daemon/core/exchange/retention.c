#include "core/exchange/retention.h"

#include "core/exchange/fold.h"
#include "core/exchange/view.h"

/* A node that stops forgets at most so much of the time it ran. */
#define CLOCK_MS_MAX UINT64_C(3600000)

/* What an age is told apart by: a part of the whole. */
#define MARKS_OF_WHOLE 32
#define STEP_MS_MIN 100

/* ---- folds -------------------------------------------------------------- */

/* Find the lowest item that waits for a peer; all below are sequenced or
 * cancelled. */
static uint64_t
lowest_waiting(const struct exchange *x, const struct peer *p)
{
    uint64_t lowest = x->item_count;

    if (p->again_lane != NONE)
        return 0; /* what will wait again may be any of them */
    for (size_t q = 0; q < QUEUE_COUNT; q++)
        for (size_t i = 0; i < p->queues[q].count; i++) {
            const struct outbox_item *o = ring_at(&p->queues[q], i);
            if (o->gone)
                continue;
            if (o->item < lowest)
                lowest = o->item;
            break;
        }
    return lowest;
}

static void
mark_lane(const struct exchange *x, struct lane *l)
{
    struct mark mark = {
        .run_ms = x->run_ms,
        .size = l->at.size,
        .receipted = l->has_receipt ? l->receipt.at.size : 0,
        .receipted_bytes = l->signed_bytes,
        .item = lowest_waiting(x, x->peers[l->peer]),
    };

    if (l->marks.count == RETENTION_MARKS)
        ring_pop(&l->marks);
    bool pushed = ring_push(&l->marks, &mark);
    (void)pushed; /* there is room */
}

enum err
fold_retention(struct exchange *x, const struct fact *f)
{
    if (f->code < RETENTION_CLOCK || f->code > RETENTION_SEGMENT ||
        f->item < x->run_ms)
        return ERR_DAMAGED;
    x->run_ms = f->item;
    if (f->code != RETENTION_MARK)
        return OK;
    x->mark_ms = f->item;
    for (uint32_t i = 0; i < x->lane_count; i++)
        mark_lane(x, x->lanes[i]);
    return OK;
}

/* ---- the time ----------------------------------------------------------- */

static uint64_t
mark_step(const struct exchange *x)
{
    uint64_t step = x->config.retention_ms / MARKS_OF_WHOLE;

    return step < STEP_MS_MIN ? STEP_MS_MIN : step;
}

static uint64_t
clock_step(const struct exchange *x)
{
    uint64_t step = mark_step(x);

    return step < CLOCK_MS_MAX ? step : CLOCK_MS_MAX;
}

static uint64_t
run_now(const struct exchange *x)
{
    return x->run_ms + (x->now.mono.ms - x->run_from.ms);
}

static void
note(struct exchange *x, enum retention code, uint64_t number)
{
    emit(x, &(struct fact){.type = FACT_RETENTION,
                           .code = code,
                           .number = number,
                           .item = run_now(x)});
    x->run_from = x->now.mono;
    quota_freed(x);
}

/* PROTOCOL journal: "Time for retention counts while the node runs, never by
 * the clock." */
void
retention_tick(struct exchange *x)
{
    if (!x->started || !x->config.retention_ms)
        return;
    if (!x->run_from.ms)
        x->run_from = x->now.mono;
    uint64_t run = run_now(x);
    if (run - x->run_ms < clock_step(x))
        return;
    bool mark = run - x->mark_ms >= mark_step(x);
    note(x, mark ? RETENTION_MARK : RETENTION_CLOCK, 0);
}

struct mono
retention_deadline(const struct exchange *x)
{
    if (!x->started || !x->config.retention_ms || !x->run_from.ms)
        return MONO_NEVER;
    return mono_after(x->run_from, clock_step(x));
}

void
retention_segment(struct exchange *x, uint64_t number)
{
    if (x->started && x->config.retention_ms)
        note(x, RETENTION_SEGMENT, number);
}

/* ---- what may go -------------------------------------------------------- */

/* Find the newest mark of a lane that is as old as bodies are kept. */
static const struct mark *
old_mark(const struct exchange *x, const struct lane *l)
{
    const struct mark *found = NULL;

    for (size_t i = 0; x->config.retention_ms && i < l->marks.count; i++) {
        const struct mark *m = ring_at(&l->marks, i);
        if (m->run_ms + x->config.retention_ms > x->run_ms)
            break;
        found = m;
    }
    return found;
}

/* PROTOCOL journal: "A node MUST NOT remove a body that no receipt covers, nor
 * a leaf record or a checkpoint that ended a batch." */
/* PROTOCOL journal: "A body is kept for a retention time after the receipt
 * that covers it." */
uint64_t
view_entries_free(const struct exchange *x, uint32_t lane)
{
    const struct lane *l = lane_at(x, lane);
    const struct mark *m = l ? old_mark(x, l) : NULL;

    return m ? m->receipted : 0;
}

uint64_t
retention_freed(const struct exchange *x, const struct lane *l)
{
    const struct mark *m = old_mark(x, l);

    return m ? m->receipted_bytes : 0;
}

/* Items below the lowest that waited at a mark stood in the lane then: they
 * are free once all of the lane up to there is. */
uint64_t
view_items_free(const struct exchange *x, uint32_t peer)
{
    const struct lane *l =
        peer < x->peer_count ? lane_at(x, x->peers[peer]->lane_out) : NULL;
    const struct mark *old = l ? old_mark(x, l) : NULL;
    uint64_t items = 0;

    for (size_t i = 0; old && i < l->marks.count; i++) {
        const struct mark *m = ring_at(&l->marks, i);
        if (m->size <= old->receipted)
            items = m->item;
    }
    return items;
}
