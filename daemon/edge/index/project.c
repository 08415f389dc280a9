#include "edge/index/project.h"

#include "core/model/marking.h"
#include "core/ports/store.h"
#include "core/wire/card.h"

_Static_assert(ERASE_ITEM == ROWS_LANE_NONE, "an item is no lane");

/* ---- teams and lanes ---------------------------------------------------- */

static void
text_keep(struct slice from, char to[ROWS_TEAM_MAX])
{
    size_t size = from.size < ROWS_TEAM_MAX ? from.size : ROWS_TEAM_MAX - 1;

    if (size)
        memcpy(to, from.data, size);
    to[size] = 0;
}

static void
team_take(struct project *p, uint32_t peer, struct slice payload)
{
    struct arena arena;
    struct signed_card with;
    struct card card;
    struct rows_team team;

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    if (signed_card_get(payload, &arena, &with) == OK &&
        card_get(with.card, &arena, &card) == OK) {
        text_keep(slice_str(card.team.text), team.team);
        text_keep(card.short_name, team.name);
        rows_team_put(p->rows, peer, &team);
    }
    arena_clear(&arena);
}

static void
on_node(struct project *p, const struct fact *f)
{
    team_take(p, ROWS_PEER_OWN, f->text);
}

static void
on_peer(struct project *p, const struct fact *f)
{
    team_take(p, f->peer, f->text);
}

static void
on_lane(struct project *p, const struct fact *f)
{
    struct rows_lane lane = {.peer = f->peer, .ours = f->ours};
    struct genesis g;

    if (genesis_decode(SLICE_ARRAY(f->genesis), &g) == OK)
        lane.epoch = g.epoch;
    lane_id_of(f->genesis, &lane.id);
    rows_lane_put(p->rows, f->lane, &lane);
}

/* PROTOCOL journal: "After a restore a node MUST NOT show or export anything
 * of a lane before its resume has run and what came of it is applied." */
static void
on_restored(struct project *p, const struct fact *f)
{
    if (f->code != RESTORED_GOES_ON)
        rows_withhold(p->rows);
}

static void
on_resumed(struct project *p, const struct fact *f)
{
    struct rows_lane lane;

    if (!rows_lane(p->rows, f->lane, &lane))
        return;
    lane.withheld = false;
    rows_lane_put(p->rows, f->lane, &lane);
}

/* ---- messages ----------------------------------------------------------- */

static unsigned
leaf_flags(uint8_t tlp, uint8_t flags)
{
    return (tlp_from_byte(tlp) == TLP_RED ? ROW_RED : 0u) |
           (flags & LEAF_FLAG_EXERCISE ? ROW_EXERCISE : 0u);
}

static void
forget(struct project *p, uint32_t lane, uint64_t index)
{
    uint32_t message = rows_at(p->rows, lane, index);

    if (message)
        rows_forget(p->rows, message);
}

/* PROTOCOL expunge: "Once the entry of an expunge is synced, neither side
 * MUST read, show or send the body that it names, or its salt." */
static void
expunge_look(struct project *p, uint32_t lane, const struct leaf *leaf)
{
    if (leaf->kind == LEAF_EXPUNGE && leaf->ref != LEAF_REF_NONE)
        forget(p, lane, leaf->ref);
}

static void
on_submitted(struct project *p, const struct fact *f)
{
    const struct row row = {.peer = f->peer,
                            .lane = ROWS_LANE_NONE,
                            .index = f->item,
                            .flags = ROW_OURS | leaf_flags(f->tlp, f->flags),
                            .time = f->time};

    waiting_forget(&p->waiting);
    if (f->kind != LEAF_MESSAGE || !f->blob_body.size)
        return;
    uint32_t message = content_add(p->content, &row, f->blob_body);
    if (message)
        rows_place(p->rows, ROWS_LANE_NONE, f->item, message);
}

static void
stands(struct project *p, uint32_t message, const struct row *where)
{
    struct row row;

    if (!rows_get(p->rows, message, &row))
        return;
    row.lane = where->lane;
    row.index = where->index;
    row.leaf = where->leaf;
    if (where->time.ms)
        row.time = where->time;
    rows_set(p->rows, &row);
    rows_place(p->rows, row.lane, row.index, message);
}

static void
stands_at(struct project *p, uint32_t message, const struct fact *f,
          struct wall time)
{
    struct row where = {.lane = f->lane, .index = f->index, .time = time};

    leaf_hash(f->record, &where.leaf);
    stands(p, message, &where);
}

static void
on_sequenced(struct project *p, const struct fact *f)
{
    uint32_t message = rows_at(p->rows, ROWS_LANE_NONE, f->item);
    struct leaf leaf;

    if (leaf_decode(SLICE_ARRAY(f->record), f->index, &leaf) != OK)
        return;
    if (message)
        stands_at(p, message, f, leaf.time);
    expunge_look(p, f->lane, &leaf);
}

