#include "core/exchange/commands.h"

#include "core/base/limits.h"
#include "core/exchange/view.h"
#include "core/wire/message.h"

/* Entries of a submission's stretch that one request looks at. */
#define PAGE_LOOKS_MAX 1024

static uint64_t
number_of(const struct asking *a, const char *key)
{
    return (uint64_t)control_number(&a->request.values, key, 0);
}

/* Bound what waits: own entries come on top of what users may queue. */
static enum err
room_check(struct asking *a)
{
    struct exchange *x = a->x;

    if (x->out->facts.size > FACTS_STEP_MAX ||
        outbox_items(x) + PAGE_LOOKS_MAX > 2 * (uint64_t)OUTBOX_ITEMS_MAX)
        return asking_fail(a, ERR_NOT_NOW, "the daemon is busy; try again");
    return OK;
}

/* ---- one message --------------------------------------------------------- */

/* PROTOCOL expunge: "An expunge MUST be written by the origin alone: its ref is
 * the index of an earlier entry of kind 0 of the same lane, its body empty;
 * where that entry lies in an earlier epoch, ref is 2^64 - 1 and the body a
 * submission id and a message of kind 5 whose expunge note cites it, with count
 * 1." */
static enum err
entry_check(struct asking *a, uint32_t lane, uint64_t index)
{
    const struct lane *l = lane_at(a->x, lane);
    uint8_t record[LEAF_BYTES];
    struct leaf leaf;

    if (!l || index >= l->at.size)
        return asking_fail(a, ERR_NOT_FOUND, "there is no such message");
    if (!l->ours)
        return asking_fail(a, ERR_POLICY,
                           "it is theirs: only the team that sent a message "
                           "can expunge it; ask them to");
    enum err e = a->x->store.ops->record(a->x->store.self, lane, index, record);
    if (e == OK)
        e = leaf_decode(SLICE_ARRAY(record), index, &leaf);
    if (e != OK)
        return asking_fail(a, e, err_text(e));
    if (leaf.kind != LEAF_MESSAGE)
        return asking_fail(a, ERR_VALUE, "only messages are expunged");
    if (expunged_find(&l->expunges, index))
        return asking_fail(a, ERR_EXISTS, "it is expunged already");
    if (l->next != NONE && index >= a->x->lanes[l->next]->prev_size)
        return asking_fail(a, ERR_NOT_NOW,
                           "it was sent again in a later epoch: expunge it "
                           "there, or the submission");
    return OK;
}

static enum err
expunge_one(struct asking *a)
{
    uint64_t lane = number_of(a, "lane"), index = number_of(a, "index");
    enum err e = lane < NONE ? entry_check(a, (uint32_t)lane, index)
                             : asking_fail(a, ERR_NOT_FOUND, "no such lane");

    if (e != OK)
        return e;
    const struct lane *l = a->x->lanes[lane];
    const struct peer *p = a->x->peers[l->peer];
    e = expunge_queue(a->x, (uint32_t)lane, index);
    if (e != OK)
        return asking_fail(a, e, err_text(e));
    control_add_text(&a->answer, "to", slice_str(p->card.card.team.text));
    control_add_number(&a->answer, "expunged", 1);
    control_end_record(&a->answer);
    return OK;
}

/* ---- a submission -------------------------------------------------------- */

static uint64_t
recall_queue(struct exchange *x, struct ring *r, uint64_t number)
{
    uint64_t count = 0;

    /* From the end, since what is cancelled at an end leaves the queue. */
    for (size_t i = r->count; i-- > 0;) {
        const struct outbox_item *o = ring_at(r, i);
        if (!o || o->number != number || o->gone)
            continue;
        expunge_item(x, o->item);
        count++;
    }
    return count;
}

/* Tell whether an entry of ours is of this stream and has its body still. */
static bool
is_of_stream(struct exchange *x, uint32_t lane, uint64_t index,
             const uint8_t stream[STREAM_ID_BYTES])
{
    struct submission_id id;
    struct slice message;

    if (expunged_find(&x->lanes[lane]->expunges, index))
        return false;
    buf_reset(&x->scratch);
    if (x->store.ops->body(x->store.self, lane, index, &x->scratch) != OK ||
        x->scratch.size < SALT_BYTES)
        return false;
    struct slice body =
        slice_of(x->scratch.data + SALT_BYTES, x->scratch.size - SALT_BYTES);
    return body_split(body, &id, &message) == OK &&
           memcmp(id.stream, stream, STREAM_ID_BYTES) == 0;
}

