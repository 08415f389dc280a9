#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pieces.h"

#include "core/base/buf.h"
#include "core/formats/text.h"
#include "core/formats/text_names.h"

#include <stdio.h>

struct seen {
    struct buf items;  /* "column type value" a line; "line:column" else */
    struct buf faults; /* "line:column weight" a line */
    uint64_t count;
    bool fatal;
};

static void
put_place(struct buf *b, uint64_t line, uint64_t column)
{
    buf_put_decimal(b, line);
    buf_put_u8(b, ':');
    buf_put_decimal(b, column);
    buf_put_u8(b, ' ');
}

static void
on_item(void *context, const struct format_item *item)
{
    struct seen *s = context;
    const struct message *m = &item->message;

    assert_int_equal(m->kind, MESSAGE_INDICATOR);
    assert_true(m->has_package && m->has_head && !item->has_tlp);
    assert_true(slice_is(m->package.source, "text"));
    assert_int_equal(m->package.position, s->count++);
    assert_int_equal(m->head.rules, HEAD_RULES);
    put_place(&s->items, item->line, item->column);
    buf_put_str(&s->items, observable_name(m->head.observable));
    buf_put_u8(&s->items, ' ');
    buf_put(&s->items, m->head.value);
    buf_put_u8(&s->items, '\n');
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    static const char *const weights[] = {"remark\n", "refused\n", "fatal\n"};
    struct seen *s = context;

    put_place(&s->faults, fault->line, fault->column);
    buf_put_str(&s->faults, weights[fault->weight]);
    s->fatal = fault->weight == FAULT_FATAL;
}

static void
read_in(struct slice text, size_t piece, enum observable as, struct seen *s)
{
    struct format_sink sink = {s, on_item, on_fault};
    struct format_wish wish = {.as = as};
    struct format_reader *r = format_reader_new(FORMAT_TEXT, &sink, &wish);
    enum err e = feed_pieces(r, text, piece);

    assert_int_equal(e != OK, s->fatal);
    format_reader_free(r);
    buf_put_u8(&s->items, 0);
    buf_put_u8(&s->faults, 0);
}

static void
assert_text_as(enum observable as, struct slice text, const char *items,
               const char *faults)
{
    static const size_t pieces[] = {1, 3, 4099, SIZE_MAX / 2};

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        struct seen s = {0};
        if (text.size > 10000 && pieces[i] < 100)
            continue;
        read_in(text, pieces[i], as, &s);
        assert_string_equal((char *)s.items.data, items);
        assert_string_equal((char *)s.faults.data, faults);
        buf_clear(&s.items);
        buf_clear(&s.faults);
    }
}

static void
assert_text(const char *text, const char *items, const char *faults)
{
    assert_text_as(OBSERVABLE_NONE, slice_str(text), items, faults);
}

/* One line gives one value, or nothing where `item` is "". */
static void
assert_line(const char *text, const char *item)
{
    struct seen s = {0};
    char *got;

    read_in(slice_str(text), SIZE_MAX / 2, OBSERVABLE_NONE, &s);
    got = (char *)s.items.data;
    if (s.count) {
        got = strchr(got, ' ') + 1;
        got[strlen(got) - 1] = '\0';
    }
    if (strcmp(got, item) != 0 || s.count > 1)
        fail_msg("%s: %s, not %s", text, got, item);
    buf_clear(&s.items);
    buf_clear(&s.faults);
}

static void
assert_nothing(const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_line(lines[i], "");
}

static void
values_stand_in_sentences_with_line_and_column(void **state)
{
    (void)state;
    assert_text("They used evil.example, then\r\n(198.51.100.7:443).\n\n"
                "See <http://evil.example/a?b=c>. Hash: "
                "d41d8cd98f00b204e9800998ecf8427e; "
                "mail a@evil.example!",
                "1:11 domain evil.example\n2:2 ip-port 198.51.100.7:443\n"
                "4:6 url http://evil.example/a?b=c\n"
                "4:40 md5 d41d8cd98f00b204e9800998ecf8427e\n"
                "4:79 email a@evil.example\n",
                "");
}

