#include "misp_again.h"

#include "core/formats/misp_learnt.h"

#define U(n) "11111111-1111-4111-8111-11111111111" n
#define IP(n) "{\"type\":\"ip-dst\",\"value\":\"192.0.2." n "\"}"
#define EVENT "\"uuid\":\"" U("0") "\",\"info\":\"i\""

/* Check that the messages of a text give the text again. */
static void
assert_again(const char *text)
{
    struct kit k = {0};
    struct buf again = {0};

    assert_int_equal(kit_read(slice_str(text), 5, &k), OK);
    kit_document(&k, &again);
    buf_put_u8(&again, 0);
    assert_string_equal((const char *)again.data, text);
    assert_int_equal(k.refused + k.remarks, 0);
    buf_clear(&again);
    kit_clear(&k);
}

static void
an_event_is_handed_over_part_by_part_and_itself_last(void **state)
{
    (void)state;
    assert_read("{\"Event\":{" EVENT ",\n\"Attribute\":[" IP("1") "," IP(
                    "2") "],\"Object\":[{\"name\":"
                         "\"o\",\"Attribute\":[" IP("3") "," IP("4") "]},{"
                                                                     "\"name\""
                                                                     ":\"p\"}]"
                                                                     "}}",
                OK,
                "indicator 0 ipv4 192.0.2.1\n"
                "indicator 1 ipv4 192.0.2.2\n"
                "indicator 3<2 ipv4 192.0.2.3\n"
                "indicator 4<2 ipv4 192.0.2.4\n"
                "object 2\n"
                "object 5\n"
                "package 6/6\n");
}

static void
the_content_of_an_event_has_empty_places_and_its_wrapping(void **state)
{
    struct kit k = {0};

    (void)state;
    assert_int_equal(kit_read(slice_str("{ \"response\" : [ {\"Event\": {" EVENT
                                        ", \"Attribute\": [ " IP(
                                            "1") " ], \"n\": 1.0 } } ,"
                                                 "{\"Event\":{" EVENT "}}]}"),
                              9, &k),
                     OK);
    assert_int_equal(k.count, 3);
    assert_true(slice_is(buf_slice(&k.messages[0].content), IP("1")));
    assert_true(slice_is(buf_slice(&k.messages[1].content),
                         "{\"response\":[{\"Event\":{" EVENT
                         ",\"Attribute\":[],\"n\":1.0}}]}"));
    assert_true(slice_is(buf_slice(&k.messages[2].content),
                         "{\"response\":[{\"Event\":{" EVENT "}}]}"));
    kit_clear(&k);
}

static void
a_document_is_put_together_again_from_its_messages(void **state)
{
    (void)state;
    assert_again("{\"Event\":{" EVENT "}}");
    assert_again("{\"Event\":{" EVENT ",\"Attribute\":[],\"Object\":null}}");
    assert_again("{\"Event\":{\"Object\":[{\"Attribute\":[" IP("1") "," IP(
        "2") "],\"name\":\"o\"},{\"name\":\"p\",\"Attribute\":[]}],"
             "\"Attribute\":[" IP("3") "],\"z\":[{}],"
                                       "\"info\":\"\\u00e9\"}}");
    assert_again("[{\"Event\":{" EVENT ",\"Attribute\":[" IP(
        "1") "]}},{\"Event\":{\"info\":\"j\"}}]");
    assert_again("{\"response\":[{\"Event\":{" EVENT "}}]}");
    assert_again("{\"response\":[{" EVENT ",\"Attribute\":[" IP("1") "]}]}");
    assert_again("{" EVENT ",\"Object\":[{\"name\":\"o\"}]}");
}

static void
lists_without_an_event_are_put_together_again_too(void **state)
{
    (void)state;
    assert_again("{\"response\":{\"Attribute\":[" IP("1") "," IP("2") "]}}");
    assert_again("{\"Attribute\":[" IP("1") "]}");
    assert_again("{\"Attribute\":" IP("1") "}");
    assert_again(
        "{\"response\":[{\"Object\":{\"name\":\"o\",\"Attribute\":[" IP(
            "1") "]}},{\"Object\":{\"name\":\"p\"}}]}");
    assert_again("{\"response\":{\"Object\":[{\"name\":\"o\"}]}}");
}

