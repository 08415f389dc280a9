/*
 * stix_id_test - ids that follow from what is said: values that other
 * implementations of RFC 8785 and of UUIDs agree on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/json_put.h"
#include "core/formats/stamp.h"
#include "core/formats/stix_id.h"
#include "core/formats/stix_pattern_put.h"

struct vector {
    const char *type;
    struct {
        const char *name, *raw;
    } parts[4];
    const char *uuid;
};

static const struct vector vectors[] = {
    {"ipv4-addr",
     {{"value", "\"198.51.100.3\""}},
     "28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
    {"ipv4-addr",
     {{"value", "\"198.51.100.1\""}},
     "2b3e2c17-3144-5591-9c88-a605220f8c0c"},
    {"ipv6-addr",
     {{"value", "\"2001:db8::1\""}},
     "6469e3a9-b053-5e34-a025-9396ae051d26"},
    {"domain-name",
     {{"value", "\"example.com\""}},
     "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
    {"url",
     {{"value", "\"http://example.com/a?b=1\""}},
     "a75aaa3c-cd2e-5783-833a-e9e9aeb98402"},
    {"url",
     {{"value", "\"http://\xe4\xbe\x8b\xe3\x81\x88.jp/\xc3\xa9\""}},
     "f728ca64-0450-5e3b-b3af-c74255a19343"},
    {"email-addr",
     {{"value", "\"a@example.com\""}},
     "8f5f7fba-cc24-5e3f-aca4-f7194112e042"},
    {"autonomous-system",
     {{"number", "15139"}},
     "3aa27478-50b5-5ab8-9da9-cdc12b657fff"},
    {"mutex", {{"name", "\"M\""}}, "337f5d70-09e2-5204-871b-fb15fc6d9693"},
    {"file",
     {{"name", "\"a.exe\""},
      {"hashes", "{\"MD5\":\"b2a5abfeef9e36964281a31e17b57c97\"}"}},
     "390ecd06-48ca-5302-8918-b10861be5bfb"},
    {"windows-registry-key",
     {{"key", "\"HKLM\\\\Software\\\\x\""}},
     "dcb11ac0-432a-5b63-b8fd-69ac4c2f4fe3"},
    {"network-traffic",
     {{"src_ref", "\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\""},
      {"protocols", "[\"tcp\"]"},
      {"dst_port", "443"},
      {"dst_ref", "\"ipv4-addr--2b3e2c17-3144-5591-9c88-a605220f8c0c\""}},
     "7b3ad74e-a9b2-5c64-a15e-d10e617a97f1"},
};

static void
ids_are_those_that_others_compute(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct stix_part parts[4];
        struct buf id = {0}, want = {0};
        size_t n = 0;
        for (; n < 4 && v->parts[n].name; n++)
            parts[n] = (struct stix_part){v->parts[n].name,
                                          slice_str(v->parts[n].raw)};
        stix_id_put(&id, v->type, parts, n);
        buf_put_str(&want, v->type);
        buf_put_str(&want, "--");
        buf_put_str(&want, v->uuid);
        buf_put_u8(&id, 0);
        buf_put_u8(&want, 0);
        assert_string_equal((char *)id.data, (char *)want.data);
        buf_clear(&id);
        buf_clear(&want);
    }
}

static void
an_observable_that_is_written_has_the_id_of_its_value(void **state)
{
    static const struct {
        unsigned observable;
        const char *value, *uuid;
    } cases[] = {
        {OBSERVABLE_IPV4, "198.51.100.3",
         "28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
        {OBSERVABLE_AS_NUMBER, "AS15139",
         "3aa27478-50b5-5ab8-9da9-cdc12b657fff"},
        {OBSERVABLE_REGISTRY_KEY, "HKLM\\Software\\x",
         "dcb11ac0-432a-5b63-b8fd-69ac4c2f4fe3"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct observed v = {cases[i].observable,
                                   slice_str(cases[i].value)};
        struct buf out = {0};
        assert_true(stix_observable_put(&out, &v, (struct slice){0}));
        buf_put_u8(&out, 0);
        assert_non_null(strstr((char *)out.data, cases[i].uuid));
        buf_clear(&out);
    }
}

static void
strings_are_escaped_as_rfc_8785_has_them(void **state)
{
    struct buf out = {0};

    (void)state;
    json_put_text(&out, slice_of("\x01\b\t\n\f\r\"\\/\x7f\xc3\xa9\0", 13));
    buf_put_u8(&out, 0);
    assert_string_equal(
        (char *)out.data,
        "\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/\x7f\xc3\xa9\\u0000\"");
    buf_clear(&out);
}

static void
a_time_that_is_written_reads_back_as_the_same_time(void **state)
{
    static const uint64_t times[] = {0,
                                     951782399999,  /* 2000-02-28 */
                                     951782400000,  /* 2000-02-29 */
                                     1709164800001, /* 2024-02-29 */
                                     1735689599999, /* 2024-12-31 */
                                     4107542400000, /* 2100-03-01 */
                                     253402300799999};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        struct buf out = {0};
        struct stamp stamp;
        stamp_put(&out, (struct wall){times[i]});
        assert_int_equal(out.size, 24);
        assert_true(stamp_parse(buf_slice(&out), &stamp));
        assert_int_equal(stamp_wall(&stamp).ms, times[i]);
        buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_that_others_compute),
        cmocka_unit_test(an_observable_that_is_written_has_the_id_of_its_value),
        cmocka_unit_test(strings_are_escaped_as_rfc_8785_has_them),
        cmocka_unit_test(a_time_that_is_written_reads_back_as_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
