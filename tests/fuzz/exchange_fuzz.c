/*
 * exchange - two nodes, and steps in which one of them is hostile after AUTH.
 *
 * The first node is under test. The second is honest at first; steps change,
 * drop and add frames in its name, with its keys if they want. Whatever comes
 * over the link: the first node never stops itself, and what it synced folds
 * back after a restart.
 */
#include "harness.h"

#include "core/lane/leaf.h"
#include "core/wire/frames.h"
#include "nodes.h"
#include "script.h"
#include "teams.h"

enum {
    PASS,
    DROP,
    TWICE,
    REPLACE,
    INSERT,
    BATCH,
    RECEIPT,
    REQUEST,
    SUBMIT,
    WAIT,
    CUT,
    ALL,
    RESTART,
    RENEW,
    WHATS
};

/* Of `how` in REPLACE and INSERT: sign with the hostile team's keys; compute
 * the root first. */
#define SIGN_IT 0x80
#define ROOT_IT 0x40

#define ROUNDS_MAX 64
#define BATCH_MAX 16

struct world {
    struct node nodes[TEAMS];
    uint64_t links;
    bool alone;               /* the hostile node has left the script */
    struct frontier hostile;  /* its lane, as the node under test has it */
    struct checkpoint tested; /* the last that the node under test sent */
    struct lane_id lanes[TEAMS];
};

/* ---- frames -----------------------------------------------------------------
 */

static struct slice
payload_of(struct slice frame)
{
    return slice_of(frame.data + FRAME_HEADER_BYTES,
                    frame.size - FRAME_HEADER_BYTES);
}

static bool
batch_of(struct slice frame, struct arena *arena, struct frame_batch *out)
{
    return frame.data[4] == FRAME_HEADER &&
           frame_batch_get(payload_of(frame), arena, out) == OK;
}

static void
leaves_add(struct frontier *f, struct slice records)
{
    for (size_t i = 0; i + LEAF_BYTES <= records.size; i += LEAF_BYTES) {
        struct hash leaf;
        leaf_hash(records.data + i, &leaf);
        frontier_append(f, &leaf);
    }
}

static void
give(struct world *w, struct slice frame)
{
    struct arena arena;
    struct frame_batch b;

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    if (frame.size > FRAME_HEADER_BYTES && batch_of(frame, &arena, &b) &&
        b.start == w->hostile.size)
        leaves_add(&w->hostile, b.records);
    arena_clear(&arena);
    nodes_frame(&w->nodes[KRCERT], frame);
}

/* Note what the node under test announces, and pass its frames on. */
static void
answer(struct world *w)
{
    struct node *n = &w->nodes[KRCERT];
    struct slice frame;
    struct arena arena;
    struct frame_batch b;

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    while (nodes_next(n, &frame)) {
        if (batch_of(frame, &arena, &b))
            w->tested = (struct checkpoint){.size = b.start +
                                                    b.records.size / LEAF_BYTES,
                                            .root = b.root,
                                            .time_s = b.time_s,
                                            .key = b.key,
                                            .signature = b.signature};
        arena_reset(&arena);
        if (!w->alone)
            nodes_frame(&w->nodes[AUSCERT], frame);
    }
    arena_clear(&arena);
    if (n->closed) {
        n->closed = false;
        nodes_link_down(&w->nodes[AUSCERT]);
    }
    if (w->nodes[AUSCERT].closed) {
        w->nodes[AUSCERT].closed = false;
        nodes_link_down(n);
    }
}

static void
frame_begin(struct buf *out, uint8_t type, struct slice payload)
{
    buf_put_u32(out, (uint32_t)payload.size);
    buf_put_u8(out, type);
    buf_put(out, slice_of("\0\0\0", 3));
    buf_put(out, payload);
}

/* ---- the hostile team's signatures ------------------------------------------
 */

static void
sign_batch(struct world *w, uint8_t how, struct frame_batch *b)
{
    struct frontier end = w->hostile;
    struct checkpoint c = {.size = b->start + b->records.size / LEAF_BYTES,
                           .root = b->root,
                           .time_s = b->time_s};

    if (how & ROOT_IT) {
        b->lane = w->lanes[AUSCERT];
        leaves_add(&end, b->records);
        frontier_root(&end, &c.root);
    }
    team_sign(team_of(AUSCERT), KEY_ROLE_CHECKPOINT, &team_of(AUSCERT)->name,
              &b->lane, &c);
    b->root = c.root;
    b->key = c.key;
    b->signature = c.signature;
}

