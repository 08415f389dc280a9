#include "edge/net/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
addresses_are_read_and_written(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        bool numeric;
    } good[] = {
        {"192.0.2.1:4590", "192.0.2.1", 4590, true},
        {"[2001:db8::1]:1", "2001:db8::1", 1, true},
        {"node.cert.gov.au:65535", "node.cert.gov.au", 65535, false},
    };
    char host[ADDRESS_HOST_MAX], text[ADDRESS_TEXT_MAX];
    struct address a;
    uint16_t port;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(address_split(slice_str(good[i].text), host, &port));
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
        assert_int_equal(address_numeric(host, port, &a), good[i].numeric);
        if (!good[i].numeric)
            continue;
        address_text(&a, text);
        assert_string_equal(text, good[i].text);
    }
}

static void
what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "",        "192.0.2.1", ":4590",   "192.0.2.1:", "a:0",
        "a:65536", "a:-1",      "a:1x",    "a:b:1",      "2001:db8::1",
        "[]:1",    "a:123456",  "a:4590 ",
    };
    char host[ADDRESS_HOST_MAX];
    uint16_t port;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (address_split(slice_str(bad[i]), host, &port))
            fail_msg("\"%s\" was taken", bad[i]);
}

static struct admission admission;

static struct address
from(const char *host)
{
    struct address a;

    assert_true(address_numeric(host, 1, &a));
    return a;
}

static size_t
taken(const char *host, size_t tries, size_t unproven, uint64_t ms)
{
    struct address a = from(host);
    size_t count = 0;

    for (size_t i = 0; i < tries; i++)
        count +=
            !admission_refuses(&admission, &a, unproven, (struct mono){ms});
    return count;
}

static void
an_address_uses_up_its_own_share_alone(void **state)
{
    (void)state;
    admission_init(&admission, 7);
    assert_int_equal(taken("192.0.2.1", 1000, 0, 5000), ADMISSION_BURST);
    assert_int_equal(taken("192.0.2.2", 1, 0, 5000), 1);
    assert_int_equal(taken("192.0.2.1", 1000, 0, 7000),
                     2 * ADMISSION_PER_SECOND);
    assert_int_equal(taken("192.0.2.1", 1000, 0, 1000000), ADMISSION_BURST);
}

static void
one_network_of_version_six_is_one_neighbour(void **state)
{
    (void)state;
    admission_init(&admission, 7);
    assert_int_equal(taken("2001:db8::1", 1000, 0, 0), ADMISSION_BURST);
    assert_int_equal(taken("2001:db8::ffff:2", 1000, 0, 0), 0);
    assert_int_equal(taken("2001:db8:0:1::1", 1, 0, 0), 1);
}

static void
places_are_kept_for_known_peers(void **state)
{
    struct address known = from("198.51.100.7");

    (void)state;
    admission_init(&admission, 7);
    admission_know(&admission, &known);
    size_t nearly = CONNECTIONS_UNKNOWN_MAX - ADMISSION_KEPT;
    assert_int_equal(taken("192.0.2.9", 1, nearly - 1, 0), 1);
    assert_int_equal(taken("192.0.2.9", 1, nearly, 0), 0);
    assert_int_equal(taken("198.51.100.7", 1000, nearly, 0), 1000);
    assert_int_equal(taken("198.51.100.7", 1, CONNECTIONS_UNKNOWN_MAX, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(an_address_uses_up_its_own_share_alone),
        cmocka_unit_test(one_network_of_version_six_is_one_neighbour),
        cmocka_unit_test(places_are_kept_for_known_peers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
