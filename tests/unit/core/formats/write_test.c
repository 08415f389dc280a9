/*
 * write_test - documents come out as they went in, and what does not is said.
 */
#include "core/formats/stix_pattern_put.h"
#include "stix_sample.h"
#include "write_kit.h"

#define AMBER2 "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
#define STATEMENT_ID "33333333-3333-4333-8333-333333333333"

static const struct format_task as_is = {.marks = false};
static const struct format_task marking = {.marks = true};

/* ---- STIX to STIX ------------------------------------------------------- */

static const char *const whole[] = {
    "{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"objects\":[" INDICATOR
    "}," INDICATOR "},{\"type\":\"x-odd\",\"id\":\"x-odd--" UUID
    "\",\"n\":1.50e+3,\"s\":\"\\u00e9\\/\",\"l\":[]}]}\n",
    "{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"objects\":[" INDICATOR
    "}],\"spec_version\":\"2.1\",\"x_seen\":[0.10]}\n",
    "[" INDICATOR "}," INDICATOR "}]\n",
    INDICATOR "}\n",
    "{\"type\":\"bundle\",\"id\":\"" BUNDLE "\"}\n",
    "{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"objects\":[]}\n",
};

static void
a_document_comes_out_as_it_went_in_and_nothing_is_lost(void **state)
{
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
        for (size_t piece = 1; piece < 40; piece += 13) {
            k.piece = piece;
            kit_convert(&k, FORMAT_STIX, FORMAT_STIX, whole[i], as_is);
            assert_int_equal(k.faults, 0);
            assert_string_equal(kit_text(&k), whole[i]);
            assert_string_equal(kit_losses(&k), "");
            kit_clear(&k);
        }
}

static void
a_key_that_is_empty_is_one_like_others(void **state)
{
    static const struct format_task foreign = {.is_foreign = true};
    static const char odd[] =
        "{\"type\":\"x-odd\",\"id\":\"x-odd--" UUID "\",\"\":[1,{\"\":[]}]}\n";
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX, odd, foreign);
    assert_int_equal(k.faults, 0);
    assert_string_equal(kit_losses(&k), "");
    assert_string_equal(kit_text(&k), odd);
    kit_clear(&k);
}

static void
an_id_behind_the_objects_is_kept(void **state)
{
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX,
                "{\"id\":\"" BUNDLE "\",\"objects\":[" INDICATOR
                "}],\"type\":\"bundle\"}",
                as_is);
    assert_string_equal(kit_text(&k), "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                                      "\",\"objects\":[" INDICATOR "}]}\n");
    kit_clear(&k);
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX,
                "{\"objects\":[" INDICATOR "}],\"type\":\"bundle\",\"id\":"
                "\"" BUNDLE "\"}",
                as_is);
    assert_string_equal(kit_text(&k), "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                                      "\",\"objects\":[" INDICATOR "}]}\n");
    kit_clear(&k);
}

/* ---- MISP to MISP ------------------------------------------------------- */

#define ATTRIBUTE(id, value)                                                   \
    "{\"uuid\":\"" id "\",\"type\":\"ip-dst\",\"category\":\"Network "         \
    "activity\",\"value\":\"" value "\",\"to_ids\":true,\"n\":1.0}"
#define A1 ATTRIBUTE("33333333-3333-4333-8333-333333333333", "198.51.100.1")
#define A2 ATTRIBUTE("44444444-4444-4444-8444-444444444444", "198.51.100.2")
#define A3 ATTRIBUTE("55555555-5555-4555-8555-555555555555", "198.51.100.3")
#define MISP_OBJECT                                                            \
    "{\"Attribute\":[" A2 "," A3 "],\"uuid\":\"66666666-6666-4666-8666-"       \
    "666666666666\",\"name\":\"o\"}"
#define MISP_EVENT(id)                                                         \
    "{\"Attribute\":[" A1 "],\"Object\":[" MISP_OBJECT "],\"uuid\":\"" id      \
    "\",\"info\":\"i\",\"date\":\"2026-01-02\"}"

