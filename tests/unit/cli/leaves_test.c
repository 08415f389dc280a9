#include "cli/leaves.h"

#include "core/crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOST 5000u

static struct leaves all;
static struct frontier roots[MOST + 1];

static struct hash
leaf(uint64_t i)
{
    struct hash h;

    crypto_hash_one(&h, slice_of(&i, sizeof i));
    return h;
}

static int
plant(void **state)
{
    (void)state;
    frontier_init(&roots[0]);
    for (uint64_t i = 0; i < MOST; i++) {
        struct hash h = leaf(i);
        leaves_add(&all, &h);
        roots[i + 1] = roots[i];
        frontier_append(&roots[i + 1], &h);
    }
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    leaves_clear(&all);
    return 0;
}

/* Sizes around the chunks' bounds, where a mistake would show. */
static const uint64_t sizes[] = {1,    2,    3,    1023, 1024, 1025, 2047, 2048,
                                 2049, 3071, 3072, 3073, 4096, 4097, 5000};

static void
roots_are_those_of_the_whole_tree(void **state)
{
    struct hash root, wanted;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        leaves_root(&all, sizes[i], &root);
        frontier_root(&roots[sizes[i]], &wanted);
        assert_true(hash_equal(&root, &wanted));
    }
    leaves_root(&all, 0, &root);
    frontier_root(&roots[0], &wanted);
    assert_true(hash_equal(&root, &wanted));
}

static void
proofs_lead_to_the_root_of_the_whole_tree(void **state)
{
    struct hash root;
    struct proof proof;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t size = sizes[i];
        frontier_root(&roots[size], &root);
        for (uint64_t at = 0; at<size; at += size> 40 ? size / 40 : 1) {
            struct hash h = leaf(at);
            leaves_prove(&all, at, size, &proof);
            assert_int_equal(merkle_verify(&h, at, size, &proof, &root), OK);
        }
        struct hash last = leaf(size - 1);
        leaves_prove(&all, size - 1, size, &proof);
        assert_int_equal(merkle_verify(&last, size - 1, size, &proof, &root),
                         OK);
    }
}

static void
a_proof_of_another_leaf_does_not(void **state)
{
    struct hash root, other = leaf(7);
    struct proof proof;

    (void)state;
    frontier_root(&roots[4097], &root);
    leaves_prove(&all, 3000, 4097, &proof);
    assert_int_equal(merkle_verify(&other, 3000, 4097, &proof, &root),
                     ERR_PROOF);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_whole_tree),
        cmocka_unit_test(proofs_lead_to_the_root_of_the_whole_tree),
        cmocka_unit_test(a_proof_of_another_leaf_does_not),
    };
    return cmocka_run_group_tests(tests, plant, clear);
}
