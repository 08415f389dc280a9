#include "core/base/limits.h"
#include "stix_sample.h"

#include <stdio.h>

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
    {"{\"type\":\"indicator\",\"id\":\"indicator--" UUID "\"}", "pattern",
     ERR_MISSING},
    {START("indicator") "}", "pattern", ERR_MISSING},
    {INDICATOR_WITH("") "}", "pattern", ERR_VALUE},
    {"{\"type\":\"in\"}", "type", ERR_VALUE},
    {"{\"type\":\"indic~tor\"}", "type", ERR_VALUE},
    {"{\"type\":\"\\u0061bc\"}", "type", ERR_VALUE},
    {START("identity") ",\"name\":5}", "name", ERR_VALUE},
    {START("opinion") ",\"opinion\":5}", "opinion", ERR_VALUE},
    {START("location") ",\"latitude\":\"1\",\"longitude\":2}", "latitude",
     ERR_VALUE},
    {START("location") ",\"longitude\":1.5}", "latitude", ERR_MISSING},
    {START("location") "}", "", ERR_MISSING},
    {START("malware-analysis") ",\"product\":\"x\"}", "", ERR_MISSING},
    {START("observed-data") ",\"first_observed\":\"" TIME
                            "\",\"last_observed\":\"" TIME
                            "\",\"number_observed\":1,\"objects\":{},"
                            "\"object_refs\":[\"file--" UUID "\"]}",
     "", ERR_MISSING},
    {START("observed-data") ",\"first_observed\":\"" TIME
                            "\",\"last_observed\":\"2026-01-01T00:00:00Z\","
                            "\"number_observed\":1,\"objects\":{}}",
     "last_observed", ERR_VALUE},
    {"{\"type\":\"identity\",\"id\":\"identity--" UUID
     "\",\"spec_version\":\"2.1\",\"name\":\"x\"}",
     "created", ERR_MISSING},
    {"{\"type\":\"identity\",\"id\":\"identity--" UUID
     "\",\"spec_version\":\"2.0\",\"name\":\"x\"}",
     "created", ERR_MISSING},
    {"[{\"type\":\"bundle\",\"id\":\"" BUNDLE "\"}]", "[0].type", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator-x" UUID "\"}", "id",
     ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--1111111101111-4111-8111-"
     "111111111111\"}",
     "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--11111111-1111-4111-8111-"
     "11111111111g\"}",
     "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--11111111-1111-0111-8111-"
     "111111111111\"}",
     "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--11111111-1111-9111-8111-"
     "111111111111\"}",
     "id", ERR_VALUE},
    {"{\"type\":\"indicator\",\"id\":\"indicator--11111111-1111-4111-c111-"
     "111111111111\"}",
     "id", ERR_VALUE},
    {START("relationship") ",\"relationship_type\":\"x\",\"source_ref\":"
                           "\"malware--" UUID
                           "\",\"target_ref\":\"sighting--" UUID "\"}",
     "target_ref", ERR_VALUE},
    {START("relationship") ",\"relationship_type\":\"x\",\"source_ref\":"
                           "\"bundle--" UUID
                           "\",\"target_ref\":\"malware--" UUID "\"}",
     "source_ref", ERR_VALUE},
    {START("relationship") ",\"relationship_type\":\"x\",\"source_ref\":"
                           "\"marking-definition--" UUID
                           "\",\"target_ref\":\"malware--" UUID "\"}",
     "source_ref", ERR_VALUE},
    {INDICATOR ",\"granular_markings\":[5]}", "granular_markings[0]",
     ERR_VALUE},
    {INDICATOR ",\"granular_markings\":[{\"lang\":\"ko\"}]}",
     "granular_markings[0].selectors", ERR_MISSING},
    {INDICATOR ",\"granular_markings\":[{\"lang\":\"ko\",\"selectors\":[]}]}",
     "granular_markings[0].selectors", ERR_MISSING},
    {INDICATOR ",\"granular_markings\":[{\"lang\":\"ko\",\"selectors\":"
               "{\"a\":1}}]}",
     "granular_markings[0].selectors", ERR_VALUE},
    {INDICATOR ",\"granular_markings\":[{\"marking_ref\":\"x\",\"selectors\":"
               "[\"pattern\"]}]}",
     "granular_markings[0].marking_ref", ERR_VALUE},
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