static const char *const events[] = {
    "{\"Event\":" MISP_EVENT(UUID) "}\n",
    "{\"response\":[{\"Event\":" MISP_EVENT(UUID) "}]}\n",
    "{\"response\":[{\"Event\":" MISP_EVENT(UUID) "},{\"Event\":" MISP_EVENT(
        UUID2) "}]}\n",
    "[{\"Event\":" MISP_EVENT(UUID) "}]\n",
    "{\"response\":{\"Attribute\":[" A1 "," A2 "]}}\n",
};

static const char *const wrappings[] = {
    "{\"Event\":{}}",
    "{\"response\":[{\"Event\":{}}]}",
    "{\"response\":[{\"Event\":{}}]}",
    "[{\"Event\":{}}]",
    "{\"response\":{\"Attribute\":[]}}",
};

static void
an_event_comes_out_as_it_went_in_in_its_wrapping(void **state)
{
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        const struct format_task task = {.around = slice_str(wrappings[i])};
        kit_convert(&k, FORMAT_MISP, FORMAT_MISP, events[i], task);
        assert_int_equal(k.faults, 0);
        assert_string_equal(kit_text(&k), events[i]);
        assert_string_equal(kit_losses(&k), "");
        kit_clear(&k);
    }
}

/* ---- keys with escapes -------------------------------------------------- */

static void
no_key_stands_twice_whatever_its_escapes(void **state)
{
    static const struct {
        const char *text, *want;
        enum format format;
    } cases[] = {
        {"{\"\\u0074ype\":\"bundle\",\"\\u0069d\":\"" BUNDLE
         "\",\"objects\":[" INDICATOR "}]}",
         "{\"type\":\"bundle\",\"id\":\"" BUNDLE "\",\"objects\":[" INDICATOR
         "}]}\n",
         FORMAT_STIX},
        {"{\"Event\":{\"\\u0041ttribute\":[" A1 "],\"info\":\"i\"}}",
         "{\"Event\":{\"Attribute\":[" A1 "],\"info\":\"i\"}}\n", FORMAT_MISP},
    };
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        kit_convert(&k, cases[i].format, cases[i].format, cases[i].text, as_is);
        assert_string_equal(kit_text(&k), cases[i].want);
        assert_string_equal(kit_losses(&k), "");
        kit_clear(&k);
    }
}

/* ---- markings ----------------------------------------------------------- */

static void
an_object_without_a_marking_gets_one_with_its_definition(void **state)
{
    struct kit k = {.has_tlp = true, .tlp = TLP_AMBER};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX, whole[1], marking);
    assert_non_null(strstr(kit_text(&k),
                           INDICATOR ",\"object_marking_refs\":[\"" AMBER2
                                     "\"]},{\"type\":\"marking-definition"
                                     "\",\"spec_version\":\"2.1\",\"id\":"
                                     "\"" AMBER2 "\""));
    assert_string_equal(kit_losses(&k), "added object_marking_refs;");
    kit_clear(&k);
}

static void
an_object_with_a_marking_as_strict_keeps_its_bytes(void **state)
{
    struct kit k = {.has_tlp = true, .tlp = TLP_AMBER_STRICT};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX,
                "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                "\",\"objects\":[" MARKED(TLP2_STRICT) "]}",
                marking);
    assert_non_null(strstr(kit_text(&k), MARKED(TLP2_STRICT) "]}"));
    assert_string_equal(kit_losses(&k), "");
    kit_clear(&k);
}

static void
a_looser_marking_stays_and_the_stricter_one_stands_beside_it(void **state)
{
    struct kit k = {.has_tlp = true, .tlp = TLP_AMBER};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_STIX,
                "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                "\",\"objects\":[" MARKED(TLP1_GREEN) "]}",
                marking);
    assert_non_null(strstr(kit_text(&k), "[\"marking-definition--" TLP1_GREEN
                                         "\",\"" AMBER2 "\"]"));
    assert_string_equal(kit_losses(&k), "added object_marking_refs;");
    kit_clear(&k);
}

