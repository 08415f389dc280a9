#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/stix_pattern.h"

#include "core/base/buf.h"

static struct arena arena;

static void
one_equality_is_an_observable(void **state)
{
    static const struct {
        const char *pattern;
        enum observable type;
        const char *value;
    } known[] = {
        {"[ipv4-addr:value = '198.51.100.7']", OBSERVABLE_IPV4, "198.51.100.7"},
        {" [ ipv4-addr:value='198.51.100.0/24' ] ", OBSERVABLE_CIDR,
         "198.51.100.0/24"},
        {"[ipv6-addr:value == '2001:DB8::1']", OBSERVABLE_IPV6, "2001:db8::1"},
        {"[domain-name:value = 'Evil.Example']", OBSERVABLE_DOMAIN,
         "evil.example"},
        {"[url:value = 'http://evil.example/it\\'s?\\\\']", OBSERVABLE_URL,
         "http://evil.example/it's?\\"},
        {"[email-addr:value = 'a@evil.example']", OBSERVABLE_EMAIL_ADDRESS,
         "a@evil.example"},
        {"[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']",
         OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e"},
        {"[file:hashes.'SHA-1' = '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8']",
         OBSERVABLE_SHA1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
        {"[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e46"
         "49b934ca495991b7852b855']",
         OBSERVABLE_SHA256,
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"[file:hashes.IMPHASH = 'd41d8cd98f00b204e9800998ecf8427e']",
         OBSERVABLE_IMPHASH, "d41d8cd98f00b204e9800998ecf8427e"},
        {"[file:hashes.sha1 = '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8']",
         OBSERVABLE_SHA1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
        {"[domain-name:value = '192.0.2.1']", OBSERVABLE_IPV4, "192.0.2.1"},
        {"[domain-name:value = '2001:DB8::1']", OBSERVABLE_IPV6, "2001:db8::1"},
        {"[file:name = 'evil.exe']", OBSERVABLE_FILE_NAME, "evil.exe"},
        {"[mutex:name = 'Global\\\\M']", OBSERVABLE_MUTEX, "Global\\M"},
        {"[windows-registry-key:key = 'HKLM\\\\Software\\\\x']",
         OBSERVABLE_REGISTRY_KEY, "HKLM\\Software\\x"},
        {"[autonomous-system:number = '174']", OBSERVABLE_AS_NUMBER, "AS174"},
        {"[autonomous-system:number = 174]", OBSERVABLE_AS_NUMBER, "AS174"},
        {"[mac-addr:value = '00:B0:D0:63:C2:26']", OBSERVABLE_MAC,
         "00:b0:d0:63:c2:26"},
        {"[email-message:subject = 'Pay now']", OBSERVABLE_EMAIL_SUBJECT,
         "Pay now"},
        {"[network-traffic:extensions.'http-request-ext'.request_header."
         "'User-Agent' = 'evil/1.0']",
         OBSERVABLE_USER_AGENT, "evil/1.0"},
        {"[x509-certificate:hashes.'SHA-1' = "
         "'86f7e437faa5a7fce15d1ddcb9eaeaea377667b8']",
         OBSERVABLE_CERTIFICATE_HASH,
         "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        enum observable type = OBSERVABLE_NONE;
        struct slice value = {0};
        arena_reset(&arena);
        enum err e = stix_pattern_equality(slice_str(known[i].pattern), &arena,
                                           &type, &value);
        if (e || type != known[i].type || !slice_is(value, known[i].value))
            fail_msg("%s: %s", known[i].pattern, err_name(e));
        assert_null(stix_pattern_fault(slice_str(known[i].pattern)));
    }
}

static void
every_other_pattern_stays_a_pattern(void **state)
{
    static const char *const others[] = {
        "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '192.0.2.1']",
        "[ipv4-addr:value = '198.51.100.7'] AND [url:value = 'x']",
        "[ipv4-addr:value != '198.51.100.7']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[ipv4-addr:value IN ('198.51.100.7')]",
        "[NOT ipv4-addr:value = '198.51.100.7']",
        "[ipv4-addr:value = 'not an address']",
        "[domain-name:value = 'ex\xe2\x80\x8bxample.com']",
        "[file:size = 1280]",
        "[app:id = 'com.evil']",
        "[ipv4-addr:resolves_to_refs[*].value = '00:b0:d0:63:c2:26']",
        "[file:hashes.'SHA-256' = 'f00']",
        "[url:value = 'http://evil.example/'] REPEATS 5 TIMES",
        "[ipv4-addr:value]",
        "[ipv4-addr:value = ]",
        "[ipv4-addr = '192.0.2.1']",
        "[:value = '192.0.2.1']",
        "[ipv4-addr: = '192.0.2.1']",
        "[ipv4-addr:value. = '192.0.2.1']",
        "[ipv4-addr:value.x = '192.0.2.1']",
        "[ipv4-addr:'' = '192.0.2.1']",
        "[ipv4-addr:value =/* '*/'192.0.2.1']",
        "[autonomous-system:number = 17x]",
        "[autonomous-system:number = -1]",
        "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:value = '192.0.2.1']",
        "[ipv4-addr:"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb = '192.0.2.1']",
        "[ipv4-addr:'"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' = '192.0.2.1']",
    };
    enum observable type;
    struct slice value;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        arena_reset(&arena);
        assert_int_equal(
            stix_pattern_equality(slice_str(others[i]), &arena, &type, &value),
            ERR_VALUE);
        if (stix_pattern_fault(slice_str(others[i])))
            fail_msg("%s", others[i]);
    }
}

/* What stands in the middle of a comparison may stop anywhere. */
static void
a_pattern_that_stops_anywhere_is_no_equality(void **state)
{
    static const char whole[] =
        "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afb"
        "f4c8996fb92427ae41e4649b934ca495991b7852b855']";
    enum observable type;
    struct slice value;

    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        arena_reset(&arena);
        assert_int_equal(
            stix_pattern_equality(slice_of(whole, n), &arena, &type, &value),
            n == sizeof whole - 1 ? OK : ERR_VALUE);
    }
}

static void
an_equality_without_budget_is_not_another_pattern(void **state)
{
    enum err e = ERR_BUDGET;
    size_t refused = 0;

    (void)state;
    for (size_t budget = 0; e == ERR_BUDGET; budget += 16) {
        enum observable type = OBSERVABLE_NONE;
        struct slice value = {0};
        struct arena small;
        arena_init(&small, budget);
        e = stix_pattern_equality(
            slice_str("[url:value = 'http://evil.example/']"), &small, &type,
            &value);
        refused += e == ERR_BUDGET;
        assert_int_equal(type, e ? OBSERVABLE_NONE : OBSERVABLE_URL);
        arena_clear(&small);
    }
    assert_int_equal(e, OK);
    assert_true(refused > 2);
}

static void
a_pattern_needs_closed_quotes_and_brackets(void **state)
{
    static const char *const bad[] = {
        "",
        "file:size = 1280",
        "[file:name = 'abc",
        "[file:name = 'abc'",
        "[file:name = 'abc\\']",
        "file:name = 'abc']",
        "[file:name = 'a'] ]",
        "[[file:name = 'a']]",
        "([file:name = 'a']",
        "[(file:name = 'a']",
        "[file:name = 'a')]",
        "[file:name = 'a'])",
        "[file:a[x].b = 'a']",
        "[file:a[].b = 'a']",
        "[file:a[",
        "[file:a[1",
        "[file:a[*",
        "[file:a[1x].b = 'a']",
        "[file:name = 'a'",
        "[file:name = 'a\\",
        "[file:name = 'a'] /*/",
        ")",
        "]",
        "[file:name = 'a'] /* no end",
        "/* [file:name = 'a'] */",
    };
    static const char *const good[] = {
        "[file:a[*].b[0].c = 'a']",
        "([file:name = 'a'] FOLLOWEDBY [(file:name = ']')]) WITHIN 5 SECONDS",
        "/* it's */ [file:name = 'a'] // don't (",
        "/* * / */ [file:name = 'a'] // one\n",
        "[file:name = 'a'] /",
        "[file:size / 2 = 1]",
        "[process:command_line MATCHES '^.+>-add \\'x\\'$']",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (!stix_pattern_fault(slice_str(bad[i])))
            fail_msg("%s", bad[i]);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (stix_pattern_fault(slice_str(good[i])))
            fail_msg("%s", good[i]);
}

static void
a_million_parentheses_are_counted_not_followed(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "[");
    memset(buf_extend(&b, 1000000), '(', 1000000);
    buf_put_str(&b, "file:name = 'a'");
    memset(buf_extend(&b, 1000000), ')', 1000000);
    buf_put_str(&b, "]");
    assert_null(stix_pattern_fault(buf_slice(&b)));
    b.data[b.size - 2] = ' ';
    assert_non_null(stix_pattern_fault(buf_slice(&b)));
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_equality_is_an_observable),
        cmocka_unit_test(every_other_pattern_stays_a_pattern),
        cmocka_unit_test(a_pattern_that_stops_anywhere_is_no_equality),
        cmocka_unit_test(an_equality_without_budget_is_not_another_pattern),
        cmocka_unit_test(a_pattern_needs_closed_quotes_and_brackets),
        cmocka_unit_test(a_million_parentheses_are_counted_not_followed),
    };

    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_clear(&arena);
    return failed;
}