static void
sign_receipt(struct world *w, uint8_t how, struct frame_receipt *r)
{
    struct checkpoint c = {.size = r->receipt.size,
                           .root = r->receipt.root,
                           .time_s = r->receipt.time_s};

    if (how & ROOT_IT) {
        r->lane = w->lanes[KRCERT];
        c.size = w->tested.size;
        c.root = w->tested.root;
    }
    team_sign(team_of(AUSCERT), KEY_ROLE_RECEIPT, &team_of(KRCERT)->name,
              &r->lane, &c);
    r->receipt =
        (struct frame_signed){c.size, c.root, c.time_s, c.key, c.signature};
}

/* Write a frame, signed anew if its kind has a signature over a lane. */
static void
frame_made(struct world *w, uint8_t type, uint8_t how, struct slice payload,
           struct buf *out)
{
    struct arena arena;
    struct frame_batch b;
    struct frame_receipt r;

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    if (how & SIGN_IT && type == FRAME_HEADER &&
        frame_batch_get(payload, &arena, &b) == OK) {
        sign_batch(w, how, &b);
        frame_batch_put(out, &b);
    } else if (how & SIGN_IT && type == FRAME_RECEIPT &&
               frame_receipt_get(payload, &arena, &r) == OK) {
        sign_receipt(w, how, &r);
        frame_receipt_put(out, &r);
    } else {
        frame_begin(out, type, payload);
    }
    arena_clear(&arena);
}

/* ---- a batch of hostile entries ---------------------------------------------
 */

struct hostile_entry {
    struct slice body;
    uint8_t salt[SALT_BYTES];
};

/* Take u8 kind, u8 tlp, u8 flags, u16 size, body off, and make its record. Of
 * an expunge, the flags are its ref. */
static bool
entry_make(struct cursor *c, uint64_t index, struct hostile_entry *e,
           uint8_t record[LEAF_BYTES])
{
    struct leaf leaf = {.kind = cursor_u8(c),
                        .tlp = cursor_u8(c),
                        .flags = cursor_u8(c),
                        .index = index,
                        .ref = LEAF_REF_NONE};
    uint16_t size = cursor_u16(c);

    if (c->bad)
        return false;
    if (leaf.kind == LEAF_EXPUNGE && leaf.flags != UINT8_MAX) {
        leaf.ref = leaf.flags;
        leaf.flags = 0;
    }
    e->body = cursor_bytes(c, size < c->left ? size : c->left);
    memset(e->salt, 9, sizeof e->salt);
    leaf.body_bytes = (uint32_t)e->body.size;
    leaf_commit(e->salt, e->body, &leaf.commitment);
    leaf_encode(&leaf, record);
    return true;
}

static void
batch(struct world *w, struct slice bytes)
{
    struct cursor c = cursor_of(bytes);
    struct hostile_entry entries[BATCH_MAX];
    uint8_t records[BATCH_MAX][LEAF_BYTES];
    uint64_t start = w->hostile.size;
    struct buf frame = {0};
    size_t n = 0;

    while (n < BATCH_MAX && entry_make(&c, start + n, &entries[n], records[n]))
        n++;
    if (n == 0)
        return;
    w->alone = true;
    struct frame_batch b = {.start = start,
                            .records = slice_of(records, n * LEAF_BYTES),
                            .time_s = 1790000000};
    sign_batch(w, ROOT_IT, &b);
    frame_batch_put(&frame, &b);
    give(w, buf_slice(&frame));
    for (size_t i = 0; i < n; i++) {
        buf_reset(&frame);
        frame_body_put(
            &frame, &(struct frame_body){.lane = w->lanes[AUSCERT],
                                         .index = start + i,
                                         .salt = SLICE_ARRAY(entries[i].salt),
                                         .piece = entries[i].body});
        give(w, buf_slice(&frame));
    }
    buf_clear(&frame);
}

/* ---- steps ------------------------------------------------------------------
 */

