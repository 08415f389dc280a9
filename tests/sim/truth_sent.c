/*
 * truth_sent - what nodes say and sign, held against what was said before.
 */
#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/exchange/resume.h"
#include "core/exchange/view.h"
#include "core/wire/frames.h"
#include "sim/roots.h"
#include "sim/sim.h"
#include "sim/truth_why.h"

#include <assert.h>

#define LEAF_KIND_AT 9 /* in a leaf record */

/* ---- frames -------------------------------------------------------------- */

static struct lane_truth *
lane_named(struct world *w, const struct lane_id *id)
{
    struct lane_truth *l = truth_lane(&w->truth, id);

    hold(w, INVARIANT_I1, l != NULL, "a frame names a lane that nobody has");
    return l;
}

static void
leaf_said(struct world *w, struct lane_truth *l, uint64_t index,
          const uint8_t record[LEAF_BYTES])
{
    struct hash leaf;

    leaf_hash(record, &leaf);
    if (record[LEAF_KIND_AT] == LEAF_CARD && l->card_above <= index)
        l->card_above = index + 1;
    if (index < l->leaf_count) {
        hold(w, INVARIANT_I1, hash_equal(&l->leaves[index], &leaf),
             "two entries released at one index");
        return;
    }
    if (!hold(w, INVARIANT_I1, index == l->leaf_count,
              "an entry released with a gap before it"))
        return;
    if (l->leaf_count == l->leaf_capacity) {
        l->leaf_capacity = l->leaf_capacity ? 2 * l->leaf_capacity : 64;
        l->leaves =
            mem_resize(l->leaves, (size_t)l->leaf_capacity, sizeof *l->leaves);
    }
    l->leaves[l->leaf_count++] = leaf;
    frontier_append(&l->said, &leaf);
}

/* A frame on its way: who sends it over what. */
struct said {
    struct world *w;
    struct node *n;
    struct conn *c;
    struct slice payload;
};

/* I8: both sides said how many batches may be in flight; what answers them is
 * counted when it leaves, which is sooner than the origin learns of it. */
static void
flight_add(struct world *w, const struct node *n, struct conn *c, uint64_t end)
{
    unsigned side = conn_side(c, n);
    const struct node *other = &w->nodes[c->node[!side]];
    size_t window = node_window(w, n);

    if (window > node_window(w, other))
        window = node_window(w, other);
    if (c->garbled)
        return; /* who knows what was answered */
    if (hold(w, INVARIANT_I8, c->flights[side] < window,
             "more batches in flight than were agreed"))
        c->flight[side][c->flights[side]++] = end;
}

static void
flight_answered(const struct said *s, const struct lane_truth *l, uint64_t size)
{
    struct node *n = s->n;
    struct conn *c = s->c;

    if (!l || l->holder != n->index)
        return; /* it answers what was given back */
    unsigned side = !conn_side(c, n);
    size_t left = 0;

    for (size_t i = 0; i < c->flights[side]; i++)
        if (c->flight[side][i] > size)
            c->flight[side][left++] = c->flight[side][i];
    c->flights[side] = left;
}

static void
header_sent(const struct said *s)
{
    struct world *w = s->w;
    struct frame_batch b;
    struct hash root;

    if (!hold(w, INVARIANT_I6,
              frame_batch_get(s->payload, &w->truth.arena, &b) == OK,
              "a node sends what cannot be read"))
        return;
    struct lane_truth *l = lane_named(w, &b.lane);
    uint64_t count = b.records.size / LEAF_BYTES;
    if (!l || l->causes & CAUSE_ORIGIN_SIGNER)
        return;
    if (l->origin == s->n->index)
        flight_add(w, s->n, s->c, b.start + count);
    else if (l->causes & CAUSE_FORGED)
        return; /* it gives back what was forged */
    key_said(w, l, b.start + count, &b.key);
    for (uint64_t i = 0; i < count; i++)
        leaf_said(w, l, b.start + i, b.records.data + i * LEAF_BYTES);
    if (l->said.size == b.start + count) {
        frontier_root(&l->said, &root);
        hold(w, INVARIANT_I1, hash_equal(&root, &b.root),
             "a root released is not that of the entries");
    }
    hold(w, INVARIANT_I1, roots_put(&l->released, b.start + count, &b.root),
         "two roots released for one size");
}

