#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/policy/policy.h"

#include <stdio.h>

/*
 * The whole table, written by hand: rows are the TLP of the message, columns
 * the ceiling of the peer. '+' goes, 'c' ceiling, 'r' only with a named
 * recipient, 'g' only inside the community.
 */
static const char own[5][6] = {
    "+++++", /* clear */
    "cgggg", /* green */
    "cc+++", /* amber */
    "ccc++", /* amber+strict */
    "ccccr", /* red */
};

static const char *
expected_send(enum tlp tlp, enum tlp ceiling, bool named, bool community)
{
    switch (own[tlp][ceiling]) {
    case 'c':
        return "ceiling";
    case 'r':
        return named ? "allowed" : "no-recipient";
    case 'g':
        return community ? "allowed" : "not-community";
    }
    return "allowed";
}

static struct marking
marked(enum tlp tlp, bool named)
{
    static const struct slice recipient = {(const uint8_t *)"duty", 4};

    return (struct marking){.tlp = tlp,
                            .recipients = named ? &recipient : NULL,
                            .recipient_count = named};
}

static void
assert_verdict(const struct verdict *v, const char *reason)
{
    assert_string_equal(v->reason, reason);
    assert_int_equal(v->allowed, strcmp(reason, "allowed") == 0);
    assert_true(strlen(v->text) > 10);
    assert_int_equal(v->allowed, v->advice[0] == 0);
}

static void
every_row_of_the_sending_table_holds(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned i = 0; i < 5 * 5 * 8; i++) {
        enum tlp tlp = (enum tlp)(i / 8 % 5), ceiling = (enum tlp)(i / 40);
        bool named = i & 1, community = i & 2, foreign = i & 4;
        struct agreement a = {ceiling, community};
        struct marking m = marked(tlp, named);
        struct verdict v;
        policy_may_send(&a, &m, foreign ? ORIGIN_FOREIGN : ORIGIN_OWN, &v);
        assert_verdict(&v, foreign
                               ? "not-ours"
                               : expected_send(tlp, ceiling, named, community));
        tried++;
    }
    assert_int_equal(tried, 200);
}

static void
every_row_of_the_receiving_table_holds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5 * 5 * 4; i++) {
        enum tlp tlp = (enum tlp)(i / 4 % 5), ceiling = (enum tlp)(i / 20);
        bool named = i & 1;
        struct agreement a = {ceiling, i & 2};
        struct marking m = marked(tlp, named);
        struct verdict v;
        policy_may_take(&a, &m, &v);
        assert_verdict(&v, tlp > ceiling              ? "ceiling"
                           : tlp == TLP_RED && !named ? "no-recipient"
                                                      : "allowed");
    }
}

static void
permission_to_relay_does_not_yet_open_the_way(void **state)
{
    struct agreement a = {TLP_RED, true};
    struct marking m = marked(TLP_CLEAR, false);
    struct verdict v;

    (void)state;
    m.relay_permitted = true;
    policy_may_send(&a, &m, ORIGIN_FOREIGN, &v);
    assert_verdict(&v, "not-ours");
}

static void
a_tlp_newer_than_we_are_is_above_every_ceiling(void **state)
{
    struct agreement a = {TLP_RED, true};
    struct marking m = marked((enum tlp)(TLP_RED + 1), true);
    struct verdict v;

    (void)state;
    policy_may_send(&a, &m, ORIGIN_OWN, &v);
    assert_verdict(&v, "ceiling");
    policy_may_take(&a, &m, &v);
    assert_verdict(&v, "ceiling");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_sending_table_holds),
        cmocka_unit_test(every_row_of_the_receiving_table_holds),
        cmocka_unit_test(permission_to_relay_does_not_yet_open_the_way),
        cmocka_unit_test(a_tlp_newer_than_we_are_is_above_every_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
