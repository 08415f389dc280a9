#include "misp_kit.h"

/* Check what an attribute of this type and value gives. */
static void
assert_value(const char *type, const char *value, const char *want)
{
    char text[1000], line[1200];

    snprintf(text, sizeof text,
             "{\"Attribute\":[{\"type\":\"%s\",\"value\":\"%s\"}]}", type,
             value);
    snprintf(line, sizeof line, "%s\npackage 1/1\n", want);
    assert_read(text, OK, line);
}

/* Check what an attribute with these members besides a value gives. */
static void
assert_attribute(const char *members, const char *want)
{
    char text[2000], line[1200];

    snprintf(text, sizeof text,
             "{\"Attribute\":[{\"type\":\"text\",\"value\":\"v\",%s}]}",
             members);
    snprintf(line, sizeof line, "object 0%s\npackage 1/1\n", want);
    assert_read(text, OK, line);
}

#define HASH "0123456789abcdef0123456789ABCDEF"
#define MD5 "md5 0123456789abcdef0123456789abcdef"

static void
values_are_taken_by_the_type_of_the_attribute(void **state)
{
    static const struct {
        const char *type, *value, *want;
    } rows[] = {
        {"ip-src", " 192.0.2.1 ", "indicator 0 ipv4 192.0.2.1"},
        {"ip-dst", "2001:DB8::1", "indicator 0 ipv6 2001:db8::1"},
        {"ip-dst", "192.0.2.0/24", "indicator 0 cidr 192.0.2.0/24"},
        {"domain", "Evil.Example.", "indicator 0 domain evil.example"},
        {"hostname", "a.evil.example", "indicator 0 domain a.evil.example"},
        {"url", "HTTP://A.example/B", "indicator 0 url http://a.example/B"},
        {"url", "a.example", "indicator 0 domain a.example"},
        {"url", "192.0.2.1:443", "indicator 0 ip-port 192.0.2.1:443"},
        {"domain", "192.0.2.1", "indicator 0 ipv4 192.0.2.1"},
        {"link", "https://a.example/b", "indicator 0 url https://a.example/b"},
        {"md5", HASH, "indicator 0 " MD5},
        {"imphash", HASH, "indicator 0 imphash " HASH},
        {"x509-fingerprint-md5", HASH, "indicator 0 certificate-hash " HASH},
        {"filename", "a b.exe", "indicator 0 file-name a b.exe"},
        {"email-dst", "a@b.example", "indicator 0 email a@b.example"},
        {"email-subject", "Hi | you", "indicator 0 email-subject Hi | you"},
        {"AS", "AS174", "indicator 0 as AS174"},
        {"mutex", "m", "indicator 0 mutex m"},
        {"vulnerability", "cve-2026-0001",
         "indicator 0 vulnerability CVE-2026-0001"},
        {"yara", "rule a {}", "indicator 0 pattern yara"},
        {"text", "192.0.2.1", "object 0"},
        {"named pipe", "p", "object 0"},
        {"target-email", "a@b.example", "object 0 with email a@b.example"},
        {"attachment", "a.pdf", "object 0 with file-name a.pdf"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char want[300];
        snprintf(want, sizeof want, "%s", rows[i].want);
        char *upper = strstr(want, HASH);
        for (char *c = upper; c && *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        assert_value(rows[i].type, rows[i].value, want);
    }
}

static void
of_a_pair_the_more_exact_half_is_meant(void **state)
{
    (void)state;
    assert_value("domain|ip", "a.example | 192.0.2.1",
                 "indicator 0 domain a.example with ipv4 192.0.2.1");
    assert_value("ip-dst|port", "192.0.2.1|443",
                 "indicator 0 ip-port 192.0.2.1:443");
    assert_value("ip-src|port", "2001:db8::1|443",
                 "indicator 0 ip-port [2001:db8::1]:443");
    assert_value("hostname|port", "a.example|8080",
                 "indicator 0 host-port a.example:8080");
    assert_value("filename|md5", "a|b.exe|" HASH,
                 "indicator 0 " MD5 " with file-name a|b.exe");
    assert_value("malware-sample", "|" HASH, "indicator 0 " MD5);
    assert_value("filename|sha224", "a.exe|00",
                 "object 0 with file-name a.exe");
    assert_value("regkey|value", "HKLM\\\\a|b|c",
                 "indicator 0 registry-key HKLM\\a");
}

static void
a_pattern_of_stix_gives_the_values_in_it(void **state)
{
    (void)state;
    assert_value("stix2-pattern",
                 "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = "
                 "'a.example']",
                 "indicator 0 ipv4 192.0.2.1 pattern stix or domain a.example");
    assert_read("{\"Attribute\":[{\"type\":\"stix2-pattern\",\"value\":"
                "\"[ipv4-addr]\"}]}",
                OK,
                "object 0\npackage 1/1\n1:47 Attribute[0].value: this is no "
                "good value of its type: kept as it stands\n");
}

static void
what_is_no_good_value_of_its_type_is_kept_with_a_remark(void **state)
{
    static const char *const rows[][2] = {
        {"ip-dst", "a.example"},
        {"ip-dst", "300.1.1.1"},
        {"md5", "0123"},
        {"uri", "/gate.php"},
        {"filename|md5", "only-a-name"},
        {"ip-dst|port", "192.0.2.1|99999"},
        {"ip-dst|port", "192.0.2.1"},
        {"domain|ip", "a.example|b|c"},
        {"domain|ip", "a.example"},
        {"vulnerability", "none"},
    };
    char text[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        snprintf(text, sizeof text,
                 "{\"Attribute\":[\n{\"value\":\"%s\",\"type\":\"%s\"}]}",
                 rows[i][1], rows[i][0]);
        assert_read(text, OK,
                    "object 0\npackage 1/1\n2:10 Attribute[0].value: this is "
                    "no good value of its type: kept as it stands\n");
    }
}

static void
a_type_or_category_that_is_not_known_is_kept_with_a_remark(void **state)
{
    (void)state;
    assert_read("{\"Attribute\":[\n{\"type\":\"new\",\"value\":\"192.0.2.1\"},"
                "\n{\"type\":\"ip-dst\",\"category\":\"New\",\"value\":"
                "\"192.0.2.1\"}]}",
                OK,
                "object 0\nindicator 1 ipv4 192.0.2.1\npackage 2/2\n"
                "2:9 Attribute[0].type: this type is not known: kept as it "
                "stands\n"
                "3:29 Attribute[1].category: this category is not known: kept "
                "as it stands\n");
}

static void
the_strictest_tag_marks_it_and_an_unknown_one_is_red(void **state)
{
    (void)state;
    assert_attribute("\"Tag\":[{\"name\":\"tlp:white\"}]",
                     " TLP:CLEAR #tlp:white");
    assert_attribute("\"Tag\":[{\"name\":\"TLP:GREEN\"},{\"name\":"
                     "\"tlp:amber+strict\"},{\"name\":\"PAP:RED\"}]",
                     " TLP:AMBER+STRICT PAP:RED #TLP:GREEN "
                     "#tlp:amber+strict #PAP:RED");
    assert_attribute("\"Tag\":[{\"name\":\"tlp:ex:chr\"}]",
                     " TLP:RED #tlp:ex:chr");
    assert_attribute("\"Tag\":[{\"name\":\"tlp:clear\"},{\"name\":"
                     "\"tlp:unclear\"},{\"name\":\"pap:x\"}]",
                     " TLP:RED PAP:RED #tlp:clear #tlp:unclear #pap:x");
    assert_attribute("\"Tag\":[\"\\u0074lp:green\"]", " TLP:GREEN #tlp:green");
    assert_attribute("\"Tag\":null", "");
}

static void
attribute_object_and_event_mark_it_together(void **state)
{
    (void)state;
    assert_read(
        "{\"Event\":{\"info\":\"i\",\"Tag\":[{\"name\":\"tlp:green\"},"
        "{\"name\":\"a\"}],\"Object\":[{\"name\":\"o\",\"Tag\":[{\"name\":"
        "\"tlp:amber\"},{\"name\":\"a\"}],\"Attribute\":[{\"type\":\"text\","
        "\"value\":1,\"Tag\":[{\"name\":\"tlp:clear\"}]}]}]}}",
        OK,
        "object 1<0 TLP:AMBER #tlp:clear #tlp:amber #a #tlp:green\n"
        "object 0 TLP:AMBER #tlp:amber #a #tlp:green\n"
        "package 2/2 TLP:GREEN #tlp:green #a\n");
}

static void
tags_of_what_stays_in_it_mark_it_too(void **state)
{
    (void)state;
    assert_attribute("\"Tag\":[\"tlp:clear\"],\"Sighting\":[{\"Tag\":[{"
                     "\"name\":\"tlp:green\"},{\"name\":\"pap:amber\"}]}]",
                     " TLP:GREEN PAP:AMBER #tlp:clear");
    assert_attribute("\"Note\":[{\"Tag\":[5]}]", " TLP:RED");
    assert_attribute("\"comment\":\"Tag\",\"Note\":{\"Tag\":\"x\"}", "");
    assert_read("{\"Event\":{\"info\":\"i\",\"Attribute\":[{\"type\":"
                "\"text\",\"value\":\"v\"}],\"RelatedEvent\":[{\"Event\":{"
                "\"Tag\":[{\"name\":\"tlp:\\u0072ed\"}]}}]}}",
                OK, "object 0\npackage 1/1 TLP:RED\n");
}

#define OWN "\"your organisation only\" -> change it in MISP"

static void
distribution_and_publication_hold_it_at_every_level(void **state)
{
    (void)state;
    assert_attribute("\"distribution\":\"0\"",
                     " HELD MISP distribution 0, " OWN);
    assert_attribute("\"distribution\":4",
                     " HELD MISP distribution 4, a sharing group, which nobody "
                     "knows here -> change it in MISP");
    assert_attribute("\"distribution\":\"5\"", "");
    assert_attribute("\"distribution\":\"3\",\"Event\":{\"distribution\":0}",
                     " HELD its event has MISP distribution 0, " OWN);
    assert_attribute("\"Note\":[{\"distribution\":\"0\"}]",
                     " HELD a part of it has MISP distribution 0 or 4 -> "
                     "change it in MISP, or take it out");
    assert_read("{\"Event\":{\"info\":\"i\",\"distribution\":\"3\","
                "\"published\":\"1\",\"Object\":[{\"name\":\"o\","
                "\"distribution\":0,\"Attribute\":[{\"type\":\"text\","
                "\"value\":true,\"distribution\":\"5\"}]}],"
                "\"RelatedEvent\":[{\"Event\":{\"distribution\":\"4\"}}]}}",
                OK,
                "object 1<0 HELD its object has MISP distribution 0, " OWN
                "\nobject 0 HELD MISP distribution 0, " OWN
                "\npackage 2/2 HELD a part of it has MISP distribution 0 or 4 "
                "-> change it in MISP, or take it out\n");
    assert_read("{\"Event\":{\"info\":\"i\",\"published\":false,\"Attribute\":["
                "{\"type\":\"text\",\"value\":\"v\",\"distribution\":\"3\"}]}}",
                OK,
                "object 0 HELD the MISP event is not published -> publish it "
                "in MISP\npackage 1/1 HELD the MISP event is not published -> "
                "publish it in MISP\n");
}

static void
truths_and_numbers_are_read_as_misp_writes_them(void **state)
{
    static const char *const yes[] = {"true", "1", "\"1\"", "\"true\""};
    static const char *const no[] = {"false", "0", "\"0\"", "\"False\""};
    char members[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        snprintf(members, sizeof members, "\"to_ids\":%s,\"deleted\":%s",
                 yes[i], yes[i]);
        assert_attribute(members, " use detect revoked");
        snprintf(members, sizeof members, "\"to_ids\":%s,\"deleted\":%s", no[i],
                 no[i]);
        assert_attribute(members, " use notify");
    }
    assert_attribute("\"to_ids\":null,\"deleted\":null,\"uuid\":null,"
                     "\"timestamp\":null,\"distribution\":null,\"Tag\":[]",
                     "");
    assert_attribute("\"timestamp\":1767322800", " at 2026-01-02T03:00:00Z");
    assert_attribute("\"timestamp\":\"1767322800\"",
                     " at 2026-01-02T03:00:00Z");
    assert_attribute("\"timestamp\":\"0\"", "");
}

static void
what_breaks_a_rule_is_refused_with_its_place(void **state)
{
    static const char *const rows[][2] = {
        {"\"to_ids\":\"x\"", "to_ids: true or false is expected"},
        {"\"to_ids\":[]", "to_ids: true or false is expected"},
        {"\"deleted\":2", "deleted: true or false is expected"},
        {"\"uuid\":\"x\"", "uuid: a UUID is expected"},
        {"\"uuid\":7", "uuid: a text is expected"},
        {"\"timestamp\":\"abc\"", "timestamp: seconds since 1970 are expected"},
        {"\"timestamp\":-1", "timestamp: seconds since 1970 are expected"},
        {"\"distribution\":9",
         "distribution: a distribution is a number from 0 to 5"},
        {"\"distribution\":\"all\"",
         "distribution: a distribution is a number from 0 to 5"},
        {"\"published\":\"maybe\"", "published: true or false is expected"},
        {"\"Tag\":{}", "Tag: a list of tags is expected"},
        {"\"Tag\":[{\"name\":\"\"}]", "Tag[0]: a tag has no name"},
        {"\"Tag\":[{\"name\":\"a\"},5]", "Tag[1]: a tag has no name"},
        {"\"Tag\":[\"\\u0000\"]",
         "Tag[0]: this text may not hold a zero character"},
        {"\"Orgc\":\"us\"", "Orgc: an object is expected"},
        {"\"category\":5", "category: a text is expected"},
        {"\"to_ids\":true,\"to_ids\":true", "to_ids: this key stands twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct kit k = {0};
        char text[300], want[300];
        snprintf(text, sizeof text,
                 "{\"Attribute\":[{\"type\":\"text\",\"value\":\"v\",%s}]}",
                 rows[i][0]);
        assert_int_equal(kit_read(slice_str(text), 2, &k), OK);
        buf_put_u8(&k.faults, 0);
        snprintf(want, sizeof want, " Attribute[0].%s\n", rows[i][1]);
        const char *said = strchr((const char *)k.faults.data, ' ');
        assert_non_null(said);
        assert_string_equal(said, want);
        assert_int_equal(k.count, 0);
        kit_clear(&k);
    }
}

static void
what_must_be_there_is_missed(void **state)
{
    (void)state;
    assert_read("{\"Attribute\":[{\"type\":\"text\"},{\"value\":\"v\"},"
                "{\"type\":\"text\",\"value\":null},{\"type\":\"text\","
                "\"value\":\"\"},\"x\",{\"type\":5,\"value\":\"v\"}],"
                "\"Object\":[{},{\"name\":\"o\",\"Attribute\":{\"0\":{}}}]}",
                OK,
                "1:15 Attribute[0].value: a required property is missing\n"
                "1:31 Attribute[1].type: a required property is missing\n"
                "1:68 Attribute[2].value: a text is expected\n"
                "1:97 Attribute[3].value: the value is empty\n"
                "1:101 Attribute[4]: an object is expected\n"
                "1:113 Attribute[5].type: a text is expected\n"
                "1:139 Object[0].name: a required property is missing\n"
                "1:166 Object[1].Attribute: a list is expected\n");
}

static void
an_event_that_cannot_be_read_marks_what_stands_in_it_red(void **state)
{
    (void)state;
    assert_read("{\"Event\":{\"info\":\"i\",\"distribution\":\"x\","
                "\"Attribute\":[{\"type\":\"text\",\"value\":\"v\"}]}}",
                OK,
                "object 0 TLP:RED HELD what its event says of its handling "
                "cannot be read -> mend what is reported of it\n"
                "1:37 Event.distribution: a distribution is a number from 0 to "
                "5\n");
}

static void
more_tags_than_may_be_are_refused(void **state)
{
    struct buf text = {0};
    struct kit k = {0};

    (void)state;
    buf_put_str(&text, "{\"Tag\":[\"e\"],\"Attribute\":[{\"type\":\"text\","
                       "\"value\":\"v\",\"Tag\":[\"0\"");
    for (unsigned i = 1; i < LABELS_MAX; i++) {
        buf_put_str(&text, ",\"");
        buf_put_decimal(&text, i);
        buf_put_u8(&text, '"');
    }
    buf_put_str(&text, "]},{\"type\":\"text\",\"value\":\"v\"}]}");
    assert_int_equal(kit_read(buf_slice(&text), 999, &k), OK);
    buf_put_u8(&k.faults, 0);
    assert_string_equal((const char *)k.faults.data,
                        "1:27 Attribute[0]: there are more than 1024 tags\n");
    assert_int_equal(k.count, 2);
    buf_clear(&text);
    kit_clear(&k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_taken_by_the_type_of_the_attribute),
        cmocka_unit_test(of_a_pair_the_more_exact_half_is_meant),
        cmocka_unit_test(a_pattern_of_stix_gives_the_values_in_it),
        cmocka_unit_test(
            what_is_no_good_value_of_its_type_is_kept_with_a_remark),
        cmocka_unit_test(
            a_type_or_category_that_is_not_known_is_kept_with_a_remark),
        cmocka_unit_test(the_strictest_tag_marks_it_and_an_unknown_one_is_red),
        cmocka_unit_test(attribute_object_and_event_mark_it_together),
        cmocka_unit_test(tags_of_what_stays_in_it_mark_it_too),
        cmocka_unit_test(distribution_and_publication_hold_it_at_every_level),
        cmocka_unit_test(truths_and_numbers_are_read_as_misp_writes_them),
        cmocka_unit_test(what_breaks_a_rule_is_refused_with_its_place),
        cmocka_unit_test(what_must_be_there_is_missed),
        cmocka_unit_test(
            an_event_that_cannot_be_read_marks_what_stands_in_it_red),
        cmocka_unit_test(more_tags_than_may_be_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
