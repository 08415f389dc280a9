#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pieces.h"

#include "core/base/buf.h"

#include <stdio.h>

struct seen {
    struct buf items;  /* "line type value" a line */
    struct buf faults; /* "line error" a line */
    uint64_t count;
    bool fatal;
};

static void
on_item(void *context, const struct format_item *item)
{
    struct seen *s = context;
    const struct message *m = &item->message;

    assert_int_equal(m->kind, MESSAGE_INDICATOR);
    assert_true(m->has_package && m->has_head && !item->has_tlp);
    assert_true(slice_is(m->package.source, "list"));
    assert_int_equal(m->package.position, s->count++);
    assert_int_equal(m->head.rules, HEAD_RULES);
    assert_int_equal(m->content.size, 0);
    buf_put_decimal(&s->items, item->line);
    buf_put_u8(&s->items, ' ');
    buf_put_str(&s->items, observable_name(m->head.observable));
    buf_put_u8(&s->items, ' ');
    buf_put(&s->items, m->head.value);
    buf_put_u8(&s->items, '\n');
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct seen *s = context;

    buf_put_decimal(&s->faults, fault->line);
    buf_put_u8(&s->faults, ' ');
    buf_put_str(&s->faults, err_name(fault->code));
    buf_put_u8(&s->faults, '\n');
    s->fatal = fault->weight == FAULT_FATAL;
}

static void
assert_list_as(enum observable as, struct slice text, const char *items,
               const char *faults)
{
    for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
        struct seen s = {0};
        struct format_sink sink = {&s, on_item, on_fault};
        struct format_wish wish = {.as = as};
        struct format_reader *r = format_reader_new(FORMAT_LIST, &sink, &wish);
        enum err e = feed_pieces(r, text, piece);
        assert_int_equal(e != OK, s.fatal);
        buf_put_u8(&s.items, 0);
        buf_put_u8(&s.faults, 0);
        assert_string_equal((char *)s.items.data, items);
        assert_string_equal((char *)s.faults.data, faults);
        format_reader_free(r);
        buf_clear(&s.items);
        buf_clear(&s.faults);
    }
}

static void
assert_list(const char *text, const char *items, const char *faults)
{
    assert_list_as(OBSERVABLE_NONE, slice_str(text), items, faults);
}

static void
each_line_is_a_value(void **state)
{
    (void)state;
    assert_list("198.51.100.7\r\nhxxp://evil[.]example/\n\n  evil.example  \n"
                "AS 23434\nHKLM\\Soft ware\\x",
                "1 ipv4 198.51.100.7\n2 url http://evil.example/\n"
                "4 domain evil.example\n5 as AS23434\n"
                "6 registry-key HKLM\\Soft ware\\x\n",
                "");
}

static void
comments_marks_and_counts_are_left_out(void **state)
{
    (void)state;
    assert_list("\xef\xbb\xbf# head\n; too\n! too\n[Adblock Plus 2.0]\n"
                "77.90.185.20\t10\nevil.example 3\nevil.example # why\n"
                "caf\xe9.example\n# caf\xe9\n",
                "5 ipv4 77.90.185.20\n6 domain evil.example\n"
                "7 domain evil.example\n",
                "8 utf8\n");
}

static void
hosts_files_give_their_names(void **state)
{
    (void)state;
    assert_list("127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n"
                "0.0.0.0 a.example b.example # both\n127.0.0.1\tc.example\n"
                "127.0.0.1\n",
                "3 domain a.example\n3 domain b.example\n"
                "4 domain c.example\n5 ipv4 127.0.0.1\n",
                "");
}

static void
names_that_every_hosts_file_has_are_left_out(void **state)
{
    (void)state;
    assert_list("127.0.0.1 localhost.localdomain local\n"
                "255.255.255.255 broadcasthost\n0.0.0.0 0.0.0.0\n"
                ":: d.example\n::1 localhost\n0.0.0.0 no_host\n"
                "fe80::1%lo0 localhost\nff02::1 ip6-allnodes\n"
                "192.0.2.1 localhost other\n",
                "4 domain d.example\n", "6 value\n9 value\n");
}

static void
a_line_ends_with_cr_lf_or_both(void **state)
{
    (void)state;
    assert_list("# all\ra.example # x\rb.example\r\rc.example",
                "2 domain a.example\n3 domain b.example\n"
                "5 domain c.example\n",
                "");
    assert_list("a.example\r\n\r\n! x\rb.example\nc.example\r\r\n"
                "d.example\r",
                "1 domain a.example\n4 domain b.example\n"
                "5 domain c.example\n7 domain d.example\n",
                "");
}

static void
words_and_numbers_are_one_value_or_several(void **state)
{
    (void)state;
    assert_list("ASN 174\nas 1x\nasn\na.example 5 6\na.example#b\n"
                "a.example\t#b\na.example #\n",
                "1 as AS174\n6 domain a.example\n7 domain a.example\n",
                "2 value\n3 value\n4 value\n5 value\n");
}

