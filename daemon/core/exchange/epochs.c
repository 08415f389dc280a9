#include "core/exchange/restored.h"

#include "core/base/limits.h"
#include "core/wire/message.h"

#include <assert.h>

/* ---- as origin ---------------------------------------------------------- */

uint32_t
lane_make(struct exchange *x, uint32_t peer, bool ours,
          const uint8_t genesis[GENESIS_BYTES])
{
    struct fact f = {
        .type = FACT_LANE, .lane = x->lane_count, .peer = peer, .ours = ours};

    uint32_t before = ours ? x->peers[peer]->lane_out : NONE;

    memcpy(f.genesis, genesis, GENESIS_BYTES);
    emit(x, &f);
    ask_open(x, f.lane);
    if (before != NONE) {
        expunge_rolled(x, before);
        rotation_rolled(x, peer);
    }
    return f.lane;
}

/* Offer an epoch to the holder; what follows waits until it is there. */
void
epoch_offer(struct exchange *x, struct link *k, uint32_t lane)
{
    outflow_clear(x, &k->out);
    outflow_init(&k->out, lane);
    k->out.due = true;
}

/* PROTOCOL resume: "A genesis MUST NOT be offered before it stands in the
 * signing journal." */
static void
offer_pump(const struct exchange *x, struct link *k)
{
    const struct lane *l = lane_at(x, k->out.lane);

    if (!k->out.due)
        return;
    assert(l); /* what is due is the genesis of a lane */
    if (!l->opened && l->next == NONE)
        return;
    k->out.due = false;
    k->out.offered = true;
    frame_genesis_put(
        &k->send, &(struct frame_genesis){.lane = l->id,
                                          .genesis = SLICE_ARRAY(l->genesis)});
}

static void
queue_again(struct exchange *x, uint32_t lane, uint32_t from, uint64_t index)
{
    emit(x, &(struct fact){.type = FACT_ROLLED,
                           .lane = lane,
                           .number = from,
                           .index = index});
}

/* An entry that would close an epoch that is left anyway is recalled: else it
 * would close the next one. */
static void
recall_closing(struct exchange *x, uint32_t peer)
{
    struct ring *r = &x->peers[peer]->queues[QUEUE_NORMAL];

    for (size_t i = 0; i < r->count; i++) {
        const struct outbox_item *o = ring_at(r, i);
        if (o->kind != LEAF_EPOCH_CLOSE || o->gone)
            continue;
        emit(x, &(struct fact){.type = FACT_CANCELLED, .item = o->item});
        return;
    }
}

/* PROTOCOL resume: "A new epoch MUST follow the holder's own size and root in
 * the epoch that it has." */
/* Rules R11 and R13. What the holder does not have is queued again. The row is
 * ROW_NORMAL where a person wants it: no alarm then. */
void
epoch_roll(struct exchange *x, struct link *k, uint32_t from,
           enum resume_row row, const char *why)
{
    const struct resume_claim *at = &k->claims[k->claim_count - 1];
    const struct lane *current = x->lanes[x->peers[k->peer]->lane_out];
    struct genesis g;
    uint8_t bytes[GENESIS_BYTES];
    enum err e = genesis_decode(SLICE_ARRAY(current->genesis), &g);

    assert(e == OK);
    g.epoch = current->epoch + 1;
    g.prev_size = at->size;
    g.prev_root = at->root;
    genesis_encode(&g, bytes);
    uint32_t lane = lane_make(x, k->peer, true, bytes);
    recall_closing(x, k->peer);
    /* PROTOCOL resume: "Own entries from prev_size on MUST be queued again
     * under their submission ids; of those the holder has none." */
    queue_again(x, lane, from, at->size);
    restored_resumed(x, from);
    alarm_row_gone(x, from);
    if (row == ROW_NORMAL)
        notice(x, NOTICE_WARNING, why, x->peers[k->peer]->card.card.team.text);
    else
        alarm_rolled(x, from, row, why);
    epoch_offer(x, k, lane);
}

/* Take an epoch of our own over that we had lost; what was sequenced here and
 * is not in it waits again, until it turns up there. */
