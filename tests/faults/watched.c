/*
 * The store as the turn sees it: the journal, and a look at what goes into it.
 */
#include "pair.h"

static void
watched_append(void *self, struct slice facts)
{
    struct node *n = self;

    n->facts = 0;
    n->held_next = n->held;
    for (size_t at = 0; at < facts.size;) {
        struct slice rest = slice_of(facts.data + at, facts.size - at);
        struct fact_size size;
        struct fact f;
        if (fact_size(rest, &size) ||
            fact_get_head(slice_of(rest.data, size.head), &f)) {
            pair_wrong(n->pair, "a fact that cannot be read back");
            break;
        }
        n->facts |= UINT64_C(1) << f.type;
        if (f.type == FACT_ENTRY && f.index != n->held_next++)
            pair_wrong(n->pair, "I5: an entry twice or with a gap");
        at += size.head + size.blob;
    }
    n->files.ops->append(n->files.self, facts);
}

static void
watched_sync(void *self)
{
    struct node *n = self;

    n->files.ops->sync(n->files.self);
    n->pair->counts.entries += n->held_next - n->held;
    n->held = n->held_next;
    n->facts = 0;
}

static uint64_t
watched_turn(void *self)
{
    struct node *n = self;

    return n->files.ops->turn(n->files.self);
}

static enum err
watched_record(void *self, uint32_t lane, uint64_t index,
               uint8_t out[LEAF_BYTES])
{
    struct node *n = self;

    return n->files.ops->record(n->files.self, lane, index, out);
}

static enum err
watched_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    struct node *n = self;

    return n->files.ops->body(n->files.self, lane, index, out);
}

static enum err
watched_item(void *self, uint64_t item, struct buf *out)
{
    struct node *n = self;

    return n->files.ops->item(n->files.self, item, out);
}

static enum err
watched_checkpoint(void *self, uint32_t lane, uint64_t size,
                   struct checkpoint *out)
{
    struct node *n = self;

    return n->files.ops->checkpoint(n->files.self, lane, size, out);
}

const struct store_ops watched_store = {
    .append = watched_append,
    .sync = watched_sync,
    .turn = watched_turn,
    .record = watched_record,
    .body = watched_body,
    .item = watched_item,
    .checkpoint = watched_checkpoint,
};
