#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/formats/warning_read.h"

#include <stdio.h>

struct heard {
    unsigned remarks, refused, fatal;
    uint64_t line;
};

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct heard *h = context;

    assert_true(fault->text && fault->text[0]);
    h->remarks += fault->weight == FAULT_REMARK;
    h->refused += fault->weight == FAULT_REFUSED;
    h->fatal += fault->weight == FAULT_FATAL;
    h->line = fault->line;
}

static enum err
read_with(struct warning_reader *r, const char *text)
{
    struct slice all = slice_str(text);
    enum err e = OK;

    for (size_t at = 0; at < all.size && !e; at += 5) {
        size_t n = all.size - at < 5 ? all.size - at : 5;
        e = warning_reader_feed(r, slice_of(all.data + at, n));
    }
    if (!e)
        e = warning_reader_finish(r);
    warning_reader_free(r);
    return e;
}

static struct heard
misp(struct warnings *w, const char *text, enum err want)
{
    struct heard h = {0};
    const struct format_sink sink = {&h, NULL, on_fault};

    assert_int_equal(read_with(warning_reader_misp(w, &sink), text), want);
    return h;
}

static struct heard
own(struct warnings *w, const char *text)
{
    struct heard h = {0};
    const struct format_sink sink = {&h, NULL, on_fault};

    assert_int_equal(read_with(warning_reader_own(w, "ours", &sink), text), OK);
    return h;
}

/* Demand that a list has the value; "" for none. */
static void
assert_listed(const struct warnings *w, enum observable type, const char *value,
              const char *list)
{
    struct warning found = {.list = ""};
    bool is = warnings_find(w, type, slice_str(value), &found);

    if (strcmp(found.list, list) != 0 || is != (list[0] != '\0'))
        fail_msg("%s: %s, not %s", value, found.list, list);
}

static void
addresses_that_nobody_else_reaches_are_known_without_a_list(void **state)
{
    struct warnings *w = warnings_new(false), *all = warnings_new(true);

    (void)state;
    warnings_ready(w);
    warnings_ready(all);
    assert_listed(w, OBSERVABLE_IPV4, "10.0.0.5", "private addresses");
    assert_listed(w, OBSERVABLE_IPV4, "172.31.255.255", "private addresses");
    assert_listed(w, OBSERVABLE_IPV4, "172.32.0.0", "");
    assert_listed(w, OBSERVABLE_IPV4, "127.0.0.1", "loopback");
    assert_listed(w, OBSERVABLE_IPV4, "100.127.0.1",
                  "addresses behind carriers");
    assert_listed(w, OBSERVABLE_IPV4, "239.1.1.1", "multicast");
    assert_listed(w, OBSERVABLE_IPV4, "255.255.255.255",
                  "addresses of no host");
    assert_listed(w, OBSERVABLE_IPV6, "fe80::1", "link-local addresses");
    assert_listed(w, OBSERVABLE_IPV6, "::1", "loopback");
    assert_listed(w, OBSERVABLE_IPV6, "fd12::1", "private addresses");
    assert_listed(w, OBSERVABLE_IPV6, "2a00::1", "");
    assert_listed(w, OBSERVABLE_IP_PORT, "10.0.0.5:443", "private addresses");
    assert_listed(w, OBSERVABLE_IP_PORT, "[::1]:443", "loopback");
    assert_listed(w, OBSERVABLE_URL, "http://10.0.0.5:80/a",
                  "private addresses");
    assert_listed(w, OBSERVABLE_URL, "https://[fe80::1]/",
                  "link-local addresses");
    assert_listed(w, OBSERVABLE_CIDR, "10.1.0.0/16", "private addresses");
    assert_listed(w, OBSERVABLE_CIDR, "8.0.0.0/6", "private addresses");
    assert_listed(w, OBSERVABLE_CIDR, "0.0.0.0/0", "multicast");
    assert_listed(w, OBSERVABLE_CIDR, "11.0.0.0/8", "");
    assert_listed(w, OBSERVABLE_IPV4, "198.51.100.7", "");
    assert_listed(all, OBSERVABLE_IPV4, "198.51.100.7",
                  "addresses for documents");
    assert_listed(all, OBSERVABLE_IPV6, "2001:db8::1",
                  "addresses for documents");
    assert_listed(w, OBSERVABLE_DOMAIN, "10.example", "");
    warnings_free(w);
    warnings_free(all);
    warnings_free(NULL);
}