/* Where a submission may stand: in the lane that is written, between its
 * first and its last message; in earlier epochs anywhere. */
struct stretch {
    uint32_t lane;
    uint64_t from, end;
};

static void
stretch_bound(const struct exchange *x, const struct part *part,
              struct stretch *s)
{
    const struct lane *l = x->lanes[s->lane];

    s->end = 0;
    if (l->peer != part->peer || !l->ours || !part->sequenced)
        return;
    s->end = l->at.size;
    if (s->lane != part->lane)
        return;
    s->end = part->last_index + 1;
    if (s->from < part->first_index)
        s->from = part->first_index;
}

/* Expunge what of the stretch is of the stream, as far as one request may
 * look. */
static enum err
expunge_stretch(struct exchange *x, struct stretch *s, const uint8_t *stream,
                size_t *looks, uint64_t *count)
{
    for (; s->from < s->end && *looks; s->from++, --*looks) {
        if (!is_of_stream(x, s->lane, s->from, stream))
            continue;
        enum err e = expunge_queue(x, s->lane, s->from);
        if (e != OK)
            return e;
        ++*count;
    }
    return OK;
}

/* Go through the lanes from where the last request ended; say where to go
 * on. */
static enum err
expunge_lanes(struct asking *a, const struct part *part, const uint8_t *stream)
{
    struct exchange *x = a->x;
    struct stretch s = {.lane = (uint32_t)number_of(a, "lane"),
                        .from = number_of(a, "from")};
    size_t looks = PAGE_LOOKS_MAX;
    uint64_t count = 0;
    enum err e = OK;

    for (; e == OK && s.lane < x->lane_count; s.lane++, s.from = 0) {
        stretch_bound(x, part, &s);
        e = expunge_stretch(x, &s, stream, &looks, &count);
        if (s.from < s.end)
            break;
    }
    if (e != OK)
        return asking_fail(a, e, err_text(e));
    control_add_number(&a->answer, "expunged", (int64_t)count);
    if (s.lane < x->lane_count) {
        control_add_number(&a->answer, "next-lane", s.lane);
        control_add_number(&a->answer, "next", (int64_t)s.from);
    }
    return OK;
}

/* The first request of a stretch says how many messages the person agreed to
 * expunge, and recalls those that have not left. */
static enum err
begin(struct asking *a, const struct part *part, uint64_t number)
{
    struct peer *p = a->x->peers[part->peer];

    if (control_find(&a->request.values, "from"))
        return OK;
    if (number_of(a, "count") != part->queued + part->sequenced)
        return asking_fail(a, ERR_NOT_NOW,
                           "the submission has another number of messages by "
                           "now; look again");
    uint64_t recalled = 0;
    for (size_t q = 0; q < QUEUE_COUNT; q++)
        recalled += recall_queue(a->x, &p->queues[q], number);
    control_add_number(&a->answer, "cancelled", (int64_t)recalled);
    return OK;
}

static enum err
expunge_submission(struct asking *a)
{
    struct exchange *x = a->x;
    uint64_t number = number_of(a, "number");
    const struct submission_state *s = submission_of(x, number);
    uint32_t peer;

    if (!s)
        return asking_fail(a, ERR_NOT_FOUND, "there is no such submission");
    if (view_find_peer(x, asking_value(a, "to"), &peer) != OK ||
        !part_of(x, number, peer))
        return asking_fail(a, ERR_NOT_FOUND,
                           "nothing of this submission is for that team");
    const struct part *part = part_of(x, number, peer);
    enum err e = begin(a, part, number);
    if (e == OK)
        e = expunge_lanes(a, part, x->stream_list[s->stream].id);
    if (e != OK)
        return e;
    control_add_text(&a->answer, "to",
                     slice_str(x->peers[part->peer]->card.card.team.text));
    control_end_record(&a->answer);
    return OK;
}

enum err
answer_expunge(struct asking *a)
{
    enum err e = room_check(a);

    if (e != OK)
        return e;
    return control_find(&a->request.values, "number") ? expunge_submission(a)
                                                      : expunge_one(a);
}
