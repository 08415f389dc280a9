#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/detect.h"

static void
assert_format(const char *text, const char *name, enum format want)
{
    enum format got = formats_detect(slice_str(text), slice_str(name));

    if (got != want)
        fail_msg("%s %s: %s", name, text, format_name(got));
}

static void
the_bytes_and_the_name_tell_the_format(void **state)
{
    (void)state;
    assert_format(" {\"type\": \"bundle\"", "", FORMAT_STIX);
    assert_format("\xef\xbb\xbf{\"type\": \"bundle\"", "x", FORMAT_STIX);
    assert_format("[\n {\"type\": \"indicator\"", "", FORMAT_STIX);
    assert_format("{\"Event\": {", "a.json", FORMAT_MISP);
    assert_format("{\"response\": [{\"Event\":", "a.json", FORMAT_MISP);
    assert_format("{\"type\":\"bundle\",\"x\":{\"Event\":1}}", "", FORMAT_STIX);
    assert_format("{\"name\":\"Event\",\"t\":\"\\\"Event\\\"\"}", "",
                  FORMAT_STIX);
    assert_format("", "a.json", FORMAT_STIX);
    assert_format("", "", FORMAT_LIST);
    assert_format("evil.example\n", "a.CSV", FORMAT_CSV);
    assert_format("# about, this\n\ntype;value\n", "", FORMAT_CSV);
    assert_format("domain,evil.example,x\n", "a.txt", FORMAT_CSV);
    assert_format("http://evil.example/a,b\n", "a.txt", FORMAT_LIST);
    assert_format("evil.example/a;b\n", "a.txt", FORMAT_LIST);
    assert_format("||evil.example^$all,popup\n", "a.txt", FORMAT_LIST);
    assert_format("[2001:db8::1]:443\n", "", FORMAT_LIST);
    assert_format("192.0.2.1\t5\n", "a.tsv", FORMAT_LIST);
    assert_format("x", "a.stix", FORMAT_STIX);
    assert_format("x", "a.STIX2", FORMAT_STIX);
    assert_format("x", "a.stix21", FORMAT_STIX);
    assert_format("x", ".json", FORMAT_LIST);
    assert_format("[", "", FORMAT_STIX);
    assert_format("[\"a\"]", "", FORMAT_STIX);
    assert_format("[]", "", FORMAT_STIX);
    assert_format("{\"a\":{}},\"Event\":1", "", FORMAT_STIX);
    assert_format("{\"a\":[],\"Object\":[", "", FORMAT_MISP);
    assert_format("[{\"Event\": {", "", FORMAT_MISP);
    assert_format("[{\"type\":\"x\",\"y\":{\"Event\":1}}]", "", FORMAT_STIX);
    assert_format("{\"id\":\"1\",\"orgc_id\":\"2\"", "", FORMAT_MISP);
    assert_format("{\"info\":\"x\",\"threat_level_id\" :", "", FORMAT_MISP);
    assert_format("{\"Event\"", "", FORMAT_STIX);
    assert_format("{\"Event", "", FORMAT_STIX);
    assert_format("{\"Event\\", "", FORMAT_STIX);
    assert_format("# only a comment", "", FORMAT_LIST);
    assert_format("||a.example^$a,b", "", FORMAT_LIST);
}

static void
sentences_are_text_and_lines_of_columns_are_not(void **state)
{
    (void)state;
    assert_format("Hello, we found evil.example today.\n", "", FORMAT_TEXT);
    assert_format("Their server, a host in X, is here:\nevil[.]example\n"
                  "and it is old.\n",
                  "a.txt", FORMAT_TEXT);
    assert_format("# Title\nevil.example\n", "a.md", FORMAT_TEXT);
    assert_format("evil.example\n", "REPORT.ADOC", FORMAT_TEXT);
    assert_format("evil.example\n", "a.eml", FORMAT_TEXT);
    assert_format("Campaign one of them\nevil.example\nb.example\n", "",
                  FORMAT_LIST);
    assert_format("0.0.0.0 a.example b.example\n127.0.0.1 c.example d.example",
                  "", FORMAT_LIST);
    assert_format("evil.example # as we think\n", "", FORMAT_LIST);
    assert_format("2026-01-01 00:00 x,evil.example,of the bad\n"
                  "2026-01-01 00:00 x,b.example,of the good\n",
                  "", FORMAT_CSV);
    assert_format("# of all this we know\nevil.example\n", "", FORMAT_LIST);
    assert_format("# of all\ra.example\rb.example\r", "", FORMAT_LIST);
    assert_format("a.example\rb.example\rc.example\r", "", FORMAT_LIST);
    assert_format("# x\r\nvalue,tlp\r\na,green\r\n", "", FORMAT_CSV);
}

static void
bytes_that_are_no_text_are_unknown(void **state)
{
    (void)state;
    assert_int_equal(formats_detect(slice_of("\x7f"
                                             "ELF\0\0",
                                             6),
                                    slice_str("a.bin")),
                     FORMAT_UNKNOWN);
}

static void
formats_are_named_and_some_are_not_yet_read(void **state)
{
    enum format f = FORMAT_UNKNOWN;

    (void)state;
    for (unsigned i = 1; i < FORMAT_COUNT; i++) {
        assert_true(format_parse(slice_str(format_name((enum format)i)), &f));
        assert_int_equal(f, i);
    }
    assert_false(format_parse(slice_str("unknown"), &f));
    assert_true(format_is_read(FORMAT_STIX) && format_is_read(FORMAT_LIST) &&
                format_is_read(FORMAT_CSV) && format_is_read(FORMAT_MISP));
    assert_false(format_is_read(FORMAT_UNKNOWN));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_and_the_name_tell_the_format),
        cmocka_unit_test(sentences_are_text_and_lines_of_columns_are_not),
        cmocka_unit_test(bytes_that_are_no_text_are_unknown),
        cmocka_unit_test(formats_are_named_and_some_are_not_yet_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