void
epoch_restore(struct exchange *x, uint32_t from,
              const uint8_t genesis[GENESIS_BYTES])
{
    uint8_t bytes[GENESIS_BYTES];
    struct genesis g;
    enum err e = genesis_decode(slice_of(genesis, GENESIS_BYTES), &g);

    assert(e == OK); /* the signer read it before */
    memcpy(bytes, genesis, sizeof bytes);
    uint32_t lane = lane_make(x, x->lanes[from]->peer, true, bytes);
    queue_again(x, lane, from, g.prev_size);
    notice(x, NOTICE_WARNING, "an epoch of ours is known again",
           x->peers[x->lanes[from]->peer]->card.card.team.text);
}

/* Queue one entry again as it was submitted. False where nothing of it is to
 * be sent again. */
static bool
entry_again(struct exchange *x, uint32_t lane, uint64_t index)
{
    const struct lane *l = x->lanes[lane];
    struct fact f = {.type = FACT_REQUEUED,
                     .item = x->item_count,
                     .peer = l->peer,
                     .lane = lane,
                     .index = index,
                     .ref = LEAF_REF_NONE};
    uint8_t pad[SALT_BYTES];
    struct leaf leaf;
    struct slice message;

    if (x->store.ops->record(x->store.self, lane, index, f.record) != OK ||
        leaf_decode(SLICE_ARRAY(f.record), index, &leaf) != OK ||
        expunge_again(x, lane, &leaf) || leaf.kind != LEAF_MESSAGE)
        return false;
    buf_reset(&x->scratch);
    if (x->store.ops->body(x->store.self, lane, index, &x->scratch) != OK)
        return false;
    /* PROTOCOL resume: "Own entries from prev_size on MUST be queued again
     * under their submission ids; of those the holder has none." */
    f.blob_body =
        slice_of(x->scratch.data + SALT_BYTES, x->scratch.size - SALT_BYTES);
    if (body_split(f.blob_body, &f.submission, &message) != OK)
        return false;
    seed_take(&x->seed, pad, sizeof pad);
    f.blob_head = SLICE_ARRAY(pad);
    f.number = submission_number(x, &f.submission, leaf.kind, message);
    f.kind = leaf.kind;
    f.tlp = leaf.tlp;
    f.flags = leaf.flags;
    f.urgent = f.number == 0;
    f.time = leaf.time;
    emit(x, &f);
    return true;
}

/* Queue again what stood in the epochs that a roll left, as far as one step
 * may hold. */
void
epochs_pump(struct exchange *x)
{
    for (uint32_t i = 0; x->seed.ready && i < x->peer_count; i++) {
        struct peer *p = x->peers[i];
        while (p->again_lane != NONE) {
            uint32_t lane = p->again_lane;
            uint64_t index = p->again_index;
            if (x->out->facts.size > FACTS_STEP_MAX) {
                x->again = true;
                return;
            }
            if (!entry_again(x, lane, index))
                queue_again(x, p->lane_out, lane, index + 1);
        }
    }
}

/* PROTOCOL resume: "The genesis that follows a closed epoch MUST NOT be
 * offered before the holder's receipt covers all of it." */
static void
follow_closed(struct exchange *x, struct link *k)
{
    const struct lane *l = lane_at(x, k->out.lane);

    if (!l || !k->out.agreed || l->next != NONE || l->frozen || !l->closed ||
        !l->has_receipt || l->receipt.at.size < l->at.size)
        return;
    struct resume_claim *c = &k->claims[k->claim_count - 1];
    assert(lane_id_equal(&c->lane, &l->id));
    c->size = l->at.size;
    frontier_root(&l->at, &c->root);
    epoch_roll(x, k, k->out.lane, ROW_NORMAL,
               "the epoch is closed, the next one begins");
}

/* Close the epoch on purpose, behind all that waits. */
void
epoch_close(struct exchange *x, uint32_t peer)
{
    uint8_t pad[SALT_BYTES];

    seed_take(&x->seed, pad, sizeof pad);
    emit(x, &(struct fact){.type = FACT_SUBMITTED,
                           .item = x->item_count,
                           .peer = peer,
                           .number = NUMBER_UNKNOWN,
                           .kind = LEAF_EPOCH_CLOSE,
                           .ref = LEAF_REF_NONE,
                           .time = x->now.wall,
                           .blob_head = SLICE_ARRAY(pad)});
}

