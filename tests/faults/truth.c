/*
 * What the two nodes say and keep, held against the invariants.
 */
#include "pair.h"

#include "core/lane/leaf.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"

#include <assert.h>

#define FRAME_BUDGET MIB(8)

/* I1: one root for one size, whoever says it. */
static void
root_said(struct node *n, unsigned origin, uint64_t size,
          const struct hash *root)
{
    struct said *s = &n->pair->said[origin];

    assert(size <= ENTRIES_MAX);
    if (s->has_root[size] && !hash_equal(&s->roots[size], root))
        pair_wrong(n->pair, "I1: two roots for one size");
    s->has_root[size] = true;
    s->roots[size] = *root;
}

static void
header_sent(struct node *n, const struct frame_batch *b)
{
    struct said *s = &n->pair->said[n->index];
    size_t count = b->records.size / LEAF_BYTES;

    for (size_t i = 0; i < count; i++) {
        uint64_t index = b->start + i;
        struct hash leaf;
        assert(index < ENTRIES_MAX);
        leaf_hash(b->records.data + i * LEAF_BYTES, &leaf);
        if (index < s->leaf_count && !hash_equal(&s->leaves[index], &leaf))
            pair_wrong(n->pair, "I1: two entries at one index");
        if (index > s->leaf_count)
            pair_wrong(n->pair, "I2: an entry with a gap before it");
        s->leaves[index] = leaf;
        if (index == s->leaf_count)
            s->leaf_count++;
    }
    root_said(n, n->index, b->start + count, &b->root);
}

/* I3: a receipt covers what was synced. */
static void
receipt_sent(struct node *n, const struct frame_receipt *r)
{
    n->pair->counts.receipts++;
    if (r->receipt.size > n->held)
        pair_wrong(n->pair, "I3: a receipt for what is not on disk");
    root_said(n, !n->index, r->receipt.size, &r->receipt.root);
}

static void
frame_sent(struct node *n, unsigned type, struct slice payload,
           struct arena *arena)
{
    struct frame_batch b;
    struct frame_receipt r;

    if (type == FRAME_HEADER) {
        enum err e = frame_batch_get(payload, arena, &b);
        assert(!e);
        header_sent(n, &b);
    } else if (type == FRAME_RECEIPT) {
        enum err e = frame_receipt_get(payload, arena, &r);
        assert(!e);
        receipt_sent(n, &r);
    }
}

void
truth_sent(struct node *n, struct slice frames)
{
    struct arena arena;

    arena_init(&arena, FRAME_BUDGET);
    while (frames.size >= FRAME_HEADER_BYTES) {
        size_t size = get_be32(frames.data);
        struct slice payload = slice_of(frames.data + FRAME_HEADER_BYTES, size);
        frame_sent(n, frames.data[4], payload, &arena);
        frames = slice_of(payload.data + size,
                          frames.size - FRAME_HEADER_BYTES - size);
        arena_reset(&arena);
    }
    arena_clear(&arena);
}

/* I4, I6: a lane has each message once, in full, here as there. */
struct reading {
    struct node *n;
    uint32_t lane;
    uint64_t total;
    const uint8_t *stream;
    uint64_t seen[MESSAGES_MAX];
    uint64_t declined;
    bool damaged;
};

static void
read_all(void *context)
{
    struct reading *r = context;
    const struct store *s = &r->n->files;
    struct buf body = {0};

    for (uint64_t i = 0; i < r->n->shown.size[r->lane]; i++) {
        uint8_t record[LEAF_BYTES];
        struct submission_id id;
        struct slice message;
        struct leaf leaf;
        struct hash commitment;
        buf_reset(&body);
        if (s->ops->record(s->self, r->lane, i, record) ||
            leaf_decode(SLICE_ARRAY(record), i, &leaf)) {
            r->damaged = true;
            continue;
        }
        enum err e = s->ops->body(s->self, r->lane, i, &body);
        r->declined += e == ERR_NOT_FOUND;
        r->damaged |= e && e != ERR_NOT_FOUND;
        if (e)
            continue;
        struct slice rest =
            slice_of(body.data + SALT_BYTES, body.size - SALT_BYTES);
        leaf_commit(body.data, rest, &commitment);
        if (!hash_equal(&commitment, &leaf.commitment) ||
            body_split(rest, &id, &message))
            r->damaged = true;
        else if (memcmp(id.stream, r->stream, STREAM_ID_BYTES) == 0 &&
                 id.sequence < MESSAGES_MAX)
            r->seen[id.sequence]++;
    }
    buf_clear(&body);
}

static void
lane_end(struct node *reader, unsigned origin)
{
    const struct client *c = &reader->pair->nodes[origin].client;
    struct reading r = {
        .n = reader, .lane = reader->index == origin, .stream = c->stream};

    (void)process_run(&reader->process, read_all, &r);
    uint64_t declined = 0;
    if (r.damaged)
        pair_wrong(reader->pair, "I6: an entry that cannot be read back");
    for (uint64_t i = 0; i < c->total; i++) {
        bool kept = reader->index == origin ||
                    !client_is_declined(&reader->pair->nodes[origin], i);
        declined += !kept;
        if (r.seen[i] != kept)
            pair_wrong(reader->pair, "I4: message %llu stands %llu times",
                       (unsigned long long)i, (unsigned long long)r.seen[i]);
    }
    if (r.declined != declined)
        pair_wrong(reader->pair, "%llu bodies are not kept",
                   (unsigned long long)r.declined);
}

void
truth_end(struct node *n)
{
    for (unsigned origin = 0; origin < NODES; origin++)
        lane_end(n, origin);
}
