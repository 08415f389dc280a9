#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/base/hex.h"
#include "core/base/utf8.h"

static void
slices_compare_by_bytes_then_by_length(void **state)
{
    static const char *const ascending[] = {"", "a", "aa", "ab", "b", "ba"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
        for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
            struct slice a = slice_str(ascending[i]);
            struct slice b = slice_str(ascending[j]);
            int order = slice_compare(a, b);
            assert_int_equal(order < 0, i < j);
            assert_int_equal(order > 0, i > j);
            assert_int_equal(slice_equal(a, b), i == j);
            assert_int_equal(slice_is(a, ascending[j]), i == j);
        }
    assert_int_equal(slice_str(NULL).size, 0);
    assert_true(slice_equal((struct slice){0}, slice_str("")));
}

static void
what_is_written_is_read_back_and_numbers_are_big_endian(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_u8(&b, 0x01);
    buf_put_u16(&b, 0x0203);
    buf_put_u32(&b, 0x04050607);
    buf_put_u64(&b, 0x08090a0b0c0d0e0f);
    buf_put(&b, slice_str("xyz"));
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(b.data[i], i + 1);
    struct cursor c = cursor_of(buf_slice(&b));
    assert_int_equal(cursor_u8(&c), 0x01);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u32(&c), 0x04050607);
    assert_true(cursor_u64(&c) == 0x08090a0b0c0d0e0f);
    assert_false(cursor_done(&c));
    assert_true(slice_is(cursor_bytes(&c, 3), "xyz"));
    assert_true(cursor_done(&c));
    buf_clear(&b);
}

static void
a_cursor_that_ran_out_gives_zeros_for_ever(void **state)
{
    uint8_t copy[4] = {9, 9, 9, 9};

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        struct cursor c =
            cursor_of(slice_of("\xff\xff\xff\xff\xff\xff\xff", size));
        assert_true(cursor_u64(&c) == 0);
        assert_true(c.bad);
        assert_int_equal(cursor_u8(&c), 0);
        assert_int_equal(cursor_u16(&c), 0);
        assert_int_equal(cursor_u32(&c), 0);
        assert_int_equal(cursor_bytes(&c, 0).size, 0);
        cursor_copy(&c, copy, sizeof copy);
        assert_memory_equal(copy, "\0\0\0\0", 4);
        assert_false(cursor_done(&c));
    }
}

static void
a_buffer_grows_over_its_first_size_and_keeps_its_bytes(void **state)
{
    struct buf b = {0};

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        buf_put_u32(&b, i);
    buf_put(&b, (struct slice){0});
    buf_put(&b, slice_of(b.data, 0));
    assert_int_equal(b.size, 20000);
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(get_be32(b.data + 4 * i), i);
    buf_set_u32(&b, 8, 0xdeadbeef);
    assert_int_equal(get_be32(b.data + 8), 0xdeadbeef);
    assert_int_equal(get_be32(b.data + 12), 3);
    buf_reset(&b);
    assert_int_equal(b.size, 0);
    memset(buf_extend(&b, 100000), 1, 100000);
    assert_int_equal(b.size, 100000);
    buf_clear(&b);
    assert_null(b.data);
}

static void
texts_decimals_and_digits_are_written_as_people_read_them(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "n=");
    buf_put_decimal(&b, 0);
    buf_put_u8(&b, ' ');
    buf_put_decimal(&b, 10);
    buf_put_u8(&b, ' ');
    buf_put_decimal(&b, UINT64_MAX);
    buf_put_u8(&b, ' ');
    buf_put_hex(&b, slice_of("\x00\x9a\xff", 3));
    assert_true(slice_is(buf_slice(&b), "n=0 10 18446744073709551615 009aff"));
    buf_clear(&b);
}

static void
hex_is_lower_case_and_of_exactly_its_size(void **state)
{
    static const char *const wrong[] = {"",       "00",   "000",  "00000",
                                        "000000", "00AF", "0g00", "000g",
                                        "00-1",   "00:0"};
    uint8_t bytes[2] = {7, 7};
    char text[5];

    (void)state;
    hex_encode(slice_of("\x0a\xf9", 2), text);
    assert_string_equal(text, "0af9");
    assert_true(hex_decode(slice_str(text), bytes, 2));
    assert_memory_equal(bytes, "\x0a\xf9", 2);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(hex_decode(slice_str(wrong[i]), bytes, 2));
    assert_true(hex_decode((struct slice){0}, bytes, 0));
}

/* RFC 3629, section 4 and 10; the place is that of the first byte that has no
 * part in a character. */
