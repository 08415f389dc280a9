#include "core/lane/merkle.h"

#include "core/crypto/crypto.h"

#include <assert.h>

#define NODE_PREFIX 0x01
#define TREE_SIZE_MAX ((uint64_t)1 << 63)

static void
node_hash(const struct hash *left, const struct hash *right, struct hash *out)
{
    uint8_t text[1 + 2 * HASH_BYTES] = {NODE_PREFIX};

    memcpy(text + 1, left->b, HASH_BYTES);
    memcpy(text + 1 + HASH_BYTES, right->b, HASH_BYTES);
    crypto_hash_one(out, SLICE_ARRAY(text));
}

size_t
frontier_peaks(uint64_t size)
{
    size_t n = 0;

    for (; size; size &= size - 1)
        n++;
    return n;
}

void
frontier_init(struct frontier *f)
{
    *f = (struct frontier){0};
}

void
frontier_append(struct frontier *f, const struct hash *leaf)
{
    struct hash h = *leaf;
    size_t n = frontier_peaks(f->size);

    assert(f->size < TREE_SIZE_MAX);
    /* Each peak that is as high as the new subtree is its left half. */
    for (uint64_t s = f->size; s & 1; s >>= 1)
        node_hash(&f->peaks[--n], &h, &h);
    f->peaks[n] = h;
    f->size++;
}

void
frontier_root(const struct frontier *f, struct hash *out)
{
    size_t n = frontier_peaks(f->size);
    struct hash h;

    if (n == 0) {
        crypto_hash_one(out, (struct slice){0});
        return;
    }
    h = f->peaks[--n];
    while (n)
        node_hash(&f->peaks[--n], &h, &h);
    *out = h;
}

/* The subtree over the leaves from `first` on, beside the path. */
struct sibling {
    uint64_t first;
    uint64_t count;
    bool is_left;
};

/* Give the largest power of two below `n`, which is at least 2. */
static uint64_t
split_of(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k *= 2;
    return k;
}

/* List the siblings on the way from the root down to leaf `index`. */
static size_t
siblings_of(uint64_t index, uint64_t size, struct sibling *out)
{
    uint64_t first = 0;
    size_t n = 0;

    while (size > 1) {
        uint64_t k = split_of(size);
        assert(n < PROOF_HASHES_MAX);
        if (index - first < k) {
            out[n++] = (struct sibling){first + k, size - k, false};
            size = k;
        } else {
            out[n++] = (struct sibling){first, k, true};
            first += k;
            size -= k;
        }
    }
    return n;
}

static enum err
sibling_root(merkle_leaf_fn leaf, void *context, const struct sibling *s,
             struct hash *out)
{
    struct frontier f;
    struct hash h;

    frontier_init(&f);
    for (uint64_t i = 0; i < s->count; i++) {
        if (!leaf(context, s->first + i, &h))
            return ERR_IO;
        frontier_append(&f, &h);
    }
    frontier_root(&f, out);
    return OK;
}

enum err
merkle_prove(merkle_leaf_fn leaf, void *context, uint64_t index, uint64_t size,
             struct proof *out)
{
    struct sibling siblings[PROOF_HASHES_MAX];
    struct proof proof = {.count = 0};
    struct hash h;

    assert(index < size && size <= TREE_SIZE_MAX);
    proof.count = siblings_of(index, size, siblings);
    /* Left ones ascend on the way down, right ones on the way up; a proof
     * begins at the leaf. */
    for (size_t i = 0; i < proof.count; i++)
        if (siblings[i].is_left &&
            sibling_root(leaf, context, &siblings[i],
                         &proof.hashes[proof.count - 1 - i]) != OK)
            return ERR_IO;
    if (!leaf(context, index, &h))
        return ERR_IO;
    for (size_t i = proof.count; i-- > 0;)
        if (!siblings[i].is_left &&
            sibling_root(leaf, context, &siblings[i],
                         &proof.hashes[proof.count - 1 - i]) != OK)
            return ERR_IO;
    *out = proof;
    return OK;
}

enum err
merkle_verify(const struct hash *leaf, uint64_t index, uint64_t size,
              const struct proof *proof, const struct hash *root)
{
    struct hash h = *leaf;
    uint64_t at = index, last;

    if (index >= size || proof->count > PROOF_HASHES_MAX)
        return ERR_PROOF;
    last = size - 1;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return ERR_PROOF;
        if (at & 1 || at == last) {
            node_hash(&proof->hashes[i], &h, &h);
            /* A right edge is passed up through levels where it stands
             * alone. */
            while (at && !(at & 1)) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node_hash(&h, &proof->hashes[i], &h);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_equal(&h, root) ? OK : ERR_PROOF;
}