static void
lists_of_misp_match_as_their_type_says(void **state)
{
    struct warnings *w = warnings_new(false);

    (void)state;
    (void)misp(w,
               "{\"list\":[\"Naver.com\",\"8.8.8.8\",\"2001:4860:0::8888\","
               "\"d41d8cd98f00b204e9800998ecf8427e\"],\"name\":\"top\","
               "\"type\":\"string\",\"version\":1}",
               OK);
    (void)misp(w,
               "{\"name\":\"hosts\",\"type\":\"hostname\",\"list\":"
               "[\".Update.example\",\"cdn.example.\"]}",
               OK);
    (void)misp(w,
               "{\"name\":\"nets\",\"list\":[\"9.9.9.0/24\",\"1.1.1.1\","
               "\"2620:fe::/48\"],\"type\":\"cidr\"}",
               OK);
    (void)misp(w,
               "{\"name\":\"parts\",\"list\":[\"schema.\"],"
               "\"type\":\"substring\"}",
               OK);
    warnings_ready(w);
    assert_listed(w, OBSERVABLE_DOMAIN, "naver.com", "top");
    assert_listed(w, OBSERVABLE_DOMAIN_TREE, "naver.com", "top");
    assert_listed(w, OBSERVABLE_DOMAIN, "a.naver.com", "");
    assert_listed(w, OBSERVABLE_HOST_PORT, "naver.com:443", "top");
    assert_listed(w, OBSERVABLE_URL, "https://naver.com/", "top");
    assert_listed(w, OBSERVABLE_URL, "https://naver.com/evil", "");
    assert_listed(w, OBSERVABLE_IPV4, "8.8.8.8", "top");
    assert_listed(w, OBSERVABLE_IPV6, "2001:4860::8888", "top");
    assert_listed(w, OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", "top");
    assert_listed(w, OBSERVABLE_DOMAIN, "update.example", "hosts");
    assert_listed(w, OBSERVABLE_URL, "http://u@a.cdn.example:80/x?y", "hosts");
    assert_listed(w, OBSERVABLE_URL, "http://cdn.example\\@b.example/",
                  "hosts");
    assert_listed(w, OBSERVABLE_URL, "http://b.example\\@cdn.example/", "");
    assert_listed(w, OBSERVABLE_DOMAIN, "acdn.example", "");
    assert_listed(w, OBSERVABLE_IPV4, "9.9.9.9", "nets");
    assert_listed(w, OBSERVABLE_IP_PORT, "1.1.1.1:53", "nets");
    assert_listed(w, OBSERVABLE_IPV4, "1.1.1.2", "");
    assert_listed(w, OBSERVABLE_IPV6, "2620:fe::fe", "nets");
    assert_listed(w, OBSERVABLE_FILE_NAME, "a.SCHEMA.xml", "parts");
    assert_listed(w, OBSERVABLE_EMAIL_ADDRESS, "a@naver.com", "");
    warnings_free(w);
}

static void
a_list_counts_for_values_of_the_types_that_it_names(void **state)
{
    struct warnings *w = warnings_new(false);

    (void)state;
    (void)misp(w,
               "{\"matching_attributes\":[\"hostname\",\"filename|md5\"],"
               "\"name\":\"named\",\"type\":\"string\",\"list\":"
               "[\"a.example\",\"d41d8cd98f00b204e9800998ecf8427e\"]}",
               OK);
    (void)misp(w,
               "{\"name\":\"nets\",\"type\":\"cidr\",\"list\":"
               "[\"9.9.9.0/24\"],\"matching_attributes\":[\"ip-src\"]}",
               OK);
    (void)misp(w,
               "{\"name\":\"none\",\"type\":\"substring\",\"list\":"
               "[\"zz\"],\"matching_attributes\":[\"jabber-id\",7]}",
               OK);
    (void)misp(w,
               "{\"name\":\"all\",\"type\":\"string\",\"list\":"
               "[\"b.example\"],\"matching_attributes\":[]}",
               OK);
    warnings_ready(w);
    assert_listed(w, OBSERVABLE_DOMAIN, "a.example", "named");
    assert_listed(w, OBSERVABLE_HOST_PORT, "a.example:80", "named");
    assert_listed(w, OBSERVABLE_URL, "http://a.example/", "");
    assert_listed(w, OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e",
                  "named");
    assert_listed(w, OBSERVABLE_IMPHASH, "d41d8cd98f00b204e9800998ecf8427e",
                  "");
    assert_listed(w, OBSERVABLE_IP_PORT, "9.9.9.9:53", "nets");
    assert_listed(w, OBSERVABLE_CIDR, "9.9.9.0/25", "nets");
    assert_listed(w, OBSERVABLE_URL, "http://9.9.9.9/", "");
    assert_listed(w, OBSERVABLE_DOMAIN, "zz.example", "");
    assert_listed(w, OBSERVABLE_URL, "http://b.example/", "all");
    warnings_free(w);
}

static void
a_list_of_our_own_counts_before_others(void **state)
{
    struct warnings *w = warnings_new(false);
    struct warning found;

    (void)state;
    (void)misp(
        w, "{\"name\":\"top\",\"type\":\"string\",\"list\":[\"a.example\"]}",
        OK);
    struct heard h = own(w, "# ours\na.example\n203.0.113.0/24 # net\n"
                            "10.0.0.1\nnot a value\nhttps://b.example/x\n");
    warnings_ready(w);
    assert_int_equal(h.refused, 1);
    assert_int_equal(h.line, 5);
    assert_listed(w, OBSERVABLE_DOMAIN, "www.a.example", "ours");
    assert_listed(w, OBSERVABLE_DOMAIN, "a.example", "ours");
    assert_listed(w, OBSERVABLE_IPV4, "10.0.0.1", "ours");
    assert_listed(w, OBSERVABLE_IPV4, "203.0.113.9", "ours");
    assert_listed(w, OBSERVABLE_URL, "https://b.example/x", "ours");
    assert_listed(w, OBSERVABLE_URL, "https://b.example/y", "");
    assert_true(
        warnings_find(w, OBSERVABLE_DOMAIN, slice_str("a.example"), &found));
    assert_int_equal(found.kind, WARNING_NEVER);
    warnings_free(w);
}

static void
what_cannot_be_taken_is_said(void **state)
{
    static const struct {
        const char *text;
        enum err e;
        unsigned remarks, refused, fatal;
    } lists[] = {
        {"{\"name\":\"r\",\"type\":\"regex\",\"list\":[\"/a+/\"]}", OK, 0, 1,
         0},
        {"{\"name\":\"r\",\"list\":[\"a.example\"]}", OK, 0, 1, 0},
        {"{\"name\":\"r\",\"type\":\"cidr\",\"list\":[\"x\",\"1.1.1.1/33\"]}",
         OK, 2, 0, 0},
        {"{\"name\":\"r\",\"type\":\"string\",\"list\":[1,{},\"\",null]}", OK,
         4, 0, 0},
        {"{\"type\":\"string\",\"list\":[\"a\"]}", ERR_MISSING, 0, 0, 1},
        {"{\"name\":\"r\",\"type\":\"string\"}", ERR_MISSING, 0, 0, 1},
        {"[\"a\"]", ERR_MISSING, 0, 0, 1},
        {"{\"name\":\"r\",\"type\":\"string\",\"list\":[\"a\"", ERR_TRUNCATED,
         0, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct warnings *w = warnings_new(false);
        size_t before = warnings_count(w);
        struct heard h = misp(w, lists[i].text, lists[i].e);
        if (h.remarks != lists[i].remarks || h.refused != lists[i].refused ||
            h.fatal != lists[i].fatal)
            fail_msg("%s: %u %u %u", lists[i].text, h.remarks, h.refused,
                     h.fatal);
        assert_int_equal(warnings_count(w), before);
        warnings_ready(w);
        warnings_free(w);
    }
}

static void
of_many_entries_each_is_found_and_nothing_else(void **state)
{
    enum { MANY = 20000, SHUFFLE = 7919 };
    struct warnings *w = warnings_new(false);
    char text[64];

    (void)state;
    assert_int_equal(warnings_begin(w, WARNING_LIST, slice_str("many")), OK);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned n = i * SHUFFLE % MANY;
        snprintf(text, sizeof text, "host%u.example", n);
        assert_int_equal(warnings_add(w, WARNING_HOSTNAME, slice_str(text)),
                         OK);
        snprintf(text, sizeof text, "20.%u.%u.0/24", n / 256, n % 256);
        assert_int_equal(warnings_add(w, WARNING_CIDR, slice_str(text)), OK);
    }
    warnings_ready(w);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "a.host%u.example", i);
        assert_listed(w, OBSERVABLE_DOMAIN, text, "many");
        snprintf(text, sizeof text, "20.%u.%u.77", i / 256, i % 256);
        assert_listed(w, OBSERVABLE_IPV4, text, "many");
    }
    assert_listed(w, OBSERVABLE_DOMAIN, "host20000.example", "");
    assert_listed(w, OBSERVABLE_DOMAIN, "host.example", "");
    assert_listed(w, OBSERVABLE_IPV4, "20.78.32.1", "");
    warnings_free(w);
}

