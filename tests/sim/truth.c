/*
 * truth - holds what the nodes say and keep against the invariants I1 to I6.
 */
#include "sim.h"

#include "core/base/mem.h"
#include "core/exchange/view.h"
#include "core/lane/leaf.h"
#include "core/wire/message.h"

#include <assert.h>

void
said_clear(struct said *s)
{
    mem_free(s->leaves);
    mem_free(s->root_list);
    table_clear(&s->roots);
}

/* I1: one root for one size, whatever was released. */
static void
root_said(struct world *w, struct said *s, uint64_t size,
          const struct hash *root)
{
    uint8_t key[16];

    put_be64(key, size * 0x9e3779b97f4a7c15u);
    put_be64(key + 8, size);
    uint64_t *known = table_find(&s->roots, key);
    if (known) {
        if (!hash_equal(&s->root_list[*known], root))
            violate(w, "I1", "two roots released for one size");
        return;
    }
    if (s->root_count == s->root_capacity) {
        s->root_capacity = s->root_capacity ? 2 * s->root_capacity : 16;
        s->root_list =
            mem_resize(s->root_list, s->root_capacity, sizeof *s->root_list);
    }
    s->root_list[s->root_count] = *root;
    table_put(&s->roots, key, s->root_count++);
}

static void
leaf_said(struct world *w, struct said *s, uint64_t index,
          const uint8_t record[LEAF_BYTES])
{
    struct hash leaf;

    leaf_hash(record, &leaf);
    if (index < s->leaf_count) {
        if (!hash_equal(&s->leaves[index], &leaf))
            violate(w, "I1", "two entries released at one index");
        return;
    }
    if (index > s->leaf_count) {
        violate(w, "I2", "an entry released with a gap before it");
        return;
    }
    if (s->leaf_count == s->leaf_capacity) {
        s->leaf_capacity = s->leaf_capacity ? 2 * s->leaf_capacity : 64;
        s->leaves = mem_resize(s->leaves, s->leaf_capacity, sizeof *s->leaves);
    }
    s->leaves[s->leaf_count++] = leaf;
}

/* What was said of a lane that `n` knows, as it is known there. */
static struct said *
said_of(struct world *w, const struct node *n, const struct lane_id *id,
        uint32_t *lane)
{
    struct view_lane l;

    for (uint32_t i = 0; view_lane(n->exchange, i, &l) == OK; i++)
        if (lane_id_equal(&l.id, id)) {
            *lane = i;
            assert(l.epoch < 16);
            return &w->said[l.ours ? n->index : !n->index][l.epoch];
        }
    violate(w, "I6", "a lane that is not known is spoken of");
    return &w->said[0][15];
}

static void
header_sent(struct world *w, struct node *n, struct slice payload,
            struct arena *arena)
{
    struct frame_batch b;

    if (frame_batch_get(payload, arena, &b) != OK) {
        violate(w, "I6", "a node sends what cannot be read");
        return;
    }
    size_t count = b.records.size / LEAF_BYTES;
    uint32_t lane = 0;
    struct said *said = said_of(w, n, &b.lane, &lane);
    for (size_t i = 0; i < count; i++)
        leaf_said(w, said, b.start + i, b.records.data + i * LEAF_BYTES);
    root_said(w, said, b.start + count, &b.root);
}

/* I3: what a receipt covers is on the holder's disk; I1: of the same root. */
static void
receipt_sent(struct world *w, struct node *n, struct slice payload,
             struct arena *arena)
{
    struct frame_receipt r;

    if (frame_receipt_get(payload, arena, &r) != OK) {
        violate(w, "I6", "a node sends what cannot be read");
        return;
    }
    w->counts.receipts++;
    uint32_t lane = 0;
    root_said(w, said_of(w, n, &r.lane, &lane), r.receipt.size,
              &r.receipt.root);
    uint8_t record[LEAF_BYTES];
    struct memory_store *disk = memory_store_clone(n->store);
    struct store port;
    memory_store_port(disk, &port);
    if (r.receipt.size &&
        port.ops->record(port.self, lane, r.receipt.size - 1, record) != OK)
        violate(w, "I3", "a receipt for what is not on disk");
    memory_store_free(disk);
}

static void
verdict_sent(struct world *w, struct slice payload, struct arena *arena)
{
    struct frame_verdict v;

    if (frame_verdict_get(payload, arena, &v) != OK ||
        v.row >= RESUME_ROW_COUNT)
        violate(w, "I6", "a node sends what cannot be read");
    else
        w->counts.rows[v.row]++;
}

