#include "sim/adversary.h"

#include "core/lane/checkpoint.h"
#include "sim/roots.h"
#include "sim/sim.h"

/* What one forgery is about. */
struct forging {
    struct world *w;
    struct conn *c;
    enum forgery how;
    const struct node *origin, *holder;
    const struct kept_lane *kept; /* the holder's */
    uint8_t records[FORGED_MAX * LEAF_BYTES];
    struct frontier at;
};

/* No wire type of protobuf. */
#define UNREADABLE 0x07

/* A message that nobody submitted is no message of the oracle's: what stands
 * behind the submission id can be read by nobody. */
static void
body_make(struct forging *f, size_t i)
{
    struct forged *out = &f->w->forged;
    uint8_t *body = out->bodies[i];

    for (size_t k = 0; k < FORGED_BYTES; k += 8)
        put_be64(body + k, dice_next(&f->w->mishap));
    body[SUBMISSION_ID_BYTES] = UNREADABLE;
    for (size_t k = 0; k < sizeof out->salts[i]; k += 8)
        put_be64(out->salts[i] + k, dice_next(&f->w->mishap));
}

static void
entry_make(struct forging *f, size_t i)
{
    struct forged *out = &f->w->forged;
    bool late = f->how == FORGED_GAP;
    struct leaf leaf = {
        .kind = dice_chance(&f->w->mishap, 50) ? LEAF_PADDING : LEAF_MESSAGE,
        .body_bytes = FORGED_BYTES,
        .index = out->start + late + i,
        .ref = LEAF_REF_NONE,
        .time = node_now(f->w, f->origin).wall,
    };
    struct hash hash;

    body_make(f, i);
    leaf_commit(out->salts[i], SLICE_ARRAY(out->bodies[i]), &leaf.commitment);
    leaf_encode(&leaf, f->records + i * LEAF_BYTES);
    leaf_hash(f->records + i * LEAF_BYTES, &hash);
    frontier_append(&f->at, &hash);
    struct lane_truth *l = f->kept->truth;
    l->forged[l->forged_count++ % FORGED_KEPT] = hash;
}

static void
sign(const struct forging *f, struct checkpoint *c)
{
    const struct team *t = f->origin->team;
    const struct known_key *key = keys_of_lane(f->origin, f->kept->truth);
    struct buf text = {0};

    c->key = key->id;
    checkpoint_signed_text(&t->name, &f->kept->truth->id, c, &text);
    crypto_sign(&key->secret, buf_slice(&text), &c->signature);
    buf_clear(&text);
}

static void
header_make(struct forging *f)
{
    struct forged *out = &f->w->forged;
    bool late = f->how == FORGED_GAP;
    struct checkpoint c = {
        .size = out->start + late + out->count,
        .time_s = node_now(f->w, f->origin).wall.ms / 1000,
    };

    frontier_root(&f->at, &c.root);
    if (f->how == FORGED_ROOT)
        c.root.b[dice_below(&f->w->mishap, HASH_BYTES)] ^= 1;
    sign(f, &c);
    buf_reset(&out->header);
    frame_batch_put(&out->header, &(struct frame_batch){
                                      .lane = f->kept->truth->id,
                                      .start = out->start + late,
                                      .records = slice_of(
                                          f->records, out->count * LEAF_BYTES),
                                      .root = c.root,
                                      .time_s = c.time_s,
                                      .key = c.key,
                                      .signature = c.signature,
                                  });
}

/* Find the newest lane of that origin as the holder keeps it. */
static const struct kept_lane *
lane_of(const struct node *holder, unsigned origin)
{
    for (size_t i = holder->kept.lane_count; i-- > 0;) {
        const struct kept_lane *k = &holder->kept.lanes[i];
        if (!k->ours && k->truth->origin == origin)
            return k;
    }
    return NULL;
}

void
forge(struct world *w, struct conn *c, enum forgery how)
{
    unsigned side = (unsigned)dice_below(&w->mishap, 2); /* the holder's */
    struct forging f = {.w = w, .c = c, .how = how};

    f.holder = &w->nodes[c->node[side]];
    f.origin = &w->nodes[c->node[!side]];
    f.kept = lane_of(f.holder, f.origin->index);
    if (!f.kept || c->flights[!side] || f.kept->frozen)
        return;
    f.at = f.kept->at;
    w->forged.conn = c->id;
    w->forged.holder = side;
    w->forged.start = f.kept->size;
    w->forged.count = 1 + (size_t)dice_below(&w->mishap, FORGED_MAX);
    for (size_t i = 0; i < w->forged.count; i++)
        entry_make(&f, i);
    header_make(&f);
    /* What must be refused explains nothing. */
    if (how == FORGED_TAIL || how == FORGED_SEEN)
        f.kept->truth->causes |= CAUSE_FORGED;
    tell(w, f.holder, "gets a forged batch from entry", w->forged.start);
    conn_deliver(w, c, side, buf_slice(&w->forged.header));
    if (how == FORGED_SEEN)
        conn_cut(w, c, BOTH_LEARN);
}

static void
body_send(struct world *w, struct conn *c, const struct lane_id *lane, size_t i)
{
    const struct forged *f = &w->forged;
    struct buf frame = {0};

    frame_body_put(&frame, &(struct frame_body){
                               .lane = *lane,
                               .index = f->start + i,
                               .salt = SLICE_ARRAY(f->salts[i]),
                               .piece = SLICE_ARRAY(f->bodies[i]),
                           });
    conn_deliver(w, c, f->holder, buf_slice(&frame));
    buf_clear(&frame);
}

bool
forged_wanted(struct world *w, struct conn *c, unsigned side,
              struct slice frame)
{
    const struct forged *f = &w->forged;
    struct slice payload = slice_of(frame.data + FRAME_HEADER_BYTES,
                                    frame.size - FRAME_HEADER_BYTES);
    struct frame_want want;

    if (c->id != f->conn || side != f->holder || frame.data[4] != FRAME_WANT)
        return false;
    arena_reset(&w->truth.arena);
    if (frame_want_get(payload, &w->truth.arena, &want) != OK ||
        want.first != f->start || want.count != f->count)
        return false;
    for (size_t i = 0; i < f->count; i++)
        if (want.bitmap.data[i / 8] >> (i % 8) & 1)
            body_send(w, c, &want.lane, i);
    return true;
}
