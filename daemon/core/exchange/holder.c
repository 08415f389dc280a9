#include "core/exchange/restored.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

struct inflow *
inflow_of(const struct exchange *x, struct link *k, const struct lane_id *id)
{
    struct inflow *flows[] = {&k->in, &k->back};

    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        const struct lane *l = lane_at(x, flows[i]->lane);
        if (l && lane_id_equal(&l->id, id))
            return flows[i];
    }
    return NULL;
}

void
incoming_free(struct incoming *b)
{
    mem_free(b->records);
    mem_free(b->leaves);
    mem_free(b->states);
    mem_free(b->codes);
    mem_free(b->obeys);
    mem_free(b->places);
    buf_clear(&b->bodies);
    mem_free(b);
}

void
inflow_init(struct inflow *in, uint32_t lane)
{
    *in = (struct inflow){.lane = lane, .upto = UINT64_MAX};
    ring_init(&in->incoming, sizeof(struct incoming *), BATCHES_IN_FLIGHT_MAX);
    ring_init(&in->unanswered, sizeof(uint64_t), BATCHES_IN_FLIGHT_MAX);
}

static void
incoming_drop(struct exchange *x, struct link *k, struct inflow *in)
{
    struct incoming *b = *(struct incoming **)ring_at(&in->incoming, 0);

    x->credit_used -= b->credit;
    k->credit -= b->credit;
    incoming_free(b);
    ring_pop(&in->incoming);
}

/* What was collected of unfinished batches is dropped. */
void
inflow_clear(struct exchange *x, struct link *k, struct inflow *in)
{
    while (in->incoming.count)
        incoming_drop(x, k, in);
    ring_clear(&in->incoming);
    ring_clear(&in->unanswered);
}

static void
leaf_of(const struct incoming *b, size_t i, struct leaf *out)
{
    enum err e = leaf_decode(slice_of(b->records + i * LEAF_BYTES, LEAF_BYTES),
                             b->start + i, out);
    assert(e == OK); /* they were checked when the HEADER came */
}

/* PROTOCOL messages: "A Decline MUST name its entry: lane id, first, count and
 * the leaf hash of the first." */
/* Decline what is not taken, neighbours with the same reason together. */
static void
decline_runs(struct exchange *x, uint32_t peer, const struct lane *l,
             const struct incoming *b)
{
    for (size_t i = 0, n; i < b->count; i += n) {
        n = 1;
        if (b->states[i] != BODY_DECLINED)
            continue;
        while (i + n < b->count && b->states[i + n] == BODY_DECLINED &&
               b->codes[i + n] == b->codes[i])
            n++;
        struct citation c = {.lane = l->id,
                             .first = b->start + i,
                             .count = n,
                             .leaf = b->leaves[i]};
        decline_queue(x, peer, &c, err_from_code(b->codes[i]));
    }
}

/* PROTOCOL batches: "Of a body declined on arrival the holder MUST keep nothing
 * but its leaf record." */
void
incoming_blob(const struct incoming *b, size_t i, struct fact *f)
{
    struct leaf leaf;

    if (b->states[i] != BODY_HELD)
        return;
    leaf_of(b, i, &leaf);
    f->blob_head = slice_of(b->bodies.data + b->places[i], SALT_BYTES);
    f->blob_body = slice_of(f->blob_head.data + SALT_BYTES, leaf.body_bytes);
}

/* Give the body of the card with which a batch ends; empty if it does not. */
struct slice
incoming_card(const struct incoming *b)
{
    struct fact f = {0};
    struct leaf leaf;

    leaf_of(b, b->count - 1, &leaf);
    if (leaf.kind == LEAF_CARD)
        incoming_blob(b, b->count - 1, &f);
    return f.blob_body;
}

static void
entry_emit(struct exchange *x, const struct incoming *b, size_t i,
           uint32_t lane)
{
    struct fact f = {.type = FACT_ENTRY,
                     .lane = lane,
                     .index = b->start + i,
                     .state = (enum body_state)b->states[i],
                     .code = b->codes[i]};
    memcpy(f.record, b->records + i * LEAF_BYTES, LEAF_BYTES);
    incoming_blob(b, i, &f);
    emit(x, &f);
}

