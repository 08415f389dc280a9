#include "core/exchange/restored.h"

#include "core/base/limits.h"

#include <assert.h>

void
ask(struct exchange *x, const struct sign_request_op *op,
    const struct asked *what)
{
    /* The signer takes so many operations and bytes in one request. */
    if (x->sign_ops == SIGN_OPS_MAX ||
        x->sign.size + op->leaf_count * HASH_BYTES > SIGN_FRAME_MAX / 2)
        ask_flush(x);
    if (!x->sign_ops++)
        sign_request_begin(&x->sign, 0);
    sign_request_add(&x->sign, op);
    if (!ring_push(&x->asked, what))
        assert(false && "more operations than links and lanes can have");
}

/* The lane's names, origin first. */
static void
lane_names(const struct exchange *x, const struct lane *l,
           struct sign_request_op *op)
{
    const struct team_name *peer = &x->peers[l->peer]->card.card.team;

    op->origin = l->ours ? x->config.team : *peer;
    op->audience = l->ours ? *peer : x->config.team;
}

static enum key_role
lane_role(const struct lane *l)
{
    return l->ours ? KEY_ROLE_CHECKPOINT : KEY_ROLE_RECEIPT;
}

void
ask_open(struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];
    struct sign_request_op op = {
        .op = SIGN_OPEN, .role = lane_role(l), .at = l->signed_at};

    lane_names(x, l, &op);
    memcpy(op.genesis, l->genesis, GENESIS_BYTES);
    if (l->ours) {
        op.op = SIGN_EPOCH;
        ask(x, &op, &(struct asked){.op = SIGN_EPOCH, .lane = lane});
        op.op = SIGN_OPEN;
    }
    ask(x, &op, &(struct asked){.op = SIGN_OPEN, .lane = lane});
}

static void
extend_to(struct exchange *x, uint32_t lane, uint64_t end)
{
    struct lane *l = x->lanes[lane];
    struct sign_request_op op = {
        .op = SIGN_EXTEND,
        .role = lane_role(l),
        .lane = l->id,
        .from = l->asked,
        .leaves = l->tail + (l->asked - l->signed_at.size),
        .leaf_count = (size_t)(end - l->asked),
    };

    if (!l->ours) {
        op.origin_time_s = l->last.time_s;
        op.origin_key = l->last.key;
        op.origin_signature = l->last.signature;
    }
    ask(x, &op,
        &(struct asked){
            .op = SIGN_EXTEND, .lane = lane, .from = l->asked, .size = end});
    l->asked = end;
    l->asking++;
}

/* Choose the size of the next receipt: all that is held; but below the last
 * one that was ever given, which may be lost here, each end of a batch in
 * turn, since only what was signed before is signed there (rule R15). */
static uint64_t
receipt_size(const struct lane *l)
{
    uint64_t past = l->asked > l->tried ? l->asked : l->tried;
    size_t n = l->recent_count < RECENT_CHECKPOINTS ? (size_t)l->recent_count
                                                    : RECENT_CHECKPOINTS;

    for (size_t i = n; past < l->gate_size && i > 0; i--) {
        const struct checkpoint *c =
            &l->recent[(l->recent_count - i) % RECENT_CHECKPOINTS];
        if (c->size > past)
            return c->size;
    }
    return l->at.size > past ? l->at.size : 0;
}

bool
receipt_is_due(const struct exchange *x, uint32_t lane)
{
    struct lane *l = x->lanes[lane];

    return !l->frozen && (l->asking || receipt_clamp(l, receipt_size(l)));
}

/* PROTOCOL receipts: "A receipt MUST be at a size and root of which the holder
 * has the origin's checkpoint." */
/* One receipt is asked for at a time: what comes meanwhile is covered by the
 * next one. */
static void
ask_receipt(struct exchange *x, uint32_t lane)
{
    struct lane *l = x->lanes[lane];
    uint64_t wanted = l->asking ? 0 : receipt_size(l);
    uint64_t size = receipt_clamp(l, wanted);

    /* PROTOCOL expunge: "For batches that are held without such a receipt the
     * holder MUST send HELD after the sync." */
    if (size < wanted)
        holder_refused(x, lane, l->at.size);
    if (size && size - l->asked <= SIGN_FRAME_MAX / HASH_BYTES / 2)
        extend_to(x, lane, size);
}

/* Ask for what is not yet signed: of ours each batch by itself, so that a
 * crash between signing and noting it asks again for exactly the same; of
 * theirs one receipt for all that is held. */
void
ask_extend(struct exchange *x, uint32_t lane)
{
    struct lane *l = x->lanes[lane];

    /* PROTOCOL resume: "On row 3, 5, 8 or 12, and on row 2 where the genesis
     * does not stand in its signing journal, the origin MUST freeze the lane:
     * it sequences, signs and sends nothing in it." */
    if (!l->opened || l->frozen || l->next != NONE)
        return;
    if (!l->ours)
        ask_receipt(x, lane);
    for (size_t i = 0; l->ours && i < l->ends.count; i++) {
        uint64_t end = ((struct batch_end *)ring_at(&l->ends, i))->size;
        if (end > l->asked)
            extend_to(x, lane, end);
    }
}

