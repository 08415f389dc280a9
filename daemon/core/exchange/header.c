#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

static struct incoming *
incoming_new(const struct inflow *in, const struct frame_batch *f)
{
    struct incoming *b = mem_new(sizeof *b);

    b->start = f->start;
    b->count = f->records.size / LEAF_BYTES;
    b->records = mem_copy(f->records.data, f->records.size);
    b->leaves = mem_new(b->count * sizeof *b->leaves);
    b->states = mem_new(b->count);
    b->codes = mem_new(b->count * sizeof *b->codes);
    b->obeys = mem_new(b->count);
    b->places = mem_new(b->count * sizeof *b->places);
    b->end = in->expected;
    b->checkpoint = (struct checkpoint){.size = f->start + b->count,
                                        .root = f->root,
                                        .time_s = f->time_s,
                                        .key = f->key,
                                        .signature = f->signature};
    return b;
}

/* Check leaf records and root: what the signature covers. */
static enum err
check_records(struct incoming *b)
{
    struct hash root;
    uint64_t bytes = 0;

    for (size_t i = 0; i < b->count; i++) {
        const uint8_t *record = b->records + i * LEAF_BYTES;
        struct leaf leaf;
        enum err e =
            leaf_decode(slice_of(record, LEAF_BYTES), b->start + i, &leaf);
        /* PROTOCOL leaf-records: "A leaf record whose magic or version is
         * another, whose index is not its place, or whose body length
         * exceeds 16,777,216 MUST be refused together with the HEADER that
         * carries it." */
        if (e != OK)
            return e;
        bytes += leaf.body_bytes;
        /* PROTOCOL rotation: "An entry of kind 1 MUST be the last of its
         * batch." */
        if (leaf.kind == LEAF_CARD && i + 1 < b->count)
            return ERR_CARD;
        /* PROTOCOL leaf-records: "An entry whose kind, TLP or flags are unknown
         * to the holder MUST be kept as a leaf record, its body declined; it is
         * no reason to end the session." */
        if (!leaf_is_known(&leaf)) {
            b->states[i] = BODY_DECLINED;
            b->codes[i] = err_code(ERR_VALUE);
        }
        leaf_hash(record, &b->leaves[i]);
        frontier_append(&b->end, &b->leaves[i]);
    }
    gone_in_batch(b);
    /* PROTOCOL batches: "A batch MUST have at most 1,024 entries and at most 4
     * MiB (4,194,304 bytes) of bodies, but for one larger body that goes
     * alone." */
    if (b->count > 1 && bytes > BATCH_BODIES_MAX)
        return ERR_LIMIT;
    /* PROTOCOL batches: "A HEADER MUST NOT be used for anything before its root
     * and its signature are verified." */
    frontier_root(&b->end, &root);
    return hash_equal(&root, &b->checkpoint.root) ? OK : ERR_ROOT;
}

/* PROTOCOL resume: "An origin MUST check each batch of a fetched tail against
 * its own checkpoint key, and take it only if its exact (size, root) stands in
 * its signing journal, or a person vouched for it with the root key." */
static enum err
check_signature(const struct exchange *x, const struct inflow *in,
                const struct checkpoint *c)
{
    const struct lane *l = x->lanes[in->lane];

    /* Of our own, the signing journal says whether we signed it; the key may
     * be one that this node forgot when it was restored. */
    if (l->ours && !history_find(&x->keys, KEY_ROLE_CHECKPOINT, &c->key))
        return in->trusted ? ERR_KEY : OK;
    if (l->ours)
        return checkpoint_is_ours(x, l, c) ? OK : ERR_SIGNATURE;
    return lane_key_verify(x, l, c);
}

/* Keep the highest checkpoint that the origin signed. Two of one size with
 * different roots are a fork: the second is kept beside the first, and the
 * lane stops. Tell whether the lane goes on. */
static bool
note_seen(struct exchange *x, uint32_t lane, const struct checkpoint *c)
{
    const struct lane *l = x->lanes[lane];
    bool same_size = c->size == l->seen.size;
    bool fork = same_size && !hash_equal(&c->root, &l->seen.root);
    struct fact both = {.type = FACT_EVIDENCE,
                        .lane = lane,
                        .code = ROW_FORK,
                        .checkpoint = *c,
                        .answers = l->seen};

    memcpy(both.genesis, l->genesis, GENESIS_BYTES);
    if (fork && !l->frozen)
        emit(x, &both);
    /* PROTOCOL resume: "A holder MUST keep S as a fact on disk and report it at
     * each resume." */
    if (c->size > l->seen.size || fork)
        emit(x,
             &(struct fact){.type = FACT_SEEN, .lane = lane, .checkpoint = *c});
    if (fork)
        lane_freeze(x, lane, ROW_FORK, "they signed two histories of one size");
    return !fork;
}

/* Keep what the batch says for S; of our own ask the signer instead. Tell
 * whether the batch may be taken. */
static bool
note_batch(struct exchange *x, struct link *k, const struct inflow *in,
           struct incoming *b)
{
    struct question q = {.what = ASKED_BATCH,
                         .lane = x->lanes[in->lane]->id,
                         .size = b->checkpoint.size,
                         .root = &b->checkpoint.root};

    /* PROTOCOL resume: "An origin MUST check each batch of a fetched tail
     * against its own checkpoint key, and take it only if its exact (size,
     * root) stands in its signing journal, or a person vouched for it with the
     * root key." */
    b->known = in != &k->back || in->trusted;
    if (in != &k->back)
        return note_seen(x, in->lane, &b->checkpoint);
    if (!b->known)
        ask_about(x, k, &q);
    return true;
}

/* PROTOCOL receipts: "A batch must start at the holder's own size, or where
 * the batch in flight before it ends, and end in the signed root." */
enum err
holder_header(struct exchange *x, struct link *k, const struct frame_batch *f)
{
    struct inflow *in = inflow_of(x, k, &f->lane);

    if (!in)
        return ERR_UNKNOWN_LANE;
    /* PROTOCOL resume: "A HEADER MUST NOT be sent before the VERDICT of row 4,
     * nor taken before it." */
    if (!in->accepted)
        return ERR_RANGE;
    if (in == &k->in && x->lanes[in->lane]->frozen)
        return OK; /* nothing more of it is taken; the reverse lane goes on */
    /* PROTOCOL batches: "A HEADER MUST start at the size that the holder holds,
     * or where the batch in flight before it ends, and its size must be one at
     * which the origin signed a checkpoint." */
    if (f->start != in->expected.size ||
        f->records.size / LEAF_BYTES > in->upto - f->start)
        return ERR_RANGE;
    /* PROTOCOL batches: "More batches than the smaller batches_in_flight of the
     * two HELLOs says MUST NOT be in flight in a lane." */
    if (in->unanswered.count >= session_window(k->session))
        return ERR_CREDIT;
    struct incoming *b = incoming_new(in, f);
    /* PROTOCOL batches: "A HEADER MUST NOT be used for anything before its root
     * and its signature are verified." */
    enum err e = check_records(b);
    if (e == OK)
        e = check_signature(x, in, &b->checkpoint);
    if (e != OK || !note_batch(x, k, in, b)) {
        incoming_free(b);
        return e;
    }
    if (!ring_push(&in->incoming, &b) ||
        !ring_push(&in->unanswered, &b->end.size))
        assert(false && "the window is below the rings' bound");
    in->expected = b->end;
    return OK;
}
