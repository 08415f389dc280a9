#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/formats/ascii.h"
#include "edge/index/range.h"

#include <stdio.h>

static struct arena arena;

static struct range
of(const char *text)
{
    struct range r;

    assert_true(range_asked(slice_str(text), &arena, &r));
    return r;
}

static void
any_notation_of_two_ends_is_a_range_and_nothing_else(void **unused)
{
    static const char *const good[] = {
        "203[.]0[.]113[.]5 - 203.0.113.20", "2001:DB8::1-2001:db8::2",
        "203.0.113.7/24", "203.0.113.7-203.0.113.7"};
    static const char *const bad[] = {"203.0.113.9-203.0.113.5",
                                      "203.0.113.5-2001:db8::1",
                                      "203.0.113.0/24-203.0.114.0",
                                      "a-b.example",
                                      "203.0.113.5-",
                                      "-",
                                      ""};
    struct range r;

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(range_asked(slice_str(good[i]), &arena, &r));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(range_asked(slice_str(bad[i]), &arena, &r));
}

static void
ranges_contain_meet_and_equal_as_their_ends_say(void **unused)
{
    struct range block = of("203.0.113.0/24"), part = of("203.0.113.9");
    struct range over = of("203.0.113.200-203.0.114.9");
    struct range other = of("2001:db8::/32");

    (void)unused;
    assert_true(range_has(&block, &part) && !range_has(&part, &block));
    assert_true(range_meets(&block, &over) && !range_has(&block, &over));
    assert_false(range_meets(&part, &over));
    assert_false(range_meets(&block, &other));
    over = of("203.0.113.0-203.0.113.255");
    assert_true(range_equal(&block, &over));
}

static void
a_value_has_the_addresses_of_its_host(void **unused)
{
    static const struct {
        unsigned type;
        const char *value, *host;
    } cases[] = {
        {OBSERVABLE_IP_PORT, "203.0.113.7:443", "203.0.113.7"},
        {OBSERVABLE_IP_PORT, "[2001:db8::1]:443", "2001:db8::1"},
        {OBSERVABLE_URL, "http://u:p@203.0.113.7:80/a@b", "203.0.113.7"},
        {OBSERVABLE_URL, "203.0.113.7/a://b", "203.0.113.7"},
        {OBSERVABLE_URL, "https://[2001:db8::1]/", "2001:db8::1"},
        {OBSERVABLE_URL, "http://203.0.113.7\\@b.example/", "203.0.113.7"},
        {OBSERVABLE_URL, "evil.example/a", "evil.example"},
        {OBSERVABLE_EMAIL_ADDRESS, "a@b.example", "b.example"},
        {OBSERVABLE_DOMAIN, "b.example", ""},
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct observed o = {cases[i].type, slice_str(cases[i].value)};
        assert_true(slice_is(range_host(&o), cases[i].host));
    }
}

/* ---- keys --------------------------------------------------------------- */

struct keys {
    struct buf all; /* each with a space behind it */
    size_t count;
};

static void
on_key(void *context, struct slice key)
{
    struct keys *k = context;

    buf_put(&k->all, key);
    buf_put_u8(&k->all, ' ');
    k->count++;
}

/* Tell whether a value would be found by a range: do their keys meet? */
static bool
finds(const char *range, const char *value)
{
    struct range asked = of(range), there = of(value);
    struct keys looked = {0}, led = {0};
    bool found = false;

    range_look(&asked, !range_is_one(&there), on_key, &looked);
    range_lead(&there, on_key, &led);
    assert_true(looked.count <= RANGE_BLOCKS_MAX && led.count > 0);
    for (struct slice rest = buf_slice(&led.all); rest.size && !found;) {
        size_t n = slice_find(rest, ' ') + 1;
        found = memmem(looked.all.data, looked.all.size, rest.data, n) != NULL;
        rest = slice_of(rest.data + n, rest.size - n);
    }
    buf_clear(&looked.all);
    buf_clear(&led.all);
    return found;
}

static void
whatever_lies_in_a_range_has_a_key_of_it(void **unused)
{
    char range[64], value[64];

    (void)unused;
    for (unsigned prefix = 0; prefix < 32; prefix++)
        for (unsigned inner = prefix; inner <= 32; inner++) {
            (void)snprintf(range, sizeof range, "198.51.100.77/%u", prefix);
            (void)snprintf(value, sizeof value, "198.51.100.77/%u", inner);
            assert_true(finds(range, value));
        }
    for (unsigned prefix = 0; prefix < 128; prefix++)
        for (unsigned inner = prefix; inner <= 128; inner++) {
            (void)snprintf(range, sizeof range, "2001:db8:77::5/%u", prefix);
            (void)snprintf(value, sizeof value, "2001:db8:77::5/%u", inner);
            assert_true(finds(range, value));
        }
    assert_true(finds("10.255.255.250-11.0.0.9", "11.0.0.0/29"));
    assert_true(finds("10.255.255.250-11.0.0.9", "10.255.255.252/30"));
    assert_true(finds("9.0.0.1-255.0.0.0", "128.0.0.0/2"));
    assert_true(finds("0.0.0.0-255.255.255.255", "255.255.255.255"));
    assert_false(finds("198.51.100.0/24", "203.0.113.7"));
    assert_false(finds("198.51.100.0/20", "198.51.200.7"));
}

static int
setup(void **state)
{
    (void)state;
    arena_init(&arena, MIB(64));
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_notation_of_two_ends_is_a_range_and_nothing_else),
        cmocka_unit_test(ranges_contain_meet_and_equal_as_their_ends_say),
        cmocka_unit_test(a_value_has_the_addresses_of_its_host),
        cmocka_unit_test(whatever_lies_in_a_range_has_a_key_of_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
