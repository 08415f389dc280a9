/*
 * value_kinds_test - for each kind of value what is none of it, by which
 *                    hair, and what budget it takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/formats/value.h"

#define HEX_16 "0123456789abcdef"
#define HEX_64 HEX_16 HEX_16 HEX_16 HEX_16
#define HEX_70 HEX_64 "012345"
#define A_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A_148 A_63 A_63 "aaaaaaaaaaaaaaaaaaaaaa"

static struct arena arena;

struct example {
    enum observable type;
    const char *text, *normal;
};

static const struct example good[] = {
    {OBSERVABLE_IPV4, "\"192.0.2.1\"", "192.0.2.1"},
    {OBSERVABLE_IPV4, "'192.0.2.1'", "192.0.2.1"},
    {OBSERVABLE_IPV6, "1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
    {OBSERVABLE_IPV6, "::1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
    {OBSERVABLE_IPV6, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {OBSERVABLE_CIDR, "::/0", "::/0"},
    {OBSERVABLE_IP_PORT, "192.0.2.1:65535", "192.0.2.1:65535"},
    {OBSERVABLE_DOMAIN, A_63 ".example", A_63 ".example"},
    {OBSERVABLE_DOMAIN, "\xc3\xa9.example", "xn--9ca.example"},
    {OBSERVABLE_DOMAIN, "a\xe2\x82\xac.example", "a\xe2\x82\xac.example"},
    {OBSERVABLE_DOMAIN, "\xe3\x83\x86.example", "xn--ddk.example"},
    {OBSERVABLE_DOMAIN, "\xef\xbd\xb1.example", "xn--cck.example"},
    {OBSERVABLE_DOMAIN_TREE, "*.a.example", "a.example"},
    {OBSERVABLE_URL, "h2+x-y.z://a?b", "h2+x-y.z://a?b"},
    {OBSERVABLE_URL, "HTTP://A#b", "http://a#b"},
    {OBSERVABLE_URL, "a.example?b", "a.example?b"},
    {OBSERVABLE_URL, "a.example#b", "a.example#b"},
    {OBSERVABLE_URL, "http://[::1]/", "http://[::1]/"},
    {OBSERVABLE_URL, "http://192.0.2.1:1/", "http://192.0.2.1:1/"},
    {OBSERVABLE_EMAIL_ADDRESS, "!#$%&'*+-/=?^_`{|}~@A.example",
     "!#$%&'*+-/=?^_`{|}~@a.example"},
    {OBSERVABLE_EMAIL_ADDRESS, "\xc3\xa9@a.example", "\xc3\xa9@a.example"},
    {OBSERVABLE_SHA512, HEX_64 HEX_64, HEX_64 HEX_64},
    {OBSERVABLE_CERTIFICATE_HASH, HEX_16 HEX_16, HEX_16 HEX_16},
    {OBSERVABLE_CERTIFICATE_HASH, HEX_64, HEX_64},
    {OBSERVABLE_CERTIFICATE_HASH, HEX_64 HEX_64, HEX_64 HEX_64},
    {OBSERVABLE_SSDEEP, "3::", "3::"},
    {OBSERVABLE_SSDEEP, "4294967295:a+/:" A_148, "4294967295:a+/:" A_148},
    {OBSERVABLE_TLSH, "t1" HEX_70,
     "T10123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF01234"
     "5"},
    {OBSERVABLE_JA4, "q13d1516h2_8daaf6152771_b186095e22b6",
     "q13d1516h2_8daaf6152771_b186095e22b6"},
    {OBSERVABLE_JA4, "d12i151600_000000000000_ffffffffffff",
     "d12i151600_000000000000_ffffffffffff"},
    {OBSERVABLE_JA4, "ts2i000000_000000000000_ffffffffffff",
     "ts2i000000_000000000000_ffffffffffff"},
    {OBSERVABLE_AS_NUMBER, "as0", "AS0"},
    {OBSERVABLE_AS_NUMBER, "ASN 4294967295", "AS4294967295"},
    {OBSERVABLE_MAC, "00:B0:D0:63:C2:26", "00:b0:d0:63:c2:26"},
    {OBSERVABLE_VULNERABILITY, "CVE-2026-0001", "CVE-2026-0001"},
    {OBSERVABLE_VULNERABILITY, "a-b-1", "A-B-1"},
    {OBSERVABLE_WALLET, "bitcoincash:qpm2qsznhks23z7629mms6s",
     "bitcoincash:qpm2qsznhks23z7629mms6s"},
    {OBSERVABLE_REGISTRY_KEY, "HKEY_USERS\\x", "HKEY_USERS\\x"},
    {OBSERVABLE_EMAIL_SUBJECT, " a b ", "a b"},
};

static void
each_kind_takes_its_extremes(void **state)
{
    struct slice normal;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        arena_reset(&arena);
        enum err e =
            value_check(good[i].type, slice_str(good[i].text), &arena, &normal);
        if (e || !slice_is(normal, good[i].normal))
            fail_msg("%s: %s", good[i].text, err_name(e));
    }
}

static const struct example bad[] = {
    {OBSERVABLE_IPV4, "1.2.3", NULL},
    {OBSERVABLE_IPV4, "1.2.3.", NULL},
    {OBSERVABLE_IPV4, "1.2.3.256", NULL},
    {OBSERVABLE_IPV4, "1.2.3.4x", NULL},
    {OBSERVABLE_IPV6, ":", NULL},
    {OBSERVABLE_IPV6, "1", NULL},
    {OBSERVABLE_IPV6, "1:2:3:4:5:6:7:", NULL},
    {OBSERVABLE_IPV6, "1:2:3:4:5:6:7:192.0.2.1", NULL},
    {OBSERVABLE_IPV6, "192.0.2.1::", NULL},
    {OBSERVABLE_IPV6, "12345::", NULL},
    {OBSERVABLE_IPV6, "g::", NULL},
    {OBSERVABLE_IPV6, "::g", NULL},
    {OBSERVABLE_IPV6, "1:2:3:4::5:6:7:8", NULL},
    {OBSERVABLE_IPV6, "[]", NULL},
    {OBSERVABLE_IPV6, "[::1", NULL},
    {OBSERVABLE_CIDR, "192.0.2.1", NULL},
    {OBSERVABLE_CIDR, "192.0.2.0/", NULL},
    {OBSERVABLE_CIDR, "192.0.2.0/024", NULL},
    {OBSERVABLE_CIDR, "::/129", NULL},
    {OBSERVABLE_CIDR, "x/1", NULL},
    {OBSERVABLE_IP_PORT, "192.0.2.1", NULL},
    {OBSERVABLE_IP_PORT, "192.0.2.1:", NULL},
    {OBSERVABLE_IP_PORT, "::1:80", NULL},
    {OBSERVABLE_IP_PORT, "[::g]:80", NULL},
    {OBSERVABLE_IP_PORT, "a.example:80", NULL},
    {OBSERVABLE_HOST_PORT, "a.example", NULL},
    {OBSERVABLE_HOST_PORT, "a:80", NULL},
    {OBSERVABLE_HOST_PORT, "192.0.2.1:80", NULL},
    {OBSERVABLE_DOMAIN, ".", NULL},
    {OBSERVABLE_DOMAIN, "a.example..", NULL},
    {OBSERVABLE_DOMAIN, "a" A_63 ".example", NULL},
    {OBSERVABLE_DOMAIN, A_63 "." A_63 "." A_63 "." A_63, NULL},
    {OBSERVABLE_DOMAIN, "192.0.2.1", NULL},
    {OBSERVABLE_DOMAIN, "a.1", NULL},
    {OBSERVABLE_DOMAIN, "a!.example", NULL},
    {OBSERVABLE_DOMAIN_TREE, "*.example", NULL},
    {OBSERVABLE_DOMAIN_TREE, "*.*.a.example", NULL},
    {OBSERVABLE_URL, "a.example", NULL},
    {OBSERVABLE_URL, "a/b", NULL},
    {OBSERVABLE_URL, "/a", NULL},
    {OBSERVABLE_URL, "1://a.example/", NULL},
    {OBSERVABLE_URL, "http:/a", NULL},
    {OBSERVABLE_URL, "http://a.example/\x7f", NULL},
    {OBSERVABLE_URL, "http://[::g]/", NULL},
    {OBSERVABLE_URL, "http://a.example:/", NULL},
    {OBSERVABLE_URL, "http://u@/", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a.example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "@a.example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a@", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a@example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a b@a.example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a\x7f@a.example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "a:b@a.example", NULL},
    {OBSERVABLE_EMAIL_ADDRESS, "aa" A_63 "@a.example", NULL},
    {OBSERVABLE_MD5, HEX_16 "0123456789abcdeg", NULL},
    {OBSERVABLE_SHA1, HEX_64, NULL},
    {OBSERVABLE_CERTIFICATE_HASH, HEX_16, NULL},
    {OBSERVABLE_CERTIFICATE_HASH, ":::", NULL},
    {OBSERVABLE_SSDEEP, "3", NULL},
    {OBSERVABLE_SSDEEP, "3:a", NULL},
    {OBSERVABLE_SSDEEP, "x:a:b", NULL},
    {OBSERVABLE_SSDEEP, "3:a b:c", NULL},
    {OBSERVABLE_SSDEEP, "3:a:b:c", NULL},
    {OBSERVABLE_SSDEEP, "3:a:a" A_148, NULL},
    {OBSERVABLE_TLSH, HEX_64 "01234g", NULL},
    {OBSERVABLE_TLSH, "t2" HEX_70, NULL},
    {OBSERVABLE_TLSH, "t1" HEX_64, NULL},
    {OBSERVABLE_JA4, "x13d1516h2_8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13x1516h2_8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13dx516h2_8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13ds516h2_8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13d1516-2_8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13d1516h2-8daaf6152771_b186095e22b6", NULL},
    {OBSERVABLE_JA4, "t13d1516h2_8daaf615277g_b186095e22b6", NULL},
    {OBSERVABLE_AS_NUMBER, "AS", NULL},
    {OBSERVABLE_AS_NUMBER, "ASN", NULL},
    {OBSERVABLE_AS_NUMBER, "AS  1", NULL},
    {OBSERVABLE_AS_NUMBER, "AS01", NULL},
    {OBSERVABLE_MAC, "00.b0.d0.63.c2.26", NULL},
    {OBSERVABLE_MAC, "00b0-d063-c226", NULL},
    {OBSERVABLE_MAC, "00xb0xd0x63xc2x26", NULL},
    {OBSERVABLE_MAC, "00:b0:d0:63:c2:2g", NULL},
    {OBSERVABLE_VULNERABILITY, "cve-2026x12345", NULL},
    {OBSERVABLE_VULNERABILITY, "cve-2026-1234x", NULL},
    {OBSERVABLE_VULNERABILITY, "cve-2026-123", NULL},
    {OBSERVABLE_VULNERABILITY, "cve-2026-12345678901234567890", NULL},
    {OBSERVABLE_VULNERABILITY, "a-b1", NULL},
    {OBSERVABLE_VULNERABILITY, "a-b-c", NULL},
    {OBSERVABLE_VULNERABILITY, "ab-12", NULL},
    {OBSERVABLE_VULNERABILITY, "1-b-2", NULL},
    {OBSERVABLE_VULNERABILITY, "a-b-1-", NULL},
    {OBSERVABLE_VULNERABILITY, "a--b-1", NULL},
    {OBSERVABLE_VULNERABILITY, "a-b-1 c", NULL},
    {OBSERVABLE_VULNERABILITY, "a-b-1-" A_63, NULL},
    {OBSERVABLE_WALLET, "3Cwgr2g7vsi1b", NULL},
    {OBSERVABLE_WALLET, "3Cwgr2g7vsi1bXDUkpE-Vo", NULL},
    {OBSERVABLE_WALLET, HEX_64 HEX_64 "0", NULL},
    {OBSERVABLE_FILE_NAME, "a\x7f", NULL},
    {OBSERVABLE_FILE_NAME, "a\nb", NULL},
};

static void
each_kind_refuses_what_is_none_by_a_hair(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct slice normal = slice_str("untouched");
        arena_reset(&arena);
        if (value_check(bad[i].type, slice_str(bad[i].text), &arena, &normal) !=
            ERR_VALUE)
            fail_msg("%s: %s", observable_name(bad[i].type), bad[i].text);
        assert_true(slice_is(normal, "untouched"));
    }
}

static void
a_name_with_a_mark_that_is_not_seen_is_none(void **state)
{
    static const char *const marks[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xc2\xad",     "\xe2\x80\x80",
        "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\x9f",
        "\xe2\x81\xa0", "\xe3\x80\x80", "\xe3\x80\x82", "\xef\xbb\xbf",
        "\xef\xbc\x8e", "\xef\xbd\xa1", "\xef\xbf\xbd",
    };
    static const char *const seen[] = {
        "\xc2\xb7",     "\xe2\x80\x99", "\xe2\x81\x80", "\xe2\x82\x80",
        "\xe3\x80\x85", "\xe3\x81\x80", "\xef\xbb\xbe", "\xef\xbc\x90",
        "\xef\xbd\xb1", "\xed\x95\x9c",
    };
    char text[32];
    struct slice normal;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(marks) + ARRAY_SIZE(seen); i++) {
        bool is_seen = i >= ARRAY_SIZE(marks);
        const char *mark = is_seen ? seen[i - ARRAY_SIZE(marks)] : marks[i];
        struct slice parts[] = {slice_str("e"), slice_str(mark),
                                slice_str(".example")};
        size_t n = 0;
        for (size_t k = 0; k < ARRAY_SIZE(parts); k++) {
            memcpy(text + n, parts[k].data, parts[k].size);
            n += parts[k].size;
        }
        arena_reset(&arena);
        enum err e =
            value_check(OBSERVABLE_DOMAIN, slice_of(text, n), &arena, &normal);
        if (e != (is_seen ? OK : ERR_VALUE))
            fail_msg("%.*s: %s", (int)n, text, err_name(e));
    }
}

/* Before the budget is enough it is the one thing wrong. */
static void
any_budget_is_enough_or_said_to_be_spent(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        enum err e = ERR_BUDGET;
        for (size_t budget = 0; e == ERR_BUDGET; budget += 16) {
            struct slice normal = slice_str("untouched");
            struct arena small;
            assert_true(budget < KIB(64));
            arena_init(&small, budget);
            e = value_check(good[i].type, slice_str(good[i].text), &small,
                            &normal);
            assert_true(slice_is(normal, e ? "untouched" : good[i].normal));
            arena_clear(&small);
        }
        assert_int_equal(e, OK);
    }
}

