#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/value.h"

#define BUDGET (1024 * 1024)

static struct arena arena;

struct example {
    enum observable type;
    const char *text, *normal;
};

/* A label that is longer than 63 bytes, and shorter in the DNS. */
#define LONG_2 "\352\260\200\352\260\200"
#define LONG_6 LONG_2 LONG_2 LONG_2
#define LONG_22 LONG_6 LONG_6 LONG_6 LONG_2 LONG_2

static const struct example recognised[] = {
    {OBSERVABLE_IPV4, "198.51.100.7", "198.51.100.7"},
    {OBSERVABLE_IPV4, "198[.]51[.]100[.]7", "198.51.100.7"},
    {OBSERVABLE_IPV4, "198\\.51\\.100\\.7", "198.51.100.7"},
    {OBSERVABLE_IPV4, "  198.51.100.7\t", "198.51.100.7"},
    {OBSERVABLE_IPV6, "2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
    {OBSERVABLE_IPV6, "2001[:]db8[:]:1", "2001:db8::1"},
    {OBSERVABLE_IPV6, "2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
    {OBSERVABLE_IPV6, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {OBSERVABLE_IPV6, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {OBSERVABLE_IPV6, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001",
     "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
    {OBSERVABLE_IPV6, "::", "::"},
    {OBSERVABLE_IPV6, "::ffff:c000:0280", "::ffff:192.0.2.128"},
    {OBSERVABLE_IPV6, "64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {OBSERVABLE_IPV6, "1::", "1::"},
    {OBSERVABLE_IPV6, "[2001:db8::1]", "2001:db8::1"},
    {OBSERVABLE_CIDR, "203.0.113.0/24", "203.0.113.0/24"},
    {OBSERVABLE_CIDR, "2001:DB8::/32", "2001:db8::/32"},
    {OBSERVABLE_IP_PORT, "203.0.113.7:443", "203.0.113.7:443"},
    {OBSERVABLE_IP_PORT, "[2001:db8::2]:8080", "[2001:db8::2]:8080"},
    {OBSERVABLE_HOST_PORT, "Evil.Example:8443", "evil.example:8443"},
    {OBSERVABLE_DOMAIN, "Evil.EXAMPLE.", "evil.example"},
    {OBSERVABLE_DOMAIN, "evil[dot]example[dot]com", "evil.example.com"},
    {OBSERVABLE_DOMAIN, "_dmarc.a--b.xn--bcher-kva.example",
     "_dmarc.a--b.xn--bcher-kva.example"},
    {OBSERVABLE_DOMAIN, "b\303\274cher.Example", "xn--bcher-kva.example"},
    {OBSERVABLE_DOMAIN, "B\303\234CHER.example", "xn--bcher-kva.example"},
    {OBSERVABLE_DOMAIN, "bu\314\210cher.example", "xn--bcher-kva.example"},
    {OBSERVABLE_DOMAIN, "fa\303\237.example", "xn--fa-hia.example"},
    {OBSERVABLE_DOMAIN, "\354\225\205\354\204\261[.]\355\225\234\352\265\255.",
     "xn--oj4bp8e.xn--3e0b707e"},
    {OBSERVABLE_DOMAIN,
     "\357\275\205\357\275\226\357\275\211\357\275\214.example",
     "evil.example"},
    {OBSERVABLE_DOMAIN, "i\342\235\244.example", "i\342\235\244.example"},
    {OBSERVABLE_DOMAIN, LONG_22 ".example",
     "xn--o39aaaaaaaaaaaaaaaaaaaaaa.example"},
    {OBSERVABLE_DOMAIN_TREE, "*.b\303\274cher.example",
     "xn--bcher-kva.example"},
    {OBSERVABLE_HOST_PORT, "b\303\274cher.example:8443",
     "xn--bcher-kva.example:8443"},
    {OBSERVABLE_URL, "HTTP://B\303\274cher.example/\303\234",
     "http://xn--bcher-kva.example/\303\234"},
    {OBSERVABLE_EMAIL_ADDRESS, "\303\234@b\303\274cher.example",
     "\303\234@xn--bcher-kva.example"},
    {OBSERVABLE_DOMAIN_TREE, "*.Evil[.]example", "evil.example"},
    {OBSERVABLE_URL, "hxxp://Evil[.]Example/a?B=c",
     "http://evil.example/a?B=c"},
    {OBSERVABLE_URL, "hXXps[:]//evil(.)example[.]com:8443/x",
     "https://evil.example.com:8443/x"},
    {OBSERVABLE_URL, "h**p://evil.example", "http://evil.example"},
    {OBSERVABLE_URL, "fxp://evil[.]example/", "ftp://evil.example/"},
    {OBSERVABLE_URL, "HTTP://u:P@EVIL.example./Path#F",
     "http://u:P@evil.example/Path#F"},
    {OBSERVABLE_URL, "http://[2001:DB8::1]:80/x", "http://[2001:db8::1]:80/x"},
    {OBSERVABLE_URL, "http://localhost/x", "http://localhost/x"},
    {OBSERVABLE_URL, "http://evil.example/a(.)b", "http://evil.example/a(.)b"},
    {OBSERVABLE_URL, "http://u@EVIL.example\\@Good.example/",
     "http://u@evil.example\\@Good.example/"},
    {OBSERVABLE_URL, "http://a\\\\[.]b@evil.example/",
     "http://a\\\\[.]b@evil.example/"},
    {OBSERVABLE_URL, "http://evil.example\\a(.)b/",
     "http://evil.example\\a(.)b/"},
    {OBSERVABLE_URL, "http://evil[.]example/a[.]exe",
     "http://evil.example/a.exe"},
    {OBSERVABLE_URL, "http://evil.example?a[.]b", "http://evil.example?a[.]b"},
    {OBSERVABLE_URL, "hxxps.example/a", "hxxps.example/a"},
    {OBSERVABLE_URL, "evil.example/a://b", "evil.example/a://b"},
    {OBSERVABLE_URL, "9gag.red/gag/gag12.php", "9gag.red/gag/gag12.php"},
    {OBSERVABLE_URL, "192.0.2.1:8080/bins/x.sh", "192.0.2.1:8080/bins/x.sh"},
    {OBSERVABLE_URL, "<https://evil.example/>", "https://evil.example/"},
    {OBSERVABLE_EMAIL_ADDRESS, "User.X[@]Evil[.]Example",
     "User.X@evil.example"},
    {OBSERVABLE_EMAIL_ADDRESS, "user(at)evil[.]example", "user@evil.example"},
    {OBSERVABLE_MD5, "D41D8CD98F00B204E9800998ECF8427E",
     "d41d8cd98f00b204e9800998ecf8427e"},
    {OBSERVABLE_SHA1, "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8",
     "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
    {OBSERVABLE_SHA256,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {OBSERVABLE_AS_NUMBER, "AS174", "AS174"},
    {OBSERVABLE_AS_NUMBER, "asn15139", "AS15139"},
    {OBSERVABLE_AS_NUMBER, "AS 23434", "AS23434"},
    {OBSERVABLE_MAC, "00-B0-D0-63-C2-26", "00:b0:d0:63:c2:26"},
    {OBSERVABLE_MAC, "00b0.d063.c226", "00:b0:d0:63:c2:26"},
    {OBSERVABLE_VULNERABILITY, "cve-2026-12345", "CVE-2026-12345"},
    {OBSERVABLE_JA4, "t13d1516h2_8DAAF6152771_b186095e22b6",
     "t13d1516h2_8daaf6152771_b186095e22b6"},
    {OBSERVABLE_REGISTRY_KEY, "HKLM\\Software\\Evil", "HKLM\\Software\\Evil"},
};

static void
each_kind_is_recognised_and_normalised(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(recognised); i++) {
        const struct example *e = &recognised[i];
        enum observable type = OBSERVABLE_NONE;
        struct slice normal = {0};
        arena_reset(&arena);
        enum err err = value_detect(slice_str(e->text), &arena, &type, &normal);
        if (err || type != e->type || !slice_is(normal, e->normal))
            fail_msg("%s: %s %s %.*s", e->text, err_name(err),
                     observable_name(type), (int)normal.size,
                     (const char *)normal.data);
    }
}

static void
a_normal_form_is_its_own_normal_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(recognised); i++) {
        const struct example *e = &recognised[i];
        struct slice normal;
        arena_reset(&arena);
        assert_int_equal(
            value_check(e->type, slice_str(e->normal), &arena, &normal), OK);
        assert_true(slice_is(normal, e->normal));
    }
}

static void
what_is_written_defanged_reads_back_the_same(void **state)
{
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(recognised); i++) {
        const struct example *e = &recognised[i];
        struct slice normal;
        arena_reset(&arena);
        buf_reset(&b);
        value_defang(e->type, slice_str(e->normal), &b);
        assert_int_equal(value_check(e->type, buf_slice(&b), &arena, &normal),
                         OK);
        if (!slice_is(normal, e->normal) && !strstr(e->normal, "(.)") &&
            !strstr(e->normal, "[.]"))
            /* a path that looks defanged */
            fail_msg("%s: %.*s", e->normal, (int)b.size, (char *)b.data);
    }
    buf_clear(&b);
}

static void
assert_defanged(unsigned type, const char *value, const char *want)
{
    struct buf b = {0};

    value_defang(type, slice_str(value), &b);
    assert_int_equal(b.size, strlen(want));
    assert_memory_equal(b.data, want, b.size);
    buf_clear(&b);
}

static void
defanged_values_cannot_be_clicked(void **state)
{
    (void)state;
    assert_defanged(OBSERVABLE_IPV4, "203.0.113.7", "203[.]0[.]113[.]7");
    assert_defanged(OBSERVABLE_URL, "https://evil.example/a.php",
                    "hxxps://evil[.]example/a.php");
    assert_defanged(OBSERVABLE_URL, "evil.example/a.php",
                    "evil[.]example/a.php");
    assert_defanged(OBSERVABLE_EMAIL_ADDRESS, "a.b@evil.example",
                    "a.b[@]evil[.]example");
    assert_defanged(OBSERVABLE_IPV6, "2001:db8::1", "2001[:]db8::1");
    assert_defanged(OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e",
                    "d41d8cd98f00b204e9800998ecf8427e");
    assert_defanged(99, "newer.than.us", "newer.than.us");
}

static void
what_is_no_value_is_not_recognised(void **state)
{
    static const char *const texts[] = {
        "",
        "   ",
        "http://\\evil.example/",
        "http://user@/evil.example",
        "http://%65vil.example/",
        "http://[2001:db8::1/",
        "user\\@evil.example/a",
        "a{{.}}b@evil.example",
        "localhost",
        "1.2.3.4.5",
        "999.1.1.1",
        "010.1.1.1",
        "v1.2.3.4",
        "1.2.3.4/33",
        "1.2.3.4/024",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "2001:db8:::1",
        "2001:db8::1::2",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "fe80::1%eth0",
        "cve-2026-1",
        "d41d8cd98f00b204e9800998ecf8427eXYZ",
        "setup.exe",
        "invoice.docx",
        "/izuku.sh",
        "a..b",
        ".example.com",
        "evil\xe2\x80\x8b.example.com", /* an invisible space */
        "http://",
        "http:///path",
        "http://evil.example/a b",
        "http://evil.example:99999/",
        "@example.com",
        "two@signs@",
        "just words",
        "AS4294967296",
        "00:b0:d0:63:c2",
        "00:b0-d0:63:c2:26",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        enum observable type = OBSERVABLE_WALLET;
        struct slice normal = slice_str("untouched");
        arena_reset(&arena);
        if (value_detect(slice_str(texts[i]), &arena, &type, &normal) !=
            ERR_VALUE)
            fail_msg("%s: %s", texts[i], observable_name(type));
        assert_int_equal(type, OBSERVABLE_WALLET);
        assert_true(slice_is(normal, "untouched"));
    }
}

static void
a_type_that_is_said_decides(void **state)
{
    static const struct example said[] = {
        {OBSERVABLE_JA3, "D41D8CD98F00B204E9800998ECF8427E",
         "d41d8cd98f00b204e9800998ecf8427e"},
        {OBSERVABLE_IMPHASH, "d41d8cd98f00b204e9800998ecf8427e",
         "d41d8cd98f00b204e9800998ecf8427e"},
        {OBSERVABLE_FILE_NAME, "setup.exe", "setup.exe"},
        {OBSERVABLE_DOMAIN, "setup.exe", "setup.exe"},
        {OBSERVABLE_DOMAIN_TREE, "Evil.example", "evil.example"},
        {OBSERVABLE_MUTEX, "Global\\x[.]y", "Global\\x[.]y"},
        {OBSERVABLE_AS_NUMBER, "174", "AS174"},
        {OBSERVABLE_SSDEEP, "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C",
         "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C"},
        {OBSERVABLE_CERTIFICATE_HASH,
         "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
         "aabbccddeeff00112233445566778899aabbccdd"},
        {OBSERVABLE_VULNERABILITY, "kve-2026-0001", "KVE-2026-0001"},
        {OBSERVABLE_USER_AGENT, "Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"},
        {OBSERVABLE_EMAIL_SUBJECT, "\xea\xb8\xb4\xea\xb8\x89",
         "\xea\xb8\xb4\xea\xb8\x89"},
        {OBSERVABLE_WALLET, "3Cwgr2g7vsi1bXDUkpEnVoRLA9w4FZfC69",
         "3Cwgr2g7vsi1bXDUkpEnVoRLA9w4FZfC69"},
        {OBSERVABLE_TLSH,
         "8b41a4f8d9b1e3f5c7a2b6d4e8f0a1c3b5d7e9f1a3c5b7d9e1f3a5c7b9d1e3f5a7c9b"
         "1",
         "T18B41A4F8D9B1E3F5C7A2B6D4E8F0A1C3B5D7E9F1A3C5B7D9E1F3A5C7B9D1E3F5A7C"
         "9B1"},
    };
    struct slice normal;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
        arena_reset(&arena);
        enum err e =
            value_check(said[i].type, slice_str(said[i].text), &arena, &normal);
        if (e || !slice_is(normal, said[i].normal))
            fail_msg("%s: %s", said[i].text, err_name(e));
    }
    assert_int_equal(
        value_check(OBSERVABLE_IPV4, slice_str("::1"), &arena, &normal),
        ERR_VALUE);
    assert_int_equal(
        value_check(OBSERVABLE_MUTEX, slice_of("a\0b", 3), &arena, &normal),
        ERR_VALUE);
}

static void
every_observable_can_be_checked(void **state)
{
    struct slice normal;

    (void)state;
    for (unsigned i = 1; i < OBSERVABLE_COUNT; i++) {
        arena_reset(&arena);
        assert_int_equal(
            value_check((enum observable)i, slice_str("\x01"), &arena, &normal),
            ERR_VALUE);
    }
}

static void
rules_of_filter_lists_name_urls_and_trees(void **state)
{
    static const struct example rules[] = {
        {OBSERVABLE_URL, "||evil.example/a/b.exe^$all", "evil.example/a/b.exe"},
        {OBSERVABLE_URL, "||192.0.2.1:81/i^$all", "192.0.2.1:81/i"},
        {OBSERVABLE_DOMAIN_TREE, "||Evil.example^", "evil.example"},
        {OBSERVABLE_DOMAIN_TREE, "||evil.example^$all,popup", "evil.example"},
        {OBSERVABLE_IPV4, "||192.0.2.1^$all", "192.0.2.1"},
        {OBSERVABLE_IP_PORT, "||192.0.2.1:81^$all", "192.0.2.1:81"},
        {OBSERVABLE_NONE, "||evil.example^$domain=x.example", ""},
        {OBSERVABLE_NONE, "||evil.*^$all", ""},
        {OBSERVABLE_NONE, "||^$all", ""},
        {OBSERVABLE_URL, "|https://evil.example|", "https://evil.example"},
        {OBSERVABLE_URL, "|http://evil.example/a^$all",
         "http://evil.example/a"},
        {OBSERVABLE_NONE, "|https://evil.example", ""},
        {OBSERVABLE_NONE, "evil.example", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        enum observable type = OBSERVABLE_NONE;
        struct slice normal = {0};
        arena_reset(&arena);
        enum err e =
            value_from_rule(slice_str(rules[i].text), &arena, &type, &normal);
        assert_int_equal(e, rules[i].type ? OK : ERR_VALUE);
        assert_int_equal(type, rules[i].type);
        assert_true(slice_is(normal, rules[i].normal));
    }
}

static void
bytes_that_are_no_text_too_much_of_it_or_no_room_are_errors(void **state)
{
    static uint8_t big[VALUE_BYTES_MAX + 1];
    struct arena small;
    enum observable type;
    struct slice normal;

    (void)state;
    memset(big, 'a', sizeof big);
    assert_int_equal(
        value_detect(slice_str("caf\xe9.example"), &arena, &type, &normal),
        ERR_UTF8);
    assert_int_equal(value_detect(SLICE_ARRAY(big), &arena, &type, &normal),
                     ERR_LIMIT);
    arena_init(&small, 8);
    assert_int_equal(
        value_detect(slice_str("evil.example.com"), &small, &type, &normal),
        ERR_BUDGET);
    arena_clear(&small);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_recognised_and_normalised),
        cmocka_unit_test(a_normal_form_is_its_own_normal_form),
        cmocka_unit_test(what_is_written_defanged_reads_back_the_same),
        cmocka_unit_test(defanged_values_cannot_be_clicked),
        cmocka_unit_test(what_is_no_value_is_not_recognised),
        cmocka_unit_test(a_type_that_is_said_decides),
        cmocka_unit_test(every_observable_can_be_checked),
        cmocka_unit_test(rules_of_filter_lists_name_urls_and_trees),
        cmocka_unit_test(
            bytes_that_are_no_text_too_much_of_it_or_no_room_are_errors),
    };

    arena_init(&arena, BUDGET);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_clear(&arena);
    return failed;
}