static void
what_an_event_says_behind_its_attributes_counts_for_them(void **state)
{
    (void)state;
    assert_read(
        "{\"Event\":{\"info\":\"i\",\"Attribute\":[" IP(
            "1") "],"
                 "\"Orgc\":{\"name\":\"us\"},\"Tag\":[{\"name\":\"tlp:amber\"},"
                 "{\"name\":\"PAP:GREEN\"},{\"name\":\"x\"}]}}",
        OK,
        "indicator 0 ipv4 192.0.2.1 TLP:AMBER PAP:GREEN #tlp:amber "
        "#PAP:GREEN #x by us\n"
        "package 1/1 TLP:AMBER PAP:GREEN #tlp:amber #PAP:GREEN #x by "
        "us\n");
    assert_read(
        "[{\"Object\":[{\"Attribute\":[" IP(
            "1") "],\"name\":\"o\","
                 "\"deleted\":\"1\",\"Tag\":[\"tlp:red\"]},{\"name\":\"p\","
                 "\"Attribute\":[" IP("2") "]}],\"info\":\"i\"},"
                                           "{\"info\":\"j\",\"Attribute\":[" IP(
                                               "3") "],\"published\":0}]",
        OK,
        "indicator 1<0 ipv4 192.0.2.1 TLP:RED #tlp:red revoked\n"
        "object 0 TLP:RED #tlp:red revoked\n"
        "indicator 3<2 ipv4 192.0.2.2\n"
        "object 2\n"
        "package 4/4\n"
        "indicator 0 ipv4 192.0.2.3 HELD the MISP event is not "
        "published -> publish it in MISP\n"
        "package 1/1 HELD the MISP event is not published -> publish "
        "it in MISP\n");
}

static void
an_event_whose_end_was_not_learnt_is_red_and_held(void **state)
{
    struct format_sink sink;
    struct kit k = {0};
    struct buf said = {0};

    (void)state;
    sink = (struct format_sink){&k, kit_item, kit_fault};
    struct misp_reader *r = misp_reader_new(&sink);
    assert_int_equal(kit_pass(r, slice_str("{\"Attribute\":[" IP("1") "]}"), 9),
                     OK);
    misp_reader_free(r);
    kit_say(&k, &said);
    assert_string_equal((const char *)said.data,
                        "indicator 0 ipv4 192.0.2.1 TLP:RED HELD what its "
                        "event says of its handling cannot be read -> mend "
                        "what is reported of it\npackage 1/1\n");
    buf_clear(&said);
    kit_clear(&k);
    assert_read("{\"Event\":{" EVENT ",\"Attribute\":[" IP("1") "],",
                ERR_TRUNCATED,
                "indicator 0 ipv4 192.0.2.1 TLP:RED HELD what its event says "
                "of its handling cannot be read -> mend what is reported of "
                "it\n1:120 Event: the document ends too early\n");
}

static void
a_document_that_changed_since_it_was_learnt_is_not_read_on(void **state)
{
    struct format_sink sink;
    struct kit k = {0};

    (void)state;
    sink = (struct format_sink){&k, kit_item, kit_fault};
    struct misp_reader *r = misp_reader_new(&sink);
    misp_reader_learn(r);
    assert_int_equal(
        kit_pass(r, slice_str("[{\"Attribute\":[],\"info\":\"i\"}]"), 9), OK);
    misp_reader_deliver(r);
    assert_int_equal(
        kit_pass(r, slice_str("[{\"Attribute\":[],\"Tag\":[\"x\"]}]"), 9),
        ERR_NOT_NOW);
    assert_int_equal(k.count, 0);
    assert_int_equal(k.fatal, 1);
    misp_reader_free(r);
    kit_clear(&k);
}

static void
so_much_is_learnt_and_no_more(void **state)
{
    struct buf text = {0};
    struct kit k = {0};
    size_t events = 1 + MISP_LEARNT_MAX / 100000;

    (void)state;
    buf_put_u8(&text, '[');
    for (size_t i = 0; i <= events; i++) {
        buf_put_str(&text, i ? ",{" : "{");
        buf_put_str(&text, "\"Attribute\":[" IP("1") "],\"Tag\":[\"");
        memset(buf_extend(&text, 100000), 'x', 100000);
        buf_put_str(&text, "\"]}");
    }
    buf_put_u8(&text, ']');
    assert_int_equal(kit_read(buf_slice(&text), 1u << 20, &k), OK);
    assert_int_equal(k.count, 2 * (events + 1));
    assert_true(k.held > 0 && k.held < 4);
    assert_true(k.messages[k.count - 2].is_held && !k.messages[0].is_held);
    buf_clear(&text);
    kit_clear(&k);
}

static void
what_stands_beside_an_event_goes_with_it_or_is_reported(void **state)
{
    static const char remark[] =
        "package 0\n1:%d %s: this stands beside an event and is not sent\n";
    char want[200];

    (void)state;
    assert_read("{\"a\":1,\"Event\":{" EVENT "},\"b\":{}}", OK, "package 0\n");
    snprintf(want, sizeof want, remark, 2, "Tag");
    assert_read("{\"Tag\":[],\"Event\":{" EVENT "}}", OK, want);
    snprintf(want, sizeof want, remark, 2, "a");
    assert_read("{\"a\":[{\"distribution\":0}],\"Event\":{" EVENT "}}", OK,
                want);
    assert_read(
        "{\"a\":1,\"Event\":{" EVENT "},\"Attribute\":[" IP("1") "]}", OK,
        "package 0\n"
        "1:2 a: this stands beside an event and is not sent\n"
        "1:75 Attribute: this stands beside an event and is not sent\n");
    assert_read("{\"Attribute\":[],\"Event\":{" EVENT "}}", OK,
                "1:25 Event: this does not belong into an event\n");
    assert_read("{\"Event\":{" EVENT "},\"Event\":{}}", ERR_REPEATED,
                "package 0\n1:77: this key stands twice\n");
    assert_read("{\"Event\":{\"Attribute\":[],\"Attribute\":[]}}", ERR_REPEATED,
                "1:38 Event: this key stands twice\n");
}

