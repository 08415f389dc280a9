#include "core/exchange/restored.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

/* ---- claims ------------------------------------------------------------- */

static void
claim_of(const struct frame_lane_state *s, uint64_t epoch,
         struct resume_claim *out)
{
    *out = (struct resume_claim){.epoch = epoch,
                                 .size = s->size,
                                 .root = s->root,
                                 .has_checkpoint = s->has_checkpoint,
                                 .has_seen = s->has_seen,
                                 .has_receipt =
                                     s->has_receipt && s->has_receipt_answers};
    memcpy(out->genesis, s->genesis.data, GENESIS_BYTES);
    lane_id_of(out->genesis, &out->lane);
    checkpoint_of(&s->checkpoint, &out->checkpoint);
    checkpoint_of(&s->seen, &out->seen);
    checkpoint_of(&s->receipt, &out->receipt);
}

/* Keep claims in ascending epochs; of one epoch the first. */
static void
claim_add(struct link *k, const struct resume_claim *c)
{
    size_t at = k->claim_count;

    while (at > 0 && k->claims[at - 1].epoch > c->epoch)
        at--;
    if (at > 0 && k->claims[at - 1].epoch == c->epoch)
        return;
    memmove(k->claims + at + 1, k->claims + at,
            (k->claim_count - at) * sizeof *k->claims);
    k->claims[at] = *c;
    k->claim_count++;
}

/* PROTOCOL resume: "A lane of another origin or another audience is none of
 * these, and is passed over." */
static bool
is_between_us(const struct exchange *x, const struct genesis *g,
              const struct team_id *holder)
{
    return memcmp(g->origin.b, x->team_id.b, TEAM_ID_BYTES) == 0 &&
           memcmp(g->audience.b, holder->b, TEAM_ID_BYTES) == 0;
}

enum err
origin_resume(struct exchange *x, struct link *k, const struct frame_resume *r)
{
    struct team_id holder;
    struct resume_claim c;
    struct genesis g;

    team_id_of(&x->peers[k->peer]->card.card.team, &holder);
    mem_free(k->claims);
    k->claims = mem_new((r->count + 1) * sizeof *k->claims);
    k->claim_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (genesis_decode(r->lanes[i].genesis, &g) != OK ||
            !is_between_us(x, &g, &holder))
            continue;
        claim_of(&r->lanes[i], g.epoch, &c);
        claim_add(k, &c);
    }
    k->waits = k->claim_count > 0;
    origin_decide(x, k);
    return OK;
}

/* The holder has just entered the lane that goes out: it holds nothing. */
void
origin_entered(struct exchange *x, struct link *k)
{
    const struct lane *l = x->lanes[k->out.lane];
    struct frontier empty;

    assert(k->claims);
    k->out.offered = false;
    k->claims[0] = (struct resume_claim){.lane = l->id, .epoch = l->epoch};
    memcpy(k->claims[0].genesis, l->genesis, GENESIS_BYTES);
    frontier_init(&empty);
    frontier_root(&empty, &k->claims[0].root);
    k->claim_count = 1;
    k->waits = true;
    origin_decide(x, k);
}

struct resume_claim *
top_claim(const struct link *k)
{
    return &k->claims[k->claim_count - 1];
}

uint32_t
lane_claimed(const struct exchange *x, const struct link *k,
             const struct resume_claim *c)
{
    return lane_find(x, k->peer, true, &c->lane);
}

/* PROTOCOL resume: "The VERDICT MUST name the latest lane that was listed,
 * also where the origin knows another one or none of that epoch." */
void
send_verdict(const struct exchange *x, struct link *k, uint32_t lane,
             uint32_t row, uint64_t start)
{
    frame_verdict_put(&k->send,
                      &(struct frame_verdict){.lane = top_claim(k)->lane,
                                              .row = row,
                                              .size = x->lanes[lane]->at.size,
                                              .start = start});
}

/* Ask the signing journal about a claim, once. Tell whether the answer is
 * still to come. */
