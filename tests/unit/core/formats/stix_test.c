#include "stix_sample.h"

#include <stdio.h>

static void
a_bundle_is_handed_over_object_by_object_and_its_envelope_last(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(
        read_text("{\"type\": \"bundle\", \"id\": \"" BUNDLE "\", \"x_n\": 1.0,"
                  "\n \"objects\": [ " INDICATOR " }, " START(
                      "identity") ",\"name\":\"us\"} ], \"x_z\": [ ] }",
                  false, &s),
        OK);
    assert_int_equal(s.fault_count, 0);
    assert_int_equal(s.item_count, 3);
    assert_int_equal(s.items[0].item.message.kind, MESSAGE_INDICATOR);
    assert_false(s.items[0].is_old || s.items[1].is_old || s.items[2].is_old);
    assert_int_equal(s.items[0].item.line, 2);
    assert_int_equal(s.items[0].item.column, 15);
    assert_string_equal(s.items[0].value, "198.51.100.7");
    assert_string_equal(s.items[0].content, INDICATOR "}");
    assert_string_equal(s.items[0].package, BUNDLE);
    assert_int_equal(s.items[0].item.message.package.count, 0);
    assert_int_equal(s.items[1].item.message.kind, MESSAGE_OBJECT);
    assert_int_equal(s.items[1].item.message.package.position, 1);
    assert_string_equal(s.items[1].id, "identity--" UUID);
    assert_int_equal(s.items[2].item.message.kind, MESSAGE_PACKAGE);
    assert_int_equal(s.items[2].item.message.package.count, 2);
    assert_string_equal(s.items[2].id, BUNDLE);
    assert_string_equal(s.items[2].content,
                        "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                        "\",\"x_n\":1.0,\"x_z\":[]}");
}

static void
one_object_or_a_list_of_objects_is_read_too(void **state)
{
    struct seen s;

    (void)state;
    assert_taken(INDICATOR "}", &s);
    assert_string_equal(s.items[0].package, "");
    assert_int_equal(read_text("[" INDICATOR "},{},5]", true, &s), OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 2);
    assert_string_equal(s.path, "[2]");
    assert_int_equal(s.fault.position, 2);
}

static void
a_bundles_id_that_comes_late_is_learnt_before(void **state)
{
    static const char text[] = "{\"objects\":[" INDICATOR "}],\"id\":\"" BUNDLE
                               "\",\"type\":\"bundle\"}";
    struct seen s;

    (void)state;
    assert_int_equal(read_text(text, false, &s), OK);
    assert_string_equal(s.items[0].package, "");
    assert_int_equal(read_text(text, true, &s), OK);
    assert_string_equal(s.items[0].package, BUNDLE);
}

static void
the_head_is_derived_from_the_object(void **state)
{
    struct seen s;

    (void)state;
    assert_taken(INDICATOR
                 ",\"confidence\":75,\"revoked\":true,\"labels\":[\"a\","
                 "\"\\uc9c4\"],\"created_by_ref\":\"identity--" UUID2
                 "\",\"valid_until\":\"2026-01-02T03:04:06.5Z\"}",
                 &s);
    const struct head *h = &s.items[0].item.message.head;
    assert_int_equal(h->observable, OBSERVABLE_IPV4);
    assert_string_equal(s.items[0].value, "198.51.100.7");
    assert_string_equal(s.items[0].pattern,
                        "[ipv4-addr:value = '198.51.100.7']");
    assert_true(h->has_confidence && h->confidence == 75 && h->revoked);
    assert_int_equal(h->label_count, 2);
    assert_string_equal(s.items[0].label, "\xec\xa7\x84");
    assert_string_equal(s.items[0].producer, "identity--" UUID2);
    assert_true(h->has_valid_from && h->has_valid_until);
    assert_true(h->valid_from.ms == 1767323045000);
    assert_true(h->valid_until.ms == 1767323046500);
    assert_false(s.items[0].item.has_tlp);
}

static void
assert_types(const char *types, const char *role, enum use use)
{
    struct seen s;
    char text[512];

    snprintf(text, sizeof text, INDICATOR ",\"indicator_types\":[%s]}", types);
    assert_taken(text, &s);
    const struct head *h = &s.items[0].item.message.head;
    assert_int_equal(h->use, use);
    if (!slice_is(h->role, role))
        fail_msg("%s: %.*s", types, (int)h->role.size,
                 (const char *)h->role.data);
}

