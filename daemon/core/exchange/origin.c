#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

const struct team_name *
lane_origin(const struct exchange *x, const struct lane *l)
{
    return l->ours ? &x->config.team : &x->peers[l->peer]->card.card.team;
}

void
lane_freeze(struct exchange *x, uint32_t lane, uint32_t row, const char *why)
{
    struct lane *l = x->lanes[lane];
    struct buf text = {0};

    if (l->frozen)
        return;
    emit(x, &(struct fact){.type = FACT_FROZEN,
                           .lane = lane,
                           .code = row,
                           .text = slice_str(why)});
    buf_put_str(&text, l->ours ? "history-conflict: our messages to "
                               : "history-conflict: the messages from ");
    buf_put_str(&text, x->peers[l->peer]->card.card.team.text);
    buf_put_str(&text, " are stopped; resume row ");
    buf_put_decimal(&text, row);
    buf_put_str(&text, ": ");
    buf_put_str(&text, why);
    buf_put_u8(&text, 0);
    alarm_raise(x, ERR_FROZEN, (const char *)text.data);
    buf_clear(&text);
}

static void
checkpoint_of(const struct frame_signed *s, struct checkpoint *out)
{
    *out = (struct checkpoint){.size = s->size,
                               .root = s->root,
                               .time_s = s->time_s,
                               .key = s->key,
                               .signature = s->signature};
}

/* Find the origin's checkpoint of exactly `size`, at which a batch ended. Of
 * size 0 there is only the root. */
bool
kept_at(const struct exchange *x, uint32_t lane, uint64_t size,
        struct checkpoint *out)
{
    const struct lane *l = x->lanes[lane];
    struct checkpoint c = {0};

    if (size == 0) {
        struct frontier empty;
        frontier_init(&empty);
        frontier_root(&empty, &c.root);
        *out = c;
        return true;
    }
    for (size_t i = 0; i < RECENT_CHECKPOINTS && i < l->recent_count; i++)
        if (l->recent[i].size == size) {
            *out = l->recent[i];
            return true;
        }
    if (x->store.ops->checkpoint(x->store.self, lane, size, &c) != OK ||
        c.size != size)
        return false;
    *out = c;
    return true;
}

/* Check that a checkpoint was made by a key that is ours, or was. */
static bool
is_ours(const struct exchange *x, const struct lane *l,
        const struct checkpoint *c)
{
    const struct key_era *era =
        history_find(&x->keys, KEY_ROLE_CHECKPOINT, &c->key);
    struct signatory by = {&x->config.team, KEY_ROLE_CHECKPOINT,
                           era ? &era->key : NULL};

    return era && checkpoint_verify(c, &x->config.team, &l->id, &by) == OK;
}

static void
gather(const struct exchange *x, uint32_t lane, const struct resume_claim *c,
       struct resume_facts *f)
{
    const struct lane *l = x->lanes[lane];
    struct genesis theirs;
    struct checkpoint own;

    *f = (struct resume_facts){.epoch = l->epoch, .size = l->at.size};
    if (genesis_decode(SLICE_ARRAY(c->genesis), &theirs) == OK)
        f->holder_epoch = theirs.epoch;
    f->same_genesis = memcmp(c->genesis, l->genesis, GENESIS_BYTES) == 0;
    f->root_agrees = c->size <= l->at.size && kept_at(x, lane, c->size, &own) &&
                     hash_equal(&own.root, &c->root);
    f->checkpoint_good =
        c->size == 0 || (c->has_checkpoint && c->checkpoint.size == c->size &&
                         hash_equal(&c->checkpoint.root, &c->root) &&
                         is_ours(x, l, &c->checkpoint));
    f->seen_good = !c->has_seen || is_ours(x, l, &c->seen);
    f->signed_size = l->gate_size;
    f->signer_lost = l->gate_size == 0 && l->signed_at.size > 0;
}

static void
send_verdict(struct link *k, const struct lane *l, enum resume_row row,
             uint64_t start)
{
    frame_verdict_put(&k->send, &(struct frame_verdict){.lane = l->id,
                                                        .row = row,
                                                        .size = l->at.size,
                                                        .start = start});
}