/* Do what an entry of a node's own says; tell whether it declined some of
 * ours. */
static bool
entry_obey(struct exchange *x, uint32_t lane, const struct incoming *b,
           size_t i)
{
    struct leaf leaf;

    leaf_of(b, i, &leaf);
    struct slice body =
        slice_of(b->bodies.data + b->places[i] + SALT_BYTES, leaf.body_bytes);
    if (leaf.kind != LEAF_EXPUNGE)
        return taking_obey(x, x->lanes[lane]->peer, body);
    expunge_obey(x, lane, leaf.index, body);
    return false;
}

/* A batch is whole: its entries, then what follows from them, in one turn. */
static void
batch_done(struct exchange *x, struct link *k, uint32_t lane,
           const struct incoming *b)
{
    const struct lane *l = x->lanes[lane];
    bool declined = false;

    for (size_t i = 0; i < b->count; i++)
        entry_emit(x, b, i, lane);
    /* PROTOCOL resume: "n MUST be a size whose checkpoint the holder keeps, or
     * 0." */
    emit(x, &(struct fact){.type = FACT_BATCH,
                           .lane = lane,
                           .index = b->start,
                           .checkpoint = b->checkpoint});
    if (l->expunges.gap_count && !l->gap_since.ms)
        alarms_look(x);
    rotation_taken(x, lane, incoming_card(b));
    /* PROTOCOL batches: "A Decline MUST be queued by a fact of the same turn in
     * which the entry declined is kept." */
    decline_runs(x, k->peer, l, b);
    for (size_t i = 0; i < b->count; i++) {
        if (b->obeys[i] && entry_obey(x, lane, b, i))
            declined = true;
    }
    if (declined)
        notice(x, NOTICE_WARNING, "declined messages of ours",
               x->peers[k->peer]->card.card.team.text);
    ask_extend(x, lane);
}

static void
skip_unwanted(struct incoming *b)
{
    while (b->next < b->count && b->states[b->next] != BODY_HELD)
        b->next++;
}

void
inflow_answered(struct inflow *in, uint64_t size)
{
    const uint64_t *end;

    while ((end = ring_at(&in->unanswered, 0)) && *end <= size)
        ring_pop(&in->unanswered);
}

/* PROTOCOL rotation: "What was not accepted under a compromised key before
 * MUST NOT be accepted under it any more." */
/* The card may come after the HEADER. */
static bool
is_disowned(const struct exchange *x, const struct inflow *in,
            const struct incoming *b)
{
    const struct lane *l = x->lanes[in->lane];

    return !l->ours && lane_key_is_bad(x, l, &b->checkpoint.key);
}

void
holder_disown(struct exchange *x)
{
    for (size_t i = 0; i < x->link_count;) {
        struct link *k = x->links[i];
        struct incoming **first = ring_at(&k->in.incoming, 0);
        if (first && is_disowned(x, &k->in, *first))
            link_close(x, k, ERR_KEY, err_text(ERR_KEY));
        else
            i++;
    }
}

/* Let go of batches that are whole, first to last. */
static void
batches_finish(struct exchange *x, struct link *k, struct inflow *in)
{
    struct incoming **first;

    while ((first = ring_at(&in->incoming, 0))) {
        struct incoming *b = *first;
        skip_unwanted(b);
        if (!b->wanted || b->next < b->count)
            return;
        if (is_disowned(x, in, b)) {
            x->again = true;
            return;
        }
        if (x->out->facts.size > FACTS_STEP_MAX) {
            x->again = true;
            return;
        }
        if (in == &k->back)
            fetch_adopt(x, k, in, b);
        else
            batch_done(x, k, in->lane, b);
        quota_look(x, x->peers[k->peer]);
        if (in == &k->back)
            inflow_answered(in, b->end.size);
        incoming_drop(x, k, in);
    }
}