static void
the_types_of_an_indicator_say_its_role_and_the_strictest_counts(void **state)
{
    (void)state;
    assert_types("\"malicious-activity\"", "", USE_UNSTATED);
    assert_types("\"unknown\",\"of-next-year\"", "", USE_UNSTATED);
    assert_types("\"benign\"", "benign", USE_NONE);
    assert_types("\"compromised\"", "compromised", USE_DETECT);
    assert_types("\"anonymization\"", "proxy", USE_DETECT);
    assert_types("\"anomalous-activity\"", "", USE_DETECT);
    assert_types("\"attribution\"", "", USE_DETECT);
    assert_types("\"c2\",\"malicious-activity\"", "c2", USE_UNSTATED);
    assert_types("\"c2\",\"victim\",\"compromised\"", "victim", USE_NOTIFY);
    assert_types("\"benign\",\"malicious-activity\",\"c2\"", "benign",
                 USE_NONE);
    assert_types("\"c2\",\"attribution\"", "c2", USE_DETECT);
}

static void
other_patterns_and_languages_stay_patterns(void **state)
{
    struct seen s;

    (void)state;
    assert_taken(INDICATOR_WITH("[file:size = 1] AND [file:name = 'a']") "}",
                 &s);
    assert_int_equal(s.items[0].item.message.head.observable, OBSERVABLE_NONE);
    assert_string_equal(s.items[0].pattern,
                        "[file:size = 1] AND [file:name = 'a']");
    assert_taken(START("indicator") ",\"pattern\":\"rule x { [\","
                                    "\"pattern_type\":\"yara\","
                                    "\"valid_from\":\"" TIME "\"}",
                 &s);
    assert_string_equal(s.items[0].pattern, "rule x { [");
}

static void
a_choice_of_values_is_meant_and_any_other_is_mentioned(void **state)
{
    static const struct {
        const char *pattern, *value, *values, *mentioned;
    } known[] = {
        {"[url:value IN ('http://a.example/', 'http://b.example/')]",
         "http://a.example/", "url=http://b.example/", ""},
        {"[domain-name:value = 'a.example'] OR "
         "[ipv4-addr:value = '192.0.2.1' OR ipv6-addr:value = '2001:db8::1']",
         "a.example", "ipv4=192.0.2.1 ipv6=2001:db8::1", ""},
        {"[domain-name:value = 'a.example' AND domain-name:x = 3]", "", "",
         "domain=a.example"},
        {"[domain-name:value = 'a.example'] FOLLOWEDBY "
         "[ipv4-addr:value = '192.0.2.1']",
         "", "", "domain=a.example ipv4=192.0.2.1"},
        {"[ipv4-addr:value = '192.0.2.1' OR file:size = 3]", "", "",
         "ipv4=192.0.2.1"},
        {"[network-traffic:dst_ref.type = 'ipv4-addr' AND "
         "network-traffic:dst_ref.value = '192.0.2.1']",
         "", "", "ipv4=192.0.2.1"},
    };
    char object[1024];
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        int n = snprintf(object, sizeof object,
                         START("indicator") ",\"pattern\":\"%s\","
                                            "\"pattern_type\":\"stix\","
                                            "\"valid_from\":\"" TIME "\"}",
                         known[i].pattern);
        assert_true(n > 0 && (size_t)n < sizeof object);
        assert_taken(object, &s);
        assert_string_equal(s.items[0].value, known[i].value);
        assert_string_equal(s.items[0].values, known[i].values);
        assert_string_equal(s.items[0].mentioned, known[i].mentioned);
    }
}

static void
observable_objects_give_their_value(void **state)
{
    static const struct {
        const char *object;
        enum observable type;
        const char *value, *values, *mentioned;
    } known[] = {
        {"{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr--" UUID
         "\",\"value\":\"198.51.100.0/24\"}",
         OBSERVABLE_CIDR, "198.51.100.0/24", "", ""},
        {"{\"type\":\"domain-name\",\"id\":\"domain-name--" UUID
         "\",\"value\":\"Evil.example\"}",
         OBSERVABLE_DOMAIN, "evil.example", "", ""},
        {"{\"type\":\"file\",\"id\":\"file--" UUID
         "\",\"name\":\"a.exe\",\"hashes\":{\"MD5\":"
         "\"d41d8cd98f00b204e9800998ecf8427e\",\"SHA-1\":"
         "\"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8\"}}",
         OBSERVABLE_SHA1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
         "md5=d41d8cd98f00b204e9800998ecf8427e", "file-name=a.exe"},
        {"{\"type\":\"file\",\"id\":\"file--" UUID "\",\"name\":\"a.exe\"}",
         OBSERVABLE_FILE_NAME, "a.exe", "", ""},
        {"{\"type\":\"autonomous-system\",\"id\":\"autonomous-system--" UUID
         "\",\"number\":174}",
         OBSERVABLE_AS_NUMBER, "AS174", "", ""},
        {START("vulnerability") ",\"name\":\"CVE-2026-12345\"}",
         OBSERVABLE_VULNERABILITY, "CVE-2026-12345", "", ""},
        {START("vulnerability") ",\"name\":\"some bug\"}", OBSERVABLE_NONE, "",
         "", ""},
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        assert_taken(known[i].object, &s);
        assert_int_equal(s.items[0].item.message.kind, MESSAGE_OBJECT);
        assert_int_equal(s.items[0].item.message.head.observable,
                         known[i].type);
        assert_string_equal(s.items[0].value, known[i].value);
        assert_string_equal(s.items[0].values, known[i].values);
        assert_string_equal(s.items[0].mentioned, known[i].mentioned);
    }
}

