#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/wire/message.h"

#include <assert.h>

/* Rule R5: a tail of our lane that we lost is fetched from its holder.
 * `trusted`: a person vouches for it, the signing journal is not asked. */
void
fetch_begin(struct exchange *x, struct link *k, uint32_t lane, uint64_t upto,
            bool trusted)
{
    const struct lane *l = x->lanes[lane];

    inflow_clear(x, k, &k->back);
    inflow_init(&k->back, lane);
    k->back.accepted = true;
    k->back.trusted = trusted;
    k->back.expected = l->at;
    k->back.upto = upto;
    frame_fetch_put(
        &k->send,
        &(struct frame_fetch){.lane = l->id, .from = l->at.size, .to = upto});
    alarm_row(x, lane, ROW_ORIGIN_RESTORED,
              "we lost entries that they hold: fetching them back");
}

/* PROTOCOL gate: "A node MUST adopt a longer history from a peer only if its
 * exact (size, root) stands in its own signing journal." */
/* Rule R3: entries are adopted only up to a (size, root) that stands in our
 * own signing journal. */
void
fetch_found(struct exchange *x, struct link *k, uint64_t size, bool found)
{
    uint32_t lane = k->back.lane;

    for (size_t i = 0; lane != NONE && i < k->back.incoming.count; i++) {
        struct incoming *b = *(struct incoming **)ring_at(&k->back.incoming, i);
        if (b->end.size != size)
            continue;
        if (found) {
            b->known = true;
            return;
        }
        inflow_clear(x, k, &k->back);
        inflow_init(&k->back, NONE);
        lane_freeze(x, lane, ROW_STOLEN_KEY, resume_row_name(ROW_STOLEN_KEY));
        return;
    }
}

static void
adopt_entry(struct exchange *x, const struct inflow *in,
            const struct incoming *b, size_t i)
{
    struct fact f = {.type = FACT_ADOPTED,
                     .lane = in->lane,
                     .index = b->start + i,
                     .state = (enum body_state)b->states[i]};
    struct slice message;

    memcpy(f.record, b->records + i * LEAF_BYTES, LEAF_BYTES);
    incoming_blob(b, i, &f);
    if (f.blob_body.size &&
        body_split(f.blob_body, &f.submission, &message) != OK)
        memset(&f.submission, 0, sizeof f.submission);
    f.ends_batch =
        i + 1 == b->count && x->lanes[in->lane]->next == NONE && !in->trusted;
    emit(x, &f);
    expunge_adopted(x, in->lane, f.index, &f);
}

/* A batch of ours is whole again. In the epoch that goes on, the signer gives
 * its signature out once more, and so passes it itself. */
void
fetch_adopt(struct exchange *x, struct link *k, struct inflow *in,
            const struct incoming *b)
{
    struct lane *l = x->lanes[in->lane];

    for (size_t i = 0; i < b->count; i++)
        adopt_entry(x, in, b, i);
    rotation_note(x, in->lane, incoming_card(b), &b->checkpoint.key);
    if (l->next != NONE || in->trusted)
        emit(x, &(struct fact){.type = FACT_CHECKPOINT,
                               .lane = in->lane,
                               .checkpoint = b->checkpoint});
    else
        ask_extend(x, in->lane);
    frame_mark_put(&k->send, FRAME_HELD,
                   &(struct frame_mark){l->id, b->checkpoint.size});
}

/* All of it is here: look at the rows again. */
void
fetch_pump(struct exchange *x, struct link *k)
{
    const struct lane *l = lane_at(x, k->back.lane);

    if (!l || l->at.size < k->back.upto)
        return;
    struct alarm_cause cause = alarm_of_lane(x, ALARM_RESTORED, k->back.lane);
    alarm_gone(x, &cause);
    inflow_clear(x, k, &k->back);
    inflow_init(&k->back, NONE);
    k->waits = k->claim_count > 0;
}

/* As holder: give back what the origin lost, batch by batch as it was signed.
 */
enum err
fetch_asked(struct exchange *x, struct link *k, const struct frame_fetch *f)
{
    uint32_t lane = lane_find(x, k->peer, false, &f->lane);
    struct checkpoint end;

    if (lane == NONE)
        return ERR_UNKNOWN_LANE;
    if (k->give_back.lane != NONE &&
        (k->give_back.sent < k->give_back.upto || k->give_back.outgoing.count))
        return ERR_UNEXPECTED;
    if (f->from >= f->to || f->to > x->lanes[lane]->at.size ||
        !kept_at(x, lane, f->to, &end))
        return ERR_RANGE;
    notice(x, NOTICE_WARNING,
           "they lost entries that we hold: giving them back",
           x->peers[k->peer]->card.card.team.text);
    outflow_clear(x, &k->give_back);
    outflow_init(&k->give_back, lane);
    k->give_back.agreed = true;
    k->give_back.sent = k->give_back.want_next = f->from;
    k->give_back.upto = f->to;
    return OK;
}