/* Do what the row says: the normal one sends on, every other stops the lane
 * for a person to look. */
static void
obey(struct exchange *x, struct link *k, uint32_t lane, enum resume_row row)
{
    struct lane *l = x->lanes[lane];

    if (row != ROW_NORMAL)
        lane_freeze(x, lane, row, resume_row_name(row));
    if (l->frozen) {
        send_verdict(k, l, (enum resume_row)l->frozen_row, 0);
        return;
    }
    if (l->has_receipt && k->claim.size < l->receipt.at.size)
        notice(x, NOTICE_WARNING,
               "peer rollback: it holds less than it gave receipts for; "
               "sending again",
               x->peers[k->peer]->card.card.team.text);
    send_verdict(k, l, row, k->claim.size);
    k->agreed = true;
    k->sent = k->want_next = k->claim.size;
}

static void
decide(struct exchange *x, struct link *k, enum resume_known known)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    struct resume_facts f;

    gather(x, lane, &k->claim, &f);
    f.in_journal = known;
    enum resume_row row = resume_decide(&k->claim, &f);
    k->resume_waits = row == ROW_UNKNOWN;
    if (row != ROW_UNKNOWN)
        obey(x, k, lane, row);
    else if (k->claim.size > f.size)
        ask_find(x, k, lane, k->claim.size, &k->claim.root);
    else
        ask_find(x, k, lane, k->claim.seen.size, &k->claim.seen.root);
}

void
origin_found(struct exchange *x, struct link *k, bool found)
{
    if (k->resume_waits)
        decide(x, k, found ? KNOWN_YES : KNOWN_NO);
}

/* The last receipt stands in RESUME: take it as a RECEIPT frame. */
static void
take_again(struct exchange *x, struct link *k, const struct frame_lane_state *s)
{
    struct frame_receipt r = {
        .lane = s->lane,
        .receipt = s->receipt,
        .origin_time_s = s->receipt_answers.time_s,
        .origin_key = s->receipt_answers.key,
        .origin_signature = s->receipt_answers.signature,
    };

    if (s->has_receipt && s->has_receipt_answers &&
        origin_receipt(x, k, &r) != OK)
        notice(x, NOTICE_WARNING, "the receipt in its RESUME is not good",
               x->peers[k->peer]->card.card.team.text);
}

enum err
origin_resume(struct exchange *x, struct link *k, const struct frame_resume *r)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    struct lane *l = lane_at(x, lane);
    bool answered = false;

    for (size_t i = 0; i < r->count; i++) {
        const struct frame_lane_state *s = &r->lanes[i];
        struct genesis g;
        if (answered || !l || genesis_decode(s->genesis, &g) != OK ||
            memcmp(g.origin.b, x->team_id.b, TEAM_ID_BYTES) != 0)
            continue;
        answered = true;
        k->claim = (struct resume_claim){.lane = s->lane,
                                         .size = s->size,
                                         .root = s->root,
                                         .has_checkpoint = s->has_checkpoint,
                                         .has_seen = s->has_seen};
        memcpy(k->claim.genesis, s->genesis.data, GENESIS_BYTES);
        checkpoint_of(&s->checkpoint, &k->claim.checkpoint);
        checkpoint_of(&s->seen, &k->claim.seen);
        decide(x, k, KNOWN_NOT_ASKED);
        take_again(x, k, s);
    }
    return OK;
}

/* Find the kept checkpoint that ends the next batch after `size`. */
static bool
checkpoint_after(const struct exchange *x, uint32_t lane, uint64_t size,
                 struct checkpoint *out)
{
    const struct lane *l = x->lanes[lane];
    size_t n = l->recent_count < RECENT_CHECKPOINTS ? (size_t)l->recent_count
                                                    : RECENT_CHECKPOINTS;
    uint64_t oldest = l->recent_count - n;