/* I3: what a receipt covers is on the holder's disk; I1: of the same root. */
static void
receipt_sent(const struct said *s)
{
    struct world *w = s->w;
    struct node *n = s->n;
    struct frame_receipt r;

    if (!hold(w, INVARIANT_I6,
              frame_receipt_get(s->payload, &w->truth.arena, &r) == OK,
              "a node sends what cannot be read"))
        return;
    w->counts.receipts++;
    struct lane_truth *l = lane_named(w, &r.lane);
    const struct kept_lane *kept = l ? kept_find(&n->kept, l) : NULL;
    flight_answered(s, l, r.receipt.size);
    if (!kept)
        return;
    hold(w, INVARIANT_I3, !kept->ours && r.receipt.size <= kept->size,
         "a receipt for what is not on disk");
    hold(w, INVARIANT_I3, r.receipt.size <= kept->receipted,
         "a receipt that the journal does not know");
    key_receipted(w, n, l,
                  &(struct checkpoint){.size = r.receipt.size,
                                       .root = r.receipt.root,
                                       .time_s = r.receipt.time_s,
                                       .key = r.receipt.key,
                                       .signature = r.receipt.signature});
    if (!(l->causes & (CAUSE_ORIGIN_SIGNER | CAUSE_FORGED)))
        hold(w, INVARIANT_I1,
             roots_put(&l->released, r.receipt.size, &r.receipt.root),
             "a receipt for another root than was released");
}

/* Find the lane that a VERDICT is about: the one that it names, or where nobody
 * has that, since the claim came in other words, the one that stands over it.
 */
static struct lane_truth *
lane_judged(const struct said *s, const struct frame_verdict *v)
{
    unsigned other = s->c->node[1 - conn_side(s->c, s->n)];
    const struct kept_lane *k =
        kept_current(&s->n->kept, node_peer(s->n, other), true);
    struct lane_truth *l = truth_lane(&s->w->truth, &v->lane);

    if (!l && k && k->frozen && k->truth->causes & CAUSE_CLAIM_FLIPPED)
        return k->truth;
    return lane_named(s->w, &v->lane);
}

static void
verdict_sent(const struct said *s)
{
    struct world *w = s->w;
    struct frame_verdict v;

    if (!hold(w, INVARIANT_I6,
              frame_verdict_get(s->payload, &w->truth.arena, &v) == OK &&
                  v.row < RESUME_ROW_COUNT,
              "a node sends what cannot be read"))
        return;
    w->counts.rows[v.row]++;
    struct lane_truth *l = lane_judged(s, &v);
    if (!l)
        return;
    hold(w, INVARIANT_I14, row_is_explained(v.row, l),
         "a verdict that nothing explains");
    hold(w, INVARIANT_I19,
         v.size >= l->highest || l->causes & CAUSE_ORIGIN_RESTORED,
         "a lane of ours has become shorter");
    if (l->highest < v.size)
        l->highest = v.size;
}

static void
held_sent(const struct said *s)
{
    struct frame_mark m;

    if (hold(s->w, INVARIANT_I6,
             frame_mark_get(FRAME_HELD, s->payload, &s->w->truth.arena, &m) ==
                 OK,
             "a node sends what cannot be read"))
        flight_answered(s, truth_lane(&s->w->truth, &m.lane), m.number);
}

/* I8: nothing is asked of a peer that has taken what it may of the disk. */
static void
want_sent(const struct said *s)
{
    struct view_peer v;
    struct frame_want want;

    if (!hold(s->w, INVARIANT_I6,
              frame_want_get(s->payload, &s->w->truth.arena, &want) == OK,
              "a node sends what cannot be read"))
        return;
    const struct lane_truth *l = truth_lane(&s->w->truth, &want.lane);
    if (!s->n->peer_bytes || !l || l->holder != s->n->index)
        return; /* it has back what it lost itself */
    enum err e = view_peer(s->n->exchange, node_peer(s->n, l->origin), &v);
    assert(e == OK);
    hold(s->w, INVARIANT_I8, v.disk_used <= s->n->peer_bytes,
         "more is asked of a peer than it may take of the disk");
}