static void
bounds_are_errors_of_whoever_adds(void **state)
{
    struct warnings *w = warnings_new(false);
    char text[64];

    (void)state;
    assert_int_equal(warnings_begin(w, WARNING_LIST, slice_str("parts")), OK);
    for (unsigned i = 0; i < WARNING_SUBSTRINGS_MAX; i++) {
        snprintf(text, sizeof text, "part%u", i);
        assert_int_equal(warnings_add(w, WARNING_SUBSTRING, slice_str(text)),
                         OK);
    }
    assert_int_equal(warnings_add(w, WARNING_SUBSTRING, slice_str("x")),
                     ERR_LIMIT);
    assert_int_equal(warnings_add(w, WARNING_STRING, slice_str(" ")),
                     ERR_VALUE);
    enum err e = OK;
    for (unsigned i = 0; i < WARNING_LISTS_MAX && !e; i++)
        e = warnings_begin(w, WARNING_LIST, slice_str("l"));
    assert_int_equal(e, ERR_LIMIT);
    warnings_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            addresses_that_nobody_else_reaches_are_known_without_a_list),
        cmocka_unit_test(lists_of_misp_match_as_their_type_says),
        cmocka_unit_test(a_list_counts_for_values_of_the_types_that_it_names),
        cmocka_unit_test(a_list_of_our_own_counts_before_others),
        cmocka_unit_test(what_cannot_be_taken_is_said),
        cmocka_unit_test(of_many_entries_each_is_found_and_nothing_else),
        cmocka_unit_test(bounds_are_errors_of_whoever_adds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