static void
assert_marking(const char *object, bool has_tlp, enum tlp tlp, enum pap pap)
{
    struct seen s;

    assert_taken(object, &s);
    const struct format_item *item = &s.items[0].item;
    if (item->has_tlp != has_tlp ||
        (has_tlp && item->message.head.marking.tlp != tlp))
        fail_msg("%s: %s", object, tlp_name(item->message.head.marking.tlp));
    assert_int_equal(item->message.head.marking.pap, pap);
}

static void
the_strictest_mark_counts_and_an_unknown_one_is_red(void **state)
{
    (void)state;
    assert_marking(INDICATOR "}", false, TLP_CLEAR, PAP_NONE);
    assert_marking(MARKED("613f2e26-407d-48c7-9eca-b8e91df99dc9"), true,
                   TLP_CLEAR, PAP_NONE);
    assert_marking(MARKED(TLP1_GREEN), true, TLP_GREEN, PAP_NONE);
    assert_marking(MARKED("f88d31f6-486f-44da-b317-01333bde0b82"), true,
                   TLP_AMBER, PAP_NONE);
    assert_marking(MARKED("5e57c739-391a-4eb3-b6be-7d15ca92d5ed"), true,
                   TLP_RED, PAP_NONE);
    assert_marking(MARKED("94868c89-83c2-464b-929b-a1a8aa3c8487"), true,
                   TLP_CLEAR, PAP_NONE);
    assert_marking(MARKED("bab4a63c-aed9-4cf5-a766-dfca5abac2bb"), true,
                   TLP_GREEN, PAP_NONE);
    assert_marking(MARKED("55d920b0-5e8b-4f79-9ee9-91f868d9b421"), true,
                   TLP_AMBER, PAP_NONE);
    assert_marking(MARKED(TLP2_STRICT), true, TLP_AMBER_STRICT, PAP_NONE);
    assert_marking(MARKED("e828b379-4e03-4974-9ac4-e53a884c97c1"), true,
                   TLP_RED, PAP_NONE);
    assert_marking(MARKED("bab4a63c-afd4-4cf5-a766-dfca5abac2bb"), true,
                   TLP_RED, PAP_NONE);
    assert_marking(INDICATOR
                   ",\"object_marking_refs\":[\"marking-definition--" TLP1_GREEN
                   "\"],\"granular_markings\":[{\"marking_ref\":"
                   "\"marking-definition--" TLP2_STRICT
                   "\",\"selectors\":[\"pattern\"]}]}",
                   true, TLP_AMBER_STRICT, PAP_NONE);
    assert_marking(
        INDICATOR ",\"object_marking_refs\":[\"marking-definition--" TLP2_STRICT
                  "\",\"marking-definition--" TLP1_GREEN "\"]}",
        true, TLP_AMBER_STRICT, PAP_NONE);
    assert_marking(INDICATOR ",\"labels\":[\"TLP:GREEN\",\"pap:amber\"]}", true,
                   TLP_GREEN, PAP_AMBER);
    assert_marking(INDICATOR ",\"labels\":[\"tlp:amber\\u002Bstrict\","
                             "\"\\u0050AP:red\"]}",
                   true, TLP_AMBER_STRICT, PAP_RED);
    assert_marking(INDICATOR ",\"labels\":[\"tlp:ex:chr\",\"x\"]}", true,
                   TLP_RED, PAP_NONE);
}