static bool
must_ask(struct exchange *x, struct link *k, struct resume_claim *c,
         enum resume_asked what)
{
    enum resume_known *known = what == ASKED_GENESIS ? &c->genesis_known
                               : what == ASKED_SIZE  ? &c->size_known
                                                     : &c->seen_known;
    struct question q = {.what = what, .claim = (size_t)(c - k->claims)};

    if (*known == KNOWN_YES || *known == KNOWN_NO)
        return false;
    if (*known == KNOWN_SOON)
        return true;
    *known = KNOWN_SOON;
    q.lane = c->lane;
    q.genesis = c->genesis;
    q.size = what == ASKED_SEEN ? c->seen.size : c->size;
    q.root = what == ASKED_SEEN ? &c->seen.root : &c->root;
    ask_about(x, k, &q);
    return true;
}

void
origin_found(struct exchange *x, struct link *k, const struct asked *a,
             bool found)
{
    enum resume_known known = found ? KNOWN_YES : KNOWN_NO;
    struct resume_claim *c =
        a->claim < k->claim_count ? &k->claims[a->claim] : NULL;

    switch (a->what) {
    case ASKED_GENESIS:
        if (c)
            c->genesis_known = known;
        break;
    case ASKED_SIZE:
        if (c)
            c->size_known = known;
        break;
    case ASKED_SEEN:
        if (c)
            c->seen_known = known;
        break;
    case ASKED_BATCH:
        fetch_found(x, k, a->size, found);
        break;
    case ASKED_LATEST:
        break;
    }
    origin_decide(x, k);
}

/* ---- rows --------------------------------------------------------------- */

/* Keep what the peer claims against what we have; once for each row, so that
 * a liar does not fill the disk. */
static void
keep_evidence(struct exchange *x, const struct link *k, uint32_t lane,
              enum resume_row row)
{
    const struct resume_claim *c = top_claim(k);
    const struct lane *l = x->lanes[lane];
    bool seen_alone = c->size <= l->at.size && c->has_seen &&
                      (row == ROW_STOLEN_KEY || row == ROW_HOLDER_LIES);
    struct fact f = {.type = FACT_EVIDENCE,
                     .lane = lane,
                     .code = row,
                     .checkpoint = seen_alone ? c->seen : c->checkpoint};

    for (size_t i = 0; i < x->evidence_count; i++)
        if (x->evidence[i].lane == lane && x->evidence[i].row == row)
            return;
    memcpy(f.genesis, c->genesis, GENESIS_BYTES);
    if (c->size > l->at.size || !kept_at(x, lane, c->size, &f.answers))
        f.answers = l->last;
    emit(x, &f);
}

/* PROTOCOL resume: "On row 3, 5, 8 or 12, and on row 2 where the genesis does
 * not stand in its signing journal, the origin MUST freeze the lane: it
 * sequences, signs and sends nothing in it." */
/* Stop a lane of ours over what the peer claims. */
static void
stop_over(struct exchange *x, struct link *k, uint32_t lane,
          enum resume_row row)
{
    struct lane *l = x->lanes[lane];

    if (!l->frozen) {
        keep_evidence(x, k, lane, row);
        lane_freeze(x, lane, row, resume_row_name(row));
    }
    send_verdict(x, k, lane, l->frozen_row, 0);
}

/* A node that was restored to a time before a rotation does not know the key:
 * the signing journal does, and is asked for the size and root. */
static bool
may_be_ours(const struct exchange *x, const struct lane *l,
            const struct checkpoint *c, enum resume_known known)
{
    if (history_find(&x->keys, KEY_ROLE_CHECKPOINT, &c->key))
        return checkpoint_is_ours(x, l, c);
    return c->size > l->at.size && known != KNOWN_NO;
}

static void
gather(const struct exchange *x, uint32_t lane, const struct resume_claim *c,
       struct resume_facts *f)
{
    const struct lane *l = x->lanes[lane];
    struct checkpoint own;

