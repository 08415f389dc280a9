/*
 * stix_20_test - objects of STIX 2.0 are read as such, and written as 2.1.
 */
#include "stix_sample.h"
#include "write_kit.h"

#define STAMPS "\"created\":\"" TIME "\",\"modified\":\"" TIME "\""
#define OLD(type) "{\"type\":\"" type "\",\"id\":\"" type "--" UUID "\"," STAMPS
#define NEW(type)                                                              \
    "{\"type\":\"" type "\",\"spec_version\":\"2.1\",\"id\":\"" type "--" UUID \
    "\"," STAMPS
#define PATTERN "[ipv4-addr:value = '198.51.100.7']"
#define SAYS                                                                   \
    ",\"labels\":[\"benign\",\"misp:x\",\"phishing\"],\"pattern\":\"" PATTERN  \
    "\",\"valid_from\":\"" TIME "\""
#define WHITE "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
#define WHITE_SAYS                                                             \
    "\"id\":\"" WHITE "\",\"created\":\"2017-01-20T00:00:00.000Z\","           \
    "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"white\"}"
#define OBSERVED                                                               \
    ",\"first_observed\":\"" TIME "\",\"last_observed\":\"" TIME               \
    "\",\"number_observed\":1,\"objects\":{\"0\":{\"type\":\"domain-name\","   \
    "\"value\":\"a.example\",\"resolves_to_refs\":[\"1\"]},\"1\":{\"type\":"   \
    "\"ipv4-addr\",\"value\":\"192.0.2.1\"},\"2\":{\"type\":\"file\","         \
    "\"hashes\":7,\"name\":\"b\"},\"3\":[{\"type\":\"url\"}],\"4\":{\"type\":" \
    "\"url\",\"value\":[\"x\"]}}}"

static void
what_says_no_version_is_of_stix_20(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(read_text("{\"type\":\"bundle\",\"id\":\"" BUNDLE
                               "\",\"objects\":[" OLD("indicator") SAYS
                               "}," INDICATOR "},{\"type\":\"url\",\"id\":"
                               "\"url--" UUID "\",\"value\":\"http://a.example/"
                               "\"}," OLD("x-odd") "}],\"spec_version\":"
                                                   "\"2.0\"}",
                               true, &s),
                     OK);
    assert_int_equal(s.fault_count, 0);
    assert_int_equal(s.item_count, 5);
    assert_true(s.items[0].is_old && !s.items[1].is_old && !s.items[2].is_old);
    assert_true(s.items[3].is_old && s.items[4].is_old);
    assert_string_equal(s.items[0].content, OLD("indicator") SAYS "}");
    assert_string_equal(s.items[0].value, "198.51.100.7");
    assert_string_equal(s.items[0].pattern, PATTERN);
    assert_string_equal(s.items[4].package, BUNDLE);
    const struct head *h = &s.items[0].item.message.head;
    assert_int_equal(h->label_count, 3);
    assert_int_equal(h->use, USE_NONE);
    assert_string_equal(s.items[4].content,
                        "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                        "\",\"spec_version\":\"2.0\"}");
}

static void
the_labels_of_an_indicator_are_its_types(void **state)
{
    static const struct {
        const char *labels;
        unsigned use;
    } cases[] = {
        {"\"malicious-activity\"", USE_UNSTATED},
        {"\"anomalous-activity\"", USE_DETECT},
        {"\"malicious-activity\",\"benign\"", USE_NONE},
        {"\"compromised\"", USE_DETECT},
        {"\"my own\"", USE_UNSTATED},
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf text = {0};
        buf_put_str(&text, OLD("indicator") ",\"pattern\":\"" PATTERN
                                            "\",\"valid_from\":\"" TIME
                                            "\",\"labels\":[");
        buf_put_str(&text, cases[i].labels);
        buf_put(&text, SLICE_ARRAY("]}"));
        assert_int_equal(read_text((char *)text.data, true, &s), OK);
        assert_int_equal(s.item_count, 1);
        assert_int_equal(s.items[0].item.message.head.use, cases[i].use);
        buf_clear(&text);
    }
}