/* An epoch that was left is sent to its end: offer the next one. */
void
epoch_pump(struct exchange *x, struct link *k)
{
    follow_closed(x, k);
    const struct lane *l = lane_at(x, k->out.lane);

    if (l && l->next != NONE && k->out.agreed && k->out.sent == k->out.upto &&
        !k->out.outgoing.count)
        epoch_offer(x, k, l->next);
    offer_pump(x, k);
    /* PROTOCOL resume: "after it gave every receipt of the epoch before that it
     * can give" */
    if (k->enters && !receipt_is_due(x, k->in.lane))
        epoch_enter(x, k);
}

/* ---- as holder ---------------------------------------------------------- */

/* PROTOCOL resume: "A holder that is offered another genesis of an epoch that
 * it has, or one that does not follow what it holds, MUST freeze the lane and
 * keep the genesis." */
static void
refuse_epoch(struct exchange *x, struct link *k, const uint8_t *genesis,
             enum resume_row row, const char *why)
{
    struct lane *l = x->lanes[k->in.lane];
    struct fact f = {.type = FACT_EVIDENCE,
                     .lane = k->in.lane,
                     .code = row,
                     .answers = l->last};

    if (l->frozen)
        return;
    memcpy(f.genesis, genesis, GENESIS_BYTES);
    emit(x, &f);
    lane_freeze(x, k->in.lane, row, why);
}

static bool
is_from_peer(const struct exchange *x, const struct link *k,
             const struct genesis *g)
{
    const struct held_card *card = &x->peers[k->peer]->card;
    struct team_id theirs;

    team_id_of(&card->card.team, &theirs);
    return memcmp(g->origin.b, theirs.b, TEAM_ID_BYTES) == 0 &&
           memcmp(g->audience.b, x->team_id.b, TEAM_ID_BYTES) == 0 &&
           hash_equal(&g->root_spki, &card->root_spki);
}

/* PROTOCOL resume: "A holder MUST enter a later epoch only if its prev_size and
 * prev_root are exactly its own size and root, and after it gave every receipt
 * of the epoch before that it can give." */
/* After a compromise less of the old epoch counts than what we hold. */
static bool
follows(const struct exchange *x, uint32_t lane, const struct genesis *g)
{
    const struct lane *l = x->lanes[lane];
    struct checkpoint at;
    struct hash root;

    if (g->prev_size < l->at.size && lane_is_disowned(x, l))
        return kept_at(x, lane, g->prev_size, &at) &&
               hash_equal(&g->prev_root, &at.root);
    frontier_root(&l->at, &root);
    return g->prev_size == l->at.size && hash_equal(&g->prev_root, &root);
}

enum err
epoch_take(struct exchange *x, struct link *k, const struct frame_genesis *f)
{
    const struct lane *l = lane_at(x, k->in.lane);
    struct lane_id id;
    struct genesis g;

    if (!l || genesis_decode(f->genesis, &g) != OK || !is_from_peer(x, k, &g))
        return ERR_GENESIS;
    lane_id_of(f->genesis.data, &id);
    if (!lane_id_equal(&id, &f->lane))
        return ERR_GENESIS;
    if (k->enters || k->in.incoming.count || lane_id_equal(&id, &l->id))
        return ERR_UNEXPECTED;
    /* A history that is in doubt is not left behind without a person. */
    if (l->frozen && l->frozen_row != ROW_SIGNER_LOST &&
        !lane_is_disowned(x, l))
        return OK;
    if (g.epoch <= l->epoch)
        refuse_epoch(x, k, f->genesis.data, ROW_TWO_GENESES,
                     "they began one epoch twice");
    else if (!follows(x, k->in.lane, &g))
        refuse_epoch(x, k, f->genesis.data, ROW_EPOCH_LOWER,
                     "their new epoch does not follow what we hold");
    else
        k->enters = true;
    if (k->enters)
        memcpy(k->entering, f->genesis.data, GENESIS_BYTES);
    return OK;
}

/* Every receipt of the old epoch is given: nothing more is signed in it. */
void
epoch_enter(struct exchange *x, struct link *k)
{
    restored_resumed(x, k->in.lane);
    uint32_t lane = lane_make(x, k->peer, false, k->entering);

    alarm_row_gone(x, k->in.lane);
    notice(x, NOTICE_WARNING, "their messages go on in a new epoch",
           x->peers[k->peer]->card.card.team.text);
    inflow_clear(x, k, &k->in);
    inflow_init(&k->in, lane);
    k->judged = k->enters = false;
}