static void
every_way_to_defang_is_undone(void **state)
{
    static const char *const pairs[][2] = {
        {"hxxp://evil[.]example/a", "url http://evil.example/a"},
        {"hXXps[:]//evil(.)example:8443/x", "url https://evil.example:8443/x"},
        {"h**p://evil.example", "url http://evil.example"},
        {"hxtps://evil.example", "url https://evil.example"},
        {"htxp://evil.example", "url http://evil.example"},
        {"fxp://evil[.]example/", "url ftp://evil.example/"},
        {"http[://]evil{.}example/", "url http://evil.example/"},
        {"http[:][/][/]evil.example/", "url http://evil.example/"},
        {"evil[dot]example", "domain evil.example"},
        {"evil(dot)c{dot}example", "domain evil.c.example"},
        {"evil\\.example", "domain evil.example"},
        {"evil [.] example", "domain evil.example"},
        {"at evil [dot] example now", "domain evil.example"},
        {"evil[.] example", "domain evil.example"},
        {"a[at]evil[.]example", "email a@evil.example"},
        {"a (at) evil (dot) example", "email a@evil.example"},
        {"a[@]evil.example", "email a@evil.example"},
        {"198[.]51[.]100[.]7", "ipv4 198.51.100.7"},
        {"198.51.100[.]0/24", "cidr 198.51.100.0/24"},
        {"198.51.100.7[:]80", "ip-port 198.51.100.7:80"},
        {"2001[:]db8[:]:1", "ipv6 2001:db8::1"},
        {"[2001:db8::2]:8080", "ip-port [2001:db8::2]:8080"},
        {"hxxps://evil [.] example/a b", "url https://evil.example/a"},
        {"evil[.]example/a.php", "url evil.example/a.php"},
        {"evil[.]example[/]a", "url evil.example/a"},
        {"*[.]evil[.]example", "domain-tree evil.example"},
        {"evil[.]nosuchtop", "domain evil.nosuchtop"},
        {"`\\http://198.51.100.7/a`", "url http://198.51.100.7/a"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        assert_line(pairs[i][0], pairs[i][1]);
}

static void
what_stands_around_a_value_is_no_part_of_it(void **state)
{
    static const char *const pairs[][2] = {
        {"\"http://evil.example/path(with)parens).\"",
         "url http://evil.example/path(with)parens"},
        {"(see http://evil.example/a).", "url http://evil.example/a"},
        {"'http://evil.example/a'b", "url http://evil.example/a"},
        {"“http://evil.example/a”", "url http://evil.example/a"},
        {"**evil.example**", "domain evil.example"},
        {"_evil.example_", "domain evil.example"},
        {"|evil.example|", "domain evil.example"},
        {"domain=evil.example;", "domain evil.example"},
        {"ip:198.51.100.7:443", "ip-port 198.51.100.7:443"},
        {"IP:198.51.100.7/24", "cidr 198.51.100.7/24"},
        {"sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"mailto:a@evil.example", "email a@evil.example"},
        {"root@198.51.100.7", "ipv4 198.51.100.7"},
        {"evil[.]example,/rd/x", "domain evil.example"},
        {"evil.example으로 접속", "domain evil.example"},
        {"도메인evil.example에서", "domain evil.example"},
        {"http://evil.example/a.php에", "url http://evil.example/a.php"},
        {"http://evil.example/한글", "url http://evil.example/한글"},
        {"198.51.100.7。", "ipv4 198.51.100.7"},
        {"evil.example…", "domain evil.example"},
        {"\\\\198.51.100.7\\share", "ipv4 198.51.100.7"},
        {"evil.example.", "domain evil.example"},
        {"2001:db8::/32", "cidr 2001:db8::/32"},
        {"AS 23434,", "as AS23434"},
        {"asn13335", "as AS13335"},
        {"cve-2026-0001.", "vulnerability CVE-2026-0001"},
        {"`HKLM\\Soft ware\\x` is", "registry-key HKLM\\Soft ware\\x"},
        {"“HKCU\\A b” /v", "registry-key HKCU\\A b"},
        {"HKCU\\Run", "registry-key HKCU\\Run"},
        {"| HKCU\\Run | x", "registry-key HKCU\\Run"},
        {"d2:fb:49:24:37:18", "mac d2:fb:49:24:37:18"},
        {"bücher.example", "domain xn--bcher-kva.example"},
        {"한국정보.한국", "domain xn--3e0bm80agmioln.xn--3e0b707e"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        assert_line(pairs[i][0], pairs[i][1]);
}

static void
versions_and_sections_are_no_addresses(void **state)
{
    static const char *const lines[] = {
        "version 1.2.3.4",
        "Versions prior to 10.1.2.30 fail",
        "v1.2.3.4",
        "v. 45.1.2.3",
        "release (12.13.14.15)",
        "Browser/45.1.2.3",
        "versions 45.1.2.3, 45.1.2.4 and 45.1.2.5",
        "build: 45.1.2.3",
        "see section 4.2.1.3",
        "1.2.3.4 Persistence",
        "== 1.2.3.4 Title",
        "## 4.2.1.3",
        "1.2.3.4.5",
        "0.9.8.1",
        "2.0.0.0",
        "255.255.255.0",
        "999.1.1.1",
        "010.1.1.1",
        "45.1.2.3 버전",
        "버전 45.1.2.3",
        "1.2.3",
        "12:30:45",
        "add::a1",
        "12::30",
        "aa:bb:cc:dd:ee:ff:00:11",
    };

    (void)state;
    assert_nothing(lines, ARRAY_SIZE(lines));
    assert_line("1.1.1.1", "ipv4 1.1.1.1");
    assert_line("version 1.2.3[.]4", "ipv4 1.2.3.4");
    assert_line("### 185.220.101.5", "ipv4 185.220.101.5");
    assert_line("version 1.2.3.4 talks to 198.51.100.7", "ipv4 198.51.100.7");
}

static void
files_paths_and_programs_are_no_hosts(void **state)
{
    static const char *const lines[] = {
        "setup.exe",
        "readme.md",
        "main.c",
        "index.php",
        "run.sh",
        "a.py",
        "libc-2.31.so",
        "archive.zip",
        "C:\\Users\\evil.com",
        "/tmp/evil.com",
        "C:\\Users\\.ssh",
        "NvSmartMax[.dll]",
        "libcurl[.]dll",
        "foo.name()",
        "com.example.info",
        "ASP.NET",
        "System.IO",
        "the report.In the",
        "Trojan.Win32.Agent.fo",
        "~/evil.com",
        "$evil.com",
        "@evil.com",
        ".http-get.name",
        "corp.com\\user",
        "a.nosuchtop",
        "host.local",
        "http://host.local/a",
        "http://localhost:8080/",
        "file://evil.com/a",
        "e.g. and i.e. this",
        "command.com",
        "as400 and AS2 over AS400",
        "00000000000000000000000000000000",
        "12345678901234567890123456789012",
        "d41d8cd98f00b204e9800998ecf8427eXYZ",
        "0x494374D8553CA906F57674E24A13E933",
        "evil\xe2\x80\x8b.example",
        "MSIL/Agent.WSK",
        "cve-2026-1",
    };

    (void)state;
    assert_nothing(lines, ARRAY_SIZE(lines));
    assert_line("www.evil.sh", "domain www.evil.sh");
    assert_line("evil[.]sh", "domain evil.sh");
    assert_line("http://example.nottld/file.exe",
                "url http://example.nottld/file.exe");
    assert_line("a@evil.sh", "email a@evil.sh");
}

static void
links_for_readers_are_left_out_and_that_is_said(void **state)
{
    (void)state;
    assert_text("[report](https://a.example/r) https://b.example/r[Read]\n"
                "[1]: https://c.example/r\n[evil](hxxp://evil[.]example/r)\n",
                "3:8 url http://evil.example/r\n",
                "1:10 remark\n1:31 remark\n2:6 remark\n");
}

static void
what_is_no_whole_value_is_refused(void **state)
{
    (void)state;
    assert_text("http://a.example/{b,c}.d http://a.example/long... "
                "http://a.example/long…\nHKLM\\Windows NT is\n"
                "198[.]51[.]100[.]7/{a,b} b[.]example/a...",
                "",
                "1:1 refused\n1:26 refused\n1:51 refused\n2:1 refused\n"
                "3:1 refused\n3:26 refused\n");
}

static void
a_signature_gives_only_what_is_defanged(void **state)
{
    (void)state;
    assert_text("evil.example\n-- \r\nKim, krcert.example\n"
                "kim@krcert.example\nevil[.]example[.]com\n-- \nb.example\n"
                "From a@b Mon\nc.example\n",
                "1:1 domain evil.example\n5:1 domain evil.example.com\n"
                "9:1 domain c.example\n",
                "2:1 remark\n");
}

static void
a_value_is_given_once_and_one_over_two_lines_not_at_all(void **state)
{
    (void)state;
    assert_text("evil.example EVIL[.]example\nevil.example 198.51.100.\n7\n"
                "evil.\nexample\n",
                "1:1 domain evil.example\n", "");
}

static void
beyond_the_table_repeats_are_given_again(void **state)
{
    struct buf b = {0};
    struct seen s = {0};
    char line[64];

    (void)state;
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < TEXT_SEEN_MAX + 10; i++) {
            snprintf(line, sizeof line, "host%u.example\n", i);
            buf_put_str(&b, line);
        }
    read_in(buf_slice(&b), 65536, OBSERVABLE_NONE, &s);
    assert_int_equal(s.count, TEXT_SEEN_MAX + 20);
    buf_clear(&s.items);
    buf_clear(&s.faults);
    buf_clear(&b);
}

static void
a_type_that_is_said_is_the_only_one(void **state)
{
    (void)state;
    assert_text_as(OBSERVABLE_IPV4,
                   slice_str("evil.example 198.51.100.7 198.51.100.8:80"),
                   "1:14 ipv4 198.51.100.7\n", "");
}

/* Words that do not end, and a line of many words: each is read in parts. */
static void
lines_of_any_length_are_read(void **state)
{
    struct buf b = {0};

    (void)state;
    memset(buf_extend(&b, 300000), 'a', 300000);
    buf_put_str(&b, " 198.51.100.7\n");
    while (b.size < 600000)
        buf_put_str(&b, "and not a value ");
    buf_put_str(&b, "evil.example\nb.example\n");
    assert_text_as(OBSERVABLE_NONE, buf_slice(&b),
                   "1:300002 ipv4 198.51.100.7\n"
                   "2:300001 domain evil.example\n3:1 domain b.example\n",
                   "");
    buf_clear(&b);
}

static void
bytes_that_are_no_text_are_said_once(void **state)
{
    (void)state;
    assert_text("\xef\xbb\xbf"
                "caf\xe9 evil.example \xe9\nb\xff.example c.example\n",
                "1:9 domain evil.example\n2:12 domain c.example\n",
                "1:7 remark\n");
    assert_text_as(OBSERVABLE_NONE,
                   slice_of("\xff\xfe"
                            "a\0",
                            4),
                   "", "1:1 fatal\n");
    format_reader_free(NULL);
}

/* A table out of order would hide names from bisection. */
static void
known_top_level_domains_are_found_and_others_not(void **state)
{
    static const char *const known[] = {
        "com",    "COM",  "ac",   "zw",     "kr",   "au",    "academy",
        "zone",   "xyz",  "i2p",  "info",   "inc",  "onion", "example",
        "top",    "бг",   "한국", "みんな", "cyou", "shop",  "site",
        "online", "club", "icu",  "pw",     "su",   "nyc"};
    static const char *const others[] = {"",     "c",    "exe", "dll",
                                         "zz",   "comm", "co.", "nottld",
                                         "zzzz", "aaa",  "js"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!text_is_top(slice_str(known[i])))
            fail_msg("%s", known[i]);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (text_is_top(slice_str(others[i])))
            fail_msg("%s", others[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_in_sentences_with_line_and_column),
        cmocka_unit_test(every_way_to_defang_is_undone),
        cmocka_unit_test(what_stands_around_a_value_is_no_part_of_it),
        cmocka_unit_test(versions_and_sections_are_no_addresses),
        cmocka_unit_test(files_paths_and_programs_are_no_hosts),
        cmocka_unit_test(links_for_readers_are_left_out_and_that_is_said),
        cmocka_unit_test(what_is_no_whole_value_is_refused),
        cmocka_unit_test(a_signature_gives_only_what_is_defanged),
        cmocka_unit_test(
            a_value_is_given_once_and_one_over_two_lines_not_at_all),
        cmocka_unit_test(beyond_the_table_repeats_are_given_again),
        cmocka_unit_test(a_type_that_is_said_is_the_only_one),
        cmocka_unit_test(lines_of_any_length_are_read),
        cmocka_unit_test(bytes_that_are_no_text_are_said_once),
        cmocka_unit_test(known_top_level_domains_are_found_and_others_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
