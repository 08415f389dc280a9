#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/ascii.h"
#include "core/formats/look.h"

/* Said by other means than a table. */
static unsigned
kind_of(uint8_t c)
{
    static const struct {
        const char *bytes;
        unsigned kind;
    } signs[] = {
        {".", LOOK_DOT},       {":", LOOK_COLON},      {"/", LOOK_SLASH},
        {"-", LOOK_HYPHEN},    {"_", LOOK_UNDERSCORE}, {"@", LOOK_AT},
        {"*", LOOK_STAR},      {"\\", LOOK_BACKSLASH}, {"([{", LOOK_OPENING},
        {")]}", LOOK_CLOSING}, {"\"'<>", LOOK_QUOTE},  {"?", LOOK_QUERY},
        {"#", LOOK_HASH},
    };

    if (c >= 0x80)
        return LOOK_HIGH;
    if (ascii_is_space(c))
        return LOOK_SPACE;
    if (c < ' ' || c == 0x7f)
        return LOOK_CONTROL;
    if (ascii_is_digit(c))
        return LOOK_DIGIT;
    if (ascii_is_letter(c) && ascii_hex(c) >= 0)
        return c == ascii_lower(c) ? LOOK_HEX_LOWER : LOOK_HEX_UPPER;
    if (ascii_is_letter(c))
        return c == ascii_lower(c) ? LOOK_LOWER : LOOK_UPPER;
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if (strchr(signs[i].bytes, c))
            return signs[i].kind;
    return LOOK_SIGN;
}

static void
each_byte_is_of_the_kind_that_its_name_says(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        assert_int_equal(look_kinds[c], kind_of((uint8_t)c));
}

static void
a_text_has_the_kinds_of_its_bytes(void **state)
{
    (void)state;
    assert_int_equal(look_at(slice_str("")), 0);
    assert_int_equal(look_at(slice_str("192.0.2.1")), LOOK_DIGIT | LOOK_DOT);
    assert_int_equal(look_at(slice_str("a[.]Z")),
                     LOOK_HEX_LOWER | LOOK_OPENING | LOOK_DOT | LOOK_CLOSING |
                         LOOK_UPPER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_is_of_the_kind_that_its_name_says),
        cmocka_unit_test(a_text_has_the_kinds_of_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
