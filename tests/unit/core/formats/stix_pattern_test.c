#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/stix_pattern.h"

#include "core/base/buf.h"

static struct arena arena;

static bool
is_pattern(const char *text)
{
    struct pattern_fault fault;

    return stix_pattern_check(slice_str(text), &arena, &fault);
}

struct first {
    enum observable type;
    struct slice value;
    size_t count;
};

static void
keep_first(void *context, enum observable type, struct slice value)
{
    struct first *f = context;

    if (!f->count++) {
        f->type = type;
        f->value = value;
    }
}

/* Read a pattern that says one value and nothing else. */
static enum err
one_value(struct slice pattern, struct arena *from, enum observable *type,
          struct slice *value)
{
    struct first first = {0};
    const struct pattern_values sink = {&first, keep_first};
    struct pattern_summary summary;
    enum err e = stix_pattern_values(pattern, from, &sink, &summary);

    if (e == ERR_BUDGET)
        return e;
    if (e || !summary.is_list || first.count != 1)
        return ERR_VALUE;
    *type = first.type;
    *value = first.value;
    return OK;
}

static const struct {
    const char *pattern;
    enum observable type;
    const char *value;
} known[] = {
    {"[ipv4-addr:value = '198.51.100.7']", OBSERVABLE_IPV4, "198.51.100.7"},
    {" [ ipv4-addr:value='198.51.100.0/24' ] ", OBSERVABLE_CIDR,
     "198.51.100.0/24"},
    {"/* a */ [ipv4-addr : value =/* '*/'192.0.2.1'] // b", OBSERVABLE_IPV4,
     "192.0.2.1"},
    {"[ipv6-addr:value == '2001:DB8::1']", OBSERVABLE_IPV6, "2001:db8::1"},
    {"[domain-name:value = 'Evil.Example']", OBSERVABLE_DOMAIN, "evil.example"},
    {"[url:value = 'http://evil.example/it\\'s?\\\\']", OBSERVABLE_URL,
     "http://evil.example/it's?\\"},
    {"[email-addr:value = 'a@evil.example']", OBSERVABLE_EMAIL_ADDRESS,
     "a@evil.example"},
    {"[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']", OBSERVABLE_MD5,
     "d41d8cd98f00b204e9800998ecf8427e"},
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
     OBSERVABLE_CERTIFICATE_HASH, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
    {"[ipv4-addr:value IN ('198.51.100.7')]", OBSERVABLE_IPV4, "198.51.100.7"},
    {"([(ipv4-addr:value = '198.51.100.7')])", OBSERVABLE_IPV4, "198.51.100.7"},
    {"[network-traffic:dst_ref.value = '2001:DB8::1']", OBSERVABLE_IPV6,
     "2001:db8::1"},
    {"[network-traffic:src_ref.value = '192.0.2.0/24']", OBSERVABLE_CIDR,
     "192.0.2.0/24"},
    {"[email-message:from_ref.value = 'a@example.com']",
     OBSERVABLE_EMAIL_ADDRESS, "a@example.com"},
};

static void
one_equality_is_an_observable(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        enum observable type = OBSERVABLE_NONE;
        struct slice value = {0};
        arena_reset(&arena);
        enum err e =
            one_value(slice_str(known[i].pattern), &arena, &type, &value);
        if (e || type != known[i].type || !slice_is(value, known[i].value))
            fail_msg("%s: %s", known[i].pattern, err_name(e));
        assert_true(is_pattern(known[i].pattern));
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
        "[ipv4-addr:value = 'not an address']",
        "[domain-name:value = 'ex\xe2\x80\x8bxample.com']",
        "[file:size = 1280]",
        "[app:id = 'com.evil']",
        "[ipv4-addr:resolves_to_refs[*].value = '00:b0:d0:63:c2:26']",
        "[url:value = 'http://evil.example/'] REPEATS 5 TIMES",
        "[ipv4-addr:value.x = '192.0.2.1']",
        "[ipv4-addr:'' = '192.0.2.1']",
        "[autonomous-system:number = -1]",
        "[autonomous-system:number = +1]",
        "[autonomous-system:number = 174.0]",
        "[ipv4-addr:value NOT = '198.51.100.7']",
        "[ipv4-addr:value LIKE '198.51.100.7']",
        "[ipv4-addr:value > '198.51.100.7']",
        "[EXISTS ipv4-addr:value]",
        "[ipv4-addr:value = true]",
        "[ipv4-addr:value IN ()]",
        "[file:'hashes.tlsh' = 'T1']",
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
        assert_int_equal(one_value(slice_str(others[i]), &arena, &type, &value),
                         ERR_VALUE);
        if (!is_pattern(others[i]))
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
        assert_int_equal(one_value(slice_of(whole, n), &arena, &type, &value),
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
        e = one_value(slice_str("[url:value = 'http://evil.example/']"), &small,
                      &type, &value);
        refused += e == ERR_BUDGET;
        assert_int_equal(type, e ? OBSERVABLE_NONE : OBSERVABLE_URL);
        arena_clear(&small);
    }
    assert_int_equal(e, OK);
    assert_true(refused > 2);
}