static void
what_was_observed_is_found_by_its_values(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(read_text(OLD("observed-data") OBSERVED, true, &s), OK);
    assert_int_equal(s.item_count, 1);
    assert_string_equal(s.items[0].value, "");
    assert_string_equal(s.items[0].mentioned,
                        "domain=a.example ipv4=192.0.2.1 file-name=b");
}

static void
each_version_must_have_what_it_must_have(void **state)
{
    static const struct {
        const char *text, *path;
    } bad[] = {
        {OLD("indicator") ",\"valid_from\":\"" TIME "\"}", "pattern"},
        {OLD("indicator") ",\"valid_from\":\"" TIME "\",\"pattern\":\"x\"}",
         "pattern"},
        {NEW("indicator") ",\"valid_from\":\"" TIME "\",\"pattern\":\"" PATTERN
                          "\"}",
         "pattern_type"},
        {NEW("malware") ",\"name\":\"a\"}", "is_family"},
        {"{\"type\":\"tool\",\"spec_version\":\"2.2\",\"id\":\"tool--" UUID
         "\"," STAMPS ",\"name\":\"a\"}",
         "spec_version"},
        {OLD("observed-data") "}", "first_observed"},
    };
    struct seen s;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(read_text(bad[i].text, true, &s), OK);
        assert_int_equal(s.item_count, 0);
        assert_int_equal(s.fault.weight, FAULT_REFUSED);
        assert_string_equal(s.path, bad[i].path);
    }
    assert_int_equal(
        read_text("[" OLD("malware") ",\"name\":\"a\"}]", true, &s), OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 0);
}

static void
an_id_that_is_not_random_is_kept_with_a_remark(void **state)
{
    struct seen s;

    (void)state;
    assert_int_equal(read_text("{\"type\":\"tool\",\"id\":\"tool--11111111-"
                               "1111-5111-8111-111111111111\"," STAMPS
                               ",\"name\":\"a\"}",
                               true, &s),
                     OK);
    assert_int_equal(s.item_count, 1);
    assert_int_equal(s.fault_count, 1);
    assert_int_equal(s.fault.weight, FAULT_REMARK);
    assert_string_equal(s.path, "id");
}

/* ---- written as 2.1 ----------------------------------------------------- */

static const struct {
    const char *old, *new, *losses;
} lifted[] = {
    {OLD("indicator") SAYS "}\n",
     NEW("indicator") SAYS ",\"indicator_types\":[\"benign\",\"phishing\"],"
                           "\"pattern_type\":\"stix\"}\n",
     "added spec_version;added indicator_types;added pattern_type;"},
    {OLD("indicator") ",\"pattern_type\":\"yara\",\"pattern\":\"rule\","
                      "\"valid_from\":\"" TIME "\"}\n",
     NEW("indicator") ",\"pattern_type\":\"yara\",\"pattern\":\"rule\","
                      "\"valid_from\":\"" TIME "\"}\n",
     "added spec_version;"},
    {OLD("malware") ",\"name\":\"a\",\"labels\":[\"worm\",\"wor\"]}\n",
     NEW("malware") ",\"name\":\"a\",\"labels\":[\"worm\",\"wor\"],"
                    "\"malware_types\":[\"worm\"],\"is_family\":true}\n",
     "added spec_version;added malware_types;defaulted is_family;"},
    {OLD("tool") ",\"name\":\"a\",\"spec_version\":\"2.0\",\"labels\":[]}\n",
     NEW("tool") ",\"name\":\"a\",\"labels\":[]}\n", "changed spec_version;"},
    {OLD("observed-data") OBSERVED "\n", NEW("observed-data") OBSERVED "\n",
     "added spec_version;"},
    {"{\"type\":\"marking-definition\"," WHITE_SAYS "}\n",
     "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\"," WHITE_SAYS
     ",\"name\":\"TLP:WHITE\"}\n",
     "added spec_version;added name;"},
    {"{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"objects\":[" OLD(
         "campaign") ",\"name\":\"a\"}],\"spec_version\":\"2.0\",\"x_a\":1}\n",
     "{\"type\":\"bundle\",\"id\":\"" BUNDLE
     "\",\"objects\":[" NEW("campaign") ",\"name\":\"a\"}],\"x_a\":1}\n",
     "added spec_version;dropped spec_version;"},
};

