#include "core/exchange/inside.h"

#include "core/base/limits.h"

#include <assert.h>

/* Find the kept checkpoint that ends the next batch after `size`. */
static bool
checkpoint_after(const struct exchange *x, uint32_t lane, uint64_t size,
                 struct checkpoint *out)
{
    const struct lane *l = x->lanes[lane];
    size_t n = l->recent_count < RECENT_CHECKPOINTS ? (size_t)l->recent_count
                                                    : RECENT_CHECKPOINTS;
    uint64_t oldest = l->recent_count - n;

    if (size >= (l->ours ? l->signed_at.size : l->at.size))
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

/* PROTOCOL batches: "A HEADER MUST start at the size that the holder holds, or
 * where the batch in flight before it ends, and its size must be one at which
 * the origin signed a checkpoint." */
static bool
send_batch(struct exchange *x, struct link *k, struct outflow *o,
           const struct checkpoint *c)
{
    struct lane *l = x->lanes[o->lane];
    struct outgoing batch = {.start = o->sent, .end = c->size};

    if (!read_records(x, o->lane, &batch))
        return false;
    frame_batch_put(&k->send, &(struct frame_batch){
                                  .lane = l->id,
                                  .start = batch.start,
                                  .records = buf_slice(&x->scratch),
                                  .root = c->root,
                                  .time_s = c->time_s,
                                  .key = c->key,
                                  .signature = c->signature,
                              });
    if (!ring_push(&o->outgoing, &batch))
        assert(false && "more in flight than the window");
    o->outgoing_bytes += batch.bytes;
    x->in_flight_bytes += batch.bytes;
    o->sent = batch.end;
    return true;
}

/* PROTOCOL rotation: "A HEADER that starts after an entry of kind 1 MUST NOT
 * be sent before the batch which that entry ends was answered." */
static bool
may_announce(const struct exchange *x, const struct link *k,
             const struct outflow *o)
{
    if (!o->outgoing.count)
        return true;
    /* PROTOCOL batches: "More batches than the smaller batches_in_flight of the
     * two HELLOs says MUST NOT be in flight in a lane." */
    return o->outgoing.count < session_window(k->session) &&
           o->outgoing_bytes < IN_FLIGHT_BYTES_MAX &&
           x->in_flight_bytes < IN_FLIGHT_TOTAL_MAX &&
           !lane_key_begins(x->lanes[o->lane], o->sent);
}

/* Announce what is signed, as far as the window allows. */
void
giving_pump(struct exchange *x, struct link *k, struct outflow *o)
{
    struct lane *l = lane_at(x, o->lane);
    struct checkpoint c;

    /* PROTOCOL resume: "On row 3, 5, 8 or 12, and on row 2 where the genesis
     * does not stand in its signing journal, the origin MUST freeze the lane:
     * it sequences, signs and sends nothing in it." */
    /* PROTOCOL resume: "A HEADER MUST NOT be sent before the VERDICT of row 4,
     * nor taken before it." */
    while (o->agreed && !o->stands && l && !(l->ours && l->frozen) &&
           o->sent < o->upto && may_announce(x, k, o) &&
           checkpoint_after(x, o->lane, o->sent, &c))
        if (!send_batch(x, k, o, &c)) {
            stop_node(x, ERR_DAMAGED,
                      "a leaf record cannot be read back from the journal: "
                      "the disk is damaged");
            return;
        }
}

/* Find the flow that carries a lane out; NULL if none does. */
static struct outflow *
outflow_of(const struct exchange *x, struct link *k, const struct lane_id *id)
{
    struct outflow *flows[] = {&k->out, &k->give_back};

    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        const struct lane *l = lane_at(x, flows[i]->lane);
        if (l && lane_id_equal(&l->id, id))
            return flows[i];
    }
    return NULL;
}

