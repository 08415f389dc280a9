/*
 * config_test - the configuration, written by the edge and read by the core.
 */
#include "core/exchange/config.h"

#include "core/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct team_name
team(const char *text)
{
    struct team_name name = {{0}};
    bool good = team_name_parse(slice_str(text), &name);

    assert_true(good);
    return name;
}

static struct config *
sample(void)
{
    struct config *c = test_calloc(1, sizeof *c);

    c->team = team("krcert.or.kr");
    memset(c->boot_id, 5, sizeof c->boot_id);
    c->card = slice_str("card bytes");
    c->boot_time.ms = 1700000000123;
    c->default_tlp = TLP_AMBER;
    c->batches_in_flight = 16;
    c->retention_ms = 365 * UINT64_C(86400000);
    c->body_bytes_max = MIB(1);
    c->disk_bytes = MIB(200);
    c->user_bytes = MIB(300);
    memset(c->stream_secret, 9, sizeof c->stream_secret);
    c->peer_count = 2;
    c->peers[0] = (struct config_peer){.team = team("cert.gov.au"),
                                       .ceiling = TLP_RED,
                                       .community = true,
                                       .address = slice_str("192.0.2.1:1"),
                                       .disk_bytes = MIB(100),
                                       .dial = true};
    c->peers[1] = (struct config_peer){.team = team("jpcert.or.jp")};
    return c;
}

static void
what_is_written_is_read(void **state)
{
    struct config *c = sample(), *got = test_calloc(1, sizeof *got);
    struct buf bytes = {0}, again = {0};

    (void)state;
    config_put(&bytes, c);
    assert_int_equal(config_get(buf_slice(&bytes), got), OK);
    assert_string_equal(got->team.text, "krcert.or.kr");
    assert_true(slice_is(got->card, "card bytes"));
    assert_int_equal(got->default_tlp, TLP_AMBER);
    assert_int_equal(got->peer_count, 2);
    assert_int_equal(got->peers[0].ceiling, TLP_RED);
    assert_true(got->peers[0].community && got->peers[0].dial);
    assert_false(got->peers[1].community || got->peers[1].dial);
    assert_int_equal(got->disk_bytes, MIB(200));
    assert_int_equal(got->user_bytes, MIB(300));
    assert_int_equal(got->peers[0].disk_bytes, MIB(100));
    config_put(&again, got);
    assert_true(slice_equal(buf_slice(&bytes), buf_slice(&again)));
    buf_clear(&bytes);
    buf_clear(&again);
    test_free(c);
    test_free(got);
}

static void
bytes_that_end_early_or_late_are_refused(void **state)
{
    struct config *c = sample(), *got = test_calloc(1, sizeof *got);
    struct buf bytes = {0};

    (void)state;
    config_put(&bytes, c);
    for (size_t n = 0; n < bytes.size; n++)
        assert_int_not_equal(config_get(slice_of(bytes.data, n), got), OK);
    buf_put_u8(&bytes, 0);
    assert_int_equal(config_get(buf_slice(&bytes), got), ERR_FORMAT);
    buf_clear(&bytes);
    test_free(c);
    test_free(got);
}

static void
values_out_of_range_are_refused(void **state)
{
    struct config *c = sample(), *got = test_calloc(1, sizeof *got);
    struct buf bytes = {0};

    (void)state;
    for (uint32_t n = 0; n <= BATCHES_IN_FLIGHT_MAX + 1; n++) {
        buf_reset(&bytes);
        c->batches_in_flight = n;
        config_put(&bytes, c);
        assert_int_equal(config_get(buf_slice(&bytes), got),
                         n >= 1 && n <= BATCHES_IN_FLIGHT_MAX ? OK : ERR_VALUE);
    }
    c->batches_in_flight = 1;
    c->body_bytes_max = BODY_MAX + 1;
    buf_reset(&bytes);
    config_put(&bytes, c);
    assert_int_equal(config_get(buf_slice(&bytes), got), ERR_VALUE);
    buf_clear(&bytes);
    test_free(c);
    test_free(got);
}

/* The number of peers stands behind fixed fields; 257 are too many. */
static void
more_peers_than_a_node_has_are_refused(void **state)
{
    struct config *c = sample(), *got = test_calloc(1, sizeof *got);
    struct buf bytes = {0};

    (void)state;
    c->peer_count = 0;
    config_put(&bytes, c);
    buf_set_u32(&bytes, bytes.size - 4, PEERS_MAX + 1);
    assert_int_equal(config_get(buf_slice(&bytes), got), ERR_LIMIT);
    buf_clear(&bytes);
    test_free(c);
    test_free(got);
}

static void
a_strange_tlp_counts_as_red(void **state)
{
    struct config *c = sample(), *got = test_calloc(1, sizeof *got);
    struct buf bytes = {0};

    (void)state;
    c->default_tlp = (enum tlp)77;
    config_put(&bytes, c);
    assert_int_equal(config_get(buf_slice(&bytes), got), OK);
    assert_int_equal(got->default_tlp, TLP_RED);
    buf_clear(&bytes);
    test_free(c);
    test_free(got);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(bytes_that_end_early_or_late_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(more_peers_than_a_node_has_are_refused),
        cmocka_unit_test(a_strange_tlp_counts_as_red),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
