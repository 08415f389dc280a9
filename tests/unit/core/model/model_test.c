#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/card.h"
#include "core/model/marking.h"
#include "core/model/message.h"
#include "core/model/observable.h"

#define A_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
a_team_is_a_dns_name_of_at_least_two_labels(void **state)
{
    static const char *const good[] = {
        "krcert.or.kr",
        "cert.gov.au",
        "a.b",
        "1.2",
        "a-b.c--d.e",
        A_63 ".kr",
        A_63 "." A_63 "." A_63 "." A_63 ".", /* cut to 253 below */
    };
    static const char *const bad[] = {
        "",       "kr",    ".",      ".kr",         "kr.",       "a..b",
        "-a.kr",  "a-.kr", "a.-kr",  "a.kr-",       "A.kr",      "a_b.kr",
        "a b.kr", "a.kr ", "a/b.kr", "\xc3\xa9.kr", A_63 "a.kr",
    };
    struct team_name name = {"before"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct slice text = slice_str(good[i]);
        if (text.size > TEAM_NAME_MAX)
            text.size = TEAM_NAME_MAX;
        assert_true(team_name_parse(text, &name));
        assert_int_equal(strlen(name.text), text.size);
        assert_memory_equal(name.text, text.data, text.size);
    }
    memcpy(name.text, "before", 7);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(team_name_parse(slice_str(bad[i]), &name));
    assert_false(team_name_parse(slice_of("a.k\0r", 5), &name));
    assert_string_equal(name.text, "before");
}

static void
a_name_one_byte_too_long_is_none(void **state)
{
    char text[TEAM_NAME_MAX + 2];
    struct team_name name;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 8 == 7 ? '.' : 'a';
    assert_true(team_name_parse(slice_of(text, TEAM_NAME_MAX), &name));
    assert_false(team_name_parse(slice_of(text, TEAM_NAME_MAX + 1), &name));
}

static void
every_tlp_is_read_as_it_is_written(void **state)
{
    (void)state;
    for (int i = TLP_CLEAR; i <= TLP_RED; i++) {
        enum tlp tlp = TLP_RED;
        assert_true(tlp_parse(slice_str(tlp_name((enum tlp)i)), &tlp));
        assert_int_equal(tlp, i);
        assert_true(tlp_parse(slice_str(tlp_label((enum tlp)i)), &tlp));
        assert_int_equal(tlp, i);
        assert_int_equal(tlp_from_byte((uint8_t)i), i);
    }
    for (int i = PAP_CLEAR; i <= PAP_RED; i++) {
        enum pap pap = PAP_NONE;
        assert_true(pap_parse(slice_str(pap_name((enum pap)i)), &pap));
        assert_int_equal(pap, i);
        assert_true(pap_parse(slice_str(pap_label((enum pap)i)), &pap));
        assert_int_equal(pap, i);
    }
    assert_string_equal(tlp_label(TLP_AMBER_STRICT), "TLP:AMBER+STRICT");
    assert_string_equal(pap_label(PAP_NONE), "");
}

static void
white_is_clear_and_case_does_not_matter(void **state)
{
    enum tlp tlp = TLP_RED;
    enum pap pap = PAP_RED;

    (void)state;
    assert_true(tlp_parse(slice_str("TLP:White"), &tlp));
    assert_int_equal(tlp, TLP_CLEAR);
    assert_true(pap_parse(slice_str("WHITE"), &pap));
    assert_int_equal(pap, PAP_CLEAR);
    assert_true(tlp_parse(slice_str("tLp:aMbEr+StRiCt"), &tlp));
    assert_int_equal(tlp, TLP_AMBER_STRICT);
}

static void
what_is_no_tlp_or_pap_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",         "tlp:",        "tlp",    "re",           "reds",
        "tlp: red", "tlp:tlp:red", "yellow", "amber-strict", "amber+",
        "none",     "pap:red+",    "[ed",
    };
    enum tlp tlp = TLP_AMBER;
    enum pap pap = PAP_AMBER;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_false(tlp_parse(slice_str(wrong[i]), &tlp));
        assert_false(pap_parse(slice_str(wrong[i]), &pap));
    }
    assert_false(tlp_parse(slice_str("pap:red"), &tlp));
    assert_false(pap_parse(slice_str("tlp:red"), &pap));
    assert_false(pap_parse(slice_str("amber+strict"), &pap));
    assert_true(tlp == TLP_AMBER && pap == PAP_AMBER);
}

