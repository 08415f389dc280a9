#include "fixture.h"

#define LEAVES 300
#define PROVEN 64

static struct hash leaves[LEAVES];

static void
make_leaves(void)
{
    for (uint64_t i = 0; i < LEAVES; i++)
        leaves[i] = leaf_number(i);
}

/* The definition of RFC 9162, 2.1.1, word by word. */
static struct hash
tree_root(const struct hash *l, size_t n)
{
    struct hash out, left, right;
    size_t k = 1;

    if (n == 0) {
        crypto_hash_one(&out, (struct slice){0});
        return out;
    }
    if (n == 1)
        return l[0];
    while (k * 2 < n)
        k *= 2;
    left = tree_root(l, k);
    right = tree_root(l + k, n - k);
    struct slice parts[] = {slice_of("\x01", 1), SLICE_ARRAY(left.b),
                            SLICE_ARRAY(right.b)};
    crypto_hash(&out, parts, ARRAY_SIZE(parts));
    return out;
}

/* The definition of RFC 9162, 2.1.3.1. */
static void
tree_proof(size_t m, const struct hash *l, size_t n, struct proof *out)
{
    size_t k = 1;

    if (n == 1)
        return;
    while (k * 2 < n)
        k *= 2;
    if (m < k) {
        tree_proof(m, l, k, out);
        out->hashes[out->count++] = tree_root(l + k, n - k);
    } else {
        tree_proof(m - k, l + k, n - k, out);
        out->hashes[out->count++] = tree_root(l, k);
    }
}

struct reader {
    uint64_t next;  /* what an ascending reader may ask next */
    uint64_t fails; /* the index that cannot be had */
};

static bool
read_leaf(void *context, uint64_t index, struct hash *out)
{
    struct reader *r = context;

    assert_true(index == r->next);
    r->next++;
    if (index == r->fails)
        return false;
    *out = leaves[index];
    return true;
}

static struct proof
prove(uint64_t index, uint64_t size)
{
    struct reader r = {0, UINT64_MAX};
    struct proof p;

    assert_int_equal(merkle_prove(read_leaf, &r, index, size, &p), OK);
    assert_int_equal(r.next, size);
    return p;
}

static void
the_frontier_agrees_with_the_recursive_definition(void **state)
{
    struct frontier f;
    struct hash root, expected;

    (void)state;
    frontier_init(&f);
    for (size_t n = 0; n <= LEAVES; n++) {
        frontier_root(&f, &root);
        expected = tree_root(leaves, n);
        assert_true(hash_equal(&root, &expected));
        assert_int_equal(f.size, n);
        if (n < LEAVES)
            frontier_append(&f, &leaves[n]);
    }
}

static void
peaks_are_as_many_as_bits_are_set(void **state)
{
    (void)state;
    assert_int_equal(frontier_peaks(0), 0);
    assert_int_equal(frontier_peaks(1), 1);
    assert_int_equal(frontier_peaks(0xff), 8);
    assert_int_equal(frontier_peaks(0x8000000000000001), 2);
    assert_int_equal(frontier_peaks(UINT64_MAX), 64);
}

static void
the_root_of_the_eight_classic_inputs_is_known(void **state)
{
    static const char *const inputs[] = {
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    };
    struct frontier f;
    struct hash h;
    char text[2 * HASH_BYTES + 1];

    (void)state;
    frontier_init(&f);
    for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
        uint8_t bytes[1 + 16] = {0};
        size_t size = strlen(inputs[i]) / 2;
        assert_true(hex_decode(slice_str(inputs[i]), bytes + 1, size));
        crypto_hash_one(&h, slice_of(bytes, 1 + size));
        frontier_append(&f, &h);
    }
    frontier_root(&f, &h);
    hex_encode(SLICE_ARRAY(h.b), text);
    assert_string_equal(text, "5dc9da79a70659a9ad559cb701ded9a2"
                              "ab9d823aad2f4960cfe370eff4604328");
}

static void
every_proof_up_to_64_leaves_is_that_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 1; n <= PROVEN; n++) {
        struct hash root = tree_root(leaves, n);
        for (size_t m = 0; m < n; m++) {
            struct proof p = prove(m, n), expected = {.count = 0};
            tree_proof(m, leaves, n, &expected);
            assert_int_equal(p.count, expected.count);
            assert_memory_equal(p.hashes, expected.hashes,
                                p.count * sizeof p.hashes[0]);
            assert_int_equal(merkle_verify(&leaves[m], m, n, &p, &root), OK);
        }
    }
}