static void
a_statement_is_no_handling_mark_once_it_is_known(void **state)
{
    static const char behind[] = "[" MARKED(UUID2) "," STATEMENT(UUID2, "") "]";
    static const char before[] = "[" STATEMENT(UUID2, "") "," MARKED(UUID2) "]";
    static const char fake[] =
        "[" STATEMENT(UUID2, ",\"name\":\"TLP:RED\"") "," MARKED(UUID2) "]";
    struct seen s;

    (void)state;
    assert_int_equal(read_text(behind, false, &s), OK);
    assert_int_equal(s.items[0].item.message.head.marking.tlp, TLP_RED);
    assert_int_equal(read_text(behind, true, &s), OK);
    assert_false(s.items[0].item.has_tlp);
    assert_int_equal(read_text(before, false, &s), OK);
    assert_false(s.items[1].item.has_tlp);
    assert_int_equal(read_text(fake, true, &s), OK);
    assert_int_equal(s.items[1].item.message.head.marking.tlp, TLP_RED);
}

#define SAYING(name, text)                                                     \
    "[{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"       \
    "\"marking-definition--" UUID2                                             \
    "\",\"created\":\"2020-01-01T00:00:00.000Z\"," name                        \
    "\"definition_type\":\"state\\u006dent\",\"definition\":{"                 \
    "\"\\u0073tatement\":" text "}}," MARKED(UUID2) "]"

static void
escapes_do_not_hide_that_a_statement_speaks_of_tlp(void **state)
{
    static const char *const hidden[] = {
        SAYING("", "\"\\u0074lp:red\""),
        SAYING("", "\"Copyright, TL\\u0050 AMBER\""),
        SAYING("", "\"\\u0054\\u004c\\u0050\""),
        SAYING("\"name\":\"\\u0054LP:RED\",", "\"x\""),
        SAYING("\"n\\u0061me\":\"T\\u004cP:RED\",", "\"x\""),
    };
    static const char *const open[] = {
        SAYING("", "\"Copyright \\u00a9 t\\\\lp\""),
        SAYING("\"name\":\"t\\nlp\",", "\"x\""),
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
        assert_int_equal(read_text(hidden[i], true, &s), OK);
        assert_int_equal(s.item_count, 2);
        assert_int_equal(s.items[1].item.message.head.marking.tlp, TLP_RED);
    }
    for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
        assert_int_equal(read_text(open[i], true, &s), OK);
        assert_int_equal(s.item_count, 2);
        assert_false(s.items[1].item.has_tlp);
    }
}

/* Escapes of JSON before it take more bytes than what they say. */
static void
a_fault_in_a_pattern_has_its_byte(void **state)
{
    static const char *const texts[] = {
        INDICATOR_WITH("?") "}",
        INDICATOR_WITH("[a:b = 1 ?") "}",
        INDICATOR_WITH("[a:b = 'it\\\\'s\\n' /* \\u00e9\\ud83d\\ude00\xc3\xa9 "
                       "*/ ?]") "}",
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_int_equal(read_text(texts[i], true, &s), OK);
        assert_int_equal(s.fault_count, 1);
        assert_string_equal(s.path, "pattern");
        assert_int_equal(s.fault.column, strchr(texts[i], '?') - texts[i] + 1);
    }
    assert_int_equal(read_text("[\n" INDICATOR_WITH("[a:b]") "}]", true, &s),
                     OK);
    assert_int_equal(s.fault.line, 2);
    assert_string_equal(s.fault.text, "a comparison operator is expected");
}

static void
a_pattern_that_matches_nothing_is_kept_with_a_remark(void **state)
{
    static const char mixed[] =
        INDICATOR_WITH("[ipv4-addr:value = '198.51.100.7' AND "
                       "domain-name:value = 'a.example']") "}";
    struct seen s;

    (void)state;
    assert_int_equal(read_text(mixed, true, &s), OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 1);
    assert_int_equal(s.fault.weight, FAULT_REMARK);
    assert_string_equal(s.path, "pattern");
    assert_int_equal(read_text(INDICATOR "}", true, &s), OK);
    assert_int_equal(s.fault_count, 0);
}

static void
a_bundle_without_a_good_object_is_not_handed_over(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(read_text("{\"type\":\"bundle\",\"id\":\"" BUNDLE
                               "\",\"objects\":[{},5]}",
                               true, &s),
                     OK);
    assert_int_equal(s.item_count, 0);
    assert_int_equal(s.fault_count, 2);
}