static void
stix_20_is_written_as_21_and_each_change_is_said(void **state)
{
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lifted); i++) {
        kit_convert(&k, FORMAT_STIX, FORMAT_STIX, lifted[i].old,
                    (struct format_task){0});
        assert_int_equal(k.faults, 0);
        assert_string_equal(kit_text(&k), lifted[i].new);
        assert_string_equal(kit_losses(&k), lifted[i].losses);
        kit_clear(&k);
        kit_convert(&k, FORMAT_STIX, FORMAT_STIX, lifted[i].new,
                    (struct format_task){0});
        assert_string_equal(kit_text(&k), lifted[i].new);
        assert_string_equal(kit_losses(&k), "");
        kit_clear(&k);
    }
}

static void
stix_20_stays_what_it_was_where_that_is_asked_for(void **state)
{
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lifted); i++) {
        kit_convert(&k, FORMAT_STIX, FORMAT_STIX, lifted[i].old,
                    (struct format_task){.is_exact = true});
        assert_string_equal(kit_text(&k), lifted[i].old);
        assert_string_equal(kit_losses(&k), "");
        kit_clear(&k);
    }
}

static void
what_is_lifted_is_marked_as_any_other_object(void **state)
{
    struct kit k = {.has_tlp = true, .tlp = TLP_GREEN};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX,
                OLD("campaign") ",\"name\":\"a\"}",
                (struct format_task){.marks = true});
    assert_string_equal(kit_losses(&k),
                        "added spec_version;added object_marking_refs;");
    assert_non_null(strstr(
        kit_text(&k), NEW("campaign") ",\"name\":\"a\",\"object_marking_refs\":"
                                      "[\"marking-definition--bab4a63c-"));
    kit_clear(&k);
}

static void
what_is_lifted_gives_the_same_head(void **state)
{
    struct seen old, new;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_text(lifted[i].old, true, &old), OK);
        assert_int_equal(read_text(lifted[i].new, true, &new), OK);
        const struct head *a = &old.items[0].item.message.head;
        const struct head *b = &new.items[0].item.message.head;
        assert_true(old.items[0].is_old && !new.items[0].is_old);
        assert_int_equal(a->use, b->use);
        assert_int_equal(a->label_count, b->label_count);
        assert_int_equal(a->role.size, b->role.size);
        assert_string_equal(old.items[0].value, new.items[0].value);
        assert_string_equal(old.items[0].pattern, new.items[0].pattern);
        assert_string_equal(old.items[0].mentioned, new.items[0].mentioned);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_no_version_is_of_stix_20),
        cmocka_unit_test(the_labels_of_an_indicator_are_its_types),
        cmocka_unit_test(what_was_observed_is_found_by_its_values),
        cmocka_unit_test(each_version_must_have_what_it_must_have),
        cmocka_unit_test(an_id_that_is_not_random_is_kept_with_a_remark),
        cmocka_unit_test(stix_20_is_written_as_21_and_each_change_is_said),
        cmocka_unit_test(stix_20_stays_what_it_was_where_that_is_asked_for),
        cmocka_unit_test(what_is_lifted_is_marked_as_any_other_object),
        cmocka_unit_test(what_is_lifted_gives_the_same_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