static void
an_unknown_tlp_is_red_and_of_two_the_stricter_counts(void **state)
{
    (void)state;
    assert_int_equal(tlp_from_byte(TLP_RED + 1), TLP_RED);
    assert_int_equal(tlp_from_byte(255), TLP_RED);
    assert_int_equal(tlp_strictest(TLP_GREEN, TLP_AMBER), TLP_AMBER);
    assert_int_equal(tlp_strictest(TLP_RED, TLP_CLEAR), TLP_RED);
}

static void
a_leafs_flags_say_relay_and_exercise(void **state)
{
    struct marking m = {0};

    (void)state;
    assert_int_equal(marking_flags(&m), 0);
    m.relay_permitted = true;
    assert_int_equal(marking_flags(&m), LEAF_FLAG_RELAY);
    m.exercise = slice_str("drill");
    assert_int_equal(marking_flags(&m), LEAF_FLAG_RELAY | LEAF_FLAG_EXERCISE);
    m.relay_permitted = false;
    assert_int_equal(marking_flags(&m), LEAF_FLAG_EXERCISE);
}

static void
observables_are_found_by_their_names(void **state)
{
    enum observable found = OBSERVABLE_URL;

    (void)state;
    for (unsigned i = 1; i < OBSERVABLE_COUNT; i++) {
        assert_true(observable_parse(slice_str(observable_name(i)), &found));
        assert_int_equal(found, i);
    }
    found = OBSERVABLE_URL;
    assert_false(observable_parse(slice_str(""), &found));
    assert_false(observable_parse(slice_str("IPV4"), &found));
    assert_false(observable_parse(slice_str("unknown"), &found));
    assert_int_equal(found, OBSERVABLE_URL);
    assert_string_equal(observable_name(OBSERVABLE_NONE), "");
    assert_string_equal(observable_name(OBSERVABLE_COUNT), "unknown");
    assert_string_equal(observable_name(UINT32_MAX), "unknown");
}

static void
kinds_have_names_and_newer_ones_are_unknown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MESSAGE_KIND_COUNT; i++) {
        assert_string_not_equal(message_kind_name(i), "unknown");
        for (unsigned other = i + 1; other < MESSAGE_KIND_COUNT; other++)
            assert_string_not_equal(message_kind_name(i),
                                    message_kind_name(other));
    }
    assert_string_equal(message_kind_name(MESSAGE_KIND_COUNT), "unknown");
    assert_string_equal(message_kind_name(UINT32_MAX), "unknown");
}

static void
the_key_of_a_role_is_the_one_in_use(void **state)
{
    struct card c = {.key_count = 3};

    (void)state;
    c.keys[0] = (struct card_key){.role = KEY_ROLE_RECEIPT, .next = true};
    c.keys[1] = (struct card_key){.role = KEY_ROLE_SESSION};
    c.keys[2] = (struct card_key){.role = KEY_ROLE_RECEIPT};
    assert_ptr_equal(card_key_of(&c, KEY_ROLE_RECEIPT), &c.keys[2]);
    assert_ptr_equal(card_key_of(&c, KEY_ROLE_SESSION), &c.keys[1]);
    assert_null(card_key_of(&c, KEY_ROLE_CHECKPOINT));
    c.keys[2].next = true;
    assert_null(card_key_of(&c, KEY_ROLE_RECEIPT));
    assert_string_equal(key_role_name(KEY_ROLE_CHECKPOINT), "checkpoint");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_team_is_a_dns_name_of_at_least_two_labels),
        cmocka_unit_test(a_name_one_byte_too_long_is_none),
        cmocka_unit_test(every_tlp_is_read_as_it_is_written),
        cmocka_unit_test(white_is_clear_and_case_does_not_matter),
        cmocka_unit_test(what_is_no_tlp_or_pap_is_refused),
        cmocka_unit_test(an_unknown_tlp_is_red_and_of_two_the_stricter_counts),
        cmocka_unit_test(a_leafs_flags_say_relay_and_exercise),
        cmocka_unit_test(observables_are_found_by_their_names),
        cmocka_unit_test(kinds_have_names_and_newer_ones_are_unknown),
        cmocka_unit_test(the_key_of_a_role_is_the_one_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