static void
send_want(struct exchange *x, struct link *k, uint32_t lane,
          const struct incoming *b)
{
    uint8_t bitmap[(BATCH_LEAVES_MAX + 7) / 8] = {0};
    struct frame_want w = {.lane = x->lanes[lane]->id,
                           .first = b->start,
                           .count = (uint32_t)b->count,
                           .bitmap = slice_of(bitmap, (b->count + 7) / 8)};

    for (size_t i = 0; i < b->count; i++)
        if (b->states[i] == BODY_HELD)
            bitmap[i / 8] = (uint8_t)(bitmap[i / 8] | 1u << (i % 8));
    frame_want_put(&k->send, &w);
}

static uint64_t
credit_needed(const struct incoming *b)
{
    uint64_t bytes = 0;
    struct leaf leaf;

    for (size_t i = 0; i < b->count; i++) {
        leaf_of(b, i, &leaf);
        if (b->states[i] == BODY_HELD)
            bytes += leaf.body_bytes + SALT_BYTES;
    }
    return bytes;
}

/* Who sends what is always declined waits until our Declines are taken. They
 * leave in our own lane: a tail of it that we lost comes back all the same. */
static bool
declines_wait(const struct exchange *x, const struct link *k,
              const struct inflow *in)
{
    return in != &k->back &&
           x->peers[k->peer]->own_waiting >=
               OWN_ENTRIES_UNDELIVERED_MAX(session_window(k->session));
}

/* Tell whether there is room for `need` bytes. Each link has one batch of the
 * common size whatever the others hold, so that none can starve another. */
static bool
has_credit(const struct exchange *x, const struct link *k, uint64_t need)
{
    if (!has_room(x, BATCH_LEAVES_MAX, need))
        return false;
    if (!x->credit_used || !need)
        return true;
    /* PROTOCOL limits: "Reaching a limit MUST be an error to whoever caused it
     * and cost nobody else anything." */
    if (!k->credit && need <= BATCH_BODIES_MAX + BATCH_LEAVES_MAX * SALT_BYTES)
        return true;
    return k->credit + need <= LINK_CREDIT_MAX &&
           x->credit_used + need <= CREDIT_BYTES;
}

/* PROTOCOL batches: "A holder MUST ask only for bodies for which it has
 * reserved room." */
/* Tell whether `need` bytes may be asked for, which make `held` of the peer's
 * part of the disk with what was asked for before. What we lost ourselves
 * comes back in any case. */
static bool
may_ask(const struct exchange *x, const struct link *k, const struct inflow *in,
        uint64_t need, uint64_t held)
{
    return !declines_wait(x, k, in) && has_credit(x, k, need) &&
           (in == &k->back || held <= quota_left(x->peers[k->peer]));
}

/* Ask for bodies as far as credit and the peer's part of the disk reach. */
void
holder_pump(struct exchange *x, struct link *k, struct inflow *in)
{
    uint64_t held = 0;

    for (size_t i = 0; i < in->incoming.count; i++) {
        struct incoming *b = *(struct incoming **)ring_at(&in->incoming, i);
        /* PROTOCOL batches: "An index MUST NOT be asked for twice in a session,
         * nor one below an index that an earlier WANT covered." */
        uint64_t need = b->wanted ? b->credit : credit_needed(b);
        held += quota_cost(b, need);
        if (b->wanted)
            continue;
        if (!b->known || !may_ask(x, k, in, need, held))
            break;
        b->credit = need;
        x->credit_used += need;
        k->credit += need;
        b->wanted = true;
        send_want(x, k, in->lane, b);
    }
    batches_finish(x, k, in);
    const struct lane *l = lane_at(x, in->lane);
    if (in->accepted && l && !l->ours && l->at.size >= in->told)
        restored_resumed(x, in->lane);
}

/* Find the batch whose bodies are coming. */
static struct incoming *
collecting_now(const struct inflow *in)
{
    for (size_t i = 0; i < in->incoming.count; i++) {
        struct incoming *b = *(struct incoming **)ring_at(&in->incoming, i);
        skip_unwanted(b);
        if (b->next < b->count)
            return b->wanted ? b : NULL;
    }
    return NULL;
}

/* PROTOCOL batches: "Bodies MUST be sent in ascending index and never
 * interleaved within a lane." */
static struct incoming *
collecting(const struct inflow *in, uint64_t index)
{
    struct incoming *b = collecting_now(in);

    return b && index == b->start + b->next ? b : NULL;
}