    *f = (struct resume_facts){.epoch = l->epoch,
                               .holder_epoch = c->epoch,
                               .same_genesis = true,
                               .size = l->at.size};
    f->root_agrees = c->size <= l->at.size && kept_at(x, lane, c->size, &own) &&
                     hash_equal(&own.root, &c->root);
    /* Nothing is signed at size 0: there the root must be the empty one. */
    f->checkpoint_good =
        c->size == 0 ? f->root_agrees
                     : c->has_checkpoint && c->checkpoint.size == c->size &&
                           hash_equal(&c->checkpoint.root, &c->root) &&
                           may_be_ours(x, l, &c->checkpoint, c->size_known);
    f->seen_good = !c->has_seen || may_be_ours(x, l, &c->seen, c->seen_known);
    f->signed_size = l->gate_size;
    f->signer_lost = l->lost;
}

/* A claim alone may be old: it came over a link that died long ago. Who
 * answers us is there, and lacks what it says. */
void
origin_heard(struct exchange *x, struct link *k)
{
    if (!k->judged || !k->behind)
        return;
    k->behind = false;
    alarm_rollback(x, k->out.lane, top_claim(k)->size);
}

/* PROTOCOL resume: "In a VERDICT of row 4, and in one of row 1 after which
 * entries of that epoch are sent, start MUST be n; in any other it is 0." */
static void
send_on(struct exchange *x, struct link *k, uint32_t lane, enum resume_row row)
{
    const struct resume_claim *c = top_claim(k);
    struct lane *l = x->lanes[lane];

    send_verdict(x, k, lane, row, c->size);
    if (row == ROW_NORMAL)
        restored_resumed(x, lane);
    outflow_clear(x, &k->out);
    outflow_init(&k->out, lane);
    k->out.agreed = true;
    k->out.sent = k->out.want_next = c->size;
    if (l->next != NONE)
        k->out.upto = x->lanes[l->next]->prev_size;
    k->behind = l->has_receipt && c->size < l->receipt.at.size;
    origin_heard(x, k);
}

/* What the peer says cannot be: nothing of the lane goes on in this session,
 * the lane itself is untouched. */
static void
refuse(struct exchange *x, struct link *k, uint32_t lane, enum resume_row row)
{
    keep_evidence(x, k, lane, row);
    alarm_row(x, lane, row, resume_row_name(row));
    send_verdict(x, k, lane, row, 0);
}

static void
fetch_tail(struct exchange *x, struct link *k, uint32_t lane, bool trusted)
{
    send_verdict(x, k, lane, ROW_ORIGIN_RESTORED, 0);
    fetch_begin(x, k, lane, top_claim(k)->size, trusted);
    k->waits = true;
}

/* A person let the lane go on from where the holder is: what it has more is
 * taken on their word, then a new epoch begins (R13). */
static bool
is_granted(const struct lane *l, const struct resume_claim *c,
           const struct resume_facts *f)
{
    if (!l->granted)
        return false;
    if (!l->granted_at.size)
        return f->root_agrees;
    return c->size == l->granted_at.size &&
           hash_equal(&c->root, &l->granted_at.root) &&
           (c->size > f->size || f->root_agrees);
}

static void
go_on_granted(struct exchange *x, struct link *k, uint32_t lane)
{
    const struct resume_claim *c = top_claim(k);

    if (c->size > x->lanes[lane]->at.size) {
        fetch_tail(x, k, lane, true);
        return;
    }
    send_verdict(x, k, lane, ROW_SIGNED_BEYOND, 0);
    epoch_roll(x, k, lane, ROW_NORMAL,
               "a person let it go on: a new epoch begins");
}