static void
no_proof_serves_for_another_index_or_leaf(void **state)
{
    (void)state;
    for (size_t n = 1; n <= PROVEN; n++) {
        struct hash root = tree_root(leaves, n);
        for (size_t m = 0; m < n; m++) {
            struct proof p = prove(m, n);
            for (size_t x = 0; x <= n; x++) {
                if (x == m)
                    continue;
                assert_int_equal(merkle_verify(&leaves[m], x, n, &p, &root),
                                 ERR_PROOF);
                assert_int_equal(merkle_verify(&leaves[x], m, n, &p, &root),
                                 ERR_PROOF);
            }
        }
    }
}

static void
a_proof_with_a_bit_changed_or_of_another_length_is_refused(void **state)
{
    struct hash root = tree_root(leaves, 37);

    (void)state;
    for (size_t m = 0; m < 37; m++) {
        struct proof p = prove(m, 37), bad;
        for (size_t bit = 0; bit < p.count * 8 * HASH_BYTES; bit++) {
            bad = p;
            bad.hashes[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(merkle_verify(&leaves[m], m, 37, &bad, &root),
                             ERR_PROOF);
        }
        bad = p;
        bad.count--;
        assert_int_equal(merkle_verify(&leaves[m], m, 37, &bad, &root),
                         ERR_PROOF);
        bad.count = p.count + 1;
        memset(&bad.hashes[p.count], 0, sizeof bad.hashes[0]);
        assert_int_equal(merkle_verify(&leaves[m], m, 37, &bad, &root),
                         ERR_PROOF);
    }
}

static void
an_empty_tree_and_absurd_sizes_prove_nothing(void **state)
{
    struct proof p = {.count = 0};
    struct hash root = tree_root(leaves, 1);

    (void)state;
    assert_int_equal(merkle_verify(&leaves[0], 0, 0, &p, &root), ERR_PROOF);
    assert_int_equal(merkle_verify(&leaves[0], 0, 1, &p, &root), OK);
    p.count = PROOF_HASHES_MAX;
    memset(p.hashes, 0, sizeof p.hashes);
    assert_int_equal(
        merkle_verify(&leaves[0], UINT64_MAX - 1, UINT64_MAX, &p, &root),
        ERR_PROOF);
    p.count = PROOF_HASHES_MAX + 1;
    assert_int_equal(merkle_verify(&leaves[0], 0, UINT64_MAX, &p, &root),
                     ERR_PROOF);
}

static void
a_node_cannot_be_shown_as_the_root_of_a_single_leaf(void **state)
{
    struct proof p = {.hashes = {leaves[0]}, .count = 1};
    struct hash root = tree_root(leaves, 2);

    (void)state;
    assert_int_equal(merkle_verify(&leaves[1], 1, 2, &p, &root), OK);
    assert_int_equal(merkle_verify(&leaves[1], 0, 1, &p, &root), ERR_PROOF);
}

static void
a_leaf_that_cannot_be_read_fails_the_proof(void **state)
{
    (void)state;
    for (uint64_t bad = 0; bad < 21; bad++) {
        struct reader r = {0, bad};
        struct proof p = {.count = 12345};
        assert_int_equal(merkle_prove(read_leaf, &r, 13, 21, &p), ERR_IO);
        assert_int_equal(p.count, 12345);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frontier_agrees_with_the_recursive_definition),
        cmocka_unit_test(peaks_are_as_many_as_bits_are_set),
        cmocka_unit_test(the_root_of_the_eight_classic_inputs_is_known),
        cmocka_unit_test(every_proof_up_to_64_leaves_is_that_of_the_definition),
        cmocka_unit_test(no_proof_serves_for_another_index_or_leaf),
        cmocka_unit_test(
            a_proof_with_a_bit_changed_or_of_another_length_is_refused),
        cmocka_unit_test(an_empty_tree_and_absurd_sizes_prove_nothing),
        cmocka_unit_test(a_node_cannot_be_shown_as_the_root_of_a_single_leaf),
        cmocka_unit_test(a_leaf_that_cannot_be_read_fails_the_proof),
    };

    make_leaves();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