static void
a_guess_without_budget_is_no_other_value(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        enum observable want = OBSERVABLE_NONE, type;
        struct slice normal;
        (void)state;
        arena_reset(&arena);
        enum err known =
            value_detect(slice_str(good[i].text), &arena, &want, &normal);
        enum err e = ERR_BUDGET;
        for (size_t budget = 0; e == ERR_BUDGET; budget += 16) {
            struct arena small;
            arena_init(&small, budget);
            type = OBSERVABLE_NONE;
            e = value_detect(slice_str(good[i].text), &small, &type, &normal);
            arena_clear(&small);
        }
        if (e != known || type != want)
            fail_msg("%s: %s", good[i].text, observable_name(type));
    }
}

static void
rules_that_are_no_text_or_have_no_room_are_refused(void **state)
{
    static uint8_t big[VALUE_BYTES_MAX + 1];
    enum observable type;
    struct slice normal;

    (void)state;
    memset(big, '|', sizeof big);
    assert_int_equal(value_from_rule(SLICE_ARRAY(big), &arena, &type, &normal),
                     ERR_LIMIT);
    assert_int_equal(
        value_from_rule(slice_str("||caf\xe9^"), &arena, &type, &normal),
        ERR_UTF8);
    assert_int_equal(value_from_rule(slice_str("||"), &arena, &type, &normal),
                     ERR_VALUE);
    assert_int_equal(
        value_from_rule(slice_str("||a b/c^"), &arena, &type, &normal),
        ERR_VALUE);
    assert_int_equal(
        value_from_rule(slice_str("||no host^"), &arena, &type, &normal),
        ERR_VALUE);
    assert_int_equal(
        value_from_rule(slice_str("||a.example^$all^"), &arena, &type, &normal),
        ERR_VALUE);
    static const char *const rules[] = {"||a.example^", "||a.example/b^",
                                        "||a.example:80^$document,doc"};
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        enum err e = ERR_BUDGET;
        for (size_t budget = 0; e == ERR_BUDGET; budget += 16) {
            struct arena small;
            arena_init(&small, budget);
            e = value_from_rule(slice_str(rules[i]), &small, &type, &normal);
            arena_clear(&small);
        }
        assert_int_equal(e, OK);
    }
}