/* Do what the row says. */
static void
obey(struct exchange *x, struct link *k, uint32_t lane, enum resume_row row)
{
    switch (row) {
    case ROW_NORMAL:
        send_on(x, k, lane, row);
        return;
    case ROW_ORIGIN_RESTORED:
        fetch_tail(x, k, lane, false);
        return;
    case ROW_SEEN_BEYOND:
    case ROW_SIGNED_BEYOND:
        send_verdict(x, k, lane, row, 0);
        epoch_roll(x, k, lane, row, resume_row_name(row));
        return;
    case ROW_HOLDER_DAMAGED:
    case ROW_HOLDER_LIES:
        refuse(x, k, lane, row);
        return;
    case ROW_EPOCH_LOWER:
    case ROW_EPOCH_HIGHER:
    case ROW_TWO_GENESES:
    case ROW_FORK:
    case ROW_STOLEN_KEY:
    case ROW_SIGNER_LOST:
        stop_over(x, k, lane, row);
        return;
    case ROW_UNKNOWN:
    case RESUME_ROW_COUNT:
        break;
    }
    assert(false && "no row to obey");
}

/* The peer is in the epoch that is ours. */
static void
answer_current(struct exchange *x, struct link *k, uint32_t lane)
{
    struct resume_claim *c = top_claim(k);
    struct lane *l = x->lanes[lane];
    struct resume_facts f;

    l->claimed = true;
    l->claim = (struct checkpoint){.size = c->size, .root = c->root};
    gather(x, lane, c, &f);
    if (is_granted(l, c, &f)) {
        go_on_granted(x, k, lane);
        return;
    }
    if (lane_is_disowned(x, l)) {
        roll_disowned(x, k, lane, &f);
        return;
    }
    if (l->frozen) {
        send_verdict(x, k, lane, l->frozen_row, 0);
        return;
    }
    if (must_begin_anew(l, c)) {
        roll_anew(x, k, lane);
        return;
    }
    enum resume_row row = resume_decide(c, &f);
    if (row != ROW_UNKNOWN) {
        obey(x, k, lane, row);
        return;
    }
    bool later = must_ask(x, k, c, c->size > f.size ? ASKED_SIZE : ASKED_SEEN);
    assert(later);
    k->waits = true;
}

/* Find the latest epoch that begins exactly where the holder is: it did not
 * hear of it the last time. */
static uint32_t
begun_there(const struct exchange *x, uint32_t lane,
            const struct resume_claim *c)
{
    struct genesis g;

    for (uint32_t i = x->lane_count; i-- > lane + 1;)
        if (x->lanes[i]->follows == lane &&
            genesis_decode(SLICE_ARRAY(x->lanes[i]->genesis), &g) == OK &&
            g.prev_size == c->size && hash_equal(&g.prev_root, &c->root))
            return i;
    return NONE;
}

/* PROTOCOL rotation: "A holder that was set back into such an epoch MUST be
 * given a new one where it is: it takes nothing more under that key." */
/* The peer has not seen a roll: it gets what is left of its epoch, then the
 * genesis of the next one. Where we no longer have all of it, a new epoch
 * begins where it is. */
static void
answer_older(struct exchange *x, struct link *k, uint32_t lane)
{
    const struct resume_claim *c = top_claim(k);
    const struct lane *l = x->lanes[lane];
    uint64_t end = x->lanes[l->next]->prev_size;
    uint32_t begun = begun_there(x, lane, c);
    struct resume_facts f;

    gather(x, lane, c, &f);
    if (c->size > end || (begun != NONE && c->size < end)) {
        send_verdict(x, k, lane, ROW_EPOCH_LOWER, 0);
        epoch_offer(x, k, begun != NONE ? begun : l->next);
    } else if (!f.root_agrees) {
        obey(x, k, lane, f.checkpoint_good ? ROW_FORK : ROW_HOLDER_DAMAGED);
    } else if (c->size < end && must_begin_anew(l, c)) {
        roll_anew(x, k, lane);
    } else if (c->size < end && lane_is_disowned(x, l)) {
        send_verdict(x, k, lane, ROW_EPOCH_LOWER, 0);
        epoch_roll(x, k, lane, ROW_NORMAL,
                   "what they lack is signed with a compromised key: a new "
                   "epoch begins where they are");
    } else if (l->signed_at.size >= end) {
        send_on(x, k, lane, ROW_EPOCH_LOWER);
    } else {
        send_verdict(x, k, lane, ROW_SIGNED_BEYOND, 0);
        epoch_roll(x, k, lane, ROW_SIGNED_BEYOND,
                   "an epoch was lost on both sides");
    }
}