/* Selectors of an object with "x_a":[1,{"b":"c"}] in it. */
static void
a_selector_must_select_something(void **state)
{
    static const struct {
        const char *selector;
        bool good;
    } cases[] = {
        {"x_a", true},        {"x_a.[0]", true},        {"x_a.[1].b", true},
        {"x_a.[2]", false},   {"x_a.0", false},         {"x_a.[0", false},
        {"x_a.(0]", false},   {"x_a.[]", false},        {"x_a.[00]", false},
        {"x_a.[1].c", false}, {"x_a.[1].b.c", false},   {"x_a.[0].b", false},
        {"", false},          {"pattern.x", false},     {"x_a.", true},
        {".x_a", false},      {"x_a.[1048577]", false},
    };
    char text[2000];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct seen s;
        snprintf(text, sizeof text,
                 INDICATOR ",\"x_a\":[1,{\"b\":\"c\"}],\"granular_markings\":["
                           "{\"lang\":\"ko\",\"selectors\":[\"%s\"]}]}",
                 cases[i].selector);
        if (cases[i].good)
            assert_taken(text, &s);
        else
            assert_refused(text, "granular_markings[0].selectors[0]",
                           ERR_VALUE);
    }
}

/* A list of many numbers, and as many selectors of its last one. */
static void
selectors_may_not_walk_for_ever(void **state)
{
    struct format_sink sink;
    struct seen s = {0};
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, INDICATOR ",\"x_a\":[0");
    for (int i = 0; i < 2000; i++)
        buf_put_str(&b, ",0");
    buf_put_str(&b, "],\"granular_markings\":[{\"lang\":\"ko\",\"selectors\":["
                    "\"x_a\"");
    for (int i = 0; i < 2000; i++)
        buf_put_str(&b, ",\"x_a.[2000]\"");
    buf_put_str(&b, "]}]}");
    sink = (struct format_sink){&s, on_item, on_fault};
    struct stix_reader *r = stix_reader_new(&sink);
    assert_int_equal(stix_reader_feed(r, buf_slice(&b)), OK);
    assert_int_equal(stix_reader_finish(r), OK);
    assert_int_equal(s.item_count, 0);
    assert_int_equal(s.fault.code, ERR_LIMIT);
    stix_reader_free(r);
    buf_clear(&b);
}

static void
more_labels_than_may_be_are_refused(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct seen s = {0};
        struct format_sink sink = {&s, on_item, on_fault};
        struct stix_reader *r = stix_reader_new(&sink);
        struct buf b = {0};
        buf_put_str(&b, INDICATOR ",\"labels\":[\"x\"");
        for (unsigned i = 1; i < LABELS_MAX + (unsigned)more; i++)
            buf_put_str(&b, ",\"x\"");
        buf_put_str(&b, "]}");
        assert_int_equal(stix_reader_feed(r, buf_slice(&b)), OK);
        assert_int_equal(stix_reader_finish(r), OK);
        assert_int_equal(s.item_count, !more);
        if (more)
            assert_int_equal(s.fault.code, ERR_LIMIT);
        stix_reader_free(r);
        buf_clear(&b);
    }
}

static void
what_the_standard_leaves_open_is_taken(void **state)
{
    static const char *const good[] = {
        INDICATOR ",\"x_custom\":{\"a\":[1,{\"b\":\"c\"}]}}",
        START("x-our-type") ",\"anything\":true}",
        "{\"type\":\"x-observable\",\"id\":\"x-observable--" UUID "\"}",
        START("location") ",\"region\":\"eastern-asia\"}",
        START("location") ",\"country\":\"kr\"}",
        START("location") ",\"latitude\":37.5,\"longitude\":1.27e2}",
        START("opinion") ",\"opinion\":\"agree\",\"object_refs\":[\"malware-"
                         "-" UUID "\"]}",
        START("relationship") ",\"relationship_type\":\"uses\",\"source_ref\":"
                              "\"malware--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
        START("sighting") ",\"sighting_of_ref\":\"malware--" UUID
                          "\",\"count\":999999999}",
        START("sighting") ",\"sighting_of_ref\":\"malware--" UUID "\"}",
        START("malware-analysis") ",\"product\":\"x\",\"result\":\"y\"}",
        START("observed-data") ",\"first_observed\":\"" TIME
                               "\",\"last_observed\":\"" TIME
                               "\",\"number_observed\":1,"
                               "\"objects\":{}}",
        START("malware") ",\"is_family\":false}",
        INDICATOR ",\"created_by_ref\":\"identity--" UUID "\"}",
        INDICATOR ",\"valid_until\":\"2026-01-02T03:04:05.001Z\"}",
        "{\"type\":\"x-new\",\"id\":\"x-new--" UUID "\"}",
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
        cmocka_unit_test(a_selector_must_select_something),
        cmocka_unit_test(selectors_may_not_walk_for_ever),
        cmocka_unit_test(more_labels_than_may_be_are_refused),
        cmocka_unit_test(what_the_standard_leaves_open_is_taken),
        cmocka_unit_test(an_empty_list_is_kept_with_a_remark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