static void
a_statement_behind_the_object_it_marks_is_learnt(void **state)
{
    struct kit k = {0};

    (void)state;
    for (size_t piece = 1; piece < 400; piece += 3) {
        k.piece = piece;
        kit_convert(&k, FORMAT_STIX, FORMAT_CSV,
                    "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                    "\",\"objects\":[" MARKED(STATEMENT_ID) "," STATEMENT(
                        STATEMENT_ID, "") "]}",
                    as_is);
        assert_non_null(strstr(kit_text(&k), "198.51.100.7,ipv4,yes,,"));
        kit_clear(&k);
    }
    kit_convert(&k, FORMAT_STIX, FORMAT_CSV,
                "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                "\",\"objects\":[" MARKED(STATEMENT_ID) "]}",
                as_is);
    assert_non_null(strstr(kit_text(&k), "198.51.100.7,ipv4,yes,red,"));
    kit_clear(&k);
}

/* ---- values to STIX ----------------------------------------------------- */

static void
a_value_becomes_an_indicator_whose_id_follows_from_it(void **state)
{
    struct kit k = {0}, again = {0};

    (void)state;
    kit_convert(&k, FORMAT_LIST, FORMAT_STIX, "198.51.100.7\n", as_is);
    kit_convert(&again, FORMAT_LIST, FORMAT_STIX, "# new\n198.51.100.7\n",
                as_is);
    assert_string_equal(kit_text(&k), kit_text(&again));
    assert_non_null(strstr(kit_text(&k),
                           "\"pattern\":\"[ipv4-addr:value = '198.51.100.7']\","
                           "\"pattern_type\":\"stix\",\"valid_from\":"
                           "\"2026-11-23T17:00:00.000Z\"}"));
    assert_non_null(strstr(kit_text(&k), "\"object_marking_refs\":[\"" AMBER2));
    assert_string_equal(kit_losses(&k),
                        "defaulted created;defaulted modified;defaulted "
                        "valid_from;defaulted object_marking_refs;");
    kit_clear(&k);
    kit_clear(&again);
}

static void
the_times_of_what_is_made_have_milliseconds(void **state)
{
    static const char event[] =
        "{\"Event\":{\"info\":\"i\",\"Attribute\":[{\"type\":\"ip-dst\","
        "\"value\":\"198.51.100.7\",\"timestamp\":\"1603642920\"}]}}";
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_MISP, FORMAT_STIX, event, as_is);
    assert_non_null(
        strstr(kit_text(&k), "\"modified\":\"2020-10-25T16:22:00.000Z\""));
    kit_clear(&k);
}

/* One value of each kind, and what it reads back as. */
static const char values[] =
    "value,type\n"
    "198.51.100.7,ipv4\n2001:db8::1,ipv6\n198.51.100.0/24,cidr\n"
    "example.com,domain\nhttp://example.com/a?b='1',url\n"
    "a@example.com,email\nPay \\ now,email-subject\n"
    "b2a5abfeef9e36964281a31e17b57c97,md5\n"
    "46aba99a0000000000000000000000000000ae86,sha1\n"
    "0000000000000000000000000000000000000000000000000000000000000001,sha256\n"
    "a.exe,file-name\nM,mutex\nHKLM\\Software\\x,registry-key\nAS174,as\n"
    "00:00:5e:00:53:01,mac\ncurl/8,user-agent\nCVE-2024-3094,vulnerability\n"
    "46aba99a0000000000000000000000000000ae86,certificate-hash\n";