/* Count what a document has and no message of it. */
static size_t
left_out(const char *text)
{
    struct kit k = {0};

    assert_int_equal(kit_read(slice_str(text), 7, &k), OK);
    size_t n = k.left_out;
    kit_clear(&k);
    return n;
}

static void
what_no_message_has_is_told_from_other_remarks(void **state)
{
    (void)state;
    assert_int_equal(left_out("[]"), 1);
    assert_int_equal(left_out("{\"response\":[]}"), 0);
    assert_int_equal(left_out("{\"x\":1,\"response\":[],\"y\":2}"), 2);
    assert_int_equal(left_out("{\"x\":1,\"Event\":{" EVENT "}}"), 0);
    assert_int_equal(left_out("{\"Tag\":[],\"Event\":{" EVENT "}}"), 1);
    assert_int_equal(left_out("{\"x\":1,\"response\":[{\"Event\":{" EVENT
                              "}},{\"Event\":{" EVENT "}}]}"),
                     0);
    assert_read("{\"response\":[],\"x\":1}", OK,
                "1:16 x: no event is sent that this could go with\n");
    assert_read("{\"x\":1,\"Event\":{}}", OK,
                "1:16 Event.info: a required property is missing\n"
                "1:2 x: no event is sent that this could go with\n");
}

static void
what_is_no_event_is_refused(void **state)
{
    static const char none[] = "this is no MISP event: there is neither Event "
                               "nor info, Attribute or Object in it\n";
    char want[200];

    (void)state;
    snprintf(want, sizeof want, "1:1: %s", none);
    assert_read("{}", OK, want);
    snprintf(want, sizeof want, "1:2 [0]: %s", none);
    assert_read("[{\"uuid\":\"x\"}]", OK, want);
    assert_read(" [ ]", OK, "1:1: this list is empty: nothing of it is kept\n");
    assert_read("[[],5]", OK,
                "1:2 [0]: an object is expected\n"
                "1:5 [1]: an object is expected\n");
    assert_read("{\"Event\":\"x\"}", OK, "1:10 Event: an object is expected\n");
    assert_read("{\"response\":5}", OK,
                "1:13 response: an object is expected\n");
    assert_read("{\"Event\":{}}", OK,
                "1:10 Event.info: a required property is missing\n");
}

static void
a_part_that_is_too_large_is_refused_by_itself(void **state)
{
    struct buf text = {0};
    struct kit k = {0};

    (void)state;
    buf_put_str(&text, "{\"Event\":{" EVENT ",\"Attribute\":[{\"comment\":\"");
    memset(buf_extend(&text, JSON_BYTES_MAX), 'x', JSON_BYTES_MAX);
    buf_put_str(&text, "\"}," IP("1") "]}}");
    assert_int_equal(kit_read(buf_slice(&text), 1u << 20, &k), OK);
    buf_put_u8(&k.faults, 0);
    assert_string_equal((const char *)k.faults.data,
                        "1:92 Event.Attribute[0]: it is larger than 16 MiB\n");
    assert_int_equal(k.count, 2);
    buf_clear(&text);
    kit_clear(&k);
}

static void
bad_json_keeps_what_came_before_and_names_the_place(void **state)
{
    (void)state;
    assert_read("{\"Attribute\":[" IP("1") ",{\"value\":\"\xff\"}]}", ERR_UTF8,
                "indicator 0 ipv4 192.0.2.1 TLP:RED HELD what its event says "
                "of its handling cannot be read -> mend what is reported of "
                "it\n1:63 Attribute[1]: this byte is not UTF-8\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_handed_over_part_by_part_and_itself_last),
        cmocka_unit_test(
            the_content_of_an_event_has_empty_places_and_its_wrapping),
        cmocka_unit_test(a_document_is_put_together_again_from_its_messages),
        cmocka_unit_test(lists_without_an_event_are_put_together_again_too),
        cmocka_unit_test(
            what_an_event_says_behind_its_attributes_counts_for_them),
        cmocka_unit_test(an_event_whose_end_was_not_learnt_is_red_and_held),
        cmocka_unit_test(
            a_document_that_changed_since_it_was_learnt_is_not_read_on),
        cmocka_unit_test(so_much_is_learnt_and_no_more),
        cmocka_unit_test(
            what_stands_beside_an_event_goes_with_it_or_is_reported),
        cmocka_unit_test(what_no_message_has_is_told_from_other_remarks),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(a_part_that_is_too_large_is_refused_by_itself),
        cmocka_unit_test(bad_json_keeps_what_came_before_and_names_the_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