    if (size >= l->signed_at.size)
        return false;
    /* The oldest kept here may not be the next one, unless it is the first
     * ever or another kept here ends at or below `size`. */
    for (uint64_t i = oldest; i < l->recent_count; i++) {
        const struct checkpoint *c = &l->recent[i % RECENT_CHECKPOINTS];
        if (c->size <= size)
            continue;
        if (i == oldest && oldest > 0)
            break;
        *out = *c;
        return true;
    }
    return x->store.ops->checkpoint(x->store.self, lane, size + 1, out) == OK;
}

/* Read the leaf records of a batch into the scratch buffer. */
static bool
read_records(struct exchange *x, uint32_t lane, struct outgoing *o)
{
    o->bytes = 0;
    buf_reset(&x->scratch);
    for (uint64_t i = o->start; i < o->end; i++) {
        uint8_t *at = buf_extend(&x->scratch, LEAF_BYTES);
        struct leaf leaf;
        if (x->store.ops->record(x->store.self, lane, i, at) != OK ||
            leaf_decode(slice_of(at, LEAF_BYTES), i, &leaf) != OK)
            return false;
        o->bytes += leaf.body_bytes;
    }
    return true;
}

static bool
send_batch(struct exchange *x, struct link *k, uint32_t lane,
           const struct checkpoint *c)
{
    struct lane *l = x->lanes[lane];
    struct outgoing o = {.start = k->sent, .end = c->size};

    if (!read_records(x, lane, &o))
        return false;
    frame_batch_put(&k->send, &(struct frame_batch){
                                  .lane = l->id,
                                  .start = o.start,
                                  .records = buf_slice(&x->scratch),
                                  .root = c->root,
                                  .time_s = c->time_s,
                                  .key = c->key,
                                  .signature = c->signature,
                              });
    if (!ring_push(&k->outgoing, &o))
        assert(false && "more in flight than the window");
    k->outgoing_bytes += o.bytes;
    x->in_flight_bytes += o.bytes;
    k->sent = o.end;
    return true;
}

/* Announce what is signed, as far as the window allows. */
void
origin_pump(struct exchange *x, struct link *k)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    struct lane *l = lane_at(x, lane);
    struct checkpoint c;

    while (k->agreed && l && !l->frozen &&
           k->outgoing.count < session_window(k->session) &&
           k->outgoing_bytes < IN_FLIGHT_BYTES_MAX &&
           (!k->outgoing.count || x->in_flight_bytes < IN_FLIGHT_TOTAL_MAX) &&
           checkpoint_after(x, lane, k->sent, &c))
        if (!send_batch(x, k, lane, &c)) {
            stop_node(x, ERR_DAMAGED,
                      "a leaf record cannot be read back from the journal: "
                      "the disk is damaged");
            return;
        }
}

void
origin_checkpoint(struct exchange *x, uint32_t lane, const struct checkpoint *c)
{
    emit(x, &(struct fact){
                .type = FACT_CHECKPOINT, .lane = lane, .checkpoint = *c});
}

static struct lane *
our_lane(const struct exchange *x, const struct link *k,
         const struct lane_id *id)
{
    struct lane *l = lane_at(x, x->peers[k->peer]->lane_out);

    return l && lane_id_equal(&l->id, id) ? l : NULL;
}

static void
send_pieces(struct link *k, const struct lane *l, uint64_t index,
            struct slice rest)
{
    uint64_t offset = PIECE_BYTES;

    while (rest.size) {
        size_t n = rest.size < PIECE_BYTES ? rest.size : PIECE_BYTES;
        frame_piece_put(&k->send,
                        &(struct frame_piece){.lane = l->id,
                                              .index = index,
                                              .offset = offset,
                                              .bytes = slice_of(rest.data, n)});
        rest = slice_of(rest.data + n, rest.size - n);
        offset += n;
    }
}

static enum err
send_body(struct exchange *x, struct link *k, uint64_t index)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    const struct lane *l = x->lanes[lane];

    buf_reset(&x->scratch);
    enum err e = x->store.ops->body(x->store.self, lane, index, &x->scratch);
    if (e != OK)
        return e;
    assert(x->scratch.size >= SALT_BYTES);
    struct slice body =
        slice_of(x->scratch.data + SALT_BYTES, x->scratch.size - SALT_BYTES);
    size_t first = body.size < PIECE_BYTES ? body.size : PIECE_BYTES;
    frame_body_put(&k->send, &(struct frame_body){
                                 .lane = l->id,
                                 .index = index,
                                 .salt = slice_of(x->scratch.data, SALT_BYTES),
                                 .piece = slice_of(body.data, first),
                             });
    send_pieces(k, l, index, slice_of(body.data + first, body.size - first));
    return OK;
}