void
truth_sent(struct world *w, struct node *n, struct slice frames)
{
    struct arena arena;

    arena_init(&arena, MIB(8));
    while (frames.size >= FRAME_HEADER_BYTES) {
        size_t size = get_be32(frames.data);
        struct slice payload = slice_of(frames.data + FRAME_HEADER_BYTES, size);
        w->counts.sent[frames.data[4]]++;
        if (frames.data[4] == FRAME_VERDICT)
            verdict_sent(w, payload, &arena);
        if (frames.data[4] == FRAME_HEADER)
            header_sent(w, n, payload, &arena);
        if (frames.data[4] == FRAME_RECEIPT)
            receipt_sent(w, n, payload, &arena);
        frames = slice_of(payload.data + size,
                          frames.size - FRAME_HEADER_BYTES - size);
        arena_reset(&arena);
    }
    arena_clear(&arena);
}

/* I2, I5, I6: entries stand in order, are what the origin released, and
 * bodies match their commitments. */
static void
entry_kept(struct world *w, struct node *n, const struct fact *f)
{
    struct view_lane l;
    if (view_lane(n->exchange, f->lane, &l) != OK)
        assert(false);
    const struct said *s = &w->said[!n->index][l.epoch];
    struct leaf leaf;
    struct hash h;

    w->counts.entries++;
    if (f->index != n->held[f->lane])
        violate(w, "I5", "an entry handed on twice or with a gap");
    n->held[f->lane] = f->index + 1;
    leaf_hash(f->record, &h);
    if (f->index >= s->leaf_count || !hash_equal(&h, &s->leaves[f->index]))
        violate(w, "I2", "the holder keeps what the origin never released");
    if (leaf_decode(SLICE_ARRAY(f->record), f->index, &leaf) != OK)
        violate(w, "I6", "a leaf record that cannot be read is kept");
    if (f->state == BODY_DECLINED) {
        w->counts.declines++;
        return;
    }
    if (f->state != BODY_HELD)
        return;
    leaf_commit(f->blob_head.data, f->blob_body, &h);
    if (!hash_equal(&h, &leaf.commitment))
        violate(w, "I6", "a body that does not match is kept");
}

void
truth_synced(struct world *w, struct node *n, struct slice facts)
{
    while (facts.size) {
        struct fact f;
        bool erased = false;
        if (fact_get(&facts, &f, &erased) != OK) {
            violate(w, "I17", "a fact cannot be read back");
            return;
        }
        if (f.type == FACT_ENTRY)
            entry_kept(w, n, &f);
    }
}

/* I4 */
static void
lane_end(struct world *w, struct node *n)
{
    uint8_t *seen = mem_new((size_t)n->client.total + 1);
    uint64_t found = 0;
    struct buf body = {0};
    struct view_lane lane;

    for (uint32_t number = 0; view_lane(n->exchange, number, &lane) == OK;
         number++) {
        uint64_t end = lane.size;
        if (!lane.ours)
            continue;
        if (lane.next != VIEW_NONE) {
            struct view_lane next;
            if (view_lane(n->exchange, lane.next, &next) == OK)
                end = next.prev_size;
        }
        for (uint64_t i = 0; i < end; i++) {
            struct submission_id id;
            struct slice message;
            buf_reset(&body);
            enum err e = n->port.ops->body(n->port.self, number, i, &body);
            if (w->counts.restores && e == ERR_NOT_FOUND)
                continue;
            if (e != OK || body_split(slice_of(body.data + 32, body.size - 32),
                                      &id, &message) != OK) {
                violate(w, "I4", "an entry of ours cannot be read back");
                break;
            }
            if (memcmp(id.stream, n->client.stream, STREAM_ID_BYTES) != 0)
                continue;
            if (id.sequence >= n->client.total || seen[id.sequence]++)
                violate(w, "I4", "a message stands in the lane twice");
            found++;
        }
    }
    if (!w->counts.restores && n->client.total && found != n->client.total)
        violate(w, "I4", "an accepted message is not in the lane");
    buf_clear(&body);
    mem_free(seen);
}

/* Tell whether all that was queued was receipted. */
static bool
at_rest(const struct node *n)
{
    struct view_lane lane;
    struct view_peer peer;

    return view_peer(n->exchange, 0, &peer) == OK && peer.queued == 0 &&
           peer.up && view_lane(n->exchange, peer.lane_out, &lane) == OK &&
           !lane.frozen && lane.receipted == lane.size;
}

bool
truth_at_rest(const struct world *w)
{
    for (unsigned i = 0; i < NODES; i++)
        if (!at_rest(&w->nodes[i]))
            return false;
    return true;
}

void
truth_end(struct world *w)
{
    for (unsigned i = 0; i < NODES; i++)
        lane_end(w, &w->nodes[i]);
}