static void
what_is_no_pattern_is_no_equality(void **state)
{
    static const char *const bad[] = {
        "",
        "ipv4-addr:value = '192.0.2.1'",
        "[NOT ipv4-addr:value = '192.0.2.1']",
        "[ipv4-addr:value = '192.0.2.1'] ]",
        "[ipv4-addr:value = '192.0.2.1'",
        ("[file:hashes.SHA-256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
         "34ca495991b7852b855']"),
        "[file:hashes.MD5 = 'f00']",
        "[file:name = 'C:\\Windows']",
    };
    enum observable type;
    struct slice value;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        arena_reset(&arena);
        if (is_pattern(bad[i]))
            fail_msg("%s", bad[i]);
        assert_int_equal(one_value(slice_str(bad[i]), &arena, &type, &value),
                         ERR_VALUE);
    }
}

static void
note(void *context, enum observable type, struct slice value)
{
    struct buf *b = context;

    buf_put_str(b, b->size ? " " : "");
    buf_put_str(b, observable_name(type));
    buf_put_u8(b, '=');
    buf_put(b, value);
}

/* Give the values of a pattern as one text. */
static enum err
values_of(struct slice pattern, struct buf *out, struct pattern_summary *s)
{
    const struct pattern_values sink = {out, note};

    arena_reset(&arena);
    buf_reset(out);
    return stix_pattern_values(pattern, &arena, &sink, s);
}

static const struct {
    const char *pattern, *values;
    size_t count;
    bool is_list;
} lists[] = {
    {"[url:value = 'http://Evil.example/A']", "url=http://evil.example/A", 1,
     true},
    {"[domain-name:value = 'A.example' OR ipv4-addr:value = '192.0.2.1']",
     "domain=a.example ipv4=192.0.2.1", 2, true},
    {"[domain-name:value IN ('a.example', 'B.example')]",
     "domain=a.example domain=b.example", 2, true},
    {"[(autonomous-system:number IN (174, '175') OR mac-addr:value = "
     "'00-B0-D0-63-C2-26')]",
     "as=AS174 as=AS175 mac=00:b0:d0:63:c2:26", 3, true},
    {"[file:name = 'a'] OR ([file:name = 'b'] OR [file:name = 'it\\'s'])",
     "file-name=a file-name=b file-name=it's", 3, true},
    {"[file:name = 'a' OR file:name = 'a']", "file-name=a file-name=a", 2,
     true},
    {"[file:name = 'a' OR file:name IN ()]", "file-name=a", 1, true},
    {"[file:name = 'a' AND file:hashes.MD5 = "
     "'D41D8CD98F00B204E9800998ECF8427E']",
     "file-name=a md5=d41d8cd98f00b204e9800998ecf8427e", 2, false},
    {"[file:name = 'a'] AND [file:name = 'b']", "file-name=a file-name=b", 2,
     false},
    {"[file:name = 'a'] FOLLOWEDBY [file:name = 'b']",
     "file-name=a file-name=b", 2, false},
    {"[file:name = 'a'] REPEATS 2 TIMES", "file-name=a", 1, false},
    {"[file:name = 'a' OR file:size = 5]", "file-name=a", 1, false},
    {"[file:name = 'a' OR file:name LIKE 'b%']", "file-name=a", 1, false},
    {"[file:name = 'a' OR file:name != 'b']", "file-name=a", 1, false},
    {"[file:name = 'a' OR file:name NOT IN ('b', 'c')]", "file-name=a", 1,
     false},
    {"[file:name = 'a' OR EXISTS file:name]", "file-name=a", 1, false},
    {"[file:name = 'a' OR file:name = h'62']", "file-name=a", 1, false},
    {"[ipv4-addr:value = 'x' OR ipv4-addr:value = '192.0.2.1']",
     "ipv4=192.0.2.1", 1, false},
    {"[domain-name:value = 'a.example' AND "
     "domain-name:resolves_to_refs[*].value = '192.0.2.1']",
     "domain=a.example", 1, false},
    {"[app:id = 'com.evil']", "", 0, false},
    {"[file:name IN ()]", "", 0, false},
};

