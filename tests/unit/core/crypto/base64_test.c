#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crypto/base64.h"

static void
texts_are_those_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct buf text = {0}, bytes = {0};
        base64_put(&text, slice_str(pairs[i][0]));
        assert_true(slice_is(buf_slice(&text), pairs[i][1]));
        assert_true(base64_get(slice_str(pairs[i][1]), &bytes));
        assert_true(slice_is(buf_slice(&bytes), pairs[i][0]));
        buf_clear(&text);
        buf_clear(&bytes);
    }
}

static void
bytes_of_every_length_come_back(void **state)
{
    uint8_t bytes[400];
    struct buf text = {0}, back = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        buf_reset(&text);
        buf_reset(&back);
        base64_put(&text, slice_of(bytes, n));
        assert_int_equal(text.size, (n + 2) / 3 * 4);
        assert_true(base64_get(buf_slice(&text), &back));
        assert_true(slice_equal(buf_slice(&back), slice_of(bytes, n)));
    }
    buf_clear(&text);
    buf_clear(&back);
}

static void
what_is_not_canonical_is_refused_and_adds_nothing(void **state)
{
    static const char *const bad[] = {
        "Z",        "Zg",           "Zg=",          "Zg===",    "=",
        "====",     "A===",         "Zg==Zg==",     "Zh==",     "Zm9=",
        "Zm8=\n",   "Zm9v\n",       " Zm9v",        "Zm9v ",    "\nZm9v",
        "Zm\n9vYg", "Zm9v----",     "Zm9v\n\n\n\n", "    Zm9v", "Zm9-",
        "Zm9_",     "Zm9vYg=A",     "=m9v",         "Z=9v",     "Zm9v====",
        "Zm\x80v",  "Zm9v\t\t\t\t",
    };
    struct buf out = {0};

    (void)state;
    buf_put_str(&out, "kept");
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(base64_get(slice_str(bad[i]), &out));
        assert_true(slice_is(buf_slice(&out), "kept"));
    }
    buf_clear(&out);
}

static void
a_changed_bit_gives_other_bytes_or_none(void **state)
{
    uint8_t text[] = "QUJDREVGR0g=";
    struct buf right = {0}, out = {0};

    (void)state;
    struct slice s = slice_of(text, sizeof text - 1);
    assert_true(base64_get(s, &right));
    for (size_t bit = 0; bit < 8 * s.size; bit++) {
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
        buf_reset(&out);
        if (base64_get(s, &out))
            assert_false(slice_equal(buf_slice(&out), buf_slice(&right)));
        text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_clear(&right);
    buf_clear(&out);
}

static void
both_ways_append_to_what_is_there(void **state)
{
    struct buf out = {0};

    (void)state;
    buf_put_str(&out, "a ");
    base64_put(&out, slice_str("foo"));
    assert_true(slice_is(buf_slice(&out), "a Zm9v"));
    assert_true(base64_get(slice_str("Zg=="), &out));
    assert_true(slice_is(buf_slice(&out), "a Zm9vf"));
    buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_those_of_rfc_4648),
        cmocka_unit_test(bytes_of_every_length_come_back),
        cmocka_unit_test(what_is_not_canonical_is_refused_and_adds_nothing),
        cmocka_unit_test(a_changed_bit_gives_other_bytes_or_none),
        cmocka_unit_test(both_ways_append_to_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