/* PROTOCOL batches: "Every PIECE but the last of a body MUST have 65,536 bytes,
 * its offset the number of bytes of that body before it." */
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
send_body(struct exchange *x, struct link *k, uint32_t lane, uint64_t index)
{
    const struct lane *l = x->lanes[lane];

    buf_reset(&x->scratch);
    enum err e = x->store.ops->body(x->store.self, lane, index, &x->scratch);
    if (e == ERR_NOT_FOUND) {
        frame_mark_put(&k->send, l->ours ? FRAME_GONE : FRAME_ABSENT,
                       &(struct frame_mark){l->id, index});
        return OK;
    }
    if (e != OK)
        return e;
    assert(x->scratch.size >= SALT_BYTES);
    struct slice body =
        slice_of(x->scratch.data + SALT_BYTES, x->scratch.size - SALT_BYTES);
    /* PROTOCOL batches: "A body of length 0 that is wanted MUST be sent like
     * any other: its salt, and an empty piece." */
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

/* PROTOCOL expunge: "Once the entry of an expunge is synced, neither side MUST
 * read, show or send the body that it names, or its salt." */
/* PROTOCOL expunge: "An origin that has the body of an entry no more MUST
 * answer the WANT for it with GONE, where it would have sent the body." */
static enum err
send_wanted(struct exchange *x, struct link *k, uint32_t lane, uint64_t index)
{
    const struct lane *l = x->lanes[lane];
    enum err e = is_expunged(&l->expunges, index)
                     ? ERR_GONE
                     : send_body(x, k, lane, index);

    if (e != ERR_GONE)
        return e;
    frame_mark_put(&k->send, FRAME_GONE, &(struct frame_mark){l->id, index});
    return OK;
}

/* What we sent and cannot read any more stops this lane, and people are told
 * which message it is; the other direction goes on. It is tried again, since a
 * disk may be mended. */
static void
stand_still(struct exchange *x, struct outflow *o, uint64_t index)
{
    struct alarm_cause cause = alarm_of_lane(x, ALARM_DAMAGED_MESSAGE, o->lane);
    struct buf what = {0};

    cause.index = index;
    buf_put_str(&what, "message #");
    buf_put_decimal(&what, index);
    buf_put_str(&what, " cannot be read from our journal");
    buf_put_u8(&what, 0);
    alarm_raise(x, &cause, (const char *)what.data);
    buf_clear(&what);
    o->stands = true;
}

enum err
giving_want(struct exchange *x, struct link *k, const struct frame_want *w)
{
    bool is_owed = true;
    struct outflow *o = outflow_of(x, k, &w->lane);

    if (!o)
        return ERR_UNKNOWN_LANE;
    /* PROTOCOL batches: "An index MUST NOT be asked for twice in a session, nor
     * one below an index that an earlier WANT covered." */
    if (!o->agreed || w->first < o->want_next || w->first >= o->sent ||
        w->count > o->sent - w->first)
        return ERR_RANGE;
    o->want_next = w->first + w->count;
    for (uint32_t i = 0; i < w->count; i++) {
        uint64_t index = w->first + i;
        /* PROTOCOL batches: "An origin MUST NOT send a body that was not asked
         * for." */
        if (!(w->bitmap.data[i / 8] >> (i % 8) & 1))
            continue;
        /* PROTOCOL batches: "Bodies MUST be sent in ascending index and never
         * interleaved within a lane." */
        if (!o->stands && send_wanted(x, k, o->lane, index) != OK)
            stand_still(x, o, index);
        if (o->stands)
            is_owed = is_owed && ring_push(&o->owed, &index);
    }
    assert(is_owed); /* no more is in flight, and nothing is asked for twice */
    return OK;
}

void
giving_retry(struct exchange *x, struct link *k)
{
    struct outflow *flows[] = {&k->out, &k->give_back};
    uint64_t *index;

    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        struct outflow *o = flows[i];
        while ((index = ring_at(&o->owed, 0)) &&
               send_wanted(x, k, o->lane, *index) == OK)
            ring_pop(&o->owed);
        o->stands = o->owed.count > 0;
    }
}

/* PROTOCOL receipts: "Receipts are cumulative: a receipt MUST be taken as one
 * for every entry below its size, and sizes may be skipped." */
void
giving_landed(struct exchange *x, struct outflow *o, uint64_t size)
{
    struct outgoing *batch;

    while ((batch = ring_at(&o->outgoing, 0)) && batch->end <= size) {
        o->outgoing_bytes -= batch->bytes;
        x->in_flight_bytes -= batch->bytes;
        if (o->want_next < batch->end)
            o->want_next = batch->end;
        ring_pop(&o->outgoing);
    }
}

enum err
giving_held(struct exchange *x, struct link *k, const struct frame_mark *m)
{
    struct outflow *o = outflow_of(x, k, &m->lane);

    if (!o)
        return ERR_UNKNOWN_LANE;
    if (m->number > o->sent)
        return ERR_AHEAD;
    giving_landed(x, o, m->number);
    if (o->offered)
        origin_entered(x, k);
    return OK;
}

void
outflow_init(struct outflow *o, uint32_t lane)
{
    *o = (struct outflow){.lane = lane, .upto = UINT64_MAX};
    ring_init(&o->outgoing, sizeof(struct outgoing), BATCHES_IN_FLIGHT_MAX);
    ring_init(&o->owed, sizeof(uint64_t),
              BATCHES_IN_FLIGHT_MAX * BATCH_LEAVES_MAX);
}

/* Nothing of it is in flight any more. */
void
outflow_clear(struct exchange *x, struct outflow *o)
{
    x->in_flight_bytes -= o->outgoing_bytes;
    ring_clear(&o->outgoing);
    ring_clear(&o->owed);
}