static void
assert_defanged(unsigned type, const char *value, const char *want)
{
    struct buf b = {0};

    value_defang(type, slice_str(value), &b);
    if (!slice_is(buf_slice(&b), want))
        fail_msg("%s: %.*s", value, (int)b.size, (const char *)b.data);
    buf_clear(&b);
}

static void
every_scheme_and_host_is_bent(void **state)
{
    (void)state;
    assert_defanged(OBSERVABLE_URL, "ftp://a.example/x.y",
                    "fxp://a[.]example/x.y");
    assert_defanged(OBSERVABLE_URL, "ssh+x://a.example",
                    "ssh+x[:]//a[.]example");
    assert_defanged(OBSERVABLE_URL, "http://[2001:db8::1]/",
                    "hxxp://[2001:db8::1]/");
    assert_defanged(OBSERVABLE_URL, "a.example:80/x", "a[.]example:80/x");
    assert_defanged(OBSERVABLE_URL, "http://", "hxxp://");
    assert_defanged(OBSERVABLE_IP_PORT, "192.0.2.1:80", "192[.]0[.]2[.]1:80");
    assert_defanged(OBSERVABLE_EMAIL_ADDRESS, "no sign", "no sign");
}

static void
only_a_scheme_that_ends_is_straightened(void **state)
{
    static const struct example texts[] = {
        {OBSERVABLE_URL, "hxxp[://]a.example/x", "http://a.example/x"},
        {OBSERVABLE_URL, "hxxps[:][/][/]a.example", "https://a.example"},
        {OBSERVABLE_DOMAIN, "hxxp.example", "hxxp.example"},
        {OBSERVABLE_DOMAIN, "hxxps{.}example", "hxxps.example"},
        {OBSERVABLE_EMAIL_ADDRESS, "a{at}b{dot}example", "a@b.example"},
    };
    struct slice normal;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        arena_reset(&arena);
        assert_int_equal(value_check(texts[i].type, slice_str(texts[i].text),
                                     &arena, &normal),
                         OK);
        assert_true(slice_is(normal, texts[i].normal));
    }
    assert_int_equal(
        value_check(OBSERVABLE_DOMAIN, slice_str("hxxp"), &arena, &normal),
        ERR_VALUE);
    assert_int_equal(value_check(OBSERVABLE_DOMAIN,
                                 slice_str("caf\xe9.example"), &arena, &normal),
                     ERR_UTF8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_takes_its_extremes),
        cmocka_unit_test(each_kind_refuses_what_is_none_by_a_hair),
        cmocka_unit_test(a_name_with_a_mark_that_is_not_seen_is_none),
        cmocka_unit_test(any_budget_is_enough_or_said_to_be_spent),
        cmocka_unit_test(a_guess_without_budget_is_no_other_value),
        cmocka_unit_test(rules_that_are_no_text_or_have_no_room_are_refused),
        cmocka_unit_test(every_scheme_and_host_is_bent),
        cmocka_unit_test(only_a_scheme_that_ends_is_straightened),
    };

    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_clear(&arena);
    return failed;
}