static void
other_tools_write_comments_counts_and_trees_their_way(void **state)
{
    (void)state;
    assert_list("// title\n//\n192.0.2.0/24 ; SBL1\n     12 a.example\n"
                ".b.example\n2001:db8::/32\n192.0.2.1:443\n*.c.example\n.\n"
                "//x\n5 6\n",
                "3 cidr 192.0.2.0/24\n4 domain a.example\n"
                "5 domain-tree b.example\n6 cidr 2001:db8::/32\n"
                "7 ip-port 192.0.2.1:443\n8 domain-tree c.example\n",
                "9 value\n10 value\n11 value\n");
    assert_list_as(OBSERVABLE_URL, slice_str(".b.example\n"), "", "1 value\n");
}

static void
cosmetic_rules_are_no_urls_and_urls_no_cosmetic_rules(void **state)
{
    (void)state;
    assert_list("a.example#@#.ad\na.example#?#.ad\n"
                "http://a.example/b##c\na.example#\n#\n",
                "3 url http://a.example/b##c\n", "1 value\n2 value\n4 value\n");
}

static void
whole_lines_are_values_of_some_types(void **state)
{
    static const enum observable whole[] = {
        OBSERVABLE_EMAIL_SUBJECT, OBSERVABLE_FILE_NAME, OBSERVABLE_MUTEX,
        OBSERVABLE_REGISTRY_KEY, OBSERVABLE_USER_AGENT};
    char want[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
        snprintf(want, sizeof want, "1 %s /a b #c\n",
                 observable_name(whole[i]));
        assert_list_as(whole[i], slice_str("/a b #c\n"), want, "");
    }
    assert_list_as(OBSERVABLE_URL, slice_str("/a\nb.example/c 5\n"),
                   "2 url b.example/c\n", "1 value\n");
}

static void
filter_rules_give_what_they_block(void **state)
{
    (void)state;
    assert_list("|https://evil.example/a|\n|https://evil.example/b^\n"
                "|evil.example^\n|\n",
                "1 url https://evil.example/a\n2 url https://evil.example/b\n",
                "3 value\n4 value\n");
    assert_list("||evil.example/a/b^$all\n||evil.example^\n"
                "@@||good.example^\nevil.example##.ad\n||evil.*^\n"
                "##.banner\n||evil.example^$domain=a.example\n",
                "1 url evil.example/a/b\n2 domain-tree evil.example\n",
                "3 value\n4 value\n5 value\n7 value\n");
}

static void
bad_lines_are_refused_one_by_one(void **state)
{
    (void)state;
    assert_list("/izuku.sh\nfile.exe\ntwo words\nevil.example\n1.2.3.4.5\n",
                "4 domain evil.example\n",
                "1 value\n2 value\n3 value\n5 value\n");
    assert_list_as(OBSERVABLE_NONE, slice_of("a\0b.example\nc.example", 21),
                   "2 domain c.example\n", "1 value\n");
}

static void
a_type_that_is_said_holds_for_every_line(void **state)
{
    (void)state;
    assert_list_as(OBSERVABLE_FILE_NAME, slice_str("a b # c.exe\nsetup.exe\n"),
                   "1 file-name a b # c.exe\n2 file-name setup.exe\n", "");
    assert_list_as(OBSERVABLE_DOMAIN_TREE, slice_str("evil.example\n1.2.3.4"),
                   "1 domain-tree evil.example\n", "2 value\n");
}

static void
a_line_too_long_is_refused_by_itself(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "a.example\n");
    memset(buf_extend(&b, 300000), 'a', 300000);
    buf_put_str(&b, "\nb.example\n");
    memset(buf_extend(&b, 300000), 'b', 300000);
    assert_list_as(OBSERVABLE_NONE, buf_slice(&b),
                   "1 domain a.example\n3 domain b.example\n",
                   "2 limit\n4 limit\n");
    buf_clear(&b);
}

static void
utf16_is_named_and_ends_the_list(void **state)
{
    (void)state;
    assert_list_as(OBSERVABLE_NONE,
                   slice_of("\xff\xfe"
                            "a\0\n\0b\0\n\0",
                            10),
                   "", "1 utf8\n");
    assert_list_as(OBSERVABLE_NONE,
                   slice_of("\xfe\xff"
                            "\0a\0\n",
                            6),
                   "", "1 utf8\n");
    assert_list_as(OBSERVABLE_NONE,
                   slice_of("\0\0\xfe\xff"
                            "\0\0\0a\0\0\0\n",
                            12),
                   "", "1 utf8\n");
    format_reader_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_a_value),
        cmocka_unit_test(comments_marks_and_counts_are_left_out),
        cmocka_unit_test(hosts_files_give_their_names),
        cmocka_unit_test(names_that_every_hosts_file_has_are_left_out),
        cmocka_unit_test(a_line_ends_with_cr_lf_or_both),
        cmocka_unit_test(words_and_numbers_are_one_value_or_several),
        cmocka_unit_test(other_tools_write_comments_counts_and_trees_their_way),
        cmocka_unit_test(cosmetic_rules_are_no_urls_and_urls_no_cosmetic_rules),
        cmocka_unit_test(whole_lines_are_values_of_some_types),
        cmocka_unit_test(filter_rules_give_what_they_block),
        cmocka_unit_test(bad_lines_are_refused_one_by_one),
        cmocka_unit_test(a_type_that_is_said_holds_for_every_line),
        cmocka_unit_test(a_line_too_long_is_refused_by_itself),
        cmocka_unit_test(utf16_is_named_and_ends_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