/* ---- the order in which it is looked at --------------------------------- */

/* Rule R2: what was sequenced is signed, and what a new epoch queues again is
 * queued, before anything is agreed. */
static bool
is_ready(const struct exchange *x, const struct link *k)
{
    const struct peer *p = x->peers[k->peer];
    const struct lane *l = lane_at(x, p->lane_out);

    return l && l->opened && p->again_lane == NONE && k->back.lane == NONE &&
           (l->frozen || l->signed_at.size == l->at.size ||
            lane_is_disowned(x, l));
}

/* Tell which epoch a later one was begun from: the holder went from one to the
 * other, and did not see those between. */
static uint32_t
left_for(const struct exchange *x, const struct link *k, const uint8_t *genesis)
{
    uint32_t current = x->peers[k->peer]->lane_out;
    uint32_t from = NONE;
    struct genesis g;

    if (genesis_decode(slice_of(genesis, GENESIS_BYTES), &g) != OK)
        return current;
    for (size_t i = 0; i < k->claim_count && k->claims[i].epoch < g.epoch; i++)
        from = lane_claimed(x, k, &k->claims[i]);
    return from == NONE ? current : from;
}

/* The holder, or our own signing journal, knows a later epoch: we were
 * restored. Tell whether there is more to wait for or nothing more to do. */
static bool
take_geneses(struct exchange *x, struct link *k)
{
    uint32_t lane = x->peers[k->peer]->lane_out;
    const struct lane *l = x->lanes[lane];

    for (size_t i = 0; i < k->claim_count; i++) {
        struct resume_claim *c = &k->claims[i];
        if (c->epoch <= l->epoch)
            continue;
        if (must_ask(x, k, c, ASKED_GENESIS))
            return true;
        if (c->genesis_known == KNOWN_NO) {
            k->waits = false;
            stop_over(x, k, lane, ROW_EPOCH_HIGHER);
        } else {
            epoch_restore(x, left_for(x, k, c->genesis), c->genesis);
        }
        return true;
    }
    if (l->later)
        epoch_restore(x, left_for(x, k, l->latest), l->latest);
    return l->later;
}

/* Fetch what we lost of an epoch that was left, up to where the next one
 * follows it or to what the holder has of it. */
static bool
fetch_older(struct exchange *x, struct link *k)
{
    for (size_t i = 0; i < k->claim_count; i++) {
        const struct resume_claim *c = &k->claims[i];
        uint32_t lane = lane_claimed(x, k, c);
        const struct lane *l = lane_at(x, lane);
        if (!l || l->next == NONE)
            continue;
        uint64_t end = x->lanes[l->next]->prev_size;
        if (end > c->size)
            end = c->size;
        if (l->at.size >= end || l->frozen)
            continue;
        fetch_begin(x, k, lane, end, false);
        return true;
    }
    return false;
}

static void
take_receipts(struct exchange *x, const struct link *k)
{
    for (size_t i = 0; i < k->claim_count; i++) {
        const struct resume_claim *c = &k->claims[i];
        uint32_t lane = lane_claimed(x, k, c);
        if (lane != NONE && c->has_receipt)
            origin_claimed_receipt(x, lane, &c->receipt);
    }
}

/* PROTOCOL resume: "Rows are read in this order, and the first that fits is
 * the verdict." */
/* They are read again after every change, until one of them answers. */
void
origin_decide(struct exchange *x, struct link *k)
{
    if (!k->waits || !is_ready(x, k) || take_geneses(x, k) || fetch_older(x, k))
        return;
    k->waits = false;
    take_receipts(x, k);
    uint32_t lane = lane_claimed(x, k, top_claim(k));
    uint32_t current = x->peers[k->peer]->lane_out;
    if (lane == NONE)
        stop_over(x, k, current, ROW_TWO_GENESES);
    else if (lane == current)
        answer_current(x, k, lane);
    else
        answer_older(x, k, lane);
}
