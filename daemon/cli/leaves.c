#include "cli/leaves.h"

#include "core/base/mem.h"

#include <assert.h>

void
leaves_clear(struct leaves *l)
{
    mem_free(l->hashes);
    mem_free(l->chunks);
    *l = (struct leaves){0};
}

static void
root_of(const struct hash *leaves, uint64_t count, struct hash *out)
{
    struct frontier f;

    frontier_init(&f);
    for (uint64_t i = 0; i < count; i++)
        frontier_append(&f, &leaves[i]);
    frontier_root(&f, out);
}

void
leaves_add(struct leaves *l, const struct hash *leaf)
{
    if (l->size == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : LEAVES_CHUNK;
        l->hashes =
            mem_resize(l->hashes, (size_t)l->capacity, sizeof *l->hashes);
        l->chunks = mem_resize(l->chunks, (size_t)(l->capacity / LEAVES_CHUNK),
                               sizeof *l->chunks);
    }
    l->hashes[l->size++] = *leaf;
    if (l->size % LEAVES_CHUNK == 0)
        root_of(&l->hashes[l->size - LEAVES_CHUNK], LEAVES_CHUNK,
                &l->chunks[l->size / LEAVES_CHUNK - 1]);
}

/* Take a page of records; false if they are not those that come next. */
static bool
take_page(struct leaves *l, const struct control_answer *a)
{
    struct slice records = {0};
    struct leaf leaf;
    struct hash hash;

    if (a->record_count > 0)
        records = control_bytes(&a->records[0], "records");
    if (records.size == 0 || records.size % LEAF_BYTES != 0)
        return false;
    for (size_t i = 0; i < records.size; i += LEAF_BYTES) {
        const uint8_t *record = records.data + i;
        if (leaf_decode(slice_of(record, LEAF_BYTES), l->size, &leaf) != OK)
            return false;
        leaf_hash(record, &hash);
        leaves_add(l, &hash);
        l->kinds[leaf.kind]++;
    }
    return true;
}

bool
leaves_fetch(struct daemon *d, uint32_t lane, uint64_t size, struct leaves *l)
{
    struct control_answer a;
    struct ask ask;
    bool good = true;

    while (good && l->size < size) {
        ask_begin(&ask, "records");
        control_add_number(&ask.b, "lane", lane);
        control_add_number(&ask.b, "from-index", (int64_t)l->size);
        good = link_call(d, &ask, &a);
        ask_clear(&ask);
        if (good && !take_page(l, &a)) {
            (void)complain("leaf record %llu of the lane is not good",
                           (unsigned long long)l->size);
            good = false;
        }
    }
    return good;
}

/* The roots of the chunks are the leaves of the upper part of the tree: the
 * tree splits at powers of two, and a chunk is one. The last may be short. */
static uint64_t
chunk_count(uint64_t size)
{
    return (size + LEAVES_CHUNK - 1) / LEAVES_CHUNK;
}

static void
chunk_root(const struct leaves *l, uint64_t chunk, uint64_t size,
           struct hash *out)
{
    uint64_t first = chunk * LEAVES_CHUNK;

    if (size - first >= LEAVES_CHUNK)
        *out = l->chunks[chunk];
    else
        root_of(&l->hashes[first], size - first, out);
}

void
leaves_root(const struct leaves *l, uint64_t size, struct hash *out)
{
    struct frontier f;
    struct hash root;

    assert(size <= l->size);
    frontier_init(&f);
    for (uint64_t i = 0; i < chunk_count(size); i++) {
        chunk_root(l, i, size, &root);
        frontier_append(&f, &root);
    }
    frontier_root(&f, out);
}

struct part_of_tree {
    const struct leaves *leaves;
    uint64_t first; /* of the leaves of this chunk */
    uint64_t size;  /* of the whole tree */
};

static bool
give_leaf(void *context, uint64_t index, struct hash *out)
{
    const struct part_of_tree *p = context;

    *out = p->leaves->hashes[p->first + index];
    return true;
}

static bool
give_chunk(void *context, uint64_t index, struct hash *out)
{
    const struct part_of_tree *p = context;

    chunk_root(p->leaves, index, p->size, out);
    return true;
}

void
leaves_prove(const struct leaves *l, uint64_t index, uint64_t size,
             struct proof *out)
{
    uint64_t chunk = index / LEAVES_CHUNK;
    struct part_of_tree p = {l, chunk * LEAVES_CHUNK, size};
    uint64_t count = size - p.first;
    struct proof upper = {0};
    enum err e;

    assert(index < size && size <= l->size);
    if (count > LEAVES_CHUNK)
        count = LEAVES_CHUNK;
    *out = (struct proof){0};
    e = merkle_prove(give_leaf, &p, index - p.first, count, out);
    assert(e == OK);
    e = merkle_prove(give_chunk, &p, chunk, chunk_count(size), &upper);
    assert(e == OK && out->count + upper.count <= PROOF_HASHES_MAX);
    memcpy(&out->hashes[out->count], upper.hashes,
           upper.count * sizeof upper.hashes[0]);
    out->count += upper.count;
}