void
ask_session(struct exchange *x, struct link *k)
{
    struct session_claim claim;
    struct sign_request_op op = {.op = SIGN_SESSION};

    session_claim_of(k->session, &claim);
    memcpy(op.exporter, claim.exporter.data, sizeof op.exporter);
    op.is_client = claim.is_client;
    op.peer = *claim.peer;
    op.hello = *claim.hello;
    op.role = KEY_ROLE_SESSION;
    ask(x, &op, &(struct asked){.op = SIGN_SESSION, .link = k->id});
}

void
ask_about(struct exchange *x, struct link *k, const struct question *q)
{
    struct sign_request_op op = {.op = SIGN_FIND,
                                 .role = KEY_ROLE_CHECKPOINT,
                                 .lane = q->lane,
                                 .from = q->size};

    if (q->what == ASKED_GENESIS) {
        op.op = SIGN_EPOCH;
        memcpy(op.genesis, q->genesis, GENESIS_BYTES);
    } else {
        op.hello = *q->root;
    }
    ask(x, &op,
        &(struct asked){.op = op.op,
                        .lane = NONE,
                        .link = k->id,
                        .size = q->size,
                        .what = q->what,
                        .claim = q->claim});
}

void
ask_flush(struct exchange *x)
{
    if (!x->sign_ops)
        return;
    struct asked *last = ring_at(&x->asked, x->asked.count - 1);
    last->last = true;
    /* What it rests on: facts of this step, or of the turn before. A turn
     * that never comes to be must not seem promised. */
    sign_request_turn(&x->sign, x->out->facts.size ? x->turn : x->turn - 1);
    effect_add(x, (struct effect){.type = EFFECT_SIGN,
                                  .id = x->sign_next++,
                                  .data = buf_slice(&x->sign)});
    buf_reset(&x->sign);
    x->sign_ops = 0;
}

/* Tell whether every lane is open at the gate; then the node may talk. */
static void
note_opened(struct exchange *x)
{
    for (uint32_t i = 0; i < x->lane_count; i++)
        if (!x->lanes[i]->opened && x->lanes[i]->next == NONE)
            return;
    x->opening = false;
    restored_look(x);
}

/* PROTOCOL resume: "A holder whose signing journal is lost MUST tell its
 * people to ask the origin for a new epoch." */
static void
freeze_lost(struct exchange *x, uint32_t lane)
{
    struct buf why = {0};

    buf_put_str(&why, resume_row_name(ROW_SIGNER_LOST));
    if (!x->lanes[lane]->ours) {
        buf_put_str(&why, "; ask them for: sealane lane roll --now ");
        buf_put_str(&why, x->config.team.text);
    }
    buf_put_u8(&why, 0);
    lane_freeze(x, lane, ROW_SIGNER_LOST, (const char *)why.data);
    buf_clear(&why);
}

/* The gate does not take the lane as we have it. Where it knows less than we
 * do, its journal is lost or was restored: nothing is signed in this epoch any
 * more (R13), the others go on. */
static void
on_not_opened(struct exchange *x, uint32_t lane, enum err why)
{
    struct lane *l = x->lanes[lane];

    /* PROTOCOL gate: "Where the signing journal may be incomplete (lost, or of
     * a machine that was set back), the epoch MUST NOT be signed again." */
    if (why == ERR_AHEAD) {
        l->opened = l->lost = true;
        freeze_lost(x, lane);
    } else if (why == ERR_GENESIS && !l->ours) {
        l->opened = true;
        lane_freeze(x, lane, ROW_TWO_GENESES, resume_row_name(ROW_TWO_GENESES));
    } else {
        stop_node(
            x, why,
            "the signer does not open a lane: see its log; the journal or "
            "the signing journal was restored or belongs to another team");
        return;
    }
    note_opened(x);
}

static void
on_opened(struct exchange *x, const struct asked *a,
          const struct sign_result *r)
{
    struct lane *l = x->lanes[a->lane];
    struct link *k = x->peers[l->peer]->link;

    if (r->code != OK) {
        on_not_opened(x, a->lane, r->code);
        return;
    }
    l->opened = true;
    l->gate_size = r->size;
    l->gate_root = r->root;
    l->asked = l->signed_at.size;
    if (r->turn > x->signed_turn)
        x->signed_turn = r->turn;
    note_opened(x);
    ask_switch(x, a->lane);
    ask_extend(x, a->lane);
    /* An epoch that was entered in this session. */
    if (!l->ours && k && k->in.lane == a->lane)
        frame_mark_put(&k->send, FRAME_HELD, &(struct frame_mark){l->id, 0});
}