/* A body has come whole: check it alone, then decide about it. */
static enum err
body_done(struct exchange *x, struct link *k, const struct inflow *in,
          struct incoming *b)
{
    struct leaf leaf;

    leaf_of(b, b->next, &leaf);
    const uint8_t *salt = b->bodies.data + b->places[b->next];
    struct slice body = slice_of(salt + SALT_BYTES, leaf.body_bytes);
    struct hash commitment;

    leaf_commit(salt, body, &commitment);
    /* PROTOCOL batches: "A holder MUST check each body alone against its length
     * and commitment, and end the session where it does not match." */
    if (!hash_equal(&commitment, &leaf.commitment))
        return ERR_COMMITMENT;
    /* PROTOCOL rotation: "The card in an entry of kind 1 MUST be good as P26
     * says, of the lane's origin and under its root; another one ends the
     * session." */
    if (leaf.kind == LEAF_CARD) {
        enum err e = rotation_check(x, in->lane, body);
        if (e != OK)
            return e;
    }
    bool obeys = false;
    enum err why = OK;
    if (in != &k->back)
        why = taking_judge(x, x->peers[k->peer], &leaf, body, &obeys);
    if (why != OK) {
        b->bodies.size = b->places[b->next];
        b->states[b->next] = BODY_DECLINED;
        b->codes[b->next] = err_code(why);
    }
    b->obeys[b->next] = obeys;
    b->next++;
    b->got = 0;
    return OK;
}

static enum err
take_piece(struct exchange *x, struct link *k, struct inflow *in,
           struct slice piece)
{
    struct incoming *b = collecting_now(in);
    struct leaf leaf;

    assert(b); /* the caller looked */
    leaf_of(b, b->next, &leaf);
    uint64_t left = leaf.body_bytes - b->got;
    /* PROTOCOL batches: "Every PIECE but the last of a body MUST have 65,536
     * bytes, its offset the number of bytes of that body before it." */
    if (piece.size != (left < PIECE_BYTES ? left : PIECE_BYTES))
        return ERR_RANGE;
    buf_put(&b->bodies, piece);
    b->got += piece.size;
    enum err e = b->got == leaf.body_bytes ? body_done(x, k, in, b) : OK;
    if (e == OK)
        batches_finish(x, k, in);
    return e;
}

enum err
holder_body(struct exchange *x, struct link *k, const struct frame_body *f)
{
    struct inflow *in = inflow_of(x, k, &f->lane);

    if (!in)
        return ERR_UNKNOWN_LANE;
    struct incoming *b = collecting(in, f->index);
    if (!b || b->got)
        return ERR_CREDIT;
    b->places[b->next] = b->bodies.size;
    buf_put(&b->bodies, f->salt);
    return take_piece(x, k, in, f->piece);
}

enum err
holder_piece(struct exchange *x, struct link *k, const struct frame_piece *f)
{
    struct inflow *in = inflow_of(x, k, &f->lane);

    if (!in)
        return ERR_UNKNOWN_LANE;
    struct incoming *b = collecting(in, f->index);
    if (!b || !b->got || f->offset != b->got)
        return ERR_CREDIT;
    return take_piece(x, k, in, f->bytes);
}

/* PROTOCOL expunge: "A holder MUST take GONE in place of a body that it asked
 * for where it gave a receipt that covers the entry." */
/* Or, where we are given back what we lost: we declined it ourselves. */
enum err
holder_mark(struct exchange *x, struct link *k, enum body_state state,
            const struct frame_mark *m)
{
    struct inflow *in = inflow_of(x, k, &m->lane);

    if (!in)
        return ERR_UNKNOWN_LANE;
    if (in != &k->back && state != BODY_GONE)
        return ERR_UNEXPECTED;
    struct incoming *b = collecting(in, m->number);
    /* PROTOCOL expunge: "A GONE that stands where no body of that index was to
     * come MUST end the session with code 41." */
    if (!b || b->got)
        return ERR_CREDIT;
    b->states[b->next] = (uint8_t)state;
    b->next++;
    batches_finish(x, k, in);
    return OK;
}
