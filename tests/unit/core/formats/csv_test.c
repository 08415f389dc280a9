#include "csv_kit.h"

#include <stdio.h>

#define NO_COMMENT "1:1 remark unsupported comment\n"

static void
each_line_end_ends_a_row(void **state)
{
    (void)state;
    assert_table("type,value\r\nip,192.0.2.1\r\nip,192.0.2.2",
                 "2:4 ipv4 192.0.2.1\n3:4 ipv4 192.0.2.2\n", "");
    assert_table("type,value\rip,192.0.2.1\r\rip,192.0.2.2\r",
                 "2:4 ipv4 192.0.2.1\n4:4 ipv4 192.0.2.2\n", "");
    assert_table("\r\n\ntype,value\nip,192.0.2.1\n\r\nip,192.0.2.2\n",
                 "4:4 ipv4 192.0.2.1\n6:4 ipv4 192.0.2.2\n", "");
}

static void
the_first_line_tells_the_separator(void **state)
{
    (void)state;
    assert_table("type;value\nip;192.0.2.1\n", "2:4 ipv4 192.0.2.1\n", "");
    assert_table("type\tvalue\nip\t192.0.2.1\n", "2:4 ipv4 192.0.2.1\n", "");
    assert_table("\"a,b,c,d\";type;value\nx;ip;192.0.2.1\n",
                 "2:6 ipv4 192.0.2.1\n", "1:1 remark unsupported a,b,c,d\n");
    assert_table("value\nevil.example\n", "2:1 domain evil.example\n", "");
    assert_table("\"type\"\n\"x\"", "", "1:1 fatal missing type\n");
}

static void
quotes_hold_separators_line_ends_and_quotes(void **state)
{
    (void)state;
    assert_table("type,value,role\r\n"
                 "ip,192.0.2.1,\"a,\"\"b\"\"\r\nc\"\r\n"
                 "ip, \"192.0.2.2\" ,y\n",
                 "2:4 ipv4 192.0.2.1 use none role a,\"b\"\r\nc\n"
                 "4:4 ipv4 192.0.2.2 use none role y\n",
                 "2:14 remark value role\n4:18 remark value role\n");
    assert_table("type,value\nfilename,a\"b\"\nfilename,\"\"\"\"\n",
                 "2:10 file-name a\"b\"\n3:10 file-name \"\n", "");
}

static void
text_behind_a_closing_quote_refuses_its_row(void **state)
{
    (void)state;
    assert_table("type,value\nip,\"192.0.2.1\"x\nip,\"192.0.2.2\"\n",
                 "3:4 ipv4 192.0.2.2\n", "2:15 refused format\n");
}

static void
a_quote_that_is_never_closed_is_named_where_it_opened(void **state)
{
    (void)state;
    assert_table("type,value,comment\nip,192.0.2.1,x\nip,192.0.2.2,\"a\n"
                 "ip,192.0.2.3,b\n",
                 "2:4 ipv4 192.0.2.1\n", NO_COMMENT "3:14 fatal truncated\n");
    assert_table("\"value\nevil.example\n", "", "1:1 fatal truncated\n");
}

static void
a_mark_of_utf8_is_passed_over_and_utf16_ends_the_table(void **state)
{
    (void)state;
    assert_table("\xef\xbb\xbftype;value\nip;192.0.2.1\n",
                 "2:4 ipv4 192.0.2.1\n", "");
    assert_table_as(OBSERVABLE_NONE, NULL,
                    slice_of("\xff\xfev\0a\0l\0u\0e\0\n\0", 14), "",
                    "1:1 fatal utf8\n");
    assert_table_as(OBSERVABLE_NONE, NULL, slice_of("\xfe\xff", 2), "",
                    "1:1 fatal utf8\n");
    assert_table_as(OBSERVABLE_NONE, NULL, slice_of("\0\0\xfe\xff\0", 5), "",
                    "1:1 fatal utf8\n");
    assert_table("\xef\xbb\xbf", "", "");
    assert_table_as(OBSERVABLE_NONE, NULL, slice_of("v\0a\0\n\0", 6), "",
                    "1:2 fatal value\n");
}

static void
bytes_that_are_no_text_refuse_their_row_alone(void **state)
{
    static const char text[] = "type,value,comment\nip,192.0.2.1,caf\xe9\n"
                               "ip,192.0\0.2.2,x\nip,192.0.2.3,caf\xc3\xa9\n";

    (void)state;
    assert_table_as(OBSERVABLE_NONE, NULL, slice_of(text, sizeof text - 1),
                    "4:4 ipv4 192.0.2.3\n",
                    NO_COMMENT "2:14 refused utf8\n3:9 refused value\n");
    assert_table("type,val\xfe\xe9\n", "", "1:6 fatal utf8\n");
}

static void
ragged_rows_are_taken_or_refused_for_a_reason(void **state)
{
    (void)state;
    assert_table("type,value,comment\nip\nip,192.0.2.1\n"
                 "ip,192.0.2.2,a,b\nip,192.0.2.3,a,,\n\n,,\n",
                 "3:4 ipv4 192.0.2.1\n5:4 ipv4 192.0.2.3\n",
                 NO_COMMENT "2:1 remark format\n2:1 refused missing\n"
                            "3:1 remark format\n4:1 refused format\n");
    assert_table("value,tlp\n192.0.2.1\n192.0.2.2,\n192.0.2.3,red\n",
                 "3:1 ipv4 192.0.2.2\n4:1 ipv4 192.0.2.3 TLP:RED\n",
                 "2:1 refused format\n");
}