/* Another lane goes on from here: nothing of the one before is in flight. */
static void
genesis_sent(const struct said *s)
{
    s->c->flights[conn_side(s->c, s->n)] = 0;
}

typedef void (*said_fn)(const struct said *s);

static void
body_sent(const struct said *s)
{
    if (s->w->truth.expunges)
        gone_sent(s->w, s->n, FRAME_BODY, s->payload);
}

static void
gone_mark_sent(const struct said *s)
{
    gone_sent(s->w, s->n, FRAME_GONE, s->payload);
}

static void
absent_sent(const struct said *s)
{
    gone_sent(s->w, s->n, FRAME_ABSENT, s->payload);
}

static const said_fn looked_at[FRAME_TYPE_COUNT] = {
    [FRAME_VERDICT] = verdict_sent, [FRAME_HEADER] = header_sent,
    [FRAME_RECEIPT] = receipt_sent, [FRAME_HELD] = held_sent,
    [FRAME_GENESIS] = genesis_sent, [FRAME_BODY] = body_sent,
    [FRAME_WANT] = want_sent,       [FRAME_GONE] = gone_mark_sent,
    [FRAME_ABSENT] = absent_sent,
};

void
truth_sent(struct world *w, struct node *n, struct conn *c, struct slice frames)
{
    while (frames.size >= FRAME_HEADER_BYTES && !w->violation.invariant) {
        size_t size = get_be32(frames.data);
        uint8_t type = frames.data[4];
        struct said s = {w, n, c,
                         slice_of(frames.data + FRAME_HEADER_BYTES, size)};
        arena_reset(&w->truth.arena);
        if (looked_at[type])
            looked_at[type](&s);
        frames = slice_of(s.payload.data + size,
                          frames.size - FRAME_HEADER_BYTES - size);
    }
}

/* ---- the signing journal ------------------------------------------------- */

static void
record_signed(struct world *w, const struct gate_record *r)
{
    struct lane_truth *l = truth_lane(&w->truth, &r->lane);
    bool ours = r->role == KEY_ROLE_CHECKPOINT;
    unsigned forked =
        ours ? CAUSE_ORIGIN_SIGNER : CAUSE_HOLDER_SIGNER | CAUSE_ORIGIN_SIGNER;

    if (l && r->kind == GATE_RECORD_GENESIS)
        *(ours ? &l->begun : &l->entered) = true;
    if (!l || r->kind != GATE_RECORD_SIGNED)
        return;
    uint64_t *last = &l->signed_size[ours ? 0 : 1];
    if (!ours) {
        gone_signed(w, l, r->at.size);
        l->receipt_id = r->at.key;
    }
    hold(w, INVARIANT_I10, r->at.size > *last, "a smaller size signed anew");
    *last = r->at.size;
    if (l->causes & forked)
        return;
    hold(
        w, INVARIANT_I10,
        roots_put(ours ? &l->endorsed : &l->receipted, r->at.size, &r->at.root),
        "two roots signed for one size");
    const struct hash *in_journal = roots_at(&l->sequenced, r->at.size);
    if (ours && in_journal)
        hold(w, INVARIANT_I10, hash_equal(in_journal, &r->at.root),
             "a root signed that is not the journal's");
}

/* Each record: u32 size | u32 checksum | u64 number | entries. */
void
truth_signed(struct world *w, struct node *n, size_t from)
{
    struct cursor c = cursor_of(
        slice_of(n->sign_journal.data + from, n->sign_journal.size - from));

    while (c.left && !c.bad) {
        uint32_t size = cursor_u32(&c);
        cursor_u32(&c);
        struct cursor entries = cursor_of(cursor_bytes(&c, size));
        cursor_u64(&entries);
        while (entries.left && !entries.bad) {
            uint32_t bytes = cursor_u32(&entries);
            struct gate_record r;
            if (hold(w, INVARIANT_I10,
                     gate_record_get(cursor_bytes(&entries, bytes), &r) == OK,
                     "a signing journal that cannot be read"))
                record_signed(w, &r);
        }
    }
}
