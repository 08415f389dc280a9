#include "stix_sample.h"

/* One object each, the path of what is wrong with it, and the error. */
static const struct {
    const char *object, *path;
    enum err code;
} bad[] = {
    {"{}", "type", ERR_MISSING},
    {"{\"type\":5}", "type", ERR_VALUE},
    {"{\"type\":\"Indicator\"}", "type", ERR_VALUE},
    {"{\"type\":\"indicator\"}", "id", ERR_MISSING},
    {"{\"type\":\"indicator\",\"id\":\"indicator--x\"}", "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"malware--" UUID "\"}", "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--" UUID "\"}", "",
     ERR_UNSUPPORTED},
    {"{\"type\":\"x-new\",\"id\":\"x-new--" UUID "\",\"created\":\"" TIME "\"}",
     "", ERR_UNSUPPORTED},
    {START("indicator") "}", "pattern", ERR_MISSING},
    {INDICATOR_WITH("") "}", "pattern", ERR_VALUE},
    {INDICATOR_WITH("[file:name = 'abc") "}", "pattern", ERR_VALUE},
    {INDICATOR_WITH("[file:name = 'a\\u0000']") "}", "pattern", ERR_VALUE},
    {INDICATOR ",\"confidence\":101}", "confidence", ERR_VALUE},
    {INDICATOR ",\"confidence\":1e400}", "confidence", ERR_VALUE},
    {INDICATOR ",\"confidence\":\"50\"}", "confidence", ERR_VALUE},
    {INDICATOR ",\"labels\":\"a\"}", "labels", ERR_VALUE},
    {INDICATOR ",\"labels\":[\"a\",5]}", "labels[1]", ERR_VALUE},
    {INDICATOR ",\"revoked\":\"true\"}", "revoked", ERR_VALUE},
    {INDICATOR ",\"x_a\":[{\"b\":null}]}", "x_a[0].b", ERR_VALUE},
    {INDICATOR ",\"x_a\":{\"b\":1,\"b\":2}}", "x_a.b", ERR_REPEATED},
    {INDICATOR ",\"valid_until\":\"2020-01-01T00:00:00Z\"}", "valid_until",
     ERR_VALUE},
    {INDICATOR ",\"valid_until\":\"2026-02-30T00:00:00Z\"}", "valid_until",
     ERR_VALUE},
    {INDICATOR ",\"created_by_ref\":\"malware--" UUID "\"}", "created_by_ref",
     ERR_VALUE},
    {INDICATOR ",\"object_marking_refs\":[\"identity--" UUID "\"]}",
     "object_marking_refs[0]", ERR_VALUE},
    {INDICATOR ",\"granular_markings\":[{\"selectors\":[\"name\"]}]}",
     "granular_markings[0].marking_ref", ERR_MISSING},
    {INDICATOR ",\"granular_markings\":[{\"marking_ref\":"
               "\"marking-definition--" TLP1_GREEN
               "\",\"selectors\":[\"pattern\",\"nope\"]}]}",
     "granular_markings[0].selectors[1]", ERR_VALUE},
    {"{\"type\":\"identity\",\"id\":\"identity--" UUID
     "\",\"spec_version\":\"2.1\",\"created\":\"" TIME "\",\"name\":\"x\"}",
     "modified", ERR_MISSING},
    {"{\"type\":\"identity\",\"id\":\"identity--" UUID
     "\",\"spec_version\":\"2.1\",\"created\":\"" TIME
     "\",\"modified\":\"2015-01-01T00:00:00Z\",\"name\":\"x\"}",
     "modified", ERR_VALUE},
    {"{\"type\":\"identity\",\"id\":\"identity--" UUID
     "\",\"spec_version\":\"2.2\"}",
     "spec_version", ERR_UNSUPPORTED},
    {START("report") ",\"name\":\"x\",\"published\":\"" TIME
                     "\",\"object_refs\":[]}",
     "object_refs", ERR_MISSING},
    {START("observed-data") ",\"first_observed\":\"" TIME
                            "\",\"last_observed\":\"" TIME
                            "\",\"number_observed\":1}",
     "", ERR_MISSING},
    {START("opinion") ",\"opinion\":\"maybe\",\"object_refs\":"
                      "[\"malware--" UUID "\"]}",
     "opinion", ERR_VALUE},
    {START("location") ",\"latitude\":1.5}", "longitude", ERR_MISSING},
    {START("relationship") ",\"relationship_type\":\"x\",\"source_ref\":"
                           "\"relationship--" UUID
                           "\",\"target_ref\":\"malware--" UUID "\"}",
     "source_ref", ERR_VALUE},
    {START("sighting") ",\"sighting_of_ref\":\"ipv4-addr--" UUID "\"}",
     "sighting_of_ref", ERR_VALUE},
    {START("sighting") ",\"sighting_of_ref\":\"malware--" UUID
                       "\",\"count\":1000000000}",
     "count", ERR_VALUE},
    {"{\"type\":\"file\",\"id\":\"file--" UUID "\"}", "", ERR_MISSING},
    {"{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr--" UUID "\"}", "value",
     ERR_MISSING},
    {"{\"type\":\"autonomous-system\",\"id\":\"autonomous-system--" UUID
     "\",\"number\":\"174\"}",
     "number", ERR_VALUE},
    {STATEMENT(UUID,
               ",\"object_marking_refs\":[\"marking-definition--" UUID "\"]"),
     "object_marking_refs[0]", ERR_VALUE},
    {STATEMENT(TLP1_GREEN, ""), "", ERR_VALUE},
    {"{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
     "\"marking-definition--" UUID "\",\"created\":\"" TIME
     "\",\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"white\"}}",
     "", ERR_VALUE},
};