/* Keep the first two columns of a table. */
static void
first_columns(struct kit *k)
{
    struct buf out = {0};
    char *line = (char *)k->text.data, *end;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        char *first = strchr(line, ',');
        if (line[0] == '"')
            first = strchr(strchr(line + 1, '"'), ',');
        size_t n = (size_t)(strchr(first + 1, ',') - line);
        buf_put(&out, slice_of(line, n));
        buf_put_u8(&out, '\n');
    }
    buf_put_u8(&out, 0);
    buf_clear(&k->text);
    k->text = out;
}

static void
values_written_as_patterns_read_back_as_the_same_values(void **state)
{
    struct kit k = {0}, back = {0};

    (void)state;
    kit_convert(&k, FORMAT_CSV, FORMAT_STIX, values, as_is);
    assert_int_equal(k.faults, 0);
    assert_null(strstr(kit_losses(&k), "changed"));
    kit_convert(&back, FORMAT_STIX, FORMAT_CSV, kit_text(&k), as_is);
    assert_int_equal(back.faults, 0);
    first_columns(&back);
    assert_string_equal(kit_text(&back), values);
    kit_clear(&k);
    kit_clear(&back);
}

static void
a_value_that_a_pattern_says_otherwise_is_reported(void **state)
{
    static const char *const cases[] = {"198.51.100.7:443", "[2001:db8::1]:53",
                                        "example.com:8080", "||example.com^"};
    struct kit k = {0}, back = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        kit_convert(&k, FORMAT_LIST, FORMAT_STIX, cases[i], as_is);
        assert_non_null(strstr(kit_losses(&k), "changed value;"));
        kit_convert(&back, FORMAT_STIX, FORMAT_STIX, kit_text(&k), as_is);
        assert_int_equal(back.faults, 0);
        char *objects = strstr(kit_text(&k), ",\"objects\":[");
        strstr(objects, "],\"id\":")[0] = 0;
        assert_non_null(strstr(kit_text(&back), objects));
        kit_clear(&k);
        kit_clear(&back);
    }
}

/* ---- tables and lists --------------------------------------------------- */

static void
a_table_comes_out_with_all_that_a_message_holds(void **state)
{
    static const char table[] =
        "value,type,tlp,pap,role,confidence,valid_from,valid_until,labels\n"
        "example.com,domain,green,amber,c2,70,2026-01-02T03:04:05.000Z,"
        "2026-02-02T03:04:05.000Z,\"a,b \"\"c,d\"\"\"\n";
    struct kit k = {0}, again = {0};

    (void)state;
    kit_convert(&k, FORMAT_CSV, FORMAT_CSV, table, as_is);
    assert_int_equal(k.faults, 0);
    assert_string_equal(kit_losses(&k), "");
    assert_non_null(strstr(kit_text(&k),
                           "\nexample.com,domain,yes,green,amber,c2,,70,"
                           "2026-01-02T03:04:05.000Z,2026-02-02T03:04:05.000Z,"
                           "\"a,b \"\"c,d\"\"\",,,,,,,,,csv,,0\n"));
    kit_convert(&again, FORMAT_CSV, FORMAT_CSV, kit_text(&k), as_is);
    assert_string_equal(kit_text(&k), kit_text(&again));
    kit_clear(&k);
    kit_clear(&again);
}

static void
a_list_comes_out_as_it_went_in(void **state)
{
    static const char list[] = "198.51.100.7\n||example.com^\n"
                               "http://example.com/a\n198.51.100.7\n";
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_LIST, FORMAT_LIST, list, as_is);
    assert_string_equal(kit_text(&k), list);
    assert_string_equal(kit_losses(&k), "");
    kit_clear(&k);
}

static void
what_a_list_cannot_say_is_reported(void **state)
{
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_CSV, FORMAT_LIST,
                "value,tlp,confidence,role\nexample.com,green,70,c2\n", as_is);
    assert_string_equal(kit_text(&k), "example.com\n");
    assert_string_equal(kit_losses(&k),
                        "dropped tlp;dropped role;dropped confidence;");
    kit_clear(&k);
    kit_convert(&k, FORMAT_STIX, FORMAT_LIST,
                INDICATOR ",\"name\":\"n\",\"revoked\":false}", as_is);
    assert_string_equal(kit_text(&k), "198.51.100.7\n");
    assert_string_equal(kit_losses(&k),
                        "dropped id;dropped spec_version;dropped created;"
                        "dropped modified;dropped valid_from;dropped name;"
                        "dropped revoked;");
    kit_clear(&k);
}