static void
an_empty_list_is_kept_with_its_bundle_or_the_loss_is_said(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(
        read_text("{\"objects\":[ ],\"type\":\"bundle\",\"id\":\"" BUNDLE "\"}",
                  true, &s),
        OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 0);
    assert_string_equal(s.items[0].content,
                        "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                        "\",\"objects\":[]}");
    assert_int_equal(read_text(" [ ]", true, &s), OK);
    assert_int_equal(s.item_count, 0);
    assert_int_equal(s.fault_count, 1);
    assert_int_equal(s.fault.weight, FAULT_REMARK);
    assert_true(s.fault.is_left_out);
}

static void
a_bad_envelope_loses_only_the_package(void **state)
{
    static const struct {
        const char *text, *path;
    } bad[] = {
        {"{\"objects\":[" INDICATOR "}]}", "type"},
        {"{\"type\":\"bundle\",\"objects\":[" INDICATOR "}]}", "id"},
        {"{\"type\":\"report\",\"id\":\"x\",\"objects\":[" INDICATOR "}]}",
         "type"},
        {"{\"type\":\"bundle\",\"id\":\"bundle--x\",\"objects\":[" INDICATOR
         "}]}",
         "id"},
        {"{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"id\":\"" BUNDLE
         "\",\"objects\":[" INDICATOR "}]}",
         "id"},
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(read_text(bad[i].text, true, &s), OK);
        assert_int_equal(s.item_count, 1);
        assert_int_equal(s.fault_count, 1);
        assert_string_equal(s.path, bad[i].path);
        assert_int_equal(s.fault.weight, FAULT_REFUSED);
    }
    assert_refused("{\"type\":\"bundle\",\"id\":\"" BUNDLE
                   "\",\"objects\":{\"0\":1}}",
                   "objects", ERR_VALUE);
}

static void
bad_json_keeps_what_came_before_and_names_the_place(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(read_text("{\"type\":\"bundle\",\"objects\":[" INDICATOR
                               "},\n {\"a\":NaN}]}",
                               true, &s),
                     ERR_FORMAT);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 1);
    assert_string_equal(s.path, "objects[1]");
    assert_int_equal(s.fault.line, 2);
    assert_int_equal(s.fault.column, 7);
}

static void
an_object_too_large_is_refused_by_itself(void **state)
{
    struct seen s = {0};
    struct format_sink sink = {&s, on_item, on_fault};
    struct stix_reader *r = stix_reader_new(&sink);
    static char blank[65536];

    (void)state;
    memset(blank, 'x', sizeof blank);
    assert_int_equal(stix_reader_feed(r, slice_str("[{\"a\":\"")), OK);
    for (size_t n = 0; n <= 2 * BODY_MAX; n += sizeof blank)
        assert_int_equal(stix_reader_feed(r, SLICE_ARRAY(blank)), OK);
    assert_int_equal(stix_reader_feed(r, slice_str("\"}," INDICATOR "}]")), OK);
    assert_int_equal(stix_reader_finish(r), OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 1);
    assert_int_equal(s.fault.code, ERR_LIMIT);
    assert_string_equal(s.path, "[0]");
    stix_reader_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_bundle_is_handed_over_object_by_object_and_its_envelope_last),
        cmocka_unit_test(one_object_or_a_list_of_objects_is_read_too),
        cmocka_unit_test(a_bundles_id_that_comes_late_is_learnt_before),
        cmocka_unit_test(the_head_is_derived_from_the_object),
        cmocka_unit_test(
            the_types_of_an_indicator_say_its_role_and_the_strictest_counts),
        cmocka_unit_test(other_patterns_and_languages_stay_patterns),
        cmocka_unit_test(
            a_choice_of_values_is_meant_and_any_other_is_mentioned),
        cmocka_unit_test(observable_objects_give_their_value),
        cmocka_unit_test(the_strictest_mark_counts_and_an_unknown_one_is_red),
        cmocka_unit_test(a_statement_is_no_handling_mark_once_it_is_known),
        cmocka_unit_test(escapes_do_not_hide_that_a_statement_speaks_of_tlp),
        cmocka_unit_test(a_fault_in_a_pattern_has_its_byte),
        cmocka_unit_test(a_pattern_that_matches_nothing_is_kept_with_a_remark),
        cmocka_unit_test(a_bundle_without_a_good_object_is_not_handed_over),
        cmocka_unit_test(
            an_empty_list_is_kept_with_its_bundle_or_the_loss_is_said),
        cmocka_unit_test(a_bad_envelope_loses_only_the_package),
        cmocka_unit_test(bad_json_keeps_what_came_before_and_names_the_place),
        cmocka_unit_test(an_object_too_large_is_refused_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