static void
a_row_that_lacks_what_says_its_handling_is_refused(void **state)
{
    static const char *const names[] = {"tlp",     "pap",     "tags",
                                        "to_ids",  "expires", "use",
                                        "revoked", "meant",   "exercise"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(text, sizeof text, "value,%s\n192.0.2.1\n192.0.2.2,\n",
                 names[i]);
        assert_table(text, "3:1 ipv4 192.0.2.2\n", "2:1 refused format\n");
    }
    assert_table("value,distribution\n192.0.2.1\n192.0.2.2,5\n",
                 "3:1 ipv4 192.0.2.2\n",
                 "1:1 remark unsupported distribution\n2:1 refused format\n");
}

static void
tables_of_a_few_bytes_are_read(void **state)
{
    (void)state;
    assert_table("\n", "", "");
    assert_table(",\n,\nip\n192.0.2.1\n", "4:1 ipv4 192.0.2.1\n", "");
    assert_table("ip\n\n", "", "");
    assert_table("a\n", "", "1:1 fatal missing a\n");
    assert_table("a\nb", "", "1:1 fatal missing a\n");
    assert_table("#\t\n", "", "1:1 fatal missing #, column 2\n");
    csv_reader_free(NULL);
}

static void
comments_before_the_first_row_are_passed_over(void **state)
{
    (void)state;
    assert_table("# a list, \"of\n#\n\n#;\n", "",
                 "4:1 fatal missing #, column 2\n");
    assert_table("# a, \"b\r\n#\r\nvalue\r\n192.0.2.1\r\n",
                 "4:1 ipv4 192.0.2.1\n", "");
    assert_table("#,value\n1,192.0.2.1\n", "2:3 ipv4 192.0.2.1\n",
                 "1:1 remark unsupported #\n");
    assert_table("# nothing\n", "", "");
    assert_table("", "", "");
}

static void
put_many(struct buf *b, char c, size_t count)
{
    memset(buf_extend(b, count), c, count);
}

static void
assert_bound(struct buf *b, const char *items, const char *faults)
{
    assert_table_as(OBSERVABLE_NONE, NULL, buf_slice(b), items, faults);
    buf_clear(b);
}

static void
a_field_beyond_its_bound_refuses_its_row(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "value,comment\n192.0.2.1,");
    put_many(&b, 'a', CSV_FIELD_MAX);
    buf_put_str(&b, "\n192.0.2.2,\"\n,");
    put_many(&b, 'a', CSV_FIELD_MAX);
    buf_put_str(&b, "\"\n192.0.2.3,");
    assert_bound(&b, "2:1 ipv4 192.0.2.1\n5:1 ipv4 192.0.2.3\n",
                 "1:1 remark unsupported comment\n3:11 refused limit\n");
}

static void
a_row_beyond_its_bounds_is_refused_by_itself(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "value\n192.0.2.1\n");
    put_many(&b, ',', CSV_COLUMNS_MAX);
    buf_put_str(&b, "\n192.0.2.2\n");
    assert_bound(&b, "2:1 ipv4 192.0.2.1\n4:1 ipv4 192.0.2.2\n",
                 "3:257 refused limit\n");
    buf_put_str(&b, "value\n192.0.2.1");
    for (int i = 0; i < 5; i++) {
        buf_put_u8(&b, ',');
        put_many(&b, ' ', CSV_FIELD_MAX - 1);
    }
    buf_put_str(&b, "\n192.0.2.2\n");
    assert_bound(&b, "3:1 ipv4 192.0.2.2\n", "2:196619 refused limit\n");
}

static void
a_first_row_beyond_its_bounds_ends_the_table(void **state)
{
    struct buf b = {0};

    (void)state;
    put_many(&b, ';', CSV_ROW_MAX + 10);
    buf_put_str(&b, "\n192.0.2.1\n");
    assert_bound(&b, "", "1:257 fatal limit\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_end_ends_a_row),
        cmocka_unit_test(the_first_line_tells_the_separator),
        cmocka_unit_test(quotes_hold_separators_line_ends_and_quotes),
        cmocka_unit_test(text_behind_a_closing_quote_refuses_its_row),
        cmocka_unit_test(a_quote_that_is_never_closed_is_named_where_it_opened),
        cmocka_unit_test(
            a_mark_of_utf8_is_passed_over_and_utf16_ends_the_table),
        cmocka_unit_test(bytes_that_are_no_text_refuse_their_row_alone),
        cmocka_unit_test(ragged_rows_are_taken_or_refused_for_a_reason),
        cmocka_unit_test(a_row_that_lacks_what_says_its_handling_is_refused),
        cmocka_unit_test(tables_of_a_few_bytes_are_read),
        cmocka_unit_test(comments_before_the_first_row_are_passed_over),
        cmocka_unit_test(a_field_beyond_its_bound_refuses_its_row),
        cmocka_unit_test(a_row_beyond_its_bounds_is_refused_by_itself),
        cmocka_unit_test(a_first_row_beyond_its_bounds_ends_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