static void
what_was_revoked_stands_in_no_list(void **state)
{
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_LIST, INDICATOR ",\"revoked\":true}",
                as_is);
    assert_string_equal(kit_text(&k), "");
    assert_string_equal(kit_losses(&k), "dropped ;");
    kit_clear(&k);
}

static void
a_part_of_a_pattern_is_no_row_unless_asked_for(void **state)
{
    static const char both[] = INDICATOR_WITH(
        "[domain-name:value = 'example.com' AND "
        "domain-name:resolves_to_refs[*].value = '198.51.100.7']") "}";
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_STIX, FORMAT_CSV, both, as_is);
    assert_null(strstr(kit_text(&k), "example.com"));
    assert_string_equal(kit_losses(&k), "dropped ;");
    kit_clear(&k);
    kit_convert(&k, FORMAT_STIX, FORMAT_CSV, both,
                (struct format_task){.is_mentioned = true});
    assert_non_null(strstr(kit_text(&k), "\nexample.com,domain,part,"));
    kit_clear(&k);
}

/* ---- contents of others ------------------------------------------------- */

static void
put_foreign(struct kit *k, const char *content)
{
    const struct format_task task = {.is_foreign = true};
    const struct format_out out = {k, kit_bytes, kit_loss};
    struct format_item item = {.has_tlp = true};

    item.message.kind = MESSAGE_OBJECT;
    item.message.content = slice_str(content);
    item.message.content_type = slice_str(STIX_CONTENT_TYPE);
    item.message.package.source = slice_str("stix");
    item.message.package.id = slice_str(BUNDLE);
    k->writer = format_writer_new(FORMAT_STIX, &task, &out);
    format_writer_put(k->writer, &item);
    format_writer_finish(k->writer);
    format_writer_free(k->writer);
    buf_put_u8(&k->text, 0);
    buf_put_u8(&k->losses, 0);
}

static void
content_that_is_no_json_cannot_break_a_document(void **state)
{
    static const char *const bad[] = {
        "{\"a\":1}]}", "{\"a\":1,\"a\":2}", "[1]", "{\"a\":", "}",
        "1",           "{\"a\":\"\xff\"}"};
    struct kit k = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        put_foreign(&k, bad[i]);
        assert_null(strstr(kit_text(&k), "objects"));
        assert_string_equal(kit_losses(&k), "dropped ;");
        kit_clear(&k);
    }
    put_foreign(&k, " { \"a\" : [ 1.0 ] } ");
    assert_string_equal(kit_text(&k), "{\"type\":\"bundle\",\"id\":\"" BUNDLE
                                      "\",\"objects\":[{\"a\":[1.0]}]}\n");
    kit_clear(&k);
}