enum err
origin_want(struct exchange *x, struct link *k, const struct frame_want *w)
{
    const struct lane *l = our_lane(x, k, &w->lane);

    if (!l)
        return ERR_UNKNOWN_LANE;
    if (!k->agreed || w->first < k->want_next || w->first >= k->sent ||
        w->count > k->sent - w->first)
        return ERR_RANGE;
    k->want_next = w->first + w->count;
    for (uint32_t i = 0; i < w->count; i++) {
        if (!(w->bitmap.data[i / 8] >> (i % 8) & 1))
            continue;
        enum err e = send_body(x, k, w->first + i);
        if (e != OK)
            return e;
    }
    return OK;
}

/* A batch is no longer in flight once its end is answered; nothing of it can
 * be wanted any more. */
static void
landed(struct exchange *x, struct link *k, uint64_t size)
{
    struct outgoing *o;

    while ((o = ring_at(&k->outgoing, 0)) && o->end <= size) {
        k->outgoing_bytes -= o->bytes;
        x->in_flight_bytes -= o->bytes;
        if (k->want_next < o->end)
            k->want_next = o->end;
        ring_pop(&k->outgoing);
    }
}

enum err
origin_held(struct exchange *x, struct link *k, const struct frame_mark *m)
{
    if (!our_lane(x, k, &m->lane))
        return ERR_UNKNOWN_LANE;
    if (m->number > k->sent)
        return ERR_AHEAD;
    landed(x, k, m->number);
    return OK;
}

/* PROTOCOL receipts: "A receipt MUST be signed by the receipt key of the card
 * in force, or by an earlier one that is not called compromised, as long as no
 * smaller size was receipted under a later key." */
static const struct key_era *
receipt_key(const struct exchange *x, const struct lane *l,
            const struct checkpoint *c)
{
    const struct key_history *h = &x->peers[l->peer]->keys;
    const struct key_era *era = history_find(h, KEY_ROLE_RECEIPT, &c->key);

    if (!era || era->compromised)
        return NULL;
    if (l->has_receipt && c->size > l->receipt.at.size &&
        history_is_before(h, KEY_ROLE_RECEIPT, &c->key, &l->receipt.at.key))
        return NULL;
    return era;
}

static enum err
receipt_check(const struct exchange *x, const struct link *k,
              const struct checkpoint *c, struct checkpoint *ours)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    const struct lane *l = x->lanes[lane];
    const struct key_era *era = receipt_key(x, l, c);

    if (!era)
        return ERR_KEY;
    if (c->size > l->signed_at.size)
        return ERR_AHEAD;
    if (!kept_at(x, lane, c->size, ours))
        return ERR_RANGE;
    if (!hash_equal(&ours->root, &c->root))
        return ERR_FORKED;
    struct signatory by = {&x->peers[k->peer]->card.card.team, KEY_ROLE_RECEIPT,
                           &era->key};
    return checkpoint_verify(c, &x->config.team, &l->id, &by);
}

enum err
origin_receipt(struct exchange *x, struct link *k,
               const struct frame_receipt *r)
{
    struct lane *l = our_lane(x, k, &r->lane);
    struct fact f = {.type = FACT_RECEIPT_TAKEN,
                     .lane = x->peers[k->peer]->lane_out};

    if (!l)
        return ERR_UNKNOWN_LANE;
    checkpoint_of(&r->receipt, &f.checkpoint);
    enum err e = receipt_check(x, k, &f.checkpoint, &f.answers);
    if (e != OK)
        return e;
    landed(x, k, f.checkpoint.size);
    if (l->has_receipt && f.checkpoint.size <= l->receipt.at.size)
        return OK;
    emit(x, &f);
    return OK;
}