static void
every_value_that_a_search_can_use_is_given(void **state)
{
    struct buf found = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct pattern_summary s;
        enum err e = values_of(slice_str(lists[i].pattern), &found, &s);
        buf_put_u8(&found, 0);
        if (e || strcmp((const char *)found.data, lists[i].values) != 0 ||
            s.values != lists[i].count || s.is_list != lists[i].is_list ||
            s.is_cut)
            fail_msg("%s: %s", lists[i].pattern, (const char *)found.data);
    }
    buf_clear(&found);
}

static void
the_values_of_what_is_no_pattern_are_refused(void **state)
{
    struct buf found = {0};
    struct pattern_summary s;

    (void)state;
    assert_int_equal(values_of(slice_str("[file:name = 'a' OR]"), &found, &s),
                     ERR_VALUE);
    assert_false(s.is_list);
    struct buf deep = {0};
    for (size_t i = 0; i <= PATTERN_DEPTH_MAX; i++)
        buf_put_u8(&deep, '(');
    assert_int_equal(values_of(buf_slice(&deep), &found, &s), ERR_DEPTH);
    buf_clear(&deep);
    buf_clear(&found);
}

static void
count(void *context, enum observable type, struct slice value)
{
    assert_int_equal(type, OBSERVABLE_FILE_NAME);
    assert_int_equal(value.size, 1);
    ++*(size_t *)context;
}

/* "[file:name IN ('a','a',...)]" */
static struct buf
names(size_t times)
{
    struct buf b = {0};

    buf_put_str(&b, "[file:name IN (");
    for (size_t i = 1; i < times; i++)
        buf_put_str(&b, "'a',");
    buf_put_str(&b, "'a')]");
    return b;
}

static void
more_values_than_the_bound_are_cut_and_no_list(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct buf b = names(PATTERN_VALUES_MAX + extra);
        size_t seen = 0;
        const struct pattern_values sink = {&seen, count};
        struct pattern_summary s;
        arena_reset(&arena);
        assert_int_equal(stix_pattern_values(buf_slice(&b), &arena, &sink, &s),
                         OK);
        assert_int_equal(seen, PATTERN_VALUES_MAX);
        assert_int_equal(s.values, PATTERN_VALUES_MAX);
        assert_int_equal(s.is_cut, extra);
        assert_int_equal(s.is_list, !extra);
        buf_clear(&b);
    }
}

static void
values_that_are_not_good_count_to_the_bound(void **state)
{
    struct buf b = {0}, found = {0};
    struct pattern_summary s;

    (void)state;
    buf_put_str(&b, "[ipv4-addr:value IN (");
    for (size_t i = 0; i < PATTERN_VALUES_MAX; i++)
        buf_put_str(&b, "'x',");
    buf_put_str(&b, "'192.0.2.1')]");
    assert_int_equal(values_of(buf_slice(&b), &found, &s), OK);
    assert_int_equal(s.values, 0);
    assert_true(s.is_cut);
    buf_clear(&b);
    buf_clear(&found);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_equality_is_an_observable),
        cmocka_unit_test(every_other_pattern_stays_a_pattern),
        cmocka_unit_test(a_pattern_that_stops_anywhere_is_no_equality),
        cmocka_unit_test(an_equality_without_budget_is_not_another_pattern),
        cmocka_unit_test(what_is_no_pattern_is_no_equality),
        cmocka_unit_test(every_value_that_a_search_can_use_is_given),
        cmocka_unit_test(the_values_of_what_is_no_pattern_are_refused),
        cmocka_unit_test(more_values_than_the_bound_are_cut_and_no_list),
        cmocka_unit_test(values_that_are_not_good_count_to_the_bound),
    };

    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_clear(&arena);
    return failed;
}