static void
objects_that_break_a_rule_are_refused_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_refused(bad[i].object, bad[i].path, bad[i].code);
}

static void
what_the_standard_leaves_open_is_taken(void **state)
{
    static const char *const good[] = {
        INDICATOR ",\"x_custom\":{\"a\":[1,{\"b\":\"c\"}]}}",
        START("x-our-type") ",\"anything\":true}",
        "{\"type\":\"x-observable\",\"id\":\"x-observable--" UUID "\"}",
        START("location") ",\"region\":\"eastern-asia\"}",
        "{\"type\":\"windows-registry-key\",\"id\":"
        "\"windows-registry-key--" UUID "\"}",
        "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
        "\"marking-definition--" TLP2_STRICT
        "\",\"created\":\"2022-10-01T00:00:00Z\",\"name\":"
        "\"TLP:AMBER+STRICT\",\"extensions\":{\"extension-definition--"
        "60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{\"extension_type\":"
        "\"property-extension\",\"tlp_2_0\":\"amber+strict\"}}}",
        "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
        "\"marking-definition--" TLP1_GREEN
        "\",\"created\":\"2017-01-20T00:00:00.000Z\",\"definition_type\":"
        "\"tlp\",\"definition\":{\"tlp\":\"green\"}}",
        "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--"
        "01890b2e-7b6e-7cc5-98c4-dc0c0c07398f\",\"created\":\"" TIME
        "\",\"modified\":\"" TIME "\",\"name\":\"a\\u0000b\"}",
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_taken(good[i], &s);
}

static void
an_empty_list_is_kept_with_a_remark(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(
        read_text(INDICATOR ",\"external_references\":[]}", false, &s), OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 1);
    assert_int_equal(s.fault.weight, FAULT_REMARK);
    assert_string_equal(s.path, "external_references");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_that_break_a_rule_are_refused_at_their_place),
        cmocka_unit_test(what_the_standard_leaves_open_is_taken),
        cmocka_unit_test(an_empty_list_is_kept_with_a_remark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