/* It waits again, and keeps its row. */
static void
on_requeued(struct project *p, const struct fact *f)
{
    uint32_t message = rows_at(p->rows, f->lane, f->index);

    waiting_forget(&p->waiting);
    if (!message) {
        on_submitted(p, f);
        return;
    }
    stands(p, message, &(struct row){.lane = ROWS_LANE_NONE, .index = f->item});
    rows_again_put(p->rows, message, f->item);
}

static void
entry_take(struct project *p, const struct fact *f, unsigned flags)
{
    struct rows_lane lane;
    struct leaf leaf;

    if (leaf_decode(SLICE_ARRAY(f->record), f->index, &leaf) != OK ||
        !rows_lane(p->rows, f->lane, &lane))
        return;
    expunge_look(p, f->lane, &leaf);
    if (leaf.kind != LEAF_MESSAGE || !f->blob_body.size)
        return;
    struct row row = {.peer = lane.peer,
                      .lane = f->lane,
                      .index = f->index,
                      .flags = flags | leaf_flags(leaf.tlp, leaf.flags),
                      .time = leaf.time};
    leaf_hash(f->record, &row.leaf);
    uint32_t message = content_add(p->content, &row, f->blob_body);
    if (message)
        rows_place(p->rows, f->lane, f->index, message);
}

static void
on_entry(struct project *p, const struct fact *f)
{
    entry_take(p, f, 0);
}

/* PROTOCOL resume: "What stands in a fetched tail MUST leave the outbox by its
 * submission id." */
static bool
leaves_queue(struct project *p, const struct fact *f)
{
    struct rows_lane lane;
    struct leaf leaf;

    if (!f->blob_body.size || !rows_lane(p->rows, f->lane, &lane) ||
        leaf_decode(SLICE_ARRAY(f->record), f->index, &leaf) != OK ||
        leaf.kind != LEAF_MESSAGE)
        return false;
    uint32_t message = waiting_take(&p->waiting, p->rows, lane.peer,
                                    content_head(p->content, f->blob_body));
    if (message)
        stands_at(p, message, f, leaf.time);
    return message != 0;
}

static void
on_adopted(struct project *p, const struct fact *f)
{
    if (!leaves_queue(p, f))
        entry_take(p, f, ROW_OURS);
}

static void
on_cancelled(struct project *p, const struct fact *f)
{
    forget(p, ROWS_LANE_NONE, f->item);
}

static void
on_declined(struct project *p, const struct fact *f)
{
    struct row row;

    for (uint64_t i = 0; i < f->number; i++) {
        uint32_t message = rows_at(p->rows, f->lane, f->index + i);
        if (!message || !rows_get(p->rows, message, &row))
            continue;
        row.flags |= ROW_DECLINED;
        row.flags &= ~(unsigned)ROW_REVIEW;
        row.code = f->code;
        rows_review(p->rows, &row, NULL);
    }
}

static void
on_erase(struct project *p, const struct fact *f)
{
    forget(p, f->lane, f->index);
}

/* Tell whether a message was queued again since: its body stands there. */
static bool
has_left(struct project *p, uint32_t lane, uint64_t index)
{
    uint32_t message = rows_at(p->rows, lane, index);
    struct row row;
    uint64_t item;

    if (lane == ROWS_LANE_NONE)
        return rows_again(p->rows, message, &item) && item != index;
    return rows_get(p->rows, message, &row) &&
           (row.lane != lane || row.index != index);
}

void
project_left_out(void *project, const struct fact *f)
{
    bool is_item = f->type == FACT_SUBMITTED || f->type == FACT_REQUEUED;
    uint32_t lane = is_item ? ROWS_LANE_NONE : f->lane;
    uint64_t index = is_item ? f->item : f->index;

    if (!has_left(project, lane, index))
        forget(project, lane, index);
}

/* By then the kept segment is in its place, or never will be: the daemon tells
 * of a turn when all that follows from it was done. */
static void
on_retention(struct project *p, const struct fact *f)
{
    if (f->code == RETENTION_SEGMENT && p->tail)
        tail_left_out(p->tail, (uint32_t)f->number, project_left_out, p);
}

void
project_fact(void *project, const struct fact *f)
{
    static void (*const takes[FACT_TYPE_COUNT])(struct project * p,
                                                const struct fact *f) = {
        [FACT_NODE] = on_node,           [FACT_PEER] = on_peer,
        [FACT_LANE] = on_lane,           [FACT_SUBMITTED] = on_submitted,
        [FACT_REQUEUED] = on_requeued,   [FACT_SEQUENCED] = on_sequenced,
        [FACT_ENTRY] = on_entry,         [FACT_ADOPTED] = on_adopted,
        [FACT_CANCELLED] = on_cancelled, [FACT_DECLINED] = on_declined,
        [FACT_ERASE] = on_erase,         [FACT_ERASED] = on_erase,
        [FACT_RESTORED] = on_restored,   [FACT_RESUMED] = on_resumed,
        [FACT_RETENTION] = on_retention,
    };

    if ((unsigned)f->type < FACT_TYPE_COUNT && takes[f->type])
        takes[f->type](project, f);
}