static void
connect(struct world *w, bool tested_dials)
{
    struct store *store = &w->nodes[KRCERT].store;
    uint8_t record[LEAF_BYTES];

    for (unsigned i = 0; i < TEAMS; i++)
        nodes_link_down(&w->nodes[i]);
    frontier_init(&w->hostile);
    while (store->ops->record(store->self, 0, w->hostile.size, record) == OK)
        leaves_add(&w->hostile, SLICE_ARRAY(record));
    w->links++;
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_link_up(&w->nodes[i], w->links, (i == KRCERT) == tested_dials);
}

static void
pass_all(struct world *w)
{
    struct slice frame;
    size_t rounds = 0;

    answer(w);
    while (!w->alone && rounds++ < ROUNDS_MAX &&
           nodes_next(&w->nodes[AUSCERT], &frame)) {
        give(w, frame);
        answer(w);
    }
}

/* Do something with the next frames of the hostile node. */
static void
next_frame(struct world *w, unsigned what, const struct step *s)
{
    struct buf made = {0};
    struct slice frame;

    answer(w);
    if (w->alone || !nodes_next(&w->nodes[AUSCERT], &frame))
        return;
    if (what == PASS || what == TWICE)
        give(w, frame);
    if (what == TWICE)
        give(w, frame);
    if (what == REPLACE) {
        frame_made(w, frame.data[4], s->how, s->bytes, &made);
        give(w, buf_slice(&made));
    }
    buf_clear(&made);
    answer(w);
}

static void
receipt(struct world *w, uint8_t how)
{
    struct frame_receipt r = {.lane = w->lanes[KRCERT],
                              .origin_time_s = w->tested.time_s,
                              .origin_key = w->tested.key,
                              .origin_signature = w->tested.signature};
    struct buf frame = {0};

    r.receipt.size = w->tested.size + (how & 1) - (how >> 1 & 1);
    r.receipt.root = w->tested.root;
    r.receipt.root.b[0] ^= how >> 2 & 1;
    sign_receipt(w, 0, &r);
    frame_receipt_put(&frame, &r);
    give(w, buf_slice(&frame));
    buf_clear(&frame);
}

static void
request(struct world *w, struct slice payload)
{
    struct buf frame = {0};

    buf_put_u32(&frame, (uint32_t)payload.size);
    buf_put(&frame, payload);
    nodes_ask(&w->nodes[KRCERT], buf_slice(&frame));
    buf_clear(&frame);
}

static void
insert(struct world *w, const struct step *s)
{
    struct buf made = {0};

    frame_made(w, s->how & 31, s->how, s->bytes, &made);
    give(w, buf_slice(&made));
    buf_clear(&made);
}

static void
happen(struct world *w, const struct step *s)
{
    unsigned what = s->what % WHATS;

    if (what <= REPLACE)
        next_frame(w, what, s);
    else if (what == INSERT)
        insert(w, s);
    else if (what == BATCH)
        batch(w, s->bytes);
    else if (what == RECEIPT)
        receipt(w, s->how);
    else if (what == REQUEST)
        request(w, s->bytes);
    else if (what == SUBMIT)
        nodes_submit(&w->nodes[s->how & 1], s->bytes);
    else if (what == CUT)
        connect(w, s->how & 1);
    else if (what == RESTART) {
        nodes_restart(&w->nodes[KRCERT]);
        nodes_link_down(&w->nodes[AUSCERT]);
    }
    if (what == RENEW) {
        nodes_renew_card(&w->nodes[s->how & 1]);
        connect(w, s->how & 2);
    }
    for (unsigned i = 0; i < TEAMS && what == WAIT; i++)
        nodes_wait(&w->nodes[i], (uint64_t)s->how * 1000);
    if (what == ALL)
        pass_all(w);
    else
        answer(w);
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct world w = {0};
    uint8_t unused[GENESIS_BYTES];
    struct step s;

    for (unsigned i = 0; i < TEAMS; i++) {
        team_genesis(i, unused, &w.lanes[i]);
        nodes_start(&w.nodes[i], i);
    }
    connect(&w, true);
    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &s); n++)
        happen(&w, &s);
    nodes_restart(&w.nodes[KRCERT]);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_clear(&w.nodes[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
