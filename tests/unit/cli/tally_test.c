#include "cli/tally.h"

#include <stdio.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
accept(struct tally *t, enum observable type, enum tlp tlp, unsigned times)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};
    struct marking marking = {.tlp = tlp, .pap = PAP_GREEN};

    m.head.observable = type;
    m.head.value = slice_str("x");
    while (times-- > 0)
        tally_accept(t, tally_type(t, &m), &marking);
}

static void
expect(const struct tally *t, const char *wanted)
{
    struct buf line = {0};

    tally_put(&line, t);
    buf_put_u8(&line, 0);
    assert_string_equal((const char *)line.data, wanted);
    buf_clear(&line);
}

static void
what_was_left_out_is_said_by_its_reason(void **state)
{
    struct tally t = {.there = 2, .unchanged = 5000, .older = 1};
    struct buf line = {0};

    (void)state;
    tally_put_left_out(&line, &t);
    assert_true(slice_is(buf_slice(&line), "unchanged, already there 5,002 | "
                                           "older than what is there 1"));
    assert_int_equal(tally_left_out(&t), 5001);
    t = (struct tally){.revoked = 3, .withdrawn = 4};
    buf_reset(&line);
    tally_put_left_out(&line, &t);
    assert_true(slice_is(buf_slice(&line),
                         "revoked there, which is final, 3 | withdrawn before "
                         "(--again sends it anew) 4"));
    buf_clear(&line);
}

static void
one_of_each_needs_no_counts(void **state)
{
    struct tally t = {0};

    (void)state;
    accept(&t, OBSERVABLE_IP_PORT, TLP_AMBER, 1);
    accept(&t, OBSERVABLE_DOMAIN, TLP_AMBER, 1);
    accept(&t, OBSERVABLE_URL, TLP_AMBER, 1);
    expect(&t, "3 indicators (ip-port, domain, url)  TLP:AMBER PAP:GREEN");
}

static void
the_most_frequent_types_come_first(void **state)
{
    struct tally t = {0};

    (void)state;
    accept(&t, OBSERVABLE_URL, TLP_GREEN, 2);
    accept(&t, OBSERVABLE_DOMAIN, TLP_RED, 1200);
    expect(&t, "1,202 indicators (1,200 domain, 2 url)  TLP:RED 1,200  "
               "TLP:GREEN 2 PAP:GREEN");
}

static void
types_beyond_six_are_counted(void **state)
{
    struct tally t = {0};

    (void)state;
    for (int type = OBSERVABLE_MD5; type < OBSERVABLE_MD5 + 8; type++)
        accept(&t, (enum observable)type, TLP_AMBER, 1);
    expect(&t, "8 indicators (md5, sha1, sha256, sha512, imphash, ssdeep and "
               "2 more types)  TLP:AMBER PAP:GREEN");
}

static void
objects_of_a_document_are_not_called_indicators(void **state)
{
    struct message m = {.kind = MESSAGE_OBJECT, .has_head = true};
    struct marking marking = {.tlp = TLP_CLEAR};
    struct tally t = {0};

    (void)state;
    m.head.object_type = slice_str("malware");
    accept(&t, OBSERVABLE_DOMAIN, TLP_CLEAR, 1);
    tally_accept(&t, tally_type(&t, &m), &marking);
    assert_int_equal(t.indicators, 1);
    assert_int_equal(t.objects, 1);
    expect(&t, "2 objects (domain, malware)  TLP:CLEAR PAP:GREEN 1");
}

static void
more_types_than_there_is_room_for_do_no_harm(void **state)
{
    struct message m = {.kind = MESSAGE_OBJECT, .has_head = true};
    struct marking marking = {.tlp = TLP_CLEAR};
    struct tally t = {0};
    char name[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "x-type-%d", i);
        m.head.object_type = slice_str(name);
        tally_accept(&t, tally_type(&t, &m), &marking);
    }
    assert_int_equal(t.type_count, TALLY_TYPES_MAX);
    assert_int_equal(tally_accepted(&t), 1000);
}

static int
use_utf8(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_left_out_is_said_by_its_reason),
        cmocka_unit_test(one_of_each_needs_no_counts),
        cmocka_unit_test(the_most_frequent_types_come_first),
        cmocka_unit_test(types_beyond_six_are_counted),
        cmocka_unit_test(objects_of_a_document_are_not_called_indicators),
        cmocka_unit_test(more_types_than_there_is_room_for_do_no_harm),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