static void
a_producer_that_is_a_name_becomes_one_identity(void **state)
{
    static const char event[] =
        "{\"Event\":{\"uuid\":\"" UUID "\",\"info\":\"i\",\"date\":"
        "\"2026-01-02\",\"published\":true,\"distribution\":\"3\","
        "\"Orgc\":{\"name\":\"CERT \\\"X\\\"\",\"uuid\":\"" UUID2
        "\"},\"Tag\":[{\"name\":\"tlp:green\"}],\"Attribute\":["
        "{\"uuid\":\"33333333-3333-4333-8333-333333333333\",\"type\":"
        "\"ip-dst\",\"category\":\"Network activity\",\"value\":"
        "\"198.51.100.7\",\"to_ids\":true,\"timestamp\":\"1700000000\","
        "\"comment\":\"C\\u00e9\"},"
        "{\"uuid\":\"44444444-4444-4444-8444-444444444444\",\"type\":"
        "\"domain\",\"category\":\"Network activity\",\"value\":"
        "\"example.com\",\"to_ids\":true,\"timestamp\":\"1700000000\"}]}}";
    struct kit k = {0};

    (void)state;
    kit_convert(&k, FORMAT_MISP, FORMAT_STIX, event, as_is);
    const char *who = strstr(kit_text(&k), "{\"type\":\"identity\"");
    assert_non_null(who);
    assert_null(strstr(who + 1, "{\"type\":\"identity\""));
    assert_non_null(strstr(who, "\"name\":\"CERT \\\"X\\\"\""));
    struct buf by = {0};
    buf_put_str(&by, ",\"created_by_ref\":\"");
    buf_put(&by, slice_of(strstr(who, "identity--"), 46));
    buf_put_u8(&by, 0);
    const char *first = strstr(kit_text(&k), (char *)by.data);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, (char *)by.data));
    buf_clear(&by);
    assert_non_null(strstr(kit_text(&k), "\"description\":\"C\\u00e9\""));
    assert_null(strstr(kit_losses(&k), "dropped producer"));
    kit_clear(&k);
}

static void
a_value_that_is_none_of_its_type_makes_no_object(void **state)
{
    static const struct observed odd[] = {
        {OBSERVABLE_IP_PORT, {(const uint8_t *)"192.0.2.1", 9}},
        {OBSERVABLE_HOST_PORT, {(const uint8_t *)"a.example:x", 11}},
        {OBSERVABLE_AS_NUMBER, {(const uint8_t *)"AS1}", 4}},
        {OBSERVABLE_AS_NUMBER, {(const uint8_t *)"AS01", 4}},
        {OBSERVABLE_COUNT, {(const uint8_t *)"x", 1}},
    };
    bool is_changed;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        struct buf out = {0};
        assert_false(stix_pattern_put(&out, &odd[i], &is_changed));
        assert_false(stix_observable_put(&out, &odd[i], (struct slice){0}));
        assert_int_equal(out.size, 0);
        buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_document_comes_out_as_it_went_in_and_nothing_is_lost),
        cmocka_unit_test(an_event_comes_out_as_it_went_in_in_its_wrapping),
        cmocka_unit_test(no_key_stands_twice_whatever_its_escapes),
        cmocka_unit_test(a_key_that_is_empty_is_one_like_others),
        cmocka_unit_test(an_id_behind_the_objects_is_kept),
        cmocka_unit_test(
            an_object_without_a_marking_gets_one_with_its_definition),
        cmocka_unit_test(an_object_with_a_marking_as_strict_keeps_its_bytes),
        cmocka_unit_test(
            a_looser_marking_stays_and_the_stricter_one_stands_beside_it),
        cmocka_unit_test(a_statement_behind_the_object_it_marks_is_learnt),
        cmocka_unit_test(a_value_becomes_an_indicator_whose_id_follows_from_it),
        cmocka_unit_test(the_times_of_what_is_made_have_milliseconds),
        cmocka_unit_test(
            values_written_as_patterns_read_back_as_the_same_values),
        cmocka_unit_test(a_value_that_a_pattern_says_otherwise_is_reported),
        cmocka_unit_test(a_table_comes_out_with_all_that_a_message_holds),
        cmocka_unit_test(a_list_comes_out_as_it_went_in),
        cmocka_unit_test(what_a_list_cannot_say_is_reported),
        cmocka_unit_test(what_was_revoked_stands_in_no_list),
        cmocka_unit_test(a_part_of_a_pattern_is_no_row_unless_asked_for),
        cmocka_unit_test(content_that_is_no_json_cannot_break_a_document),
        cmocka_unit_test(a_producer_that_is_a_name_becomes_one_identity),
        cmocka_unit_test(a_value_that_is_none_of_its_type_makes_no_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