static void
utf8_is_judged_character_by_character(void **state)
{
    static const struct {
        const char *text;
        size_t bad_at;
    } cases[] = {
        {"plain", 5},
        {"\xc3\xa9\xea\xb0\x80\xf0\x9f\x98\x80", 9},
        {"\xed\x9f\xbf\xee\x80\x80", 6},
        {"\xf4\x8f\xbf\xbf", 4},
        {"a\x80", 1},
        {"a\xc3", 1},
        {"a\xc3(", 1},
        {"ab\xc0\xaf", 2},
        {"ab\xc1\xbf", 2},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"x\xe2\x82", 1},
        {"x\xf0\x9f\x98", 1},
        {"x\xf0\x9f\x98y", 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(utf8_bad_at(slice_str(cases[i].text)),
                         cases[i].bad_at);
    assert_int_equal(utf8_bad_at(slice_of("a\0b", 3)), 3);
    assert_int_equal(utf8_bad_at((struct slice){0}), 0);
}

static void
another_encoding_is_named_by_its_mark(void **state)
{
    static const char utf16[] = "this is UTF-16: save it as UTF-8";
    static const char utf32[] = "this is UTF-32: save it as UTF-8";

    (void)state;
    assert_string_equal(utf8_other_mark(slice_of("\xff\xfe\n\0", 4)), utf16);
    assert_string_equal(utf8_other_mark(slice_of("\xfe\xff", 2)), utf16);
    assert_string_equal(utf8_other_mark(slice_of("\xff\xfe\0\0", 4)), utf32);
    assert_string_equal(utf8_other_mark(slice_of("\0\0\xfe\xff", 4)), utf32);
    assert_null(utf8_other_mark(slice_of("\0\0\xfe", 3)));
    assert_null(utf8_other_mark(slice_of("\xef\xbb\xbf!", 4)));
    assert_null(utf8_other_mark((struct slice){0}));
}

/* The check value of the catalogue of CRCs; then what a checksum is for. */
static void
the_checksum_is_castagnolis(void **state)
{
    uint8_t bytes[32] = {0};

    (void)state;
    assert_int_equal(crc32c(0, slice_str("123456789")), 0xe3069283);
    uint32_t whole = crc32c(7, slice_str("123456789"));
    assert_int_equal(crc32c(crc32c(7, slice_str("1234")), slice_str("56789")),
                     whole);
    assert_int_not_equal(crc32c(1, SLICE_ARRAY(bytes)), 0);
    for (size_t bit = 0; bit < 256; bit++) {
        uint32_t before = crc32c(1, SLICE_ARRAY(bytes));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(crc32c(1, SLICE_ARRAY(bytes)), before);
    }
}

static void
a_number_of_any_size_has_one_short_form_and_no_other_is_read(void **state)
{
    static const uint8_t wrong[][11] = {
        {0x80, 0x00},
        {0xff, 0x80, 0x00},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81},
    };
    struct buf b = {0};

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++)
        for (uint64_t near = 0; near < 3; near++) {
            uint64_t value = (UINT64_C(1) << bit) - 1 + near;
            buf_reset(&b);
            buf_put_varint(&b, value);
            struct cursor c = cursor_of(buf_slice(&b));
            assert_true(cursor_varint(&c) == value);
            assert_true(cursor_done(&c));
            c = cursor_of(slice_of(b.data, b.size - 1));
            cursor_varint(&c);
            assert_true(c.bad);
        }
    assert_int_equal(b.size, 10);
    buf_reset(&b);
    buf_put_varint(&b, 127);
    assert_int_equal(b.size, 1);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct cursor c = cursor_of(SLICE_ARRAY(wrong[i]));
        cursor_varint(&c);
        assert_true(c.bad);
    }
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare_by_bytes_then_by_length),
        cmocka_unit_test(
            what_is_written_is_read_back_and_numbers_are_big_endian),
        cmocka_unit_test(a_cursor_that_ran_out_gives_zeros_for_ever),
        cmocka_unit_test(
            a_buffer_grows_over_its_first_size_and_keeps_its_bytes),
        cmocka_unit_test(
            texts_decimals_and_digits_are_written_as_people_read_them),
        cmocka_unit_test(hex_is_lower_case_and_of_exactly_its_size),
        cmocka_unit_test(utf8_is_judged_character_by_character),
        cmocka_unit_test(another_encoding_is_named_by_its_mark),
        cmocka_unit_test(
            a_number_of_any_size_has_one_short_form_and_no_other_is_read),
        cmocka_unit_test(the_checksum_is_castagnolis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
