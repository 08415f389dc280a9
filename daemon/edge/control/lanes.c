#include "edge/control/entries.h"

static void
add_str(struct query *q, const char *key, const char *text)
{
    control_add_text(&q->answer, key, slice_str(text));
}

static void
add_u64(struct query *q, const char *key, uint64_t number)
{
    control_add_number(&q->answer, key,
                       number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static uint64_t
at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- totals ------------------------------------------------------------- */

static void
add_up(struct lane_totals *t, const struct view_lane *v)
{
    uint64_t receipt_ms = v->receipt_time.ms;
    bool in_use = v->next == VIEW_NONE;

    if (v->ours) {
        t->sent += at_most(v->signed_size, v->counts_to);
        t->receipted += at_most(v->receipted, v->counts_to);
        if (t->receipt_ms < receipt_ms)
            t->receipt_ms = receipt_ms;
    } else {
        t->stored += v->size;
        if (t->receipt_given_ms < receipt_ms)
            t->receipt_given_ms = receipt_ms;
    }
    t->withheld = t->withheld || (in_use && v->withheld);
    if (in_use && v->frozen)
        memcpy(v->ours ? t->frozen_to : t->frozen_from, v->frozen_why,
               sizeof t->frozen_to);
}

void
lane_totals(struct query *q, uint32_t peer, struct lane_totals *out)
{
    struct view_node node;
    struct view_lane v;

    *out = (struct lane_totals){0};
    view_node(q->exchange, &node);
    for (uint32_t i = 0; i < node.lane_count; i++)
        if (view_lane(q->exchange, i, &v) == OK && v.peer == peer)
            add_up(out, &v);
}

/* ---- lanes -------------------------------------------------------------- */

static void
add_name(struct query *q, uint32_t lane, const struct view_lane *v)
{
    struct buf name = {0};

    lane_name_put(q, v, &name);
    add_u64(q, "lane", lane);
    control_add_text(&q->answer, "lane-name", buf_slice(&name));
    buf_clear(&name);
    add_str(q, "direction", v->ours ? "to" : "from");
    control_add_text(&q->answer, "origin",
                     query_team(q, v->ours ? VIEW_NONE : v->peer));
    control_add_text(&q->answer, "holder",
                     query_team(q, v->ours ? v->peer : VIEW_NONE));
    control_add_bytes(&q->answer, "lane-id", SLICE_ARRAY(v->id.b));
    add_u64(q, "epoch", v->epoch);
}

/* What stopped it, and what a person decided since. */
static void
add_stopped(struct query *q, const struct view_lane *v)
{
    if (v->frozen) {
        add_str(q, "frozen", v->frozen_why);
        add_u64(q, "row", v->frozen_row);
    }
    if (v->granted)
        add_u64(q, "granted-size", v->granted_size);
    if (v->claimed) {
        add_u64(q, "claim-size", v->claim.size);
        control_add_bytes(&q->answer, "claim-root",
                          SLICE_ARRAY(v->claim.root.b));
    }
}

/* Each as the size above which it signs, and its 32 bytes. */
static void
add_lane_keys(struct query *q, uint32_t lane)
{
    struct buf all = {0};
    struct public_key key;
    uint64_t above;

    for (size_t i = 0; view_lane_key(q->exchange, lane, i, &above, &key) == OK;
         i++) {
        buf_put_u64(&all, above);
        buf_put(&all, SLICE_ARRAY(key.b));
    }
    control_add_bytes(&q->answer, "keys", buf_slice(&all));
    buf_clear(&all);
}

static void
add_lane(struct query *q, uint32_t lane, const struct view_lane *v)
{
    add_name(q, lane, v);
    add_u64(q, "prev-size", v->prev_size);
    add_u64(q, "size", v->size);
    add_u64(q, "signed-size", v->ours ? v->signed_size : v->size);
    add_u64(q, "receipted", v->receipted);
    control_add_truth(&q->answer, "left", v->next != VIEW_NONE);
    control_add_truth(&q->answer, "closed", v->closed);
    if (v->counts_to < v->size)
        add_u64(q, "counts-to", v->counts_to);
    add_stopped(q, v);
    lane_add_signatures(q, lane, v);
    add_lane_keys(q, lane);
}

/* Which lanes a request is about: those of one peer, or all. */
static enum err
wanted_peer(struct query *q, uint32_t *peer)
{
    struct slice team = control_text(q->values, "team");

    *peer = VIEW_NONE;
    return team.size ? query_peer(q, team, peer) : OK;
}

enum err
query_lanes(struct query *q)
{
    struct view_node node;
    struct view_lane v;
    uint32_t peer;
    enum err e = wanted_peer(q, &peer);

    if (e != OK)
        return e;
    view_node(q->exchange, &node);
    for (uint32_t i = 0; i < node.lane_count; i++) {
        if (view_lane(q->exchange, i, &v) != OK ||
            (peer != VIEW_NONE && v.peer != peer))
            continue;
        add_lane(q, i, &v);
        control_end_record(&q->answer);
    }
    return OK;
}

/* ---- evidence ----------------------------------------------------------- */

/* Keys of a statement: a genesis, and a checkpoint where one was signed. */
struct side_keys {
    const char *genesis, *size, *root, *time, *key, *signature;
};

static const struct side_keys their_keys = {"their-genesis", "their-size",
                                            "their-root",    "their-time-s",
                                            "their-key",     "their-signature"};
static const struct side_keys our_keys = {"our-genesis", "our-size",
                                          "our-root",    "our-time-s",
                                          "our-key",     "our-signature"};

static void
add_side(struct query *q, const struct side_keys *keys,
         const uint8_t genesis[GENESIS_BYTES], const struct checkpoint *c)
{
    control_add_bytes(&q->answer, keys->genesis,
                      slice_of(genesis, GENESIS_BYTES));
    if (!c->size)
        return;
    add_u64(q, keys->size, c->size);
    control_add_bytes(&q->answer, keys->root, SLICE_ARRAY(c->root.b));
    add_u64(q, keys->time, c->time_s);
    control_add_bytes(&q->answer, keys->key, SLICE_ARRAY(c->key.b));
    control_add_bytes(&q->answer, keys->signature, SLICE_ARRAY(c->signature.b));
}

enum err
query_lane_evidence(struct query *q)
{
    struct view_evidence e;
    struct view_lane v;
    uint32_t peer;
    enum err bad = wanted_peer(q, &peer);

    for (size_t i = 0; bad == OK && view_evidence(q->exchange, i, &e) == OK;
         i++) {
        if (view_lane(q->exchange, e.lane, &v) != OK ||
            (peer != VIEW_NONE && v.peer != peer))
            continue;
        add_name(q, e.lane, &v);
        add_u64(q, "row", e.row);
        add_side(q, &their_keys, e.genesis, &e.theirs);
        add_side(q, &our_keys, e.our_genesis, &e.ours);
        control_end_record(&q->answer);
    }
    return bad;
}