static void
on_epoch(struct exchange *x, const struct asked *a, const struct sign_result *r)
{
    struct link *k = a->link ? link_find(x, a->link) : NULL;
    struct lane *l = lane_at(x, a->lane);
    struct genesis g;

    if (k)
        origin_found(x, k, a, r->code == OK && r->found);
    if (!l || r->code != OK ||
        genesis_decode(SLICE_ARRAY(r->genesis), &g) != OK)
        return;
    l->later = g.epoch > l->epoch;
    memcpy(l->latest, r->genesis, GENESIS_BYTES);
}

/* PROTOCOL receipts: "A holder restored below its last receipt signs nothing
 * until it has passed that size and found the same root there." */
/* Where it finds another one, the origin has two histories. */
static void
on_receipt_refused(struct exchange *x, const struct asked *a, enum err why)
{
    struct lane *l = x->lanes[a->lane];

    l->asked = a->from;
    l->tried = a->size;
    l->shut = l->shut || why == ERR_EPOCH_CLOSED;
    if (why == ERR_NOT_EXTENSION && a->size >= l->gate_size)
        lane_freeze(x, a->lane, ROW_FORK,
                    "their entries are not those of our last receipt");
    else
        holder_refused(x, a->lane, a->size);
    holder_shut(x, a->lane);
    ask_extend(x, a->lane);
}

/* A root computed on a second path: a bit that flipped on either shows here,
 * before anything leaves. */
static bool
is_what_we_asked(const struct exchange *x, const struct asked *a,
                 const struct checkpoint *c)
{
    const struct lane *l = x->lanes[a->lane];
    const struct batch_end *end = ring_at(&l->ends, 0);
    struct checkpoint theirs;

    if (c->size != a->size)
        return false;
    if (l->ours)
        return end && end->size == c->size && hash_equal(&end->root, &c->root);
    return kept_at(x, a->lane, c->size, &theirs) &&
           hash_equal(&theirs.root, &c->root);
}

static void
on_extended(struct exchange *x, const struct asked *a,
            const struct sign_result *r)
{
    struct lane *l = x->lanes[a->lane];

    l->asking--;
    if (r->code == OK) {
        if (!is_what_we_asked(x, a, &r->checkpoint)) {
            stop_node(x, ERR_ROOT, "the signer signed another root than ours");
            return;
        }
        if (a->size > l->gate_size) {
            l->gate_size = a->size;
            l->gate_root = r->checkpoint.root;
        }
        if (l->ours)
            origin_checkpoint(x, a->lane, &r->checkpoint);
        else
            holder_receipt(x, a->lane, &r->checkpoint);
        ask_extend(x, a->lane);
        return;
    }
    if (!l->ours &&
        (r->code == ERR_NOT_EXTENSION || r->code == ERR_EPOCH_CLOSED)) {
        on_receipt_refused(x, a, r->code);
        return;
    }
    /* The key of this lane is destroyed, since it was called compromised: what
     * is not signed goes into the next epoch. */
    if (l->ours && r->code == ERR_KEY && lane_is_disowned(x, l)) {
        l->asked = a->from;
        return;
    }
    stop_node(x, r->code, "the signer refuses what follows from our journal");
}

static void
on_result(struct exchange *x, const struct asked *a,
          const struct sign_result *r)
{
    struct link *k = a->link ? link_find(x, a->link) : NULL;

    switch (a->op) {
    case SIGN_OPEN:
        on_opened(x, a, r);
        return;
    case SIGN_EXTEND:
        on_extended(x, a, r);
        return;
    case SIGN_SESSION:
        if (k && r->code == OK)
            link_signed(x, k, r);
        return;
    case SIGN_FIND:
        if (k)
            origin_found(x, k, a, r->code == OK && r->found);
        return;
    case SIGN_EPOCH:
        on_epoch(x, a, r);
        return;
    case SIGN_CARD:
        own_signed(x, a, r);
        return;
    case SIGN_KEYS:
        own_keys(x, a, r);
        return;
    case SIGN_SWITCH:
        if (r->code != OK)
            stop_node(x, r->code,
                      "the signer does not take the new key of a "
                      "lane: see its log");
        return;
    }
}

void
on_signed(struct exchange *x, const struct event *e)
{
    struct slice rest = e->data;
    bool last = false;

    while (!last) {
        struct sign_result r;
        enum sign_op op;
        struct asked *front = ring_at(&x->asked, 0);
        if (!front) {
            stop_node(x, ERR_UNEXPECTED,
                      "the signer answers what nobody asked");
            return;
        }
        struct asked a = *front;
        ring_pop(&x->asked);
        last = a.last;
        enum err bad = sign_answer_get(&rest, &op, &r);
        if (bad != OK || op != a.op) {
            stop_node(x, ERR_FORMAT, "the signer's answer cannot be read");
            return;
        }
        on_result(x, &a, &r);
    }
}
