#include "core/exchange/inside.h"

#include "core/base/limits.h"

#include <assert.h>

static void
signed_of(const struct checkpoint *c, struct frame_signed *out)
{
    *out = (struct frame_signed){.size = c->size,
                                 .root = c->root,
                                 .time_s = c->time_s,
                                 .key = c->key,
                                 .signature = c->signature};
}

/* PROTOCOL resume: "For n = 0, R is the root of 0 entries and C MUST be absent,
 * and S MUST be absent where none was seen." */
static void
state_of(const struct lane *l, struct frame_lane_state *s)
{
    *s = (struct frame_lane_state){
        .lane = l->id,
        .genesis = SLICE_ARRAY(l->genesis),
        .size = l->at.size,
        .has_checkpoint = l->at.size > 0,
        .has_seen = l->seen.size > 0,
        .has_receipt = l->has_receipt,
        .has_receipt_answers = l->has_receipt,
    };
    frontier_root(&l->at, &s->root);
    signed_of(&l->last, &s->checkpoint);
    /* PROTOCOL resume: "A holder MUST keep S as a fact on disk and report it at
     * each resume." */
    signed_of(&l->seen, &s->seen);
    signed_of(&l->receipt.at, &s->receipt);
    s->receipt_answers = s->receipt;
    s->receipt_answers.time_s = l->receipt.origin_time_s;
    s->receipt_answers.key = l->receipt.origin_key;
    s->receipt_answers.signature = l->receipt.origin_signature;
}

/* Say what we hold of the peer's lanes, the latest epochs. */
void
holder_resume(struct exchange *x, struct link *k)
{
    struct frame_lane_state states[RESUME_LANES_MAX];
    struct frame_resume r = {states, 0};

    for (uint32_t i = 0; i < x->lane_count; i++) {
        const struct lane *l = x->lanes[i];
        if (l->ours || l->peer != k->peer)
            continue;
        if (r.count == RESUME_LANES_MAX) {
            memmove(states, states + 1, sizeof states - sizeof *states);
            r.count--;
        }
        state_of(l, &states[r.count++]);
    }
    frame_resume_put(&k->send, &r);
}

/* PROTOCOL resume: "A holder freezes the lane as on row 2 where the origin says
 * row 4 of an epoch that a later one closed in the holder's signing journal."
 */
/* The origin began the later one and knows nothing of it. */
void
holder_shut(struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];
    const struct link *k = x->peers[l->peer]->link;

    if (!l->shut || !k || k->in.lane != lane || !k->in.accepted ||
        k->in.told == UINT64_MAX)
        return;
    lane_freeze(x, lane, ROW_EPOCH_HIGHER,
                "they go on in an epoch that a later one of theirs closed");
}

enum err
holder_verdict(struct exchange *x, struct link *k,
               const struct frame_verdict *v)
{
    const struct lane *l = lane_at(x, k->in.lane);

    if (!l || lane_find(x, k->peer, false, &v->lane) == NONE)
        return ERR_UNKNOWN_LANE;
    /* An origin that was set back stops the epoch that it still has. */
    bool earlier = !lane_id_equal(&l->id, &v->lane);
    if (earlier && (v->row == ROW_NORMAL || v->row == ROW_EPOCH_LOWER))
        return ERR_UNKNOWN_LANE;
    struct alarm_cause damage =
        alarm_of_lane(x, ALARM_STORE_DAMAGED, k->in.lane);
    if (k->judged)
        return ERR_UNEXPECTED;
    /* A lost tail is asked for first, then comes another verdict. */
    k->judged = v->row != ROW_ORIGIN_RESTORED;
    origin_heard(x, k);
    /* PROTOCOL resume: "A holder that reads row 6 MUST tell its people: what
     * it stored is not what it was sent." */
    if (v->row == ROW_HOLDER_DAMAGED)
        alarm_raise(x, &damage, "what we hold is not what they sent");
    if (v->row != ROW_NORMAL && v->row != ROW_EPOCH_LOWER) {
        notice(x, NOTICE_WARNING, resume_row_name(v->row),
               "the peer has stopped its lane to us");
        return OK;
    }
    if (v->row == ROW_EPOCH_LOWER && v->start == 0 && l->at.size > 0)
        return OK; /* a genesis follows, or nothing */
    if (v->start != l->at.size)
        return ERR_RANGE;
    k->in.accepted = true;
    k->in.told = v->row == ROW_NORMAL ? v->size : UINT64_MAX;
    k->in.expected = l->at;
    holder_shut(x, k->in.lane);
    return OK;
}

void
holder_receipt(struct exchange *x, uint32_t lane, const struct checkpoint *c)
{
    struct lane *l = x->lanes[lane];
    struct link *k = x->peers[l->peer]->link;
    struct frame_receipt r = {.lane = l->id};
    struct checkpoint origin;
    bool kept = kept_at(x, lane, c->size, &origin);

    /* It was asked for at a size where a batch ended. */
    assert(kept && hash_equal(&origin.root, &c->root));
    emit(x, &(struct fact){.type = FACT_RECEIPT_GIVEN,
                           .lane = lane,
                           .checkpoint = *c,
                           .answers = origin});
    signed_of(c, &r.receipt);
    /* PROTOCOL receipts: "A RECEIPT frame MUST repeat time, key id and
     * signature of the origin's checkpoint of that size and root." */
    r.origin_time_s = origin.time_s;
    r.origin_key = origin.key;
    r.origin_signature = origin.signature;
    if (!k)
        return;
    frame_receipt_put(&k->send, &r);
    inflow_answered(&k->in, c->size);
}

/* PROTOCOL receipts: "HELD is sent after the sync where no receipt can be
 * signed." */
void
holder_refused(struct exchange *x, uint32_t lane, uint64_t size)
{
    const struct lane *l = x->lanes[lane];
    struct link *k = x->peers[l->peer]->link;

    if (!k || !k->in.accepted)
        return;
    frame_mark_put(&k->send, FRAME_HELD, &(struct frame_mark){l->id, size});
    inflow_answered(&k->in, size);
}
