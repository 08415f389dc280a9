#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crypto/seed.h"

static const uint8_t fresh[32] = {7, 8, 9};

static void
the_same_seed_gives_the_same_bytes(void **state)
{
    struct seed a = {0}, b = {0};
    uint8_t x[100], y[100];

    (void)state;
    seed_add(&a, fresh);
    seed_add(&b, fresh);
    for (int i = 0; i < 3; i++) {
        seed_take(&a, x, sizeof x);
        seed_take(&b, y, sizeof y);
        assert_memory_equal(x, y, sizeof x);
    }
}

static void
no_two_requests_give_the_same_bytes(void **state)
{
    struct seed s = {0};
    uint8_t taken[64][32];

    (void)state;
    seed_add(&s, fresh);
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        seed_take(&s, taken[i], sizeof taken[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(taken[i], taken[j], sizeof taken[i]);
    }
}

static void
the_key_is_replaced_by_each_request(void **state)
{
    struct seed s = {0}, before;
    uint8_t x[1];

    (void)state;
    seed_add(&s, fresh);
    before = s;
    seed_take(&s, x, sizeof x);
    assert_memory_not_equal(s.key, before.key, sizeof s.key);
}

static void
new_randomness_changes_what_follows(void **state)
{
    static const uint8_t more[32] = {1};
    struct seed a = {0}, b;
    uint8_t x[32], y[32];

    (void)state;
    seed_add(&a, fresh);
    b = a;
    seed_add(&b, more);
    seed_take(&a, x, sizeof x);
    seed_take(&b, y, sizeof y);
    assert_memory_not_equal(x, y, sizeof x);
}

static void
exactly_the_bytes_asked_for_are_written(void **state)
{
    struct seed s = {0};

    (void)state;
    seed_add(&s, fresh);
    for (size_t n = 0; n < 100; n++) {
        uint8_t out[101];
        memset(out, 0xee, sizeof out);
        seed_take(&s, out, n);
        assert_int_equal(out[n], 0xee);
        assert_int_equal(out[100], 0xee);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(no_two_requests_give_the_same_bytes),
        cmocka_unit_test(the_key_is_replaced_by_each_request),
        cmocka_unit_test(new_randomness_changes_what_follows),
        cmocka_unit_test(exactly_the_bytes_asked_for_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
